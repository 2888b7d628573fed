"""The statistics of the demonstration room, counted at once from all of its calls."""

from collections import Counter
from datetime import UTC
from typing import Any

from callback.models import Call, HourTally, Tally
from config.models import BOOKING, NOT_CONNECTED


def count(calls: list[Call]) -> None:
    """Write the tallies of calls none of which is counted yet."""
    _by_day(calls)
    _by_hour(calls)


def _by_day(calls: list[Call]) -> None:
    def place(call: Call) -> tuple[Any, ...]:
        return (call.day, call.agent_id, call.batch_id, call.carrier_id, call.region_id)

    filed = Counter((*place(call), call.type_id) for call in calls)
    standing = Counter((*place(call), call.standing_type_id) for call in calls)
    names = ("day", "agent_id", "batch_id", "carrier_id", "region_id", "type_id")
    Tally.objects.bulk_create(
        (
            Tally(**dict(zip(names, key, strict=True)), filed=filed[key], standing=standing[key])
            for key in sorted(filed.keys() | standing.keys())
        ),
        batch_size=2000,
    )


def _by_hour(calls: list[Call]) -> None:
    def hour(call: Call) -> tuple[Any, ...]:
        return (
            call.filed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            call.agent_id,
            call.carrier_id,
        )

    filed = Counter(hour(call) for call in calls)
    valid = Counter(hour(call) for call in calls if call.type.valid)
    booking = Counter(hour(call) for call in calls if call.type.code == BOOKING)
    not_connected = Counter(hour(call) for call in calls if call.type.code == NOT_CONNECTED)
    HourTally.objects.bulk_create(
        (
            HourTally(
                **dict(zip(("hour_at", "agent_id", "carrier_id"), key, strict=True)),
                filed=filed[key],
                valid=valid[key],
                booking=booking[key],
                not_connected=not_connected[key],
            )
            for key in sorted(filed)
        ),
        batch_size=2000,
    )
