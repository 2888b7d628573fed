"""The restore of an archive: its numbers come back as they were, under their old ids, and find their history again."""

import json
import logging
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from callback import archives, piecework
from callback.amendments import is_result
from callback.archives import Row
from callback.models import Call
from hwcall.logs import incident
from phones import exclusions, happenings, turns
from phones.jobs import Failed, Lost, Progress
from phones.models import Archive, Batch, Event, Job, Phone

log = logging.getLogger("hwcall.jobs")

# The indexes of what belonged to numbers that were deleted. SQLite would rather go through all of that for each piece.
INDEXES = {"callback_call": "call_of_deleted_number", "phones_event": "event_of_deleted_number"}
# What leads to a number, and goes on by its text while that is gone; lines on paper are few.
LEADING = (*INDEXES, "phones_paperline")
# On PostgreSQL a number's own column compares by bytes, and others do not.
BY_BYTES = {"sqlite": "", "postgresql": ' COLLATE "C"'}


def run(job: Job, progress: Progress) -> None:
    """Do a restore job (archive, reason, address).

    From the first piece on it goes forward only. What was restored already is passed over, so that it can be repeated.
    """
    progress.point_of_no_return(passed=bool(job.cursor))
    progress.tell(stage="verify")
    with turns.kept(progress.tell):
        exclusions.remove_leftovers()
        piecework.refuse_others(job)
        archive = Archive.objects.select_related("job").get(pk=job.arguments["archive"])
        path = _verified(archive, to_its_end=not job.cursor)
        job.cursor = job.cursor or {"done": 0, "count": 0, "skipped": {}, "archive": archive.pk}
        progress.tell(stage="restore", done=job.cursor["done"], total=archive.count)
        try:
            _restore_all(job, archive, path, progress)
        except archives.Damaged as error:
            _end_damaged(job, progress, error)
        else:
            _end(job, progress)


def _restore_all(job: Job, archive: Archive, path: Path, progress: Progress) -> None:
    for rows in archives.read(path, piecework.rows(), after=job.cursor["done"]):
        with turns.piece(long=True):
            _restore(job, archive, rows)
            turns.keep(job, job.cursor)
        progress.point_of_no_return()
        progress.tell(done=job.cursor["done"])


def _end_damaged(job: Job, progress: Progress, error: archives.Damaged) -> None:
    """The file went bad after it was verified: what is back stays, piece by piece whole, and is put on record."""
    if not job.cursor["count"]:
        raise Failed("archive_damaged") from error
    number = incident(log, "the archive of job %s cannot be read to its end", job.pk, exc_info=error)
    data = {"count": job.cursor["count"], "incident": number}
    _end(job, progress, state=Job.State.FAILED, error="archive_broke_off", error_data=data)


def undo(job: Job, progress: Progress) -> None:
    """Where it broke off, what was restored stays, and is put on record with its true count."""
    job = Job.objects.get(pk=job.pk)
    if count := job.cursor.get("count"):
        with suppress(Lost):
            _end(job, progress, state=Job.State.FAILED, error="restore_broke_off", error_data={"count": count})


def _verified(archive: Archive, *, to_its_end: bool) -> Path:
    """The file of an archive; ``to_its_end`` reads it once before anything is done. Raises Failed."""
    try:
        path = archives.verify(archive)
        if to_its_end and archives.count(path) != archive.count:
            raise archives.Damaged
        return path
    except archives.Missing as error:
        raise Failed("archive_missing") from error
    except archives.Damaged as error:
        raise Failed("archive_damaged") from error


def _restore(job: Job, archive: Archive, rows: list[Row]) -> None:
    counts = bring_back(rows, deleted_by=archive.job, job=job)
    restored = counts.pop("restored", 0)
    if restored:
        Archive.objects.filter(pk=archive.pk).update(
            restored_count=F("restored_count") + restored, restored_at=timezone.now()
        )
    job.cursor = job.cursor | {
        "done": job.cursor["done"] + len(rows),
        "count": job.cursor["count"] + restored,
        "skipped": dict(counts + Counter(job.cursor["skipped"])),
    }


@transaction.atomic
def _end(job: Job, progress: Progress, **fields: Any) -> None:
    piecework.record(job, "numbers.restore", count=job.cursor["count"], skipped=job.cursor["skipped"])
    progress.finish(cursor=job.cursor, **fields)


