"""The pages of the import: send a list, see what it would do, confirm."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit, tables
from accounts.modules import Module
from hwcall.access import OperatorRequest, module_required
from hwcall.addresses import client_address
from phones import actions, findings, job_words, sentences, sheets, uploads
from phones.forms import ColumnForm, ConfirmForm, UploadForm
from phones.import_page import check_context
from phones.models import Batch, Job, Upload
from phones.tables import BATCHES

RECENT = 8
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# htmx asks no more after an answer with this status.
STOP_POLLING = 286


@csrf_exempt
@module_required(Module.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_numbers(request: OperatorRequest) -> HttpResponse:
    """Choose a list. The token is checked inside: before it is, the file must have its own way in."""
    receiver = uploads.Receiver(request)
    request.upload_handlers = [receiver]
    return _import_numbers(request, receiver)


@csrf_protect
def _import_numbers(request: OperatorRequest, receiver: uploads.Receiver) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        try:
            if upload := _receive(request, form, receiver):
                return redirect("phones:import_check", upload.pk)
        except uploads.Refused as refusal:
            form.add_error("file", sentences.sentence(refusal.code, refusal.data))
    mine = Upload.objects.filter(by=request.user, batch=None).select_related("job").order_by("-at")
    context = {
        "form": form,
        "table": tables.shown(request, BATCHES),
        "batches": Batch.objects.shown().select_related("carrier", "region", "by").order_by("-pk")[:RECENT],
        "unfinished": mine[:RECENT],
        "limit": settings.UPLOAD_LIMIT,
    }
    return render(request, "phones/import.html", context, status=422 if form.errors else 200)


def _receive(request: OperatorRequest, form: UploadForm, receiver: uploads.Receiver) -> Upload | None:
    now = timezone.now()
    valid = form.is_valid()
    if refusal := receiver.cut:
        raise refusal
    if not valid:
        return None
    if file := form.cleaned_data["file"]:
        return uploads.receive_file(by=request.user, file=file, now=now)
    name = _("Pasted %(time)s") % {"time": timezone.localtime(now).strftime("%Y-%m-%d %H.%M")}
    return uploads.receive_text(by=request.user, text=form.cleaned_data["numbers"], name=f"{name}.txt", now=now)


def _visible(request: OperatorRequest, pk: UUID) -> Upload:
    """A list of one's own, or for an administrator anybody's; to others it does not exist."""
    everybodys = Upload.objects.select_related("job", "batch", "by")
    return get_object_or_404(everybodys if request.user.is_administrator else everybodys.filter(by=request.user), pk=pk)


@module_required(Module.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_check(request: OperatorRequest, pk: UUID) -> HttpResponse:
    """How far the check is, what it has found, or why there is none; a POST has it done anew on another column."""
    upload = _visible(request, pk)
    if upload.batch:
        return redirect("phones:batch", upload.batch.pk)
    if upload.job and upload.job.kind == Job.Kind.IMPORT and upload.job.open:
        return redirect("phones:job", upload.job.pk)
    form = ColumnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("sheet", "column")}
        # Confirmed meanwhile, in another tab: the page says how far that is.
        with suppress(uploads.Confirmed):
            uploads.check(upload=upload, by=request.user, now=timezone.now(), **chosen)
        return redirect("phones:import_check", upload.pk)
    running = bool(upload.job and upload.job.open)
    if request.htmx and not request.htmx.boosted and not running:
        return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})
    if upload.comparison:
        context = check_context(upload, request.GET, column_form=form)
        return render(request, "phones/import_check.html", context, status=422 if form.errors else 200)
    return _unfinished(request, upload, form, running)


def _unfinished(request: OperatorRequest, upload: Upload, form: ColumnForm, running: bool) -> HttpResponse:
    part = request.htmx and not request.htmx.boosted
    job = upload.job
    context: dict[str, Any] = {"upload": upload, "job": job, "running": running, "column_form": form}
    if job and running:
        context["said"] = job_words.describe(job, now=timezone.now())
    elif job and job.error:
        context |= {
            "happened": sentences.what_happened(job.error, job.error_data),
            "to_do": sentences.what_to_do(job.error, job.error_data),
        }
    page = "phones/_import_progress.html" if part else "phones/import_wait.html"
    return render(request, page, context, status=422 if form.errors else 200)


@module_required(Module.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def import_confirm(request: OperatorRequest, pk: UUID) -> HttpResponse:
    """Start the import that the check page has shown."""
    upload = _visible(request, pk)
    if request.method != "POST" or not (upload.comparison or upload.batch):
        return redirect("phones:import_check", upload.pk)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            job = actions.confirm(
                upload=upload, by=request.user, now=timezone.now(), address=client_address(request), **form.cleaned_data
            )
            return redirect("phones:job", job.pk)
        except actions.NothingToImport:
            sentence = _(
                "No number of this list would be imported this way. "
                "Choose the other state of the numbers, or another list."
            )
            form.add_error("kind", sentence)
        except actions.NotChecked:
            return redirect("phones:import_check", upload.pk)
    return render(request, "phones/import_check.html", check_context(upload, request.GET, form=form), status=422)


@module_required(Module.IMPORT)
@require_safe
def rejected(request: OperatorRequest, pk: UUID) -> HttpResponse:
    """All rejected rows with their reasons, as Excel; who fetched them is on record."""
    upload = _visible(request, pk)
    expected = uploads.rejected_count(upload)
    if not expected:
        raise Http404
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 -- the response closes it
    count = sheets.rejected(findings.stored(upload, "rejected"), Path(file.name), expected)
    if request.method == "GET":
        audit.record(
            by=request.user, action="import.rejected", about=upload.file_name, count=count,
            address=client_address(request),
        )  # fmt: skip
    name = _("%(list)s, rejected rows") % {"list": Path(upload.file_name).stem}
    return _workbook(file, f"{name}.xlsx")


@module_required(Module.IMPORT)
@require_safe
def import_template(request: OperatorRequest) -> HttpResponse:
    """A workbook to fill in, whose column keeps every digit."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    sheets.template(file)
    return _workbook(file, _("Numbers to import.xlsx"))


def _workbook(file: IO[bytes], name: str) -> Any:
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
