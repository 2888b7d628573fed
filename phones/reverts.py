"""A batch taken back: an import none of whose numbers anybody took, or a list that excludes.

PostgreSQL does it in one transaction, past whose locked rows a take goes to the next number. SQLite does it in pieces:
first the numbers leave the queue (a place below nought is never handed out, and says where to put them back), then,
if still none was taken, they are deleted. Either it all happens or nothing does.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef
from django.utils import timezone

from accounts import audit
from phones import exclusions, happenings, turns
from phones.jobs import Failed, Progress
from phones.models import Batch, Event, Job, Phone
from phones.querysets import PhoneQuerySet

SPAN = 50_000
# The stages of a revert in pieces in which a cancel comes too late.
FORWARD_ONLY = ("delete", "lift")


def run(job: Job, progress: Progress) -> None:
    """Do a revert job (batch, reason)."""
    progress.point_of_no_return(passed=job.cursor.get("stage") in FORWARD_ONLY)
    progress.tell(stage="revert")
    with turns.kept(progress.tell):
        exclusions.remove_leftovers()
        with nullcontext() if turns.in_pieces() else turns.whole(progress.tell):
            _revert(job, progress)


def undo(job: Job, progress: Progress) -> None:
    """Put back into the queue what a revert that did not happen has taken out of it."""
    if not turns.in_pieces():
        return
    with turns.pieces(lambda: None):
        _put_back(Job.objects.get(pk=job.pk))


def _revert(job: Job, progress: Progress) -> None:
    batch = Batch.objects.select_for_update().get(pk=job.arguments["batch"])
    if batch.state != Batch.State.READY:
        raise Failed("batch_gone")
    now = timezone.now()
    if batch.kind == Batch.Kind.EXCLUDED:
        count = _lift(job, batch, now, progress)
    else:
        delete = _delete_in_pieces if turns.in_pieces() else _delete_whole
        count = delete(job, batch, now, progress)
    with transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(state=Batch.State.REVERTED)
        audit.record(
            by=job.by,
            action="batch.revert",
            about=batch.name,
            count=count,
            batch=batch.pk,
            reason=job.arguments["reason"],
        )
        progress.finish(cursor={"batch": batch.pk})


def _lift(job: Job, batch: Batch, now: datetime, progress: Progress) -> int:
    """Take a list back; in pieces, once the first numbers are free it goes forward only."""
    progress.tell(stage="revert", total=batch.exclusions.count())
    if turns.in_pieces():
        with turns.piece():
            _go_forward_only(job, progress, stage="lift")
    return exclusions.lift(batch, now=now, job=job, tell=lambda done: progress.tell(done=done))


def _go_forward_only(job: Job, progress: Progress, *, stage: str) -> None:
    job.cursor = {"stage": stage}
    turns.keep(job, job.cursor)
    progress.point_of_no_return()


# ── Numbers that nobody took ─────────────────────────────────────────────────────────────────────────────────


def _parts(batch: Batch, size: int) -> Iterator[PhoneQuerySet]:
    """A batch's numbers by their ids, which an import gives out in one go."""
    ends = Phone.objects.filter(batch=batch).aggregate(first=Min("pk"), last=Max("pk"))
    for start in range(ends["first"] or 0, (ends["last"] or -1) + 1, size):
        yield Phone.objects.filter(batch=batch, pk__gte=start, pk__lt=start + size)


def _delete(job: Job, numbers: PhoneQuerySet, batch: Batch, now: datetime) -> int:
    """Delete pending numbers that nobody took; one that is just being taken is waited for, and stays.

    Where the history of a number goes on, since it has one or a list keeps the number, it tells the revert.
    """
    untouched = numbers.pending().filter(taken_at=None)
    told = Event.objects.filter(job=job, phone=OuterRef("pk"))
    staying = list(numbers.excluded().exclude(Exists(told)).values_list("pk", flat=True))
    with_history = list(
        untouched.filter(Exists(Event.objects.filter(phone=OuterRef("pk")))).values_list("pk", flat=True)
    )
    if staying or with_history:
        happenings.write_down(Event.Kind.REVERT, sorted(staying + with_history), job=job, now=now, batch=batch)
    Event.objects.filter(phone__in=with_history).update(phone=None)
    deleted: int = untouched._raw_delete(using=numbers.db)
    Batch.objects.filter(pk=batch.pk).update(deleted_count=F("deleted_count") + deleted)
    return deleted


def _refuse_taken(batch: Batch) -> None:
    taken = Phone.objects.filter(batch=batch).ever_taken().count()
    if taken:
        raise Failed("batch_taken", count=taken)


def _refuse(batch: Batch) -> None:
    """Raises Failed where numbers were taken, or deleted, since the revert was asked for."""
    _refuse_taken(batch)
    if batch.deleted_count:
        raise Failed("batch_deleted", count=batch.deleted_count)


def _delete_whole(job: Job, batch: Batch, now: datetime, progress: Progress) -> int:
    _refuse(batch)
    progress.tell(stage="revert", total=Phone.objects.filter(batch=batch).count())
    deleted = 0
    for part in _parts(batch, SPAN):
        deleted += _delete(job, part, batch, now)
        progress.tell(done=deleted)
    _refuse_taken(batch)
    return deleted


def _delete_in_pieces(job: Job, batch: Batch, now: datetime, progress: Progress) -> int:
    # Whatever was deleted of the batch, an earlier attempt of this job has deleted it.
    total = Phone.objects.filter(batch=batch).count() + batch.deleted_count
    progress.tell(stage="revert", total=total)
    if job.cursor.get("stage") != "delete":
        _refuse(batch)
        hidden = 0
        for part in _parts(batch, turns.PIECE_ROWS):
            with turns.piece():
                hidden += part.pending().filter(due_at=None, place__gt=0).update(place=-F("place"))
            # Each number is gone through twice: half of the bar is for hiding them.
            progress.tell(done=min(hidden, total) // 2)
        with turns.piece():
            _refuse_taken(batch)
            # Those of the come-back line are few; they go at once, so that from here on none can be taken.
            _delete(job, Phone.objects.filter(batch=batch).exclude(due_at=None), batch, now)
            _go_forward_only(job, progress, stage="delete")
    deleted = 0
    for part in _parts(batch, turns.PIECE_ROWS):
        with turns.piece():
            deleted += _delete(job, part, batch, now)
        progress.tell(done=(total + min(deleted, total)) // 2)
    return Batch.objects.values_list("deleted_count", flat=True).get(pk=batch.pk)


def _put_back(job: Job) -> None:
    batch = Batch.objects.filter(pk=job.arguments["batch"]).first()
    if batch is None or batch.kind != Batch.Kind.PENDING:
        return
    for part in _parts(batch, turns.PIECE_ROWS):
        with turns.piece():
            part.filter(place__lt=0).update(place=-F("place"))
