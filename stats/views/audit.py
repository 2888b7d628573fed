"""The audit log and the login log, and their files."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import tables
from hwcall import days, pager
from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from phones import files
from stats import log_exports, logs
from stats.tables import LOGS as TABLES


@administrator_required
@page_and_form
def audit(request: OperatorRequest) -> HttpResponse:
    return _log(request, logs.AUDIT, "stats/audit.html")


@administrator_required
@page_and_form
def logins(request: OperatorRequest) -> HttpResponse:
    return _log(request, logs.LOGIN, "stats/logins.html")


def _log(request: OperatorRequest, log: logs.Log, template: str) -> HttpResponse:
    """A page of a log. What is looked for comes by POST first: a number that somebody types gets into no address."""
    posted, today = request.method == "POST", timezone.localdate()
    query = days.spelled_out(request.POST if posted else request.GET, today)
    chosen = logs.LogFilter(query, log=log)
    table = tables.shown(request, TABLES[log.name])
    if posted and chosen.is_valid():
        return redirect(f"{table.address}?{table.of(request.POST)}")
    context = {"form": chosen, "log": log, "table": table, "now": timezone.now()}
    context["ranges"] = days.ranges(today, only=days.FEW, query=query)
    if chosen.is_valid():
        page = logs.page(chosen, request.GET, table.size)
        links = pager.between(request.GET, page.newer, page.older, names=("newer", "older"))
        context |= {"page": page, "pager": links, "total": chosen.total(), "chosen": chosen.arguments().items()}
    return render(request, template, context, status=422 if posted else 200)


def _page(chosen: logs.LogFilter) -> str:
    """The address of a page that shows what a valid filter means."""
    query = urlencode(chosen.arguments())
    return f"{reverse(chosen.log.url_name)}?{query}" if query else reverse(chosen.log.url_name)


@administrator_required
@require_POST
def export_log(request: OperatorRequest) -> HttpResponse:
    """Ask for the file of a log; ``log`` says of which."""
    log = logs.LOGS.get(request.POST.get("log", ""), logs.AUDIT)
    chosen = logs.LogFilter(request.POST, log=log)
    file_format = request.POST.get("format", "")
    if not chosen.is_valid() or file_format not in files.FORMATS:
        # What makes no sense is not said again in the address.
        return redirect(log.url_name)
    try:
        language = get_language() or "zh-hans"
        columns = tables.shown(request, TABLES[log.name]).in_file
        job = log_exports.submit(
            chosen=chosen, file_format=file_format, language=language, columns=columns, **who(request)
        )
    except files.TooManyOpen:
        said = _("You have %(count)s exports that are not done yet. Wait for one, or cancel one under Jobs.")
        messages.warning(request, said % {"count": files.OPEN_LIMIT}, extra_tags="warn")
        return redirect(_page(chosen))
    return redirect("phones:job", job.pk)
