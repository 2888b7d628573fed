"""The pages of batches: all of them, one of them, and its revert."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext

from accounts import tables
from accounts.modules import Module
from hwcall import days, pager
from hwcall.access import OperatorRequest, module_required, page_and_form
from phones import actions, paging, sentences, totals
from phones.batch_books import Books
from phones.batch_list import BatchFilter
from phones.forms import RevertForm
from phones.models import Batch
from phones.tables import BATCHES


@module_required(Module.IMPORT)
@page_and_form
def batches(request: OperatorRequest) -> HttpResponse:
    """All batches, the newest first. What is looked for comes by POST first, since people type numbers anywhere."""
    posted, today = request.method == "POST", timezone.localdate()
    query = days.spelled_out(request.POST if posted else request.GET, today)
    chosen, table = BatchFilter(query), tables.shown(request, BATCHES)
    if posted and chosen.is_valid():
        return redirect(f"{table.address}?{table.of(request.POST)}")
    context = {"form": chosen, "table": table, "ranges": days.ranges(today, only=days.FEW, query=query)}
    if chosen.is_valid():
        found = chosen.batches()
        rows, places = found.select_related("carrier", "region", "by"), paging.NEWER_OLDER
        page = paging.page(rows, request.GET, order=paging.NEWEST_FIRST, size=table.size, names=places)
        links = pager.between(request.GET, page.before, page.after, names=places)
        context |= {"page": page, "total": totals.of(found), "pager": links}
    return render(request, "phones/batches.html", context, status=422 if posted else 200)


@module_required(Module.IMPORT)
@page_and_form
def batch(request: OperatorRequest, pk: int) -> HttpResponse:
    """One batch: where its numbers are now; a POST takes it back."""
    try:
        found = Batch.objects.shown().select_related("carrier", "region", "by").get(pk=pk)
    except (ObjectDoesNotExist, OverflowError):
        raise Http404 from None
    form = RevertForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = actions.revert(batch=found, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
            return redirect("phones:job", job.pk)
        except actions.Taken as taken:
            form.add_error(None, _taken(taken.count))
        except actions.Archived as archived:
            form.add_error(None, sentences.sentence("batch_deleted", {"count": archived.count}))
        except actions.NotReady:
            form.add_error(None, sentences.sentence("batch_gone", {}))
    status = 422 if form.errors else 200
    return render(request, "phones/batch.html", {"batch": found, "books": Books(found), "form": form}, status=status)


def _taken(count: int) -> str:
    said = ngettext(
        "Cannot be reverted: %(count)s number has been taken.",
        "Cannot be reverted: %(count)s numbers have been taken.",
        count,
    )
    return said % {"count": f"{count:,}"}
