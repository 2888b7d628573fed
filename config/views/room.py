"""The page of the room's own settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config import room_actions
from config.models import Room
from config.record import who_last
from config.room_forms import MADE_UP, NameAndLeaseForm, RoomForm
from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from hwcall.stamps import Changed


@administrator_required
@page_and_form
def settings(request: OperatorRequest) -> HttpResponse:
    """The room's settings; "try" shows what was entered without saving it."""
    room = Room.objects.get()
    form = RoomForm(request.POST if request.method == "POST" else None, room=room)
    trying = request.POST.get("do") == "try"
    if form.is_bound and form.is_valid() and not trying and (saved := save(request, form, "config:settings")):
        return saved
    page = {"form": form, "example": form.example(room), "made_up": MADE_UP, "trying": trying and not form.errors}
    return render(request, "config/settings.html", page, status=422 if form.errors or form.changed else 200)


def save(request: OperatorRequest, form: NameAndLeaseForm, page: str) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    changes = form.as_changes()
    try:
        room_actions.change(changes=changes, seen=form.cleaned_data["stamp"], **who(request))
    except Changed as found:
        form.changed_by(who_last(["room.change"]), found.standing)
        return None
    messages.info(request, _("The settings are saved and apply at once."), "note")
    return redirect(page)