# ── A piece ──────────────────────────────────────────────────────────────────────────────────────────────────


def bring_back(rows: list[Row], *, deleted_by: Job, job: Job) -> Counter[str]:
    """Insert archived numbers again, inside a transaction of who has the turn; how many were restored, or why not.

    ``there`` are in the system (again, or still), the import of ``reverted`` ones was taken back, and ``newer`` ones
    were deleted once more since ``deleted_by``: they stand in a newer archive. A list that excludes may be taken back:
    its word stood on none that could be deleted.
    """
    numbers = [row["number"] for row in rows]
    there = {*Phone.objects.filter(number__among=numbers).values_list("number", flat=True)}
    standing = Q(state=Batch.State.READY) | Q(state=Batch.State.REVERTED, kind=Batch.Kind.EXCLUDED)
    ready = {*Batch.objects.filter(standing, pk__in={row["batch_id"] for row in rows}).values_list("pk", flat=True)}
    last = _last_deletions(numbers)
    counts: Counter[str] = Counter()
    back = []
    for row in rows:
        if row["number"] in there:
            counts["there"] += 1
        elif row["batch_id"] not in ready:
            counts["reverted"] += 1
        elif last.get(row["number"], deleted_by.pk) != deleted_by.pk:
            counts["newer"] += 1
        else:
            back.append(row)
    _insert(back)
    _find_history([row["number"] for row in back])
    _stand_as_amended([row["id"] for row in back])
    happenings.write_down(Event.Kind.RESTORE, [row["id"] for row in back], job=job, now=timezone.now())
    for batch_id, count in sorted(Counter(row["batch_id"] for row in back).items()):
        Batch.objects.filter(pk=batch_id).update(deleted_count=F("deleted_count") - count)
    return counts + Counter(restored=len(back))


def _insert(rows: list[Row]) -> None:
    """Put rows back as they are. The ORM would take five times as long, and on SQLite everybody waits for it."""
    adapt = connection.ops.adapt_datetimefield_value
    values = [[adapt(row[name]) if name in archives.TIMES else row[name] for name in archives.COLUMNS] for row in rows]
    places = ", ".join(["%s"] * len(archives.COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO phones_phone ({', '.join(archives.COLUMNS)}) VALUES ({places})",  # noqa: S608 -- of constants
            values,
        )


def _stand_as_amended(ids: list[int]) -> None:
    """A call that was amended while its number was gone: the number stands as its call does."""
    amended = Call.objects.standing().filter(phone__in=ids, late=False, amendments__ordinal=1)
    for call in amended.select_related("phone"):
        if call.phone and is_result(call, call.phone):
            Phone.objects.filter(pk=call.phone.pk).update(
                type=call.standing_type_id, order_region=call.standing_order_region_id, note=call.standing_note
            )


def _last_deletions(numbers: list[str]) -> dict[str, UUID]:
    """The job that deleted each number last."""
    lines, condition, listed = _of_deleted("phones_event", numbers)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, job_id FROM {lines} WHERE {condition} AND kind = %s ORDER BY id",  # noqa: S608
            [listed, Event.Kind.DELETE.value],
        )
        return {number: Job._meta.pk.to_python(job) for number, job in cursor.fetchall()}


def _of_deleted(table: str, numbers: list[str]) -> tuple[str, str, Any]:
    """Lines of a table that lead to no row, by their numbers: where they are found, on which condition, by what."""
    if connection.vendor == "sqlite":
        condition = "phone_id IS NULL AND number IN (SELECT value FROM json_each(%s))"
        lines = f"{table} INDEXED BY {INDEXES[table]}" if table in INDEXES else table
        return lines, condition, json.dumps(numbers)
    return table, "phone_id IS NULL AND number = ANY(%s)", numbers


def _find_history(numbers: list[str]) -> None:
    """Lead the calls, events and lines on paper of numbers that were deleted to their rows again."""
    with connection.cursor() as cursor:
        for table in LEADING:
            lines, condition, listed = _of_deleted(table, numbers)
            same = f"phone.number = {table}.number{BY_BYTES[connection.vendor]}"
            row = f"SELECT phone.id FROM phones_phone phone WHERE {same}"  # noqa: S608
            cursor.execute(f"UPDATE {lines} SET phone_id = ({row}) WHERE {condition}", [listed])  # noqa: S608
