"""Coming in and going out: the login, its limits, and what is written down about both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_credentials
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts import audit
from accounts.models import User
from config.models import Carrier
from hwcall.addresses import client_address

# A wrong guess is written down with the name that was tried, cut: it may be anything.
LONGEST_NAME_KEPT = 40
# So many names tried without success from one address within the cool-off are a search for weak passwords.
NAMES_AN_ADDRESS = 20
ATTEMPTS_KEPT = timedelta(days=1)


def folded(username: str) -> str:
    """The one form of a user name, however it is typed: an input method's wide letters, capitals, spaces around it."""
    return User.normalize_username(username).strip().lower()


def is_locked(request: HttpRequest, username: str) -> bool:
    """Whether this address has guessed at this name too often; asking does not prolong it."""
    return not AxesProxyHandler.is_allowed(request, get_credentials(username))


def locked_until(request: HttpRequest, username: str) -> datetime:
    cool_off = get_cool_off(request) or timedelta()
    attempts = AccessAttempt.objects.filter(username=username, ip_address=client_address(request))
    last = attempts.aggregate(last=Max("attempt_time"))["last"]
    return (last or timezone.now()) + cool_off


@dataclass(frozen=True)
class Lock:
    """An address that has guessed at a name too often: since when it is closed to that name, and until when."""

    address: str
    since: datetime
    until: datetime


def locks(usernames: Iterable[str], *, now: datetime) -> dict[str, list[Lock]]:
    """The names among these that are locked for some addresses, with the locks, the latest first."""
    cool_off = get_cool_off() or timedelta()
    names = {folded(username): username for username in usernames}
    guesses = AccessAttempt.objects.filter(username__in=names, attempt_time__gte=now - cool_off)
    rows = guesses.values("username", "ip_address").annotate(
        count=Sum("failures_since_start"), last=Max("attempt_time")
    )
    found: dict[str, list[Lock]] = {}
    for row in rows.filter(count__gte=settings.AXES_FAILURE_LIMIT).order_by("-last"):
        lock = Lock(address=row["ip_address"] or "", since=row["last"], until=row["last"] + cool_off)
        found.setdefault(names[row["username"]], []).append(lock)
    return found


def unlock(username: str) -> None:
    """Forget the wrong guesses at a name, from wherever they came."""
    reset(username=folded(username))


def forgive(request: HttpRequest, username: str) -> None:
    """Forget the wrong guesses at a name from this address: whoever is there knows the password after all."""
    reset(username=username, ip=client_address(request))


def sprayed_until(request: HttpRequest) -> datetime | None:
    """Until when an address is closed from which many names were tried, each perhaps once, and none with success.

    A browser in which somebody has come in before is not asked: the whole office may share the address.
    """
    cool_off = get_cool_off(request) or timedelta()
    recent = AccessAttempt.objects.filter(
        ip_address=client_address(request), attempt_time__gte=timezone.now() - cool_off
    )
    names = recent.order_by().values("username").annotate(last=Max("attempt_time")).order_by("-last")
    enough = names.values_list("last", flat=True)[NAMES_AN_ADDRESS - 1 : NAMES_AN_ADDRESS].first()
    return enough + cool_off if enough else None


def tries_left(request: HttpRequest, username: str) -> int:
    return max(0, settings.AXES_FAILURE_LIMIT - AxesProxyHandler.get_failures(request, get_credentials(username)))


def recognise(request: HttpRequest, username: str, password: str, *, signed_in: User | None = None) -> User | None:
    """Who it is, or None for an unknown name, a disabled operator and a wrong password alike; that is counted.

    ``signed_in`` is who is asked for their own password once more: a wrong one is told apart from a login that failed.
    """
    address = client_address(request)
    user = auth.authenticate(request, username=username, password=password)
    if user and is_locked(request, username):
        # Guesses that came all at once found the name open still; the right one among them is refused like the others.
        user, request.axes_locked_out = None, True  # type: ignore[attr-defined]
    if user is None:
        name = username[:LONGEST_NAME_KEPT]
        audit.record(
            by=signed_in, action="password.wrong" if signed_in else "login.failed", about=name, address=address
        )
        if getattr(request, "axes_locked_out", False):
            audit.record(by=None, action="login.locked", about=name, address=address)
    return user


@transaction.atomic
def sign_in(*, request: HttpRequest, user: User, carrier: Carrier | None, now: datetime) -> None:
    """Begin a session on a carrier; it ends twelve hours later, whatever happens in it."""
    auth.login(request, user)
    request.session.set_expiry(now + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    if carrier:
        request.session["carrier"] = carrier.pk
        User.objects.filter(pk=user.pk).update(last_carrier=carrier)
    audit.record(by=user, action="login", about=user.username, address=client_address(request), at=now)


@transaction.atomic
def sign_out(*, request: HttpRequest, user: User) -> None:
    auth.logout(request)
    User.objects.filter(pk=user.pk).update(seen_at=None)
    audit.record(by=user, action="logout", about=user.username, address=client_address(request))


def keep_no_form(*, instance: AccessAttempt, **_signal: object) -> None:
    """Leave out of a wrong guess what the form held: other passwords, the new one among them, and what is none."""
    instance.get_data = instance.post_data = ""


def forget_old(*, now: datetime) -> None:
    """Remove the sessions that are over, and the wrong guesses that no limit counts any more."""
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT).delete()
