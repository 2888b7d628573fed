"""The import of a list that was checked: whole or not at all, and while it lasts nobody at the desk waits for it.

PostgreSQL writes new numbers in one transaction, which locks nothing that anybody wants. A list that excludes changes
numbers that are being worked on, so it goes in pieces of some hundredths of a second. SQLite has one write lock for
everybody, so there both go in pieces of well under a second: what they bring is neither handed out nor counted until
the last, small one opens the batch. A worker that dies leaves a cursor, at which the next one goes on.
"""

from typing import Any

import psycopg
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts import audit
from phones import exclusions, loading, staging, turns, uploads
from phones.jobs import Failed, Progress
from phones.models import PLACES_A_BATCH, Batch, Job, State, Upload
from phones.staging import Span

SPAN = 50_000
ATTEMPTS = 3
COLLISIONS = (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected)


def run(job: Job, progress: Progress) -> None:
    """Do an import job (upload, batch_kind, carrier, region, name)."""
    upload = Upload.objects.filter(pk=job.arguments["upload"], batch=None).select_related("by").first()
    if upload is None or not uploads.lists(upload).is_dir():
        raise Failed("upload_gone")
    if turns.in_pieces() or job.arguments["batch_kind"] == Batch.Kind.EXCLUDED:
        _in_pieces(job, upload, progress)
    else:
        _whole(job, upload, progress)
    uploads.keep_rejected_only(upload)


def undo(job: Job, progress: Progress) -> None:
    """Leave the system as it was before a cancelled or failed import. After one transaction there is nothing to do."""
    batch = _begun(Job.objects.get(pk=job.pk))
    if batch is None:
        return
    with turns.kept(lambda: None):
        exclusions.remove(batch)


def _whole(job: Job, upload: Upload, progress: Progress) -> None:
    """Import in one transaction; tried again where somebody else brought one of the numbers at the same moment."""
    with turns.kept(progress.tell):
        exclusions.remove_leftovers()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with turns.whole(progress.tell):
                    _load_and_open(job, upload, progress, gently=attempt > 1)
                return
            except (IntegrityError, OperationalError) as error:
                if attempt == ATTEMPTS or not isinstance(error.__cause__, COLLISIONS):
                    raise


def _load_and_open(job: Job, upload: Upload, progress: Progress, *, gently: bool) -> None:
    count = _stage(upload, progress)
    batch = _begin(job, upload)
    progress.tell(stage="write", total=count)
    counts = _load_whole(batch, count, gently=gently, tell=lambda done: progress.tell(done=done))
    progress.tell(stage="open", done=count, total=count)
    _open(job, upload, batch, counts, progress)


def _load_whole(batch: Batch, count: int, *, gently: bool, tell: staging.Tell) -> dict[str, Any]:
    fresh, added = loading.sift(), 0
    for span in staging.spans(fresh, SPAN):
        added += loading.add_sifted(batch, span, gently=gently)
        tell(count - fresh + span[1])
    return _tie_out(batch, (0, count), added)


def _load(batch: Batch, span: Span) -> dict[str, Any]:
    return _tie_out(batch, span, loading.add(batch, span, State.PENDING, gently=False))


def _tie_out(batch: Batch, span: Span, added: int) -> dict[str, Any]:
    """The counts of a span of which so many were new. Raises RuntimeError where the rest is not known."""
    everything = span[1] - span[0]
    found = loading.known(batch, span) if added < everything else {"known": {}}
    if added + sum(found["known"].values()) != everything:
        raise RuntimeError(f"the import does not add up: {added} and {found['known']} are not {everything}")
    return {"new": added, **found}


def _in_pieces(job: Job, upload: Upload, progress: Progress) -> None:
    progress.point_of_no_return(passed=_applies(job))
    with turns.kept(progress.tell), staging.forgotten():
        # While this one waited, another may have removed what it had begun.
        progress.point_of_no_return(passed=_applies(job))
        batch = _begun(job)
        exclusions.remove_leftovers(but=batch)
        count = _stage(upload, progress)
        if batch is None:
            with turns.piece():
                batch = _begin(job, upload)
                job.cursor = {"batch": batch.pk, "done": 0, "counts": {}}
                turns.keep(job, job.cursor)
        progress.tell(stage="write", done=job.cursor["done"], total=count)
        work = exclusions.exclude_in_pieces if batch.kind == Batch.Kind.EXCLUDED else _load_in_pieces
        work(job, batch, count, progress)
        progress.tell(stage="open", done=count, total=count)
        with transaction.atomic():
            _open(job, upload, batch, job.cursor["counts"], progress)


def _load_in_pieces(job: Job, batch: Batch, count: int, progress: Progress) -> None:
    for span in staging.spans(count, turns.PIECE_ROWS, start=job.cursor["done"]):
        with turns.piece():
            counts = loading.add_up(job.cursor["counts"], **_load(batch, span))
            job.cursor = job.cursor | {"done": span[1], "counts": counts}
            turns.keep(job, job.cursor)
        progress.tell(done=span[1])


def _stage(upload: Upload, progress: Progress) -> int:
    progress.tell(stage="read", total=upload.reading["counts"]["distinct"])
    return staging.fill(uploads.lists(upload) / "numbers.tsv", lambda done: progress.tell(done=done))


def _begun(job: Job) -> Batch | None:
    """The batch that an earlier attempt of this job began, if it still stands."""
    return Batch.objects.filter(pk=job.cursor.get("batch"), state=Batch.State.LOADING).first()


def _applies(job: Job) -> bool:
    """Whether an earlier attempt of this job has come so far that it goes forward only."""
    return job.cursor.get("stage") == "apply" and _begun(job) is not None


def _begin(job: Job, upload: Upload) -> Batch:
    chosen, counts = job.arguments, upload.reading["counts"]
    batch = Batch.objects.create(
        name=chosen["name"],
        kind=chosen["batch_kind"],
        carrier_id=chosen["carrier"],
        region_id=chosen["region"],
        file_name=upload.file_name,
        sha256=upload.sha256,
        by_id=job.by_id,
        entry_count=counts["entries"],
        repeated_count=counts["repeated"],
        rejected_count=counts["rejected"],
    )
    if connection.vendor == "sqlite" and batch.kind == Batch.Kind.PENDING:
        batch.first_place = batch.pk * PLACES_A_BATCH
        batch.save(update_fields=["first_place"])
    return batch


def _open(job: Job, upload: Upload, batch: Batch, counts: dict[str, Any], progress: Progress) -> None:
    """The last, small step: from here on the batch is there, all of it."""
    batch.state, batch.first_place = Batch.State.READY, None
    batch.new_count = counts.get("new", 0)
    batch.known_counts = counts.get("known", {})
    batch.other_carrier_count = counts.get("other_carrier", 0)
    batch.other_region_count = counts.get("other_region", 0)
    if not batch.entries_tie_out:
        raise RuntimeError(f"the import does not add up: {counts} of {batch.entry_count}")
    batch.save()
    Upload.objects.filter(pk=upload.pk).update(batch=batch)
    audit.record(by=job.by, action="import.done", about=batch.name, count=batch.new_count, batch=batch.pk)
    progress.finish(cursor={"batch": batch.pk})
