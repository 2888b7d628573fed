"""The page that leads an administrator of an empty system to the first batch."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from config import room_actions
from config.models import Room
from config.record import who_last
from config.room_forms import NameAndLeaseForm
from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from hwcall.stamps import Changed
from phones import first_visit as visit

PAGE = "phones:first_visit"


@administrator_required
@page_and_form
def first_visit(request: OperatorRequest) -> HttpResponse:
    """The six steps; a POST names the room, confirms a step as it is, or passes all of it over."""
    do = request.POST.get("do", "")
    if do == "end":
        room_actions.end_first_visit(now=timezone.now())
        messages.info(request, _("The first visit is over. You find its steps under Settings."), "note")
        return redirect("home")
    if do in visit.CONFIRMED:
        return _confirm(request, do)
    room = Room.objects.get()
    form = NameAndLeaseForm(request.POST if do == visit.ROOM else None, room=room)
    if form.is_bound and form.is_valid() and (saved := _name(request, form)):
        return saved
    if request.method == "POST" and not form.is_bound:
        return redirect(PAGE)
    steps = visit.steps(room)
    page = {
        "room": room,
        "form": form,
        "steps": steps,
        "done": sum(step.done for step in steps),
        "is_open": visit.is_open(),
    }
    return render(request, "phones/first_visit.html", page, status=422 if form.errors or form.changed else 200)


def _confirm(request: OperatorRequest, step: str) -> HttpResponse:
    if visit.is_ready(step):
        room_actions.confirm_step(step=step)
    else:
        messages.info(request, _("None is enabled, so nobody could call. Enable one, or add one."), "warn")
    return redirect(PAGE)


def _name(request: OperatorRequest, form: NameAndLeaseForm) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    try:
        room_actions.change(changes=form.as_changes(), seen=form.cleaned_data["stamp"], **who(request))
    except Changed as found:
        form.changed_by(who_last(["room.change"]), found.standing)
        return None
    room_actions.confirm_step(step=visit.ROOM)
    return redirect(PAGE)
