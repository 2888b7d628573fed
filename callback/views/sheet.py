"""The callback sheet, in whatever state it is."""

from contextlib import suppress
from io import BytesIO
from urllib.parse import urlsplit
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateformat import time_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import push_url, retarget

from accounts.models import User
from accounts.modules import Module
from callback import actions, desk
from callback.forms import CarrierForm, ClassifyForm, HoldForm, SkipForm, UndoForm
from config.lists import lists_of
from config.models import Carrier, Room
from hwcall.access import OperatorRequest, module_required
from phones import standing
from phones.models import Event, Phone


class Sheet:
    """A request to the sheet: who asks, what the room offers at this moment, and the number as far as it is known."""

    def __init__(self, request: OperatorRequest) -> None:
        self.request, self.agent = request, request.user
        self.now = timezone.now()
        self.room = Room.objects.get()
        self.lists = lists_of(self.room)

    @property
    def carrier(self) -> Carrier | None:
        """The session's carrier, while it is enabled."""
        chosen = self.request.session.get("carrier")
        return next((carrier for carrier in self.lists.enabled_carriers if carrier.pk == chosen), None)

    @cached_property
    def phone(self) -> Phone | None:
        return Phone.objects.held_by(self.agent).first()

    def take(self) -> None:
        if self.carrier:
            self.phone = actions.take(agent=self.agent, carrier=self.carrier, now=self.now)

    def show(self, *, refused: ClassifyForm | None = None, status: int = 200) -> HttpResponse:
        seen = self.request.session.get("recall_seen")
        page = desk.context(self.agent, self.room, self.carrier, self.phone, seen=seen, now=self.now)
        page["refused"] = refused
        if not _from_the_sheet(self.request):
            return render(self.request, "callback/sheet.html", page, status=status)
        # What stands already is neither sent nor drawn again: the next number is there sooner.
        stands = self.phone and not refused and self.request.POST.get("drawn") == page["drawn"]
        part, place, swap = ("_next", "#call", "exchange") if stands else ("_part", "#main", "innerHTML")
        answer = retarget(render(self.request, f"callback/{part}.html", page, status=status), place)
        answer.headers["HX-Reswap"] = f"{swap} settle:0ms"
        # A thousand presses are one step back.
        return push_url(answer, False)


def _from_the_sheet(request: OperatorRequest) -> bool:
    return bool(request.htmx) and urlsplit(request.htmx.current_url or "").path == request.path


def _take(sheet: Sheet) -> HttpResponse | None:
    if seen := sheet.request.POST.get("seen"):
        sheet.request.session["recall_seen"] = seen[:36]
    sheet.take()
    return None


def _classify(sheet: Sheet) -> HttpResponse | None:
    request = sheet.request
    form = ClassifyForm(request.POST, offered=sheet.lists.types_on_offer)
    if not form.is_valid():
        return sheet.show(refused=form, status=422)
    filed = form.as_arguments()
    try:
        call, phone = actions.classify_and_take(agent=sheet.agent, carrier=sheet.carrier, now=sheet.now, **filed)
    except actions.NotHolder:
        sentence = _("This number is not on your sheet; nothing was filed. Go on with what the sheet shows now.")
        messages.warning(request, sentence, "warn")
        return None
    if phone:
        # Without one the sheet looks itself: another tab may hold a number, also where no carrier is chosen any more.
        sheet.phone = phone
    if call.late:
        messages.warning(request, desk.late_words(call), "warn")
    elif call.request_id != filed["request_id"]:
        messages.info(request, _("This number was filed already as %(type)s.") % {"type": call.type}, "note")
    return None


def _skip(sheet: Sheet) -> HttpResponse | None:
    form = SkipForm(sheet.request.POST)
    if form.is_valid():
        data = form.cleaned_data
        actions.skip(agent=sheet.agent, token=data["token"], reason=data["skip"], now=sheet.now)
        sheet.take()
    return None


def _pause(sheet: Sheet) -> HttpResponse | None:
    actions.pause(agent=sheet.agent, now=sheet.now)
    return None


