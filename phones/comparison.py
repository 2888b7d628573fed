"""The check of a list: what is in the file, and what the system knows of it. Nothing of the stock is written."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from phones import prefixes, reader, staging, turns, uploads
from phones.jobs import Failed, Progress
from phones.models import Job, Upload
from phones.unreadable import Unreadable

# How many rows of each kind the page shows.
SHOWN = 50
CITIES = 5
# Nobody sees an import in half: what is still loading is unknown.
KNOWN = (
    "JOIN phones_phone p ON p.number = s.number"
    " AND p.batch_id NOT IN (SELECT id FROM phones_batch WHERE state = 'loading')"
)


def run(job: Job, progress: Progress) -> None:
    """Read the upload's file, compare it with the stock, and write both down for the check page."""
    upload = Upload.objects.filter(pk=job.arguments["upload"]).first()
    if upload is None:
        raise Failed("upload_gone")
    out_dir = uploads.lists(upload, job.pk)
    shutil.rmtree(out_dir, ignore_errors=True)
    out_dir.mkdir(mode=0o700)
    reading = _read(upload, out_dir, progress)
    comparison = compare(out_dir / "numbers.tsv", lambda done: progress.tell(done=done))
    progress.tell(done=reading["counts"]["distinct"])
    with transaction.atomic():
        # Where another check was asked for meanwhile, that one will say.
        fields = {"reading": reading | {"job": str(job.pk)}, "comparison": comparison}
        current = Upload.objects.filter(pk=upload.pk, job=job).update(**fields)
        progress.finish(done=reading["counts"]["distinct"])
    for other in uploads.folder(upload.pk).glob("lists-*"):
        if current and other != out_dir:
            shutil.rmtree(other, ignore_errors=True)


def _read(upload: Upload, out_dir: Path, progress: Progress) -> dict[str, Any]:
    progress.tell(stage="read")
    choices = {name: value for name, value in upload.choices.items() if value is not None}
    try:
        reading = reader.read(
            uploads.path(upload),
            upload.file_name,
            out_dir=out_dir,
            on_progress=lambda done, total: progress.tell(done=done, total=total),
            **choices,
        )
    except Unreadable as fault:
        raise Failed(str(fault.code), **fault.data) from fault
    found = {**asdict(reading), "sheets": [sheet._asdict() for sheet in reading.sheets]}
    del found["out_dir"]
    found |= {"column": reading.column._asdict(), "columns": [column._asdict() for column in reading.columns]}
    progress.tell(stage="compare", total=reading.counts.distinct)
    return found


def compare(numbers: Path, tell: Callable[[int], object]) -> dict[str, Any]:
    """How a list stands to the stock: new ones, known ones by state, and what the prefixes tell.

    ``known`` has rows of state, suppressed, carrier id, region id, count; ``rows`` the first rows of each kind.
    """
    # On PostgreSQL the table lives as long as a transaction; on SQLite one would keep everybody else from writing.
    with nullcontext() if turns.in_pieces() else transaction.atomic():
        count = staging.fill(numbers, tell)
        known = _known()
        states = Counter[str]()
        for state, *_rest, how_many in known:
            states[state] += how_many
        rows: dict[str, Any] = {
            "known": _rows(count, "state <> 'excluded'") if count_but(states, "excluded") else [],
            "excluded": _rows(count, "state = 'excluded'") if states["excluded"] else [],
        }
    kinds, cities, rows["kinds"] = _origins(numbers)
    return {"new": count - sum(states.values()), "known": known, "kinds": kinds, "cities": cities, "rows": rows}


def count_but(states: dict[str, int], *left_out: str) -> int:
    return sum(count for state, count in states.items() if state not in left_out)


def _known() -> list[list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.state, p.suppressed, p.carrier_id, p.region_id, count(*)"  # noqa: S608 -- of constants
            f" FROM staging s {KNOWN} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
        return [[state, bool(suppressed), *rest] for state, suppressed, *rest in cursor.fetchall()]


def _rows(count: int, condition: str) -> list[list[Any]]:
    """The first rows of known numbers: row, number, state, carrier id, region id, batch id.

    Piece by piece, and the condition after the join: its outcome is no secret of the database's statistics then.
    """
    rows: list[list[Any]] = []
    with connection.cursor() as cursor:
        for span in staging.spans(count, staging.BLOCK):
            cursor.execute(
                "WITH known AS MATERIALIZED (SELECT s.ordinal, s.row, s.number, p.state, p.carrier_id, p.region_id,"  # noqa: S608
                f" p.batch_id FROM staging s {KNOWN} WHERE s.ordinal > %s AND s.ordinal <= %s)"
                " SELECT row, number, state, carrier_id, region_id, batch_id FROM known"
                f" WHERE {condition} ORDER BY ordinal LIMIT {SHOWN}",
                [*span],
            )
            rows += [list(row) for row in cursor.fetchall()]
            if len(rows) >= SHOWN:
                break
    return rows[:SHOWN]


def _origins(numbers: Path) -> tuple[list[list[Any]], list[list[Any]], dict[str, list[list[Any]]]]:
    """What the prefixes tell: carriers and cities with their counts, and the first rows of each carrier."""
    kinds, cities = Counter[str](), Counter[str]()
    tally = prefixes.Tally(numbers)
    for origin, count in tally.origins.items():
        kinds[origin.carrier if origin else ""] += count
        cities[origin.city if origin else ""] += count
    first: dict[str, list[list[Any]]] = defaultdict(list)
    wanted = {kind for kind in kinds if kind}
    with numbers.open(encoding="ascii") as lines:
        for line in lines:
            if not wanted:
                break
            row, _tab, number = line[:-1].partition("\t")
            if (kind := tally.carrier(number)) in wanted:
                first[kind].append([int(row), number])
                if len(first[kind]) == min(SHOWN, kinds[kind]):
                    wanted.remove(kind)
    known_cities = [[city, count] for city, count in cities.most_common() if city]
    return [list(pair) for pair in kinds.most_common()], known_cities[:CITIES], dict(first)
