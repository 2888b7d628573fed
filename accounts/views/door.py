"""The login, the logout, and one's own password."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import entry, logins
from accounts.door_forms import LoginForm, PasswordForm
from config.models import Carrier
from hwcall.access import OperatorRequest, any_operator, page_and_form
from hwcall.addresses import client_address, safe_target
from hwcall.stamps import Changed

YEAR = 365 * 24 * 3600
CARRIER_COOKIE = "hwcall_carrier"
CHANGED_MEANWHILE = gettext_lazy(
    "Your password was changed or reset meanwhile, so nothing was done. Log in with the one that is new."
)


@login_not_required
@page_and_form
@sensitive_post_parameters("password")
def login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    if request.method != "POST":
        return _login_page(request, LoginForm(initial={"carrier": _known(request), "next": request.GET.get("next")}))
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _login_page(request, form, status=422)
    name = form.cleaned_data["username"]
    if entry.is_locked(request, name):
        return locked_out(request)
    if _known(request) is None and (until := entry.sprayed_until(request)):
        return _refuse_until(until, request, sprayed=True)
    user = entry.recognise(request, name, form.cleaned_data["password"])
    if user is None:
        return _login_page(request, form, tries=entry.tries_left(request, name), status=422)
    carrier = form.carrier_of(user)
    entry.sign_in(request=request, user=user, carrier=carrier, now=timezone.now())
    return _remember(redirect(safe_target(request, form.cleaned_data["next"])), carrier)


def _login_page(
    request: HttpRequest,
    form: LoginForm,
    *,
    tries: int | None = None,
    until: datetime | None = None,
    sprayed: bool = False,
    status: int = 200,
) -> HttpResponse:
    if tries is not None or until:
        form.refuse()
    page = {"form": form, "tries": tries, "until": until, "sprayed": sprayed, "known": bool(_known(request))}
    return render(request, "accounts/login.html", page, status=status)


def _known(request: HttpRequest) -> int | None:
    """The carrier that was last chosen in this browser, 0 for none; None where nobody has come in by it yet."""
    value = request.get_signed_cookie(CARRIER_COOKIE, default=None)
    return int(value) if value else None


def _remember(response: HttpResponse, carrier: Carrier | None) -> HttpResponse:
    # Signed: who has come in by this browser before is not asked how many others were mistaken at this address.
    value = str(carrier.pk if carrier else 0)
    response.set_signed_cookie(
        CARRIER_COOKIE, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.HTTPS
    )
    return response


def locked_out(request: HttpRequest, response: HttpResponse | None = None, credentials: object = None) -> HttpResponse:
    """The login page with the time until which it is closed to this name at this address."""
    return _refuse_until(entry.locked_until(request, entry.folded(request.POST.get("username", ""))), request)


def _refuse_until(until: datetime, request: HttpRequest, *, sprayed: bool = False) -> HttpResponse:
    # A minute that has begun counts whole: who comes back at the time that was said gets in.
    until += timedelta(seconds=59)
    refusal = _login_page(request, LoginForm(request.POST), until=until, sprayed=sprayed, status=429)
    refusal.headers["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds())))
    return refusal


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        entry.sign_out(request=request, user=request.user)
    response = redirect("accounts:login")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@any_operator
@page_and_form
@sensitive_post_parameters()
def password(request: OperatorRequest) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid() and form.knows_current(request):
        now = timezone.now()
        elsewhere = logins.is_elsewhere_too(request.user, now=now)
        address = client_address(request)
        try:
            user = logins.change_password(user=request.user, encoded=form.encoded(), now=now, address=address)
        except Changed:
            form.add_error("current", CHANGED_MEANWHILE)
        else:
            update_session_auth_hash(request, user)
            messages.info(request, _changed_words(elsewhere=elsewhere), "note")
            return redirect("home")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


def _changed_words(*, elsewhere: bool) -> str:
    if elsewhere:
        return _("Your password is changed. Wherever else you were logged in, you no longer are.")
    return _("Your password is changed.")