def _undo(sheet: Sheet) -> HttpResponse | None:
    form = UndoForm(sheet.request.POST)
    try:
        if form.is_valid():
            actions.undo(agent=sheet.agent, call_id=form.cleaned_data["undo"], now=sheet.now)
            messages.success(sheet.request, _("Taken back. The number is yours again."), "note")
    except actions.TooLate:
        messages.warning(sheet.request, desk.too_late_words(sheet.agent), "warn")
    return None


def _change_carrier(sheet: Sheet) -> HttpResponse | None:
    form = CarrierForm(sheet.request.POST)
    if not form.is_valid():
        sentence = _("This carrier was disabled meanwhile. Choose another one.")
        messages.warning(sheet.request, sentence, "warn")
        return None
    held = actions.pause(agent=sheet.agent, now=sheet.now)
    sheet.request.session["carrier"] = form.cleaned_data["carrier"].pk
    User.objects.filter(pk=sheet.agent.pk).update(last_carrier=form.cleaned_data["carrier"])
    if held:
        sheet.take()
    return None


# What the middleware would add that this answer does not pass.
QUICK = {"Cache-Control": "no-store, private", "X-Content-Type-Options": "nosniff"}
# What is pressed decides; the first that the request names.
PRESSED = {
    "code": _classify,
    "undo": _undo,
    "skip": _skip,
    "pause": _pause,
    "carrier": _change_carrier,
    "take": _take,
}


@module_required(Module.SHEET)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: OperatorRequest) -> HttpResponse:
    """The sheet in whatever state it is; each press is a POST to it and brings the next state."""
    asked = Sheet(request)
    if request.method != "POST":
        return asked.show()
    press = next((press for name, press in PRESSED.items() if name in request.POST), None)
    answer = press(asked) if press else None
    if answer is not None:
        return answer
    # One request brings the next number where script asks; a plain form is redirected, so that a reload sends nothing.
    return asked.show() if request.htmx else redirect("callback:sheet")


@login_not_required
@require_safe
def held(request: HttpRequest) -> HttpResponse:
    """204 while the hold of a ``token`` stands; else 200, and ``hold`` tells more.

    Whoever has a token has had the number: nothing else is needed to be told so little.
    """
    try:
        token = UUID(request.GET.get("token", ""))
    except ValueError:
        token = None
    # Whatever goes wrong, the long way tells it.
    with suppress(DatabaseError):
        if token and standing.stands(token):
            return HttpResponse(status=204, headers=QUICK)
    return HttpResponse("gone", content_type="text/plain", headers=QUICK | {"Content-Length": "4"})


@module_required(Module.SHEET)
@require_POST
def hold(request: OperatorRequest) -> HttpResponse:
    """How the hold on an open sheet stands: held (and kept from now on), recalled, or ended."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"state": "ended"})
    token = form.cleaned_data["token"]
    if until := actions.renew(agent=request.user, token=token, now=timezone.now()):
        return JsonResponse({"state": "held", "until": time_format(timezone.localtime(until), "H:i")})
    recalled = Event.objects.filter(token=token, agent=request.user, kind=Event.Kind.RECALL).exists()
    return JsonResponse({"state": "recalled" if recalled else "ended"})


@module_required(Module.SHEET)
@require_safe
def qr(request: OperatorRequest) -> HttpResponse:
    """The number of a hold as a code that a mobile can scan and call."""
    form = HoldForm(request.GET)
    phone = form.is_valid() and Phone.objects.held_by(request.user).filter(token=form.cleaned_data["token"]).first()
    if not phone:
        raise Http404
    drawing = BytesIO()
    segno.make(f"tel:{phone.number}", error="m").save(drawing, kind="svg", scale=5, border=3, light="#fff")
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")


@module_required(Module.SHEET)
@require_safe
def keys(request: OperatorRequest) -> HttpResponse:
    """All keys of the sheet, as a page of their own."""
    return render(request, "callback/keys.html", {"types": desk.types(lists_of(Room.objects.get()))})
