"""What rows name by their foreign keys, given to them after they were found.

A join of nine tables is planned for longer than its page is read: a list of calls took 57 ms of SQL on PostgreSQL, of
which its page was found in 0.5, and takes 14 now. The names of its rows are three small queries.
"""

from collections.abc import Iterable
from typing import Any

from config.lists import lists_of
from config.models import BusinessType, Carrier, Region, Room

KEPT = (Carrier, Region, BusinessType)


def hand_names(rows: Iterable[Any], *fields: str) -> None:
    """Give rows what these foreign keys of theirs point at, with a query for each kind of thing."""
    rows = list(rows)
    if not rows:
        return
    kinds: dict[Any, list[Any]] = {}
    for name in fields:
        field = rows[0]._meta.get_field(name)
        kinds.setdefault(field.related_model, []).append(field)
    if kept := [field.name for kind in KEPT for field in kinds.pop(kind, ())]:
        lists_of(Room.objects.get()).hand_to(rows, *kept)
    for kind, of_kind in kinds.items():
        _hand(rows, kind, of_kind)


def _hand(rows: list[Any], kind: Any, fields: list[Any]) -> None:
    wanted = {getattr(row, field.attname) for row in rows for field in fields} - {None}
    things = kind.objects.in_bulk(wanted) if wanted else {}
    for row in rows:
        for field in fields:
            if (thing := things.get(getattr(row, field.attname))) is not None:
                setattr(row, field.name, thing)
