"""What a check is, and how it is asked: one statement for its figures, one for what does not hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise

# Of what does not hold, so many are shown; all are counted.
SHOWN = 20

Row = dict[str, Any]
Words = str | Promise

# Where the two databases spell the same question differently.
SPELLINGS = {
    "sqlite": {
        "known": "SELECT COALESCE(sum(value), 0) FROM json_each(known_counts)",
        "job_of_entry": "replace(json_extract(data, '$.job'), '-', '')",
        "archive_of_job": "json_extract(job.arguments, '$.archive')",
        "hour_of_call": "substr(filed_at, 1, 13) || ':00:00'",
    },
    "postgresql": {
        "known": "SELECT COALESCE(sum(value::bigint), 0) FROM jsonb_each_text(known_counts)",
        "job_of_entry": "data->>'job'",
        "archive_of_job": "(job.arguments->>'archive')::bigint",
        "hour_of_call": "date_trunc('hour', filed_at, 'UTC')",
    },
}


@dataclass(frozen=True)
class Answer:
    """What the database says to a check: its figures, how many things do not hold, and the first of those."""

    figures: Row
    count: int = 0
    faults: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """``words`` name it; ``holds`` says with its figures what is true; ``broken`` tells a fault.

    Where faults are of several kinds, their column ``what`` says which sentence of ``broken`` is meant. The columns of
    a fault are told by their names (stats.checks.telling).
    """

    name: str
    words: Words
    holds: Words
    broken: Words | Mapping[str, Words]
    ask: Callable[[], Answer]


def by_sql(figures: str, faults: str) -> Callable[[], Answer]:
    """Ask by two statements: one row of figures, and a row for each thing that does not hold."""

    def ask() -> Answer:
        [found] = rows(figures)
        # The count of all comes with the first few, so that nothing is asked twice.
        first = rows(f"SELECT faults.*, count(*) OVER () AS of_all FROM ({faults}) AS faults ORDER BY 1 LIMIT {SHOWN}")  # noqa: S608
        count = first[0]["of_all"] if first else 0
        return Answer(found, count, [{name: row[name] for name in row if name != "of_all"} for row in first])

    return ask


def rows(sql: str) -> list[Row]:
    """What a statement finds, in values that JSON can hold."""
    with connection.cursor() as cursor:
        cursor.execute(sql.format(**SPELLINGS[connection.vendor]))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(_plain, values), strict=True)) for values in cursor.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
