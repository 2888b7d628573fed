"""The queue: which number is next. Each statement reads a handful of index entries, however long the queue is."""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import connection

from hwcall.sql import adapted
from phones import holds
from phones.models import Event, Phone

# How many ended holds one take gives back: enough that they never pile up, few enough that nobody waits.
SWEEP = 20

# Where this process last found the head of a main line, by (carrier, region or None), and when it first looked. Behind
# it lie the dead entries of numbers that were taken, which a take would walk one by one while an old snapshot keeps
# them alive. Only a hint: what comes back to the queue stands in the come-back line, a take that finds nothing asks
# again without it, and it is forgotten every minute, since an older batch may have come in behind it.
_floors: dict[tuple[int, int | None], tuple[int, float]] = {}
SLACK = 64
FLOOR_SECONDS = 60
# After how many takes of this process it looks where the head is.
LOOK_EVERY = 16
_takes: dict[int, int] = {}

# What has a place in a batch that is still loading in pieces, or after it, is not handed out.
CEILING = (
    "COALESCE((SELECT first_place FROM phones_batch WHERE state = 'loading' AND first_place IS NOT NULL), "
    "9223372036854775807)"
)
# The two lines of a carrier, as their partial indexes have them; a place below nought is hidden by a revert.
MAIN = f"state = 'pending' AND due_at IS NULL AND carrier_id = %s AND place >= 0 AND place < {CEILING}"
COME_BACK = "state = 'pending' AND due_at IS NOT NULL AND carrier_id = %s AND due_at <= %s"
HOLD = "SET state = 'held', holder_id = %s, paper_id = %s, token = %s, taken_at = %s, expires_at = %s, due_at = NULL"


def _floor(key: tuple[int, int | None]) -> int:
    place, since = _floors.get(key, (0, 0.0))
    return place if monotonic() - since < FLOOR_SECONDS else 0


def _raise_floor(key: tuple[int, int | None], place: int) -> None:
    since = _floors[key][1] if _floor(key) else monotonic()
    _floors[key] = (max(place - SLACK, 0), since)


def _ask(sql: str, values: list) -> tuple | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, adapted(values))
        row: tuple | None = cursor.fetchone()
    return row


def _first(where: str, order: str) -> str:
    """The first number that fits and that nobody else is just taking.

    Its key stays as it is: so a line of history or a list's word that is just written for it does not stand in the way.
    """
    skip_locked = "FOR NO KEY UPDATE SKIP LOCKED" if connection.features.has_select_for_no_key_update else ""
    return f"(SELECT id FROM phones_phone WHERE {where} ORDER BY {order} LIMIT 1 {skip_locked})"  # noqa: S608


def _hold(found: str, values: list, hold: tuple) -> Phone | None:
    """Hold the number whose id a subquery finds."""
    sql = f"UPDATE phones_phone {HOLD} WHERE id = {found} RETURNING *"
    return next(iter(Phone.objects.raw(sql, adapted([*hold, *values]))), None)


def _from_come_back_line(carrier_id: int, region_id: int, now: datetime, hold: tuple) -> Phone | None:
    where, values = _in_region(COME_BACK, [carrier_id, now], region_id)
    return _hold(_first(where, "due_at, id"), values, hold)


def _from_main_line(carrier_id: int, region_id: int, hold: tuple) -> Phone | None:
    key = (carrier_id, region_id)
    where, values = _in_region(MAIN, [carrier_id], region_id)
    for floor in dict.fromkeys((_floor(key), 0)):
        if phone := _hold(_first(f"{where} AND place >= %s", "place, id"), [*values, floor], hold):
            _raise_floor(key, phone.place)
            return phone
    return None


def _from_both_lines(carrier_id: int, now: datetime, hold: tuple) -> Phone | None:
    """In one statement: a line is only looked into where those before it have nothing."""
    floor = _floor((carrier_id, None))
    lines = [(_first(COME_BACK, "due_at, id"), [carrier_id, now])]
    for place in dict.fromkeys((floor, 0)):
        lines.append((_first(f"{MAIN} AND place >= %s", "place, id"), [carrier_id, place]))
    found = f"COALESCE({', '.join(line for line, _values in lines)})"
    phone = _hold(found, [value for _line, values in lines for value in values], hold)
    if phone:
        _follow_head(carrier_id, floor)
    return phone


