"""The callback sheet, in whatever state it is."""

from io import BytesIO
from urllib.parse import urlsplit

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateformat import time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import retarget

from accounts.models import User
from accounts.modules import Module
from callback import actions, desk
from callback.forms import CarrierForm, ClassifyForm, HoldForm, SkipForm, UndoForm
from config.models import Carrier
from hwcall.access import OperatorRequest, module_required
from phones.models import Event, Phone


def _carrier(request: OperatorRequest) -> Carrier | None:
    """The session's carrier, while it is enabled."""
    return Carrier.objects.enabled().filter(pk=request.session.get("carrier") or 0).first()


def _show(request: OperatorRequest, *, refused: ClassifyForm | None = None, status: int = 200) -> HttpResponse:
    agent = request.user
    phone = Phone.objects.held_by(agent).select_related("carrier", "region").first()
    now = timezone.now()
    page = desk.context(agent, _carrier(request), phone, seen=request.session.get("recall_seen"), now=now)
    if not _from_the_sheet(request):
        return render(request, "callback/sheet.html", page | {"refused": refused}, status=status)
    # The page around it stands already: the next number is there sooner when that is neither sent nor drawn again.
    answer = render(request, "callback/_part.html", page | {"refused": refused}, status=status)
    answer = retarget(answer, "#main")
    answer.headers["HX-Reswap"] = "innerHTML settle:0ms"
    return answer


def _from_the_sheet(request: OperatorRequest) -> bool:
    return bool(request.htmx) and urlsplit(request.htmx.current_url or "").path == request.path


def _next(request: OperatorRequest) -> None:
    carrier = _carrier(request)
    if carrier:
        actions.take(agent=request.user, carrier=carrier, now=timezone.now())


def _take(request: OperatorRequest) -> HttpResponse | None:
    if seen := request.POST.get("seen"):
        request.session["recall_seen"] = seen[:36]
    _next(request)
    return None


def _classify(request: OperatorRequest) -> HttpResponse | None:
    form = ClassifyForm(request.POST)
    if not form.is_valid():
        return _show(request, refused=form, status=422)
    try:
        call = actions.classify(agent=request.user, now=timezone.now(), **form.as_arguments())
    except actions.NotHolder:
        sentence = _("This number is not on your sheet; nothing was filed. Go on with what the sheet shows now.")
        messages.warning(request, sentence, "warn")
        return None
    if call.late:
        messages.warning(request, desk.late_words(call), "warn")
    elif call.request_id != form.cleaned_data["request_id"]:
        messages.info(request, _("This number was filed already as %(type)s.") % {"type": call.type}, "note")
    _next(request)
    return None


def _skip(request: OperatorRequest) -> HttpResponse | None:
    form = SkipForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        actions.skip(agent=request.user, token=data["token"], reason=data["skip"], now=timezone.now())
        _next(request)
    return None


def _pause(request: OperatorRequest) -> HttpResponse | None:
    actions.pause(agent=request.user, now=timezone.now())
    return None


def _undo(request: OperatorRequest) -> HttpResponse | None:
    form = UndoForm(request.POST)
    try:
        if form.is_valid():
            actions.undo(agent=request.user, call_id=form.cleaned_data["undo"], now=timezone.now())
            messages.success(request, _("Taken back. The number is yours again."), "note")
    except actions.TooLate:
        messages.warning(request, desk.too_late_words(request.user), "warn")
    return None


def _change_carrier(request: OperatorRequest) -> HttpResponse | None:
    form = CarrierForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("This carrier was disabled meanwhile. Choose another one."), "warn")
        return None
    held = actions.pause(agent=request.user, now=timezone.now())
    request.session["carrier"] = form.cleaned_data["carrier"].pk
    User.objects.filter(pk=request.user.pk).update(last_carrier=form.cleaned_data["carrier"])
    if held:
        _next(request)
    return None


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
    if request.method != "POST":
        return _show(request)
    press = next((press for name, press in PRESSED.items() if name in request.POST), None)
    answer = press(request) if press else None
    if answer is not None:
        return answer
    # One request brings the next number where script asks; a plain form is redirected, so that a reload sends nothing.
    return _show(request) if request.htmx else redirect("callback:sheet")


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
    return render(request, "callback/keys.html", {"types": desk.types()})
