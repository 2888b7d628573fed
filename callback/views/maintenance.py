"""Data maintenance (/db): re-queue, delete, restore."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from callback import archives
from callback import maintenance as actions
from callback.maintenance_forms import ConfirmForm, ReasonForm
from callback.selections import Census
from hwcall.access import OperatorRequest, hidden_from_others, page_and_form, who
from phones.filters import PhoneFilter
from phones.models import Archive, Job
from phones.sentences import sentence

KINDS = {"requeue": Job.Kind.REQUEUE, "delete": Job.Kind.DELETE}
JOBS_SHOWN = 5
ARCHIVES_SHOWN = 8


@hidden_from_others
@page_and_form
@sensitive_post_parameters("password")
def maintenance(request: OperatorRequest) -> HttpResponse:
    """What can be done with the numbers of a query; a POST has it done."""
    chosen = PhoneFilter(request.GET, user=request.user)
    context: dict[str, Any] = {
        "filter": chosen,
        "archives": Archive.objects.select_related("by").order_by("-pk")[:ARCHIVES_SHOWN],
        "jobs": actions.all_jobs()[:JOBS_SHOWN],
    }
    if chosen.is_valid() and request.GET:
        census = Census(chosen.numbers())
        forms = _forms(request, census)
        do = request.POST.get("do")
        if do in KINDS and (job := _change(request, KINDS[do], chosen, forms[do])):
            return redirect("phones:job", job.pk)
        query = urlencode(chosen.arguments(), doseq=True)
        context |= {"census": census, "forms": forms, "words": chosen.words(), "query": query, "request_id": uuid4()}
    return render(request, "callback/maintenance.html", context, status=422 if request.method == "POST" else 200)


def _forms(request: OperatorRequest, census: Census) -> dict[str, ConfirmForm]:
    """The two forms; the one whose button was pressed with what was entered."""
    counts = {"requeue": census.requeueable, "delete": census.deletable}
    pressed = request.POST.get("do")
    return {
        verb: ConfirmForm(
            request.POST if verb == pressed else None, expected=count, mark=census.mark(verb), auto_id=f"{verb}-%s"
        )
        for verb, count in counts.items()
    }


def _change(request: OperatorRequest, kind: Job.Kind, chosen: PhoneFilter, form: ConfirmForm) -> Job | None:
    valid = form.is_valid()
    # Sent twice, it finds its job before anything else: by now the count may be another.
    if known := actions.asked(request.user, form.cleaned_data.get("request_id"), kind):
        return known
    if not valid or not form.knows_password(request):
        return None
    entered = {name: form.cleaned_data[name] for name in ("reason", "request_id")}
    return actions.change_numbers(
        kind=kind, chosen=chosen, count=form.expected, mark=form.expected_mark, **entered, **who(request)
    )


@hidden_from_others
@page_and_form
def maintenance_as_in_the_manual(request: OperatorRequest) -> HttpResponse:
    return redirect("callback:maintenance")


@hidden_from_others
@page_and_form
@sensitive_post_parameters("password")
def restore(request: OperatorRequest, pk: int) -> HttpResponse:
    """What an archive holds, and whether its file is as it was written; a POST has it restored."""
    try:
        archive = Archive.objects.select_related("by", "job").get(pk=pk)
    except (ObjectDoesNotExist, OverflowError):
        raise Http404 from None
    fault = _fault(archive)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not fault and (job := _restore(request, archive, form)):
        return redirect("phones:job", job.pk)
    context = {"archive": archive, "fault": fault, "form": form, "request_id": uuid4()}
    status = 422 if request.method == "POST" else 200
    return render(request, "callback/maintenance_restore.html", context, status=status)


def _fault(archive: Archive) -> str:
    try:
        archives.verify(archive)
    except archives.Missing:
        return sentence("archive_missing", {})
    except archives.Damaged:
        return sentence("archive_damaged", {})
    return ""


def _restore(request: OperatorRequest, archive: Archive, form: ReasonForm) -> Job | None:
    valid = form.is_valid()
    if known := actions.asked(request.user, form.cleaned_data.get("request_id"), Job.Kind.RESTORE):
        return known
    if not valid or not form.knows_password(request):
        return None
    entered = {name: form.cleaned_data[name] for name in ("reason", "request_id")}
    try:
        return actions.restore(archive=archive, **entered, **who(request))
    except actions.AllBack:
        form.add_error(None, _("All numbers of this archive were restored already; there is nothing left to do."))
        return None