def _follow_head(carrier_id: int, floor: int) -> None:
    """Look where the main line's head is now and then; the number that was taken may have been one that came back."""
    _takes[carrier_id] = _takes.get(carrier_id, 0) + 1
    if floor and _takes[carrier_id] % LOOK_EVERY:
        return
    sql = f"SELECT place FROM phones_phone WHERE {MAIN} AND place >= %s ORDER BY place, id LIMIT 1"  # noqa: S608
    if head := _ask(sql, [carrier_id, floor]):
        _raise_floor((carrier_id, None), head[0])


def _in_region(where: str, values: list, region_id: int) -> tuple[str, list]:
    return f"{where} AND region_id = %s", [*values, region_id]


def _by_head(region_ids: list[int], head: Callable[[int], object]) -> list[int]:
    """The regions that have something in a line, the one whose first number comes first at the front.

    One look into the index per region, so that a limit to some regions makes the take no slower.
    """
    heads = [(first, region_id) for region_id in region_ids if (first := head(region_id)) is not None]
    return [region_id for _first, region_id in sorted(heads)]


def _first_due(carrier_id: int, region_id: int, now: datetime) -> object:
    where, values = _in_region(COME_BACK, [carrier_id, now], region_id)
    row = _ask(f"SELECT due_at FROM phones_phone WHERE {where} ORDER BY due_at, id LIMIT 1", values)  # noqa: S608
    return row and row[0]


def _first_place(carrier_id: int, region_id: int) -> object:
    floor = _floor((carrier_id, region_id))
    where, values = _in_region(MAIN, [carrier_id], region_id)
    row = _ask(
        f"SELECT place FROM phones_phone WHERE {where} AND place >= %s ORDER BY place, id LIMIT 1",  # noqa: S608
        [*values, floor],
    )
    return row and row[0]


def take_next(
    *,
    agent_id: int,
    carrier_id: int,
    region_ids: list[int],
    token: UUID,
    now: datetime,
    until: datetime,
    paper_id: int | None = None,
) -> Phone | None:
    """Hold the next number of a carrier for an agent; None where there is none to be had.

    With ``paper_id`` the agent's paper sheet holds it, and not the agent's screen. What has come due comes first, then
    the main line. Must run in a transaction, after the agent's row was locked.
    """
    hold = (agent_id if paper_id is None else None, paper_id, token, now, until)
    if not region_ids:
        return _from_both_lines(carrier_id, now, hold)
    for region_id in _by_head(region_ids, lambda region: _first_due(carrier_id, region, now)):
        if phone := _from_come_back_line(carrier_id, region_id, now, hold):
            return phone
    # A floor may hide a region's first number: those without one above it are asked last.
    regions = _by_head(region_ids, lambda region: _first_place(carrier_id, region))
    for region_id in [*regions, *(region for region in region_ids if region not in regions)]:
        if phone := _from_main_line(carrier_id, region_id, hold):
            return phone
    return None


def left(*, carrier_id: int, region_ids: list[int], now: datetime, at_most: int) -> int:
    """How many numbers of a carrier a take could give now, counted up to a bound: a long queue costs no more."""
    regions = f" AND region_id IN ({', '.join(['%s'] * len(region_ids))})" if region_ids else ""
    count = 0
    for where, values in ((COME_BACK, [carrier_id, now]), (MAIN, [carrier_id])):
        some = f"SELECT 1 FROM phones_phone WHERE {where}{regions} LIMIT {at_most - count}"  # noqa: S608
        row = _ask(f"SELECT count(*) FROM ({some}) AS counted", [*values, *region_ids])  # noqa: S608
        count += row[0] if row else 0
    return count


def give_back_ended(now: datetime) -> int:
    """Give back what is held past its lease; say how many. Part of every take, so that no timer is needed."""
    ended = Phone.objects.lease_ended(now).select_for_update(skip_locked=True).order_by("expires_at")[:SWEEP]
    phones = list(ended)
    for phone in phones:
        holds.give_back(phone, kind=Event.Kind.LEASE_END, by=None, now=now)
    return len(phones)


def end_of_line(phone: Phone) -> int:
    """The place behind the last pending number of a number's carrier, but before a batch that is just loading."""
    sql = f"SELECT place FROM phones_phone WHERE {MAIN} ORDER BY place DESC, id DESC LIMIT 1"  # noqa: S608
    row = _ask(sql, [phone.carrier_id])
    # Never before where it stood: a process whose floor is there would not look further back.
    return max(row[0] if row else 0, phone.place) + 1


def forget_floors() -> None:
    """Start at the head again, as a new process does."""
    _floors.clear()
    _takes.clear()
