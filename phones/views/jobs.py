"""The pages of long work: how far it is, cancel, and what came out."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, tables
from hwcall import days, pager
from hwcall.access import OperatorRequest, any_operator
from hwcall.addresses import client_address
from phones import job_kinds, job_words, jobs, paging, totals
from phones.job_list import JobFilter
from phones.models import Job
from phones.tables import JOBS, OWN_JOBS

TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
}
NEWEST = paging.Order("created_at", descending=True)
# htmx asks no more after an answer with this status.
STOP_POLLING = 286


def _visible(request: OperatorRequest, pk: UUID) -> Job:
    """A job of one's own, or for an administrator anybody's; to others it does not exist."""
    mine = Job.objects.select_related("by") if request.user.is_administrator else Job.objects.filter(by=request.user)
    return get_object_or_404(mine, pk=pk)


@any_operator
@require_safe
def job_list(request: OperatorRequest) -> HttpResponse:
    """One's own jobs, an administrator's everybody's, the newest first."""
    today = timezone.localdate()
    query = days.spelled_out(request.GET, today)
    table = tables.shown(request, JOBS if request.user.is_administrator else OWN_JOBS)
    chosen = JobFilter(query, user=request.user)
    context = {"form": chosen, "table": table, "ranges": days.ranges(today, only=days.FEW, query=query)}
    if chosen.is_valid():
        found, places = chosen.jobs(), paging.NEWER_OLDER
        page = paging.page(found.select_related("by"), request.GET, order=NEWEST, size=table.size, names=places)
        links = pager.between(request.GET, page.before, page.after, names=places)
        context |= {"page": page, "total": totals.of(found), "pager": links}
    return render(request, "phones/jobs.html", context)


@any_operator
@require_safe
def job(request: OperatorRequest, pk: UUID) -> HttpResponse:
    found = _visible(request, pk)
    request.module = job_kinds.of(found).module(found) or ""
    part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    context = {"job": found, "said": job_words.describe(found, now=timezone.now()), "now": timezone.now()}
    if not part:
        return render(request, "phones/job.html", context)
    response = render(request, "phones/_job_part.html", context, status=200 if found.open else STOP_POLLING)
    # A browser that goes back must not find the part where the page was.
    response.headers["Cache-Control"] = "no-store"
    return response


@any_operator
@require_POST
def cancel_job(request: OperatorRequest, pk: UUID) -> HttpResponse:
    jobs.cancel(job=_visible(request, pk), by=request.user, now=timezone.now())
    return redirect("phones:job", pk)


@any_operator  # type: ignore[arg-type]
@require_safe
def job_result(request: OperatorRequest, pk: UUID) -> FileResponse:
    """The file that a job made; each download is on record."""
    found = _visible(request, pk)
    # One's own file no longer, where the module was taken away.
    if not request.user.may_open(job_kinds.of(found).module(found) or ""):
        raise PermissionDenied
    path = Path(settings.RESULT_DIR) / found.result
    if not found.result or not path.is_file():
        raise Http404
    if request.method == "GET":
        audit.record(
            by=request.user, action="export.download", about=found.title, count=found.done,
            address=client_address(request), job=str(pk), sha256=found.cursor.get("sha256", ""),
        )  # fmt: skip
    response = FileResponse(path.open("rb"), as_attachment=True, filename=found.result_name)
    response.headers["Content-Type"] = TYPES.get(path.suffix, "application/octet-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
