"""The queue: which number is next. Each statement reads a handful of index entries, however long the queue is."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection

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

# What has a place in a batch that is still loading in pieces, or after it, is not handed out.
CEILING = (
    "COALESCE((SELECT first_place FROM phones_batch WHERE state = 'loading' AND first_place IS NOT NULL), "
    "9223372036854775807)"
)
LINE = "SELECT place FROM phones_phone WHERE state = 'pending' AND due_at IS NULL AND carrier_id = %s"
HOLD = "SET state = 'held', holder_id = %s, token = %s, taken_at = %s, expires_at = %s, due_at = NULL"


def _floor(key: tuple[int, int | None]) -> int:
    place, since = _floors.get(key, (0, 0.0))
    return place if monotonic() - since < FLOOR_SECONDS else 0


def _raise_floor(key: tuple[int, int | None], place: int) -> None:
    since = _floors[key][1] if _floor(key) else monotonic()
    _floors[key] = (max(place - SLACK, 0), since)


def _adapt(value: Any) -> Any:
    """Bind a value as the ORM would; raw SQL on SQLite knows neither UUIDs nor aware times."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _take(where: str, order: str, found: list, hold: tuple) -> tuple[int, int] | None:
    """Hold the first number that fits and that nobody else is just taking; its id and place."""
    skip_locked = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    sql = (
        f"UPDATE phones_phone {HOLD} WHERE id = ("  # noqa: S608 -- of constants alone; values are bound
        f"SELECT id FROM phones_phone WHERE state = 'pending' AND {where} ORDER BY {order} LIMIT 1 {skip_locked}"
        f") RETURNING id, place"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_adapt(value) for value in (*hold, *found)])
        return cursor.fetchone()


def _from_come_back_line(carrier_id: int, region_ids: list[int], now: datetime, hold: tuple) -> int | None:
    regions = f"AND region_id IN ({', '.join(['%s'] * len(region_ids))})" if region_ids else ""
    row = _take(
        f"due_at IS NOT NULL AND carrier_id = %s AND due_at <= %s {regions}",
        "due_at, id",
        [carrier_id, now, *region_ids],
        hold,
    )
    return row and row[0]


def _from_main_line(carrier_id: int, region_id: int | None, hold: tuple) -> int | None:
    region = "AND region_id = %s" if region_id is not None else ""
    key = (carrier_id, region_id)
    for floor in dict.fromkeys((_floor(key), 0)):
        row = _take(
            f"due_at IS NULL AND carrier_id = %s {region} AND place >= %s AND place < {CEILING}",
            "place, id",
            [carrier_id, *([region_id] if region_id is not None else []), floor],
            hold,
        )
        if row:
            _raise_floor(key, row[1])
            return row[0]
    return None


def _heads(carrier_id: int, region_ids: list[int]) -> list[int]:
    """The regions that have a number in the main line, the one whose number comes first at the front.

    One look into the index per region, so that a limit to some regions makes the take no slower.
    """
    heads = []
    with connection.cursor() as cursor:
        for region_id in region_ids:
            cursor.execute(
                f"{LINE} AND region_id = %s AND place >= %s AND place < {CEILING} ORDER BY place, id LIMIT 1",
                [carrier_id, region_id, _floor((carrier_id, region_id))],
            )
            row = cursor.fetchone()
            heads.append((row[0] if row else 1 << 62, region_id))
    return [region_id for _place, region_id in sorted(heads)]


def take_next(
    *, agent_id: int, carrier_id: int, region_ids: list[int], token: UUID, now: datetime, lease: timedelta
) -> int | None:
    """Hold the next number of a carrier for an agent and say its id; None where there is none to be had.

    What has come due comes first, then the main line. Must run in a transaction, after the agent's row was locked.
    """
    hold = (agent_id, token, now, now + lease)
    found = _from_come_back_line(carrier_id, region_ids, now, hold)
    if found is not None:
        return found
    for region_id in _heads(carrier_id, region_ids) if region_ids else (None,):
        found = _from_main_line(carrier_id, region_id, hold)
        if found is not None:
            return found
    return None


def give_back_ended(now: datetime) -> int:
    """Give back what is held past its lease; say how many. Part of every take, so that no timer is needed."""
    ended = Phone.objects.lease_ended(now).select_for_update(skip_locked=True).order_by("expires_at")[:SWEEP]
    phones = list(ended)
    for phone in phones:
        holds.give_back(phone, kind=Event.Kind.LEASE_END, by=None, now=now)
    return len(phones)


def end_of_line(phone: Phone) -> int:
    """The place behind the last pending number of a number's carrier, but before a batch that is just loading."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{LINE} AND place < {CEILING} ORDER BY place DESC, id DESC LIMIT 1",
            [phone.carrier_id],
        )
        row = cursor.fetchone()
    # Never before where it stood: a process whose floor is there would not look further back.
    return max(row[0] if row else 0, phone.place) + 1


def forget_floors() -> None:
    """Start at the head again, as a new process does."""
    _floors.clear()
