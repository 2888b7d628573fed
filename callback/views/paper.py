"""The pages of paper sheets: take one, print it, key its results in."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.modules import Module
from callback import desk, paper, paper_page
from callback.paper_forms import KeyForm, TakeForm
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from phones.models import PaperLine, PaperSheet


class LineForm(forms.Form):
    """Which line a take-back is about."""

    take_back = forms.ModelChoiceField(PaperLine.objects.select_related("sheet__agent"))


def _sheet(request: OperatorRequest, pk: int) -> PaperSheet:
    """A sheet that the operator may work on; for all others there is none."""
    sheet = get_object_or_404(PaperSheet.objects.select_related("agent", "carrier", "by"), pk=pk)
    if not paper.may_work_for(request.user, sheet.agent):
        raise Http404
    return sheet


@module_required(Module.SHEET)
@page_and_form
def paper_sheets(request: OperatorRequest) -> HttpResponse:
    """The sheets there are, and the form that takes another."""
    carrier = request.session.get("carrier")
    initial = {"agent": request.user.pk, "carrier": carrier, "request_id": uuid4()}
    form = TakeForm(request.POST or None, by=request.user, initial=initial)
    if request.method == "POST" and form.is_valid() and (sheet := _take(request, form)):
        return redirect("callback:paper_print", sheet.pk)
    page = {"form": form, "sheets": paper_page.sheets_for(request.user, timezone.now()), "now": timezone.now()}
    return render(request, "callback/paper_sheets.html", page, status=422 if form.errors else 200)


def _take(request: OperatorRequest, form: TakeForm) -> PaperSheet | None:
    said = who(request)
    try:
        return paper.take_sheet(**form.as_arguments(said["now"]), **said)
    except paper.NoneLeft:
        form.add_error(
            "carrier", _("There is no number of this carrier to take now. Choose another, or import a list.")
        )
    except PermissionDenied:
        form.add_error("agent", _("This operator may not call any more. Choose another one."))
    return None


@module_required(Module.SHEET)
@require_safe
def paper_print(request: OperatorRequest, pk: int) -> HttpResponse:
    """The sheet as it goes to the printer."""
    sheet = _sheet(request, pk)
    page = {"sheet": sheet, "lines": paper_page.lines_of(sheet), "types": desk.types()}
    return render(request, "callback/paper_print.html", page)


@module_required(Module.SHEET)
@page_and_form
def paper_sheet(request: OperatorRequest, pk: int) -> HttpResponse:
    """Key the results of a sheet in, one line a request; take the last one back; give back what is open."""
    sheet = _sheet(request, pk)
    form = KeyForm(request.POST if "entry" in request.POST else None, sheet=sheet)
    if request.method != "POST":
        return _show(request, sheet, form)
    if "take_back" in request.POST:
        _take_back(request)
    elif "give_back" in request.POST:
        _give_back(request, sheet)
    elif not form.is_valid() or not _key_in(request, form):
        return _refuse(request, sheet, form)
    elif "part" in request.POST:
        return _show(request, sheet, form, template="callback/_paper_keyed.html")
    return redirect("callback:paper_sheet", sheet.pk)


def _refuse(request: OperatorRequest, sheet: PaperSheet, form: KeyForm) -> HttpResponse:
    """Say why: on the page itself, or to the script, which has gone on to the next line meanwhile."""
    if "part" in request.POST:
        answer = render(request, "callback/_paper_refused.html", {"form": form})
        answer.headers["HwCall-Refused"] = "yes"
        return answer
    return _show(request, sheet, form, status=422)


def _show(
    request: OperatorRequest,
    sheet: PaperSheet,
    form: KeyForm,
    *,
    template: str = "callback/paper_sheet.html",
    status: int = 200,
) -> HttpResponse:
    lines, now = paper_page.lines_of(sheet), timezone.now()
    page = {
        "sheet": sheet,
        "form": form,
        "lines": lines,
        "open_count": sum(line.open for line in lines),
        "last": paper_page.just_keyed(lines, now),
        "types": desk.types(),
        "now": now,
    }
    return render(request, template, page, status=status)


def _key_in(request: OperatorRequest, form: KeyForm) -> bool:
    """Whether the result was filed; where not, the form says why."""
    try:
        call = paper.key_in(**form.as_arguments(), by=request.user, now=timezone.now())
    except paper.AlreadyKeyed as known:
        sentence = _("This line is filed as %(type)s already. Take it back within 20 seconds, or amend the call.")
        form.add_error("entry", sentence % {"type": known.call.type})
    except paper.GivenBack:
        form.add_error("entry", _("This line was given back to the queue by hand; there is nothing to file for it."))
    else:
        if call.late:
            messages.warning(request, desk.late_words(call), "warn")
        return True
    return False


def _take_back(request: OperatorRequest) -> None:
    form = LineForm(request.POST)
    try:
        if form.is_valid():
            paper.take_back(line=form.cleaned_data["take_back"], by=request.user, now=timezone.now())
            messages.info(request, _("Taken back: the line is open again."), "note")
    except paper.TooLate:
        messages.warning(request, desk.too_late_words(request.user), "warn")


def _give_back(request: OperatorRequest, sheet: PaperSheet) -> None:
    given = paper.give_back(sheet=sheet, **who(request))
    sentence = ngettext("%(count)s number went back to the queue.", "%(count)s numbers went back to the queue.", given)
    messages.info(request, sentence % {"count": given}, "note")
