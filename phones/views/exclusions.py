"""The page on which an administrator lifts the exclusion of one number."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from hwcall.forms import ThemedForm
from phones import lifting, sentences
from phones.forms import RevertForm
from phones.models import Phone, State
from phones.numbers import Refusal, display, normalise


class NumberForm(ThemedForm):
    """Which number it is about."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the number.")},
    )

    def clean_number(self) -> str:
        read = normalise(self.cleaned_data["number"])
        if isinstance(read, Refusal):
            sentence = _("%(why)s. Enter one whole number, a land line with its area code.")
            raise forms.ValidationError(sentence % {"why": sentences.reason(read.reason, read.data)})
        return read.canonical


class LiftForm(RevertForm, NumberForm):
    """That its exclusion is lifted, and why."""


@administrator_required
@page_and_form
def exclusions(request: OperatorRequest) -> HttpResponse:
    """One number looked up, and its exclusion lifted; both by POST, so that no address holds the number."""
    kind = LiftForm if request.POST.get("do") == "lift" else NumberForm
    form = kind(request.POST if request.method == "POST" else None)
    if kind is LiftForm and form.is_valid() and _lift(request, form):
        return redirect("phones:exclusions")
    page = {"form": form, **_looked_up(form)}
    return render(request, "phones/exclusions.html", page, status=422 if form.errors else 200)


def _lift(request: OperatorRequest, form: forms.Form) -> bool:
    number, reason = form.cleaned_data["number"], form.cleaned_data["reason"]
    try:
        phone = lifting.lift(number=number, reason=reason, **who(request))
    except lifting.NotKnown:
        return False  # the look at it says so
    except lifting.NotExcluded:
        form.add_error("number", _("This number is not excluded any more; there is nothing to lift."))
        return False
    except lifting.Busy:
        form.add_error(None, _("A list is just being imported or reverted. Lift it when that job is done."))
        return False
    messages.info(request, _lifted(phone), "note")
    return True


def _lifted(phone: Phone) -> str:
    if phone.state == State.PENDING:
        sentence = _("The exclusion of %(number)s is lifted. It is pending, and among the next to be taken.")
    else:
        sentence = _("The exclusion of %(number)s is lifted. It keeps its result, and can be re-queued again.")
    return sentence % {"number": " ".join(display(phone.number))}


def _looked_up(form: forms.Form) -> dict[str, Any]:
    """The number that was asked about and the lists that name it; one that is not there is said beside the field."""
    if not form.is_bound or "number" in form.errors:
        return {}
    try:
        phone = lifting.find(form.cleaned_data["number"])
    except lifting.NotKnown:
        form.add_error("number", _("This number is not in the system. Check its digits."))
        return {}
    return {"phone": phone, "lists": lifting.lists_naming(phone)}
