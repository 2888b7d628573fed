"""The desk's own statements, in SQL: an agent with a full day asks for each of them hundreds of times.

Written with the ORM, a press on a business type took 37 statements, and most of its time went into putting them
together. Here it is a hold's end, the call with its tallies, and what the sheet shows around the next number. But for
these, the queue (``phones.queue``) and what moves numbers by the thousand, nothing writes SQL by hand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from callback.models import Call
from callback.querysets import hour_of, kinds_of
from config.models import BOOKING, VALID_CODES, BusinessType
from hwcall.sql import adapted
from phones.models import Phone

# By which column a number is held: an agent's screen has it, or a sheet of paper.
HELD_BY = ("holder_id", "paper_id")

LOCK = """
SELECT accounts_user.*, config_room.lease_minutes,
EXISTS (SELECT 1 FROM config_carrier WHERE id = %s AND enabled) AS carrier_is_open,
EXISTS (SELECT 1 FROM phones_phone WHERE state = 'held' AND expires_at < %s) AS leases_ended
FROM accounts_user CROSS JOIN config_room WHERE accounts_user.id = %s {for_update}
"""
CLOSE = """
UPDATE phones_phone SET state = 'classified', holder_id = NULL, paper_id = NULL, token = NULL, expires_at = NULL,
due_at = NULL, type_id = %s, order_region_id = NULLIF(CAST(%s AS bigint), region_id), agent_id = %s,
classified_at = %s, note = %s
WHERE state = 'held' AND {held_by} = %s AND token = %s RETURNING *
"""

CALL_FIELDS = [field for field in Call._meta.concrete_fields if not field.primary_key]
FILE = f"""
INSERT INTO callback_call ({", ".join(str(field.column) for field in CALL_FIELDS)})
VALUES ({", ".join(["%s"] * len(CALL_FIELDS))}) ON CONFLICT (request_id) DO NOTHING RETURNING id
"""  # noqa: S608 (names of our own columns)
COUNT_THE_DAY = """
INSERT INTO callback_tally (day, agent_id, batch_id, carrier_id, region_id, type_id, filed, standing)
SELECT %s, %s, %s, %s, %s, %s, 1, 1 {where_filed}
ON CONFLICT (day, agent_id, batch_id, carrier_id, region_id, type_id)
DO UPDATE SET filed = callback_tally.filed + 1, standing = callback_tally.standing + 1
"""
COUNT_THE_HOUR = """
INSERT INTO callback_hourtally (hour_at, agent_id, carrier_id, filed, valid, booking, not_connected)
SELECT %s, %s, %s, 1, %s, %s, %s {where_filed}
ON CONFLICT (hour_at, agent_id, carrier_id) DO UPDATE SET filed = callback_hourtally.filed + 1,
valid = callback_hourtally.valid + excluded.valid, booking = callback_hourtally.booking + excluded.booking,
not_connected = callback_hourtally.not_connected + excluded.not_connected
"""
AT_ONCE = f"""
WITH filed AS ({FILE}), by_day AS ({COUNT_THE_DAY}), by_hour AS ({COUNT_THE_HOUR}) SELECT id FROM filed
""".format(where_filed="FROM filed")  # noqa: S608

LOOK = """
SELECT calls.*, today.total, today.valid, today.booking,
(SELECT id FROM callback_call WHERE agent_id = %s AND NOT late AND NOT EXISTS (
    SELECT 1 FROM phones_paperline AS line JOIN phones_papersheet AS sheet ON sheet.id = line.sheet_id
    WHERE sheet.agent_id = callback_call.agent_id AND sheet.at = callback_call.taken_at
    AND line.number = callback_call.number
) ORDER BY filed_at DESC, id DESC LIMIT 1) AS last_at_the_desk,
EXISTS (SELECT 1 FROM callback_call WHERE phone_id = %s AND withdrawn_at IS NULL) AS called_before
FROM (SELECT COALESCE(SUM(standing), 0) AS total,
    COALESCE(SUM(CASE WHEN type_id IN ({valid}) THEN standing END), 0) AS valid,
    COALESCE(SUM(CASE WHEN type_id IN ({booking}) THEN standing END), 0) AS booking
    FROM callback_tally WHERE agent_id = %s AND day = %s) AS today
