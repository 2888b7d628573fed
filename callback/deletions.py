"""The deletion of numbers: each piece is first written into an archive, and then leaves the stock.

Calls, statistics and history stay. A worker that dies leaves an archive that is cut to what was deleted, and whoever
takes the job up goes on from there. A deletion that cannot go on puts back what it has deleted.
"""

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from callback import archives, piecework, restores, selections
from callback.filing import ENDED_FOR_THE_AGENT
from callback.models import Call
from hwcall.logs import incident
from phones import exclusions, happenings, loading, turns
from phones.filters import PhoneFilter
from phones.jobs import Failed, Lost, Progress
from phones.models import Archive, Batch, Event, Job, PaperLine, Phone, State

log = logging.getLogger("hwcall.jobs")

# Whose hold ended so lately may still be on the telephone, and what they file then must find its number.
AWAITED = timedelta(hours=1)
# A sheet of paper may lie over a weekend and a holiday before its results are keyed in.
AWAITED_ON_PAPER = timedelta(days=7)


def run(job: Job, progress: Progress) -> None:
    """Do a deletion job (filter, count, reason, address).

    From the first piece on a cancel comes too late.
    """
    progress.point_of_no_return(passed=bool(job.cursor))
    if job.cursor.get("stage") == "undo":
        raise Failed("deletion_undone")
    progress.tell(stage="freeze")
    with turns.kept(progress.tell), piecework.telling_a_full_disk():
        exclusions.remove_leftovers()
        piecework.refuse_others(job)
        chosen = selections.chosen(job)
        if job.cursor:
            ids = selections.frozen(job)
        else:
            ids = selections.freeze(job, selections.deletable(chosen.numbers()))
            job.cursor = {"stage": "delete", "done": 0, "count": 0, "skipped": {}, "length": 0}
        progress.tell(stage="delete", done=job.cursor["done"], total=len(ids))
        try:
            _delete_all(job, chosen, ids, progress)
        except archives.Damaged as error:
            raise Failed("archive_damaged") from error
        _end(job, progress)
    _forget(job)


def _delete_all(job: Job, chosen: PhoneFilter, ids: Any, progress: Progress) -> None:
    path = archives.path_of(archives.name_for(job))
    with archives.appending(path, length=job.cursor["length"]) as file:
        for piece in piecework.pieces(ids, done=job.cursor["done"]):
            with turns.piece(long=True):
                _delete(job, chosen, piece, file)
                turns.keep(job, job.cursor)
            progress.point_of_no_return()
            progress.tell(done=job.cursor["done"])


def _delete(job: Job, chosen: PhoneFilter, ids: list[int], file: BinaryIO) -> None:
    """Archive and delete those of a piece that still fit; in a transaction, which the file is ahead of."""
    locked = piecework.lock(selections.deletable(selections.still_meant(chosen, ids)).exclude(state=State.HELD))
    now = timezone.now()
    awaited = _awaited(locked, now)
    going = [pk for pk in locked if pk not in awaited]
    rows = list(Phone.objects.filter(pk__in=going).order_by("pk").values_list(*archives.COLUMNS))
    skipped = piecework.why_not({*ids} - {*locked}) + Counter(awaited=len(awaited)) + Counter(job.cursor["skipped"])
    job.cursor = {
        "stage": "delete",
        "done": job.cursor["done"] + len(ids),
        "count": job.cursor["count"] + len(rows),
        "skipped": dict(skipped),
        "length": archives.append(file, rows),
    }
    _remove(going, job=job, now=now)
    batch_at = archives.COLUMNS.index("batch_id")
    for batch_id, count in sorted(Counter(row[batch_at] for row in rows).items()):
        Batch.objects.filter(pk=batch_id).update(deleted_count=F("deleted_count") + count)


