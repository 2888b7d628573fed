"""The pages of the export: choose numbers, see them, ask for the file."""

import time
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.modules import Module
from hwcall.access import OperatorRequest, module_required
from hwcall.addresses import client_address
from hwcall.uploads import SmallFile
from phones import exports, files, paging
from phones.filters import NumberListForm, PhoneFilter, day_ranges

RECENT = 5
SHOWN = ("carrier", "region", "order_region", "type", "agent", "batch")


@module_required(Module.EXPORT)
@require_safe
def export(request: OperatorRequest) -> HttpResponse:
    began = time.monotonic()
    chosen = PhoneFilter(request.GET, user=request.user)
    context = {"form": chosen, "ranges": day_ranges(timezone.localdate()), "now": timezone.now()}
    context["recent"] = list(files.recent(request.user)[:RECENT])
    if chosen.is_valid():
        numbers = chosen.numbers()
        context |= {
            "chosen": chosen.fields_to_post(),
            "total": numbers.count(),
            "page": paging.by_id(numbers.select_related(*SHOWN), request.GET),
            "given": chosen.given(),
            "seconds": time.monotonic() - began,
        }
    return render(request, "phones/export.html", context)


@module_required(Module.EXPORT)
@require_POST
def start_export(request: OperatorRequest) -> HttpResponse:
    chosen = PhoneFilter(request.POST, user=request.user)
    file_format = request.POST.get("format")
    page = f"{reverse('phones:export')}?{urlencode(chosen.arguments(), doseq=True)}"
    if not chosen.is_valid() or file_format not in files.FORMATS:
        return redirect(page)
    language = get_language() or "zh-hans"
    try:
        job = exports.submit(
            chosen=chosen, by=request.user, file_format=file_format, language=language,
            address=client_address(request), now=timezone.now(),
        )  # fmt: skip
    except files.TooManyOpen:
        said = _("You have %(count)s exports that are not done yet. Wait for one, or cancel one under Jobs.")
        messages.warning(request, said % {"count": files.OPEN_LIMIT}, extra_tags="warn")
        return redirect(page)
    return redirect("phones:job", job.pk)


@csrf_exempt
@module_required(Module.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def export_list(request: OperatorRequest) -> HttpResponse:
    """Take a list of numbers. The token is checked inside: before it is, the file must be let in."""
    request.upload_handlers = [SmallFile(request)]
    return _export_list(request)


@csrf_protect
def _export_list(request: OperatorRequest) -> HttpResponse:
    form = NumberListForm(request.POST or None, request.FILES or None)
    query = request.GET.copy()
    for page in ("after", "before", "list"):
        query.pop(page, None)
    if request.method == "POST" and form.is_valid() and (found := form.keep(by=request.user)):
        query["list"] = str(found.key)
        return redirect(f"{reverse('phones:export')}?{query.urlencode()}")
    context = {"form": form, "query": query.urlencode()}
    return render(request, "phones/export_list.html", context, status=422 if form.errors else 200)
