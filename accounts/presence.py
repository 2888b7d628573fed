"""Who is at work: when a request of an operator last came in, written down once a minute at most."""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from accounts.models import User

log = logging.getLogger("hwcall")

# An open sheet asks every other second; it must not write as often.
WRITTEN_EVERY = timedelta(minutes=1)
# Pages of the office ask for nothing by themselves: who reads one for some minutes is there all the same.
ONLINE_FOR = timedelta(minutes=5)


def note(user: User, *, now: datetime) -> None:
    """Write down that a request of an operator came in, unless that was done within the last minute.

    No request fails with it, and none waits for somebody who is changing the row just then: the next will write it.
    """
    # Also where the clock was put back meanwhile.
    if user.seen_at and abs(now - user.seen_at) < WRITTEN_EVERY:
        return
    # As this request has read it: who has logged out or was disabled since then is not seen again.
    same = User.objects.enabled().filter(pk=user.pk, seen_at=user.seen_at, session_epoch=user.session_epoch)
    try:
        with transaction.atomic():
            free = same.select_for_update(no_key=True, skip_locked=True)
            User.objects.filter(pk__in=free.values("pk")).update(seen_at=now)
    except DatabaseError:
        log.warning("that an operator is there could not be written down", exc_info=True)


def is_online(user: User, *, now: datetime) -> bool:
    return user.is_active and user.seen_at is not None and user.seen_at >= now - ONLINE_FOR


def online(now: datetime) -> Q:
    """``is_online`` as a condition."""
    return Q(is_active=True, seen_at__gte=now - ONLINE_FOR)
