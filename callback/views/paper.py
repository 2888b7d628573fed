"""The pages of paper sheets: take one, print it, key its results in."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from accounts.modules import Module
from callback import amendments, desk, paper, paper_page, paper_results
from callback.actions import TooLate
from callback.paper_forms import FindForm, KeyForm, TakeForm
from config.lists import lists_of
from config.models import Room
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from phones.models import PaperLine, PaperSheet

OVER = gettext_lazy("This was keyed in more than 20 seconds ago. An administrator can amend it.")
REFUSALS: dict[type[Exception], Any] = {
    paper_results.GivenBack: gettext_lazy("This line was given back by hand: there is nothing to file for it."),
    paper_results.Gone: gettext_lazy(
        "There is nothing to file for this line any more: its number was deleted, or excluded after a take-back."
    ),
    amendments.NotOffered: gettext_lazy("This business type was disabled meanwhile. Choose another one."),
    amendments.NotOpen: OVER,
    amendments.NotThere: OVER,
    amendments.Changed: gettext_lazy("Somebody has just changed this call. Press once more."),
    PermissionDenied: OVER,
}


class LineForm(forms.Form):
    """Which line a take-back is about."""

    take_back = forms.ModelChoiceField(PaperLine.objects.none())

    def __init__(self, data: Any, *, sheet: PaperSheet) -> None:
        super().__init__(data)
        self.fields["take_back"].queryset = sheet.lines.select_related("sheet__agent")  # type: ignore[attr-defined]


def _sheet(request: OperatorRequest, pk: int) -> PaperSheet:
    """A sheet that the operator may work on; for all others there is none."""
    sheet = get_object_or_404(PaperSheet.objects.select_related("agent", "carrier", "by"), pk=pk)
    if not paper.may_work_for(request.user, sheet.agent):
        raise Http404
    return sheet


@module_required(Module.SHEET)
@page_and_form
def paper_sheets(request: OperatorRequest) -> HttpResponse:
    """The sheets there are, each to be opened by its number too, and the form that takes another."""
    find = FindForm(request.GET, by=request.user)
    asked = find.cleaned_data if find.is_valid() else {}
    if sheet := asked.get("sheet"):
        return redirect("callback:paper_sheet", sheet.pk)
    agent = asked.get("agent") if request.user.is_administrator else None
    initial = {
        "agent": (agent or request.user).pk,
        "carrier": request.session.get("carrier"),
        "request_id": uuid4(),
    }
    form = TakeForm(request.POST if request.method == "POST" else None, by=request.user, initial=initial)
    if form.is_bound and form.is_valid() and (taken := _take(request, form)):
        return redirect("callback:paper_print", taken.pk)
    page = {"form": form, "find": find, "agent": agent, "sheets": paper_page.sheets_for(request.user, agent)}
    return render(request, "callback/paper_sheets.html", page, status=422 if form.errors or find.errors else 200)


def _take(request: OperatorRequest, form: TakeForm) -> PaperSheet | None:
    """The sheet that was taken; where there is none, the form says why."""
    said = who(request)
    try:
        sheet = paper.take_sheet(**form.as_arguments(said["now"]), **said)
    except paper.NoneLeft:
        sentence = _("There is no number of this carrier to take now. Choose another, or import a list.")
        form.add_error("carrier", sentence)
    except paper.TooMany as error:
        sentence = _("%(count)s numbers are on paper already, and %(most)s is the most. Key results in, or give back.")
        form.add_error("how_many", sentence % {"count": error.count, "most": paper.MOST_AT_ONCE})
    except paper.SentBefore:
        form.add_error("agent", _("This form has taken a sheet already. Press once more to take another."))
        form.anew()
    except PermissionDenied:
        form.add_error("agent", _("This operator may not call any more. Choose another one."))
    else:
        _tell_how_many(request, sheet, asked=form.cleaned_data["how_many"])
        return sheet
    return None


def _tell_how_many(request: OperatorRequest, sheet: PaperSheet, *, asked: int) -> None:
    count = sheet.lines.count()
    if count < asked:
        sentence = ngettext(
            "Only %(count)s number was left: the sheet is shorter.",
            "Only %(count)s numbers were left: the sheet is shorter.",
            count,
        )
        messages.warning(request, sentence % {"count": count}, "warn")


@module_required(Module.SHEET)
@require_safe
def paper_print(request: OperatorRequest, pk: int) -> HttpResponse:
    """The sheet as it goes to the printer; that it does is on record."""
    sheet = _sheet(request, pk)
    if request.method == "GET":
        paper.note_print(sheet=sheet, **who(request))
    page = {"sheet": sheet, "lines": paper_page.lines_of(sheet), "types": desk.types(lists_of(Room.objects.get()))}
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
        _take_back(request, sheet)
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
        answer = render(request, "callback/_paper_refused.html", {"sheet": sheet, "form": form})
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
        "latest": paper_page.latest(lines),
        "part": "part" in request.POST,
        "types": desk.types(lists_of(Room.objects.get())),
        "now": now,
    }
    return render(request, template, page, status=status)


def _key_in(request: OperatorRequest, form: KeyForm) -> bool:
    """Whether the result was filed; where not, the form says why."""
    said = who(request)
    try:
        if "correct" in request.POST:
            paper_results.correct(**form.as_arguments(), **said)
            return True
        call = paper_results.key_in(**form.as_arguments(), by=said["by"], now=said["now"])
    except paper_results.AlreadyKeyed as known:
        form.offer_correction(known.call)
    except tuple(REFUSALS) as refusal:
        form.add_error("entry", next(words for kind, words in REFUSALS.items() if isinstance(refusal, kind)))
    else:
        if call.late:
            messages.warning(request, desk.late_words(call), "warn")
        return True
    return False


def _take_back(request: OperatorRequest, sheet: PaperSheet) -> None:
    form = LineForm(request.POST, sheet=sheet)
    try:
        if form.is_valid():
            paper_results.take_back(line=form.cleaned_data["take_back"], by=request.user, now=timezone.now())
            messages.info(request, _("Taken back: the line is open again."), "note")
    except TooLate:
        messages.warning(request, desk.too_late_words(request.user), "warn")


def _give_back(request: OperatorRequest, sheet: PaperSheet) -> None:
    given = paper.give_back(sheet=sheet, **who(request))
    sentence = ngettext("%(count)s number went back to the queue.", "%(count)s numbers went back to the queue.", given)
    messages.info(request, sentence % {"count": given}, "note")
