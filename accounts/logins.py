"""Everything that happens to an operator's login: the sessions, the locks, the password."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import audit, entry
from accounts.models import AuditEntry, User
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach, Unproven, lock_to_change
from config.actions import AlreadySo
from hwcall.stamps import Changed, refuse_changed, stamp

# What changes where the sessions end.
SESSION_FIELDS = ["session_epoch", "seen_at"]
# What an operator does to their own sessions, and what others do that may end them all.
OWN_DEEDS = ("login", "logout", "password.change")
ENDINGS = ("operator.reset_password", "operator.end_sessions", "operator.disable", "operator.edit")


def end_all(user: User) -> None:
    """End the sessions of a row that is locked and about to be saved."""
    user.session_epoch += 1
    user.seen_at = None


def stamp_of(user: User) -> str:
    """The stamp of a login, as it is shown where a password is reset."""
    return stamp(*_shown(user))


def _shown(user: User) -> tuple[int, bool]:
    return user.session_epoch, user.must_change_password


@transaction.atomic
def end_sessions(*, user: User, seen: str | None = None, by: User, now: datetime, address: str | None) -> User:
    """Log an operator out wherever they are; a number that is held stays theirs. Raises Changed, Gone, BeyondReach.

    ``seen`` is the stamp of the login as it was shown: who has just come in again is not sent out a second time.
    """
    by, user = lock_to_change(by, user)
    refuse_changed(seen, *_shown(user), standing=user)
    end_all(user)
    user.save(update_fields=SESSION_FIELDS)
    audit.record(by=by, action="operator.end_sessions", about=user.username, address=address, at=now)
    return user


@transaction.atomic
def unlock(*, user: User, by: User, now: datetime, address: str | None) -> User:
    """Let an operator try again who is locked out by wrong guesses. Raises AlreadySo, Gone, BeyondReach.

    Nobody unlocks themselves: whoever guesses at a password in an open browser must not be given further guesses.
    """
    by, user = lock_to_change(by, user)
    if by.pk == user.pk:
        raise BeyondReach
    if not entry.locks([user.username], now=now):
        raise AlreadySo
    entry.unlock(user.username)
    audit.record(by=by, action="operator.unlock", about=user.username, address=address, at=now)
    return user


@transaction.atomic
def reset_password(
    *,
    user: User,
    password: OneTimePassword,
    seen: str | None = None,
    proven: bool = False,
    by: User,
    now: datetime,
    address: str | None,
) -> User:
    """Give an operator a one-time password, end its sessions, and let it try again where it was locked out.

    ``seen`` is the stamp of the login as it was shown: two who reset at once must not both pass a password on.
    ``proven``: who acts has entered their own. Raises Changed, Gone, BeyondReach, and Unproven for an administrator's.
    """
    by, user = lock_to_change(by, user)
    refuse_changed(seen, *_shown(user), standing=user)
    if user.is_administrator and not proven:
        raise Unproven
    user.password = password.encoded
    user.must_change_password = True
    end_all(user)
    user.save(update_fields=["password", "must_change_password", *SESSION_FIELDS])
    entry.unlock(user.username)
    audit.record(by=by, action="operator.reset_password", about=user.username, address=address, at=now)
    return user


@transaction.atomic
def change_password(*, user: User, encoded: str, now: datetime, address: str | None) -> User:
    """Give oneself a new password; it ends every session but the one that is then told the new hash.

    ``user`` has the password that was proven: a one-time password serves once, though two browsers may send it at once.
    Raises Changed.
    """
    row: User = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if row.password != user.password:
        raise Changed(row)
    row.password = encoded
    row.must_change_password = False
    row.save(update_fields=["password", "must_change_password"])
    audit.record(by=row, action="password.change", about=row.username, address=address, at=now)
    return row


def is_elsewhere_too(user: User, *, now: datetime) -> bool:
    """Whether somebody who is signed in has come in a second time, and not gone out there.

    The log tells it: a session does not say whose it is, and to open them all would take long.
    """
    since = now - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    deeds = Q(by=user, action__in=OWN_DEEDS) | Q(object=user.username, action__in=ENDINGS)
    sessions = 0
    for deed in AuditEntry.objects.filter(deeds, at__gte=since).order_by("at", "pk"):
        sessions = _sessions_after(deed, sessions)
    return sessions > 1


def _sessions_after(deed: AuditEntry, sessions: int) -> int:
    match deed.action:
        case "login":
            return sessions + 1
        case "logout":
            return max(0, sessions - 1)
        case "password.change":
            return 1
        case "operator.edit" if deed.data["after"]["enabled"]:
            return sessions
    return 0