LEFT JOIN (SELECT * FROM callback_call WHERE agent_id = %s AND withdrawn_at IS NULL
    ORDER BY filed_at DESC, id DESC LIMIT %s) AS calls ON 1 = 1
ORDER BY calls.filed_at DESC, calls.id DESC
"""


@dataclass(frozen=True)
class Look:
    """What an agent's own calls say: the newest ones, the day's figures as they stand, what could be taken back."""

    recent: list[Call]
    today: dict[str, int]
    # The newest call of the sheet, also where it was taken back already.
    last_at_the_desk: int | None
    called_before: bool


def lock_to_take(*, agent_id: int, carrier_id: int, now: datetime) -> Any:
    """An agent's row, locked against the agent's other tabs; it has ``lease_minutes`` and whether the carrier is open
    (``carrier_is_open``) and some lease has ended (``leases_ended``)."""
    for_update = "FOR NO KEY UPDATE OF accounts_user" if connection.features.has_select_for_no_key_update else ""
    values = adapted([carrier_id, now, agent_id])
    return next(iter(User.objects.raw(LOCK.format(for_update=for_update), values)))


def close(
    *, held_by: tuple[str, int], token: UUID, type_id: int, order_region_id: int | None, agent_id: int, at: datetime,
    note: str,
) -> Phone | None:  # fmt: skip
    """Classify the number that one of HELD_BY has under a token, and return it; None where that hold has ended.

    An order region that is the number's own is none.
    """
    column, holder = held_by
    if column not in HELD_BY:
        raise ValueError(column)
    values = [type_id, order_region_id, agent_id, at, note, holder, token]
    return next(iter(Phone.objects.raw(CLOSE.format(held_by=column), adapted(values))), None)


def file(call: Call) -> bool:
    """Write a call down and count it in; False where a call has this request's id already. In a transaction."""
    written = [field.get_db_prep_save(getattr(call, field.attname), connection) for field in CALL_FIELDS]
    by_day = [call.day, call.agent_id, call.batch_id, call.carrier_id, call.region_id, call.type_id]
    by_hour = [hour_of(call.filed_at), call.agent_id, call.carrier_id, *kinds_of(call).values()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(AT_ONCE, [*written, *adapted([*by_day, *by_hour])])
            row = cursor.fetchone()
        else:
            cursor.execute(FILE, written)
            row = cursor.fetchone()
            if row:
                cursor.execute(COUNT_THE_DAY.format(where_filed="WHERE true"), adapted(by_day))
                cursor.execute(COUNT_THE_HOUR.format(where_filed="WHERE true"), adapted(by_hour))
    call.pk = row[0] if row else None
    call._state.adding = row is None
    return row is not None


def look(*, agent_id: int, day: date, phone_id: int | None, types: Collection[BusinessType], at_most: int) -> Look:
    """What the sheet says of an agent's own calls, and whether a number was called before."""
    valid = [type.pk for type in types if type.code in VALID_CODES]
    booking = [type.pk for type in types if type.code == BOOKING]
    sql = LOOK.format(valid=", ".join(map(str, valid)) or "NULL", booking=", ".join(map(str, booking)) or "NULL")
    rows = list(Call.objects.raw(sql, adapted([agent_id, phone_id, agent_id, day, agent_id, at_most])))
    first: Any = rows[0]
    return Look(
        recent=[call for call in rows if call.pk],
        today={"total": first.total, "valid": first.valid, "booking": first.booking},
        last_at_the_desk=first.last_at_the_desk,
        called_before=bool(first.called_before),
    )
