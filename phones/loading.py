"""Numbers of a list into the stock, and out again: the statements that imports and reverts are made of.

A *span* is a piece of the staged list, by ordinals. Every statement on it may be repeated.
"""

import json
from collections import Counter
from typing import Any

from django.db import connection

from phones import turns
from phones.models import PLACES_A_BATCH, Batch, State
from phones.staging import Span

# For the sorts and joins of an import alone; what PostgreSQL has by default spills on a disk with a small list.
WORK_MEM = "64MB"


def listed(span: Span) -> list[int]:
    """The ids of the numbers of a span that are in the system, in their order.

    The statements that follow go by these alone: PostgreSQL's statistics know nothing yet of states that have just
    changed, and a join that trusts them may take hours.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM staging s JOIN phones_phone p ON p.number = s.number"
            " WHERE s.ordinal > %s AND s.ordinal <= %s",
            [*span],
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def among(ids: list[int]) -> tuple[str, Any]:
    """The condition that an id is one of these, as one parameter however many there are, and that parameter."""
    if connection.vendor == "sqlite":
        return "id IN (SELECT value FROM json_each(%s))", json.dumps(ids)
    return "id = ANY(%s)", ids


def add(batch: Batch, span: Span, state: State, *, gently: bool) -> int:
    """Insert those of a span that nobody knows, each at the place of its ordinal; say how many those were.

    ``gently`` passes over numbers that come in from elsewhere at this very moment; without it they are an
    IntegrityError on PostgreSQL, where the plain statement is far quicker.
    """
    anti_join = "NOT EXISTS (SELECT 1 FROM phones_phone p WHERE p.number = s.number)"
    # SQLite looks for a number before it inserts one in any case.
    gently = gently or connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phones_phone (number, batch_id, carrier_id, region_id, state, place, suppressed, note)"  # noqa: S608
            " SELECT s.number, %s, %s, %s, %s, %s + s.ordinal, FALSE, ''"
            " FROM staging s WHERE s.ordinal > %s AND s.ordinal <= %s"
            f"{'' if connection.vendor == 'sqlite' else f' AND {anti_join}'} ORDER BY s.number"
            f"{' ON CONFLICT (number) DO NOTHING' if gently else ''}",
            [batch.pk, batch.carrier_id, batch.region_id, state, batch.pk * PLACES_A_BATCH, *span],
        )
        return cursor.rowcount


def sift() -> int:
    """Set those apart that nobody knows, in the order of the numbers; say how many they are. (PostgreSQL.)

    The one look at all that are known; ``add_sifted`` then takes them piece by piece, and finds each in its place.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.sifted")
        cursor.execute(
            "CREATE TEMPORARY TABLE sifted ON COMMIT DROP AS"
            " SELECT CAST(row_number() OVER (ORDER BY s.number) AS integer) AS rank, s.number, s.ordinal FROM staging s"
            " WHERE NOT EXISTS (SELECT 1 FROM phones_phone p WHERE p.number = s.number)"
        )
        found = cursor.rowcount
        cursor.execute("CREATE INDEX ON sifted (rank)")
        cursor.execute("ANALYZE sifted")
    return found


def add_sifted(batch: Batch, span: Span, *, gently: bool) -> int:
    """Insert a span of those that were set apart as pending, as ``add`` does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phones_phone (number, batch_id, carrier_id, region_id, state, place, suppressed, note)"  # noqa: S608
            f" SELECT number, %s, %s, %s, '{State.PENDING.value}', %s + ordinal, FALSE, '' FROM sifted"
            " WHERE rank > %s AND rank <= %s ORDER BY rank"
            f"{' ON CONFLICT (number) DO NOTHING' if gently else ''}",
            [batch.pk, batch.carrier_id, batch.region_id, batch.pk * PLACES_A_BATCH, *span],
        )
        return cursor.rowcount


def known(batch: Batch, span: Span) -> dict[str, Any]:
    """Those of a span that other batches brought: by state, and how many stand under another carrier or region."""
    states: Counter[str] = Counter()
    other_carrier = other_region = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.state, p.carrier_id <> %s, p.region_id <> %s, count(*)"
            " FROM staging s JOIN phones_phone p ON p.number = s.number"
            " WHERE s.ordinal > %s AND s.ordinal <= %s AND p.batch_id <> %s GROUP BY 1, 2, 3",
            [batch.carrier_id, batch.region_id, *span, batch.pk],
        )
        for state, under_other_carrier, in_other_region, count in cursor.fetchall():
            states[state] += count
            other_carrier += count if under_other_carrier else 0
            other_region += count if in_other_region else 0
    return {"known": dict(states), "other_carrier": other_carrier, "other_region": other_region}


def remove(batch: Batch) -> None:
    """Take out what a batch that never opened has left: its numbers, and its word on others'; in pieces.

    No other list names its numbers: see exclusions.remove_leftovers.
    """
    while _delete_piece(batch):
        pass
    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.CANCELLED, first_place=None)


def _delete_piece(batch: Batch) -> int:
    deleted = 0
    with turns.piece(), connection.cursor() as cursor:
        for table, column in (("phones_exclusion", "batch_id"), ("phones_phone", "batch_id")):
            if deleted:
                break
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN"  # noqa: S608 -- of constants
                f" (SELECT id FROM {table} WHERE {column} = %s LIMIT {turns.PIECE_ROWS})",
                [batch.pk],
            )
            deleted = cursor.rowcount
    return deleted


def add_up(counts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Add counts to counts, also those within them."""
    total = dict(counts)
    for name, value in more.items():
        if isinstance(value, dict):
            total[name] = dict(Counter(total.get(name, {})) + Counter(value))
        else:
            total[name] = total.get(name, 0) + value
    return total