def _awaited(ids: list[int], now: datetime) -> set[int]:
    """Those that were taken back from their agent lately, and whose result may yet come in."""
    on_paper = Exists(PaperLine.objects.filter(token=OuterRef("token")))
    lately = Q(at__gt=now - AWAITED) | Q(on_paper, at__gt=now - AWAITED_ON_PAPER)
    ended = Event.objects.filter(lately, kind__in=ENDED_FOR_THE_AGENT, phone__in=ids)
    without = ended.exclude(Exists(Call.objects.filter(token=OuterRef("token"))))
    return {pk for pk in without.values_list("phone", flat=True) if pk is not None}


def _remove(ids: list[int], *, job: Job, now: datetime) -> None:
    """Take archived numbers out; what points at them goes on by their text."""
    happenings.write_down(Event.Kind.DELETE, ids, job=job, now=now)
    condition, listed = loading.among(ids)
    with connection.cursor() as cursor:
        for table in ("callback_call", "phones_event", "phones_paperline"):
            cursor.execute(f"UPDATE {table} SET phone_id = NULL WHERE phone_{condition}", [listed])  # noqa: S608
        cursor.execute(f"DELETE FROM phones_phone WHERE {condition}", [listed])  # noqa: S608


@transaction.atomic
def _end(job: Job, progress: Progress) -> None:
    count, skipped = job.cursor["count"], job.cursor["skipped"]
    archive = _keep_archive(job) if count else None
    piecework.record(job, "numbers.delete", count=count, skipped=skipped, sha256=archive.sha256 if archive else "")
    progress.finish(cursor=job.cursor | {"archive": archive.pk if archive else None})


def _keep_archive(job: Job, **fields: Any) -> Archive:
    name = archives.name_for(job)
    return Archive.objects.create(
        job=job, at=timezone.now(), by=job.by, words=job.title, reason=job.arguments["reason"], file=name,
        sha256=archives.digest(archives.path_of(name)), count=job.cursor["count"], **fields,
    )  # fmt: skip


def _forget(job: Job) -> None:
    """Remove what was only needed on the way; the file too, where nothing stands in it that is not back."""
    selections.forget(job)
    if not Archive.objects.filter(job=job).exists():
        archives.path_of(archives.name_for(job)).unlink(missing_ok=True)


# ── Where it cannot go on ────────────────────────────────────────────────────────────────────────────────────


def undo(job: Job, progress: Progress) -> None:
    """Put back what a deletion that broke off has deleted; it and this are both on record."""
    with suppress(Lost), turns.kept(lambda: None):
        job = Job.objects.get(pk=job.pk)
        if job.cursor.get("count"):
            _put_back(job)
            _end_undone(job, progress)
        _forget(job)


def _put_back(job: Job) -> None:
    path = archives.path_of(archives.name_for(job))
    job.cursor = {"undone": 0, "back": 0} | job.cursor | {"stage": "undo"}
    try:
        with archives.appending(path, length=job.cursor["length"]):
            # Cut to what was deleted.
            pass
        for rows in archives.read(path, piecework.rows(), after=job.cursor["undone"]):
            with turns.piece(long=True):
                counts = restores.bring_back(rows, deleted_by=job, job=job)
                job.cursor["undone"] += len(rows)
                job.cursor["back"] += counts["restored"]
                turns.keep(job, job.cursor)
    except archives.Damaged:
        job.cursor["incident"] = incident(log, "the archive of job %s cannot be read to its end", job.pk)


@transaction.atomic
def _end_undone(job: Job, progress: Progress) -> None:
    deleted, back = job.cursor["count"], job.cursor["back"]
    piecework.record(job, "numbers.delete", count=deleted, undone=back)
    piecework.record(job, "numbers.restore", count=back)
    left = deleted - back
    if left:
        _keep_archive(job, restored_count=back, restored_at=timezone.now())
    error = "deletion_undone_in_part" if left else "deletion_undone"
    data = {"count": back, "left": left} | ({"incident": job.cursor["incident"]} if "incident" in job.cursor else {})
    progress.finish(state=Job.State.FAILED, error=error, error_data=data, cursor=job.cursor)
