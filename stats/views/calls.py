"""The calls behind a figure, and their export."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import tables
from accounts.models import User
from accounts.modules import Module
from hwcall import days, pager
from hwcall.access import OperatorRequest, module_required
from hwcall.addresses import client_address
from phones import files
from stats import call_exports, call_list, origins
from stats.filters import CallFilter
from stats.moments import one_moment
from stats.tables import MY_CALLS, TEAM_CALLS


def _chosen(query: QueryDict, *, own: User | None = None) -> CallFilter:
    today = timezone.localdate()
    return CallFilter(days.spelled_out(query, today), today=today, own=own)


@module_required(Module.TEAM)
@require_safe
def team_calls(request: OperatorRequest) -> HttpResponse:
    return _calls(request, _chosen(request.GET))


@module_required(Module.TEAM)
@require_POST
def export_team_calls(request: OperatorRequest) -> HttpResponse:
    return _export(request, _chosen(request.POST), TEAM_CALLS)


@module_required(Module.MINE)
@require_safe
def my_calls(request: OperatorRequest) -> HttpResponse:
    return _calls(request, _chosen(request.GET, own=request.user))


@module_required(Module.MINE)
@require_POST
def export_my_calls(request: OperatorRequest) -> HttpResponse:
    return _export(request, _chosen(request.POST, own=request.user), MY_CALLS)


def _calls(request: OperatorRequest, chosen: CallFilter) -> HttpResponse:
    table = tables.shown(request, MY_CALLS if chosen.own else TEAM_CALLS)
    context = {"form": chosen, "table": table, "back": origins.address(request.GET, chosen)}
    context |= {"hands_over": request.user.may_open(Module.EXPORT)}
    if chosen.is_valid():
        with one_moment():
            counts = call_list.counts(chosen)
            page = call_list.page(chosen, counts, request.GET, table.size)
        context |= {
            "total": sum(counts.values()),
            "page": page,
            "pager": _pager(request, chosen, page),
            "arguments": chosen.arguments(),
            "words": chosen.words(),
            "opens": call_list.opened_by(request.user, page.rows),
        }
    return render(request, "stats/calls.html", context)


def _pager(request: OperatorRequest, chosen: CallFilter, page: call_list.Page) -> pager.Pager:
    """The pages around one; where the oldest come first, the newer ones are behind it."""
    if chosen.oldest_first:
        return pager.between(request.GET, page.older, page.newer, names=("older", "newer"))
    return pager.between(request.GET, page.newer, page.older, names=("newer", "older"))


def _export(request: OperatorRequest, chosen: CallFilter, table: tables.Table) -> HttpResponse:
    file_format, page = request.POST.get("format"), table.page
    if not chosen.is_valid():
        return redirect(page)
    origin = {name: text for name, text in request.POST.items() if name == origins.NAME}
    back = f"{reverse(page)}?{urlencode(chosen.arguments() | origin)}"
    if file_format not in files.FORMATS:
        return redirect(back)
    try:
        job = call_exports.submit(
            chosen=chosen, by=request.user, file_format=file_format, language=get_language() or "zh-hans",
            address=client_address(request), now=timezone.now(), columns=tables.shown(request, table).in_file,
        )  # fmt: skip
    except files.TooManyOpen:
        said = _("You have %(count)s exports that are not done yet. Wait for one, or cancel one under Jobs.")
        messages.warning(request, said % {"count": files.OPEN_LIMIT}, extra_tags="warn")
        return redirect(back)
    return redirect("phones:job", job.pk)
