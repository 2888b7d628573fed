"""Call statistics and one's own: the same page for all agents and for oneself."""

import tempfile
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts import audit, tables
from accounts.models import User
from accounts.modules import Module
from hwcall import days
from hwcall.access import OperatorRequest, module_required
from hwcall.addresses import client_address
from phones import files
from stats import figure_page, workbook
from stats.filters import FigureFilter
from stats.moments import one_moment
from stats.tables import MINE, TEAM

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _chosen(request: OperatorRequest, *, own: User | None = None) -> FigureFilter:
    today = timezone.localdate()
    return FigureFilter(days.spelled_out(request.GET, today), today=today, own=own)


@module_required(Module.TEAM)
@require_safe
def team(request: OperatorRequest) -> HttpResponse:
    chosen = _chosen(request)
    context = {"form": chosen, **figure_page.days_of(chosen), "hands_over": request.user.may_open(Module.EXPORT)}
    context["table"] = table = tables.shown(request, TEAM)
    if chosen.is_valid():
        with one_moment():
            context |= figure_page.context(chosen, request.GET, table.shows)
    return render(request, "stats/team.html", context)


@module_required(Module.TEAM)
@require_safe
def team_excel(request: OperatorRequest) -> Any:
    return _excel(request, _chosen(request), TEAM)


@module_required(Module.MINE)
@require_safe
def mine(request: OperatorRequest) -> HttpResponse:
    chosen = _chosen(request, own=request.user)
    table = tables.shown(request, MINE)
    context = {"form": chosen, **figure_page.days_of(chosen), "table": table}
    with one_moment():
        context |= figure_page.today(chosen, request.GET)
        if chosen.is_valid():
            context |= figure_page.context(chosen, request.GET, table.shows)
    return render(request, "stats/mine.html", context)


@module_required(Module.MINE)
@require_safe
def mine_excel(request: OperatorRequest) -> Any:
    return _excel(request, _chosen(request, own=request.user), MINE)


def _excel(request: OperatorRequest, chosen: FigureFilter, table: tables.Table) -> Any:
    """The table as a workbook, all of its rows with the columns that are shown; who took it is on record."""
    if not chosen.is_valid():
        return redirect(f"{reverse(table.page)}?{request.GET.urlencode()}")
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 -- the response closes it
    with one_moment():
        count = workbook.write(Path(file.name), chosen, tables.shown(request, table).shows)
    what = pgettext("module", "My statistics") if chosen.own else pgettext("module", "Call statistics")
    words = [what, *chosen.words()]
    if request.method == "GET":
        audit.record(
            by=request.user, action="stats.export", about=", ".join(words), count=count, address=client_address(request)
        )
    file.seek(0)
    response = FileResponse(
        file, as_attachment=True, filename=files.file_name(words, "xlsx", timezone.now()), content_type=XLSX
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
