"""The audit log and the login log, and their files."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hwcall.access import OperatorRequest, administrator_required, who
from phones import files
from phones.filters import day_ranges
from stats import log_exports, logs


@administrator_required
@require_safe
def audit(request: OperatorRequest) -> HttpResponse:
    return _log(request, logs.AUDIT, "stats/audit.html")


@administrator_required
@require_safe
def logins(request: OperatorRequest) -> HttpResponse:
    return _log(request, logs.LOGIN, "stats/logins.html")


def _log(request: OperatorRequest, log: logs.Log, template: str) -> HttpResponse:
    chosen = logs.LogFilter(request.GET, log=log)
    context = {"form": chosen, "log": log, "ranges": day_ranges(timezone.localdate()), "now": timezone.now()}
    if chosen.is_valid():
        context |= {"page": logs.page(chosen, request.GET.get("older", "")), "chosen": chosen.arguments().items()}
    return render(request, template, context)


@administrator_required
@require_POST
def export_log(request: OperatorRequest) -> HttpResponse:
    """Ask for the file of a log; ``log`` says of which."""
    log = logs.LOGS.get(request.POST.get("log", ""), logs.AUDIT)
    chosen = logs.LogFilter(request.POST, log=log)
    file_format = request.POST.get("format", "")
    page = f"{reverse(log.url_name)}?{urlencode(chosen.arguments())}"
    if not chosen.is_valid() or file_format not in files.FORMATS:
        return redirect(page)
    try:
        language = get_language() or "zh-hans"
        job = log_exports.submit(chosen=chosen, file_format=file_format, language=language, **who(request))
    except files.TooManyOpen:
        said = _("You have %(count)s exports that are not done yet. Wait for one, or cancel one under Jobs.")
        messages.warning(request, said % {"count": files.OPEN_LIMIT}, extra_tags="warn")
        return redirect(page)
    return redirect("phones:job", job.pk)
