"""The page that shows who holds what."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from callback import actions
from callback.forms import HoldForm
from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from hwcall.addresses import safe_target
from phones.models import Phone
from phones.numbers import display

HOLDS_SHOWN = 200


class FreeForm(HoldForm):
    """Which hold is freed: the agent, and the token of the hold that was on the page."""

    agent = forms.ModelChoiceField(User.objects.all())


@administrator_required
@page_and_form
def holds(request: OperatorRequest) -> HttpResponse:
    """All numbers that are on screens, the longest held first, and how many on paper; a POST frees one."""
    if request.method == "POST":
        _free(request, FreeForm(request.POST))
        # The list of operators has the same button, and is where one comes back to.
        return redirect(safe_target(request, request.POST.get("next") or reverse("callback:holds")))
    held = Phone.objects.held().filter(paper=None)
    rows = held.select_related("holder", "carrier", "region").order_by("taken_at", "pk")[:HOLDS_SHOWN]
    page = {"rows": rows, "total": held.count(), "shown": HOLDS_SHOWN, "now": timezone.now()}
    page["on_paper"] = Phone.objects.held().exclude(paper=None).count()
    return render(request, "callback/holds.html", page)


def _free(request: OperatorRequest, form: FreeForm) -> None:
    phone = actions.free(**form.cleaned_data, **who(request)) if form.is_valid() else None
    if phone is None:
        messages.info(request, _("This number was no longer held; nothing was changed."), "note")
        return
    sentence = _("%(number)s is no longer on the sheet of %(name)s; it is among the next to be taken.")
    said = {"number": " ".join(display(phone.number)), "name": form.cleaned_data["agent"].name}
    messages.info(request, sentence % said, "note")
