"""The wall board: one snapshot of the day for all who look at it, and who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core import signing
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import presence
from accounts.models import Role, User
from accounts.modules import Module
from callback.models import HourTally
from config.models import Carrier, Room
from stats import hours
from stats.hours import Sums
from stats.moments import one_moment
from stats.pace import Supply
from stats.shared import Shared
from stats.today import Today

# How old the board may be, and beyond which age nobody is shown it any more.
SECONDS, OLDEST = 4, 20
# A board is looked at for days. Its page is opened anew after so long, and then the session is asked again.
TOKEN_SECONDS = 10 * 60
SALT = "stats.wall"


@dataclass(frozen=True)
class Row:
    """An agent on the board."""

    name: str
    online: bool
    sums: Sums
    pace: float | None
    place: int = 0


@dataclass(frozen=True)
class Earlier:
    """The last day before today on which anybody called."""

    day: date
    sums: Sums
    hours: Mapping[datetime, Sums]


@dataclass(frozen=True)
class Snapshot:
    """The room at one moment. ``viewers`` are those who may see it, with what their sessions are signed with.

    Before the first call of a day, ``earlier`` is the last day that had any. ``drawn`` keeps what was made of it.
    """

    at: datetime
    room: str
    viewers: Mapping[int, str]
    today: Sums
    hours: Mapping[datetime, Sums]
    rows: list[Row]
    online: int
    supply: Supply
    supplies: list[Supply]
    earlier: Earlier | None
    drawn: dict[tuple[str | None, int], str] = field(default_factory=dict, compare=False)


def take() -> Snapshot:
    """Ask the database for all that the board shows, as of one moment."""
    now = timezone.now()
    today = Today(now)
    with one_moment():
        room = Room.objects.first()
        supplies = list(today.supplies(Carrier.objects.enabled().in_order()))
        rows = _rows(today)
        return Snapshot(
            at=now,
            room=room.name if room else "",
            viewers=_viewers(),
            today=today.sums,
            hours=today.hours,
            rows=[Row(row.name, row.online, row.sums, row.pace, place) for place, row in enumerate(rows, start=1)],
            online=sum(row.online for row in rows),
            supply=_together(supplies, today),
            supplies=supplies,
            earlier=None if today.hours else _earlier(today.day),
        )


board = Shared(take, seconds=SECONDS, oldest=OLDEST)


def _rows(today: Today) -> list[Row]:
    """Who has called today, and who is there to call; those who filed most first."""
    desk = User.objects.filter(Q(pk__in=today.agents) | presence.online(today.now))
    users = desk.only("name", "role", "modules", "is_active", "seen_at")
    rows = []
    for user in users:
        day = today.agents.get(user.pk)
        if day or (not user.is_administrator and user.may_open(Module.SHEET)):
            online = presence.is_online(user, now=today.now)
            rows.append(Row(user.name, online, day.sums if day else Sums(), day.pace if day else None))
    return sorted(rows, key=lambda row: (-row.sums.filed, -row.sums.valid, row.name))


def _together(supplies: list[Supply], today: Today) -> Supply:
    """All carriers as one."""
    paces = [supply.pace for supply in supplies if supply.pace is not None]
    more, left = any(supply.more for supply in supplies), sum(supply.left for supply in supplies)
    return Supply(left, more, sum(paces) if paces else None, today.now, today.until, today.usual.worked)


def _earlier(day: date) -> Earlier | None:
    before = HourTally.objects.filter(hour_at__lt=hours.midnight(day), filed__gt=0).order_by("-hour_at").first()
    if before is None:
        return None
    last = timezone.localdate(before.hour_at)
    found = hours.by_hour(hours.on_days(last, last))
    return Earlier(last, hours.total(found.values()), found)


# ── Who may look ─────────────────────────────────────────────────────────────────────────────────────────────


def _viewers() -> dict[int, str]:
    """Who may open the statistics, by their id. Most agents have the sheet alone and are not even read."""
    sheet_alone = Q(role=Role.AGENT, modules=[Module.SHEET.value])
    users = User.objects.enabled().filter(must_change_password=False).exclude(sheet_alone)
    return {user.pk: _stamp(user) for user in users if user.may_open(Module.TEAM)}


def _stamp(user: User) -> str:
    """What ends all sessions of somebody ends their boards as well."""
    return salted_hmac(SALT, user.get_session_auth_hash()).hexdigest()[:20]


def token(user: User) -> str:
    """What a page carries that its operator has opened, to ask for the board without a session."""
    return signing.dumps([user.pk, _stamp(user)], salt=SALT)


def may_look(given: str, snapshot: Snapshot, *, max_age: int = TOKEN_SECONDS) -> bool:
    """Whether a token is ours, still good, and its operator may see the statistics."""
    try:
        user, stamp = signing.loads(given, salt=SALT, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return isinstance(user, int) and snapshot.viewers.get(user) == stamp
