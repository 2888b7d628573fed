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

from accounts import tables
from accounts.modules import Module
from hwcall import days, pager
from hwcall.access import OperatorRequest, module_required
from hwcall.addresses import client_address
from hwcall.uploads import SmallFile
from phones import exports, files, named, paging, totals
from phones.filters import NumberListForm, PhoneFilter
from phones.tables import NUMBERS

RECENT = 5
SHOWN = ("carrier", "region", "order_region", "type", "agent")


@module_required(Module.EXPORT)
@require_safe
def export(request: OperatorRequest) -> HttpResponse:
    began, today = time.monotonic(), timezone.localdate()
    query, table = days.spelled_out(request.GET, today), tables.shown(request, NUMBERS)
    chosen = PhoneFilter(query, user=request.user)
    context = {"form": chosen, "table": table, "now": timezone.now()}
    context |= {"ranges": days.ranges(today, only=days.FEW, query=query), "recent": files.recent(request.user)[:RECENT]}
    if chosen.is_valid():
        total = totals.of_numbers(chosen)
        numbers, order = exports.on_page(chosen, total)
        # A number's batch has been joined already: it says whether it is loading.
        page = paging.page(numbers.select_related("batch"), request.GET, order=order, size=table.size)
        named.hand_names(page.rows, *SHOWN)
        context |= {
            "chosen": chosen.fields_to_post(),
            "total": total,
            "page": page,
            "pager": pager.between(request.GET, page.before, page.after),
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
            address=client_address(request), now=timezone.now(), columns=tables.shown(request, NUMBERS).in_file,
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
