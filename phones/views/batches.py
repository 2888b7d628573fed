"""The pages of batches: all of them, one of them, and its revert."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.modules import Module
from hwcall.access import OperatorRequest, module_required
from phones import actions
from phones.batch_books import Books
from phones.forms import RevertForm
from phones.models import Batch

PAGE = 50


@module_required(Module.IMPORT)
@require_safe
def batches(request: OperatorRequest) -> HttpResponse:
    """All batches, the newest first; ``older`` is the id that the page begins behind."""
    shown = Batch.objects.shown().select_related("carrier", "region", "by").order_by("-pk")
    older = request.GET.get("older", "")
    if older.isascii() and older.isdigit() and len(older) < 19:
        shown = shown.filter(pk__lt=int(older))
    rows = list(shown[: PAGE + 1])
    page = {"rows": rows[:PAGE], "older": rows[PAGE - 1].pk if len(rows) > PAGE else None, "later": bool(older)}
    return render(request, "phones/batches.html", page)


@module_required(Module.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
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
        except actions.NotReady:
            form.add_error(None, _("The batch was reverted already."))
    status = 422 if form.errors else 200
    return render(request, "phones/batch.html", {"batch": found, "books": Books(found), "form": form}, status=status)


def _taken(count: int) -> str:
    said = ngettext(
        "Cannot be reverted: %(count)s number has been taken.",
        "Cannot be reverted: %(count)s numbers have been taken.",
        count,
    )
    return said % {"count": f"{count:,}"}
