"""Lists that exclude: what becomes of each number that they name, and of each when the list is taken back.

New numbers are remembered as excluded, pending ones become excluded, a held one is recalled from its sheet, classified
ones stay and are suppressed. Whatever the number was, the list's word on it is kept as an Exclusion.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from phones import happenings, holds, loading, staging, turns
from phones.jobs import Progress
from phones.models import Batch, Event, Exclusion, Job, Phone, State
from phones.staging import Span

# So many of those that somebody may be working on go in one transaction.
AT_A_TIME = 50
# A call that is younger may be taken back just now, by somebody who holds another number too.
RECENT = timedelta(minutes=1)


# ── In pieces ────────────────────────────────────────────────────────────────────────────────────────────────


def exclude_in_pieces(job: Job, batch: Batch, count: int, progress: Progress) -> None:
    """Apply a list piece by piece: first it is written down, which harms nobody and can be taken back; then it is done.

    From the first number that leaves the queue on it goes forward only: a cancel comes too late, and whoever takes the
    job up again goes on.
    """
    stages = (("name", _write_down), ("apply", _apply))
    for stage, do in stages:
        if stage == "apply" and job.cursor.get("stage") != "apply":
            job.cursor = job.cursor | {"stage": "apply", "done": 0}
            with turns.piece():
                turns.keep(job, job.cursor)
            progress.point_of_no_return()
        if job.cursor.get("stage", "name") != stage:
            continue
        for span in staging.spans(count, turns.piece_rows(), start=job.cursor["done"]):
            do(job, batch, span)
            progress.tell(done=(span[1] + (count if stage == "apply" else 0)) // 2)
    counts = job.cursor["counts"]
    known = counts.get("known", {})
    pending, held = known.get("pending", 0), known.get("held", 0)
    job.cursor = job.cursor | {"counts": _counted(batch, count, new=counts.get("new", 0), pending=pending, held=held)}


def _counted(batch: Batch, count: int, *, new: int, pending: int, held: int) -> dict[str, Any]:
    classified = Phone.objects.classified().filter(exclusions__batch=batch).count()
    known = {"pending": pending, "held": held, "classified": classified}
    known["excluded"] = count - new - sum(known.values())
    named = Exclusion.objects.filter(batch=batch).count()
    if named != count or known["excluded"] < 0:
        raise RuntimeError(f"the list does not add up: {named} named of {count}, {known}")
    return {"new": new, "known": {state: number for state, number in known.items() if number}}


def _note(job: Job, counts: dict[str, Any], *, done: int) -> None:
    """Count what a piece has done, in its own transaction; ``done`` is how far all numbers of the list are through."""
    job.cursor = job.cursor | {"done": done, "counts": loading.add_up(job.cursor["counts"], **counts)}
    turns.keep(job, job.cursor)


def _write_down(job: Job, batch: Batch, span: Span) -> None:
    with turns.piece():
        new = loading.add(batch, span, State.EXCLUDED, gently=True)
        _name(batch, loading.listed(span))
        _note(job, {"new": new}, done=span[1])


def _apply(job: Job, batch: Batch, span: Span) -> None:
    """What nobody may be working on leaves the queue at once; the few others after it, some at a time.

    So an agent who files the number on the sheet waits for one of those small transactions, and never for a piece: but
    where PostgreSQL finds a number taken since the piece began, and keeps it locked to its end.
    """
    with turns.piece():
        ids = loading.listed(span)
        pending = _exclude_pending(ids)
        _suppress(ids, before=timezone.now() - RECENT)
        left = _undecided(ids)
        _note(job, {"known": {"pending": pending}}, done=job.cursor["done"] if left else span[1])
    for start in range(0, len(left), AT_A_TIME):
        some, last = left[start : start + AT_A_TIME], start + AT_A_TIME >= len(left)
        with turns.piece():
            known = _decide(batch, some, now=timezone.now())
            _note(job, {"known": known}, done=span[1] if last else job.cursor["done"])


def _undecided(ids: list[int]) -> list[int]:
    """Those that the list has not reached yet, since somebody works on them, or did a moment ago."""
    condition, listed = loading.among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM phones_phone WHERE {condition} AND state || '' <> 'excluded' AND NOT suppressed",  # noqa: S608
            [listed],
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def _execute(sql: str, ids: list[int], *parameters: Any) -> int:
    """Run a statement that says where its ids go by {among}; returns how many rows it changed.

    A state is written so that no index has it: where PostgreSQL knows nothing yet of an import that has just ended, it
    would go through all that are pending for each piece, and compare each with all of its ids.
    """
    condition, listed = loading.among(ids)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(among=condition), [*parameters, listed])
        return cursor.rowcount


def _exclude_pending(ids: list[int]) -> int:
    return _execute(
        "UPDATE phones_phone SET state = 'excluded', due_at = NULL WHERE state || '' = 'pending' AND {among}", ids
    )


def _suppress(ids: list[int], *, before: datetime) -> None:
    _execute(
        "UPDATE phones_phone SET suppressed = TRUE"
        " WHERE state || '' = 'classified' AND NOT suppressed AND classified_at <= %s AND {among}",
        ids,
        connection.ops.adapt_datetimefield_value(before),
    )


def _name(batch: Batch, ids: list[int]) -> None:
    """Write the list's word on numbers down; on those that have it already, nothing happens."""
    condition, listed = loading.among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phones_exclusion (phone_id, batch_id)"  # noqa: S608
            f" SELECT id, %s FROM phones_phone WHERE {condition} ORDER BY id ON CONFLICT DO NOTHING",
            [batch.pk, listed],
        )


def _decide(batch: Batch, ids: list[int], *, now: datetime) -> dict[str, int]:
    """Apply the list to numbers one by one, whatever their state; how many were held, and how many pending.

    They are locked in the order of ids, as the desk does: neither can stop the other.
    """
    found = {"held": 0, "pending": 0}
    for phone in Phone.objects.filter(pk__in=ids).order_by("pk").select_for_update():
        if phone.state == State.HELD:
            holds.recall(phone, batch=batch, now=now)
            found["held"] += 1
        elif phone.state == State.PENDING:
            phone.state, phone.due_at = State.EXCLUDED, None
            phone.save(update_fields=["state", "due_at"])
            found["pending"] += 1
        elif phone.state == State.CLASSIFIED:
            phone.suppressed = True
            phone.save(update_fields=["suppressed"])
    return found


# ── Taking a list back ───────────────────────────────────────────────────────────────────────────────────────


def lift(batch: Batch, *, now: datetime, job: Job | None = None, tell: staging.Tell = lambda done: None) -> int:
    """Take back a list's word on every number: what no other list names goes back to where it belongs; in pieces.

    A classified number can be re-queued again. An excluded one is pending and the first of those that come back; but
    one that came only with a list, or with an import that was reverted, is deleted, if nobody ever took it, or lifted
    an exclusion so that somebody would. Returns how many numbers were free to go. The history of each tells it, as the
    ``job``'s; what never stood is not told.
    """
    freed = done = last = 0
    named = Exclusion.objects.filter(batch=batch).order_by("phone").values_list("phone", flat=True)
    while ids := list(named.filter(phone__gt=last)[: turns.piece_rows()]):
        with turns.piece():
            freed += _lift_piece(batch, ids, now, job)
        last = ids[-1]
        done += len(ids)
        tell(done)
    return freed


def remove(batch: Batch) -> None:
    """Take back, in pieces, all that a batch which never opened has left."""
    if batch.kind == Batch.Kind.EXCLUDED:
        lift(batch, now=timezone.now())
    loading.remove(batch)


def remove_leftovers(but: Batch | None = None) -> None:
    """Take back what dead workers have left and nobody took up; a job that finds its batch gone begins anew.

    Whoever has the turn does this before anything else. So nobody ever builds on the numbers of a batch that
    may yet be taken back: what a list names, no other batch that never opened has brought.
    """
    for left in Batch.objects.filter(state=Batch.State.LOADING):
        if left != but:
            remove(left)


def _lift_piece(batch: Batch, ids: list[int], now: datetime, job: Job | None) -> int:
    locked = Phone.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    list(locked.values_list("pk", flat=True))
    Exclusion.objects.filter(batch=batch, phone__in=ids).delete()
    named = Exclusion.objects.filter(phone=OuterRef("pk"))
    free = Phone.objects.filter(pk__in=ids).exclude(Exists(named))
    came_along = (
        free.excluded()
        .filter(taken_at=None)
        .exclude(batch__kind=Batch.Kind.PENDING, batch__state__in=[Batch.State.READY, Batch.State.LOADING])
        .exclude(Exists(Event.objects.filter(kind=Event.Kind.LIFT, phone=OuterRef("pk"))))
    )
    going = list(came_along.values_list("pk", flat=True))
    if job:
        _tell(batch, ids, going, now=now, job=job)
    freed = free.classified().update(suppressed=False) + delete(going)
    return freed + free.excluded().update(state=State.PENDING, due_at=now)


def _tell(batch: Batch, ids: list[int], going: list[int], *, now: datetime, job: Job) -> None:
    """Write down that the list no longer names numbers. One that goes with it leaves no more than it has left already:
    a list of a million numbers that nobody ever called would leave as many lines that nobody will ever ask for.
    """
    with_history = Event.objects.filter(phone__in=going).values_list("phone", flat=True)
    staying = {*ids}.difference(going).union(with_history)
    happenings.write_down(Event.Kind.REVERT, sorted(staying), job=job, now=now, batch=batch)


def delete(ids: list[int]) -> int:
    """Delete locked numbers that nobody ever took, and count them where they came from."""
    per_batch = Phone.objects.filter(pk__in=ids).values_list("batch")
    counts: dict[int, int] = {}
    for (batch_id,) in per_batch:
        counts[batch_id] = counts.get(batch_id, 0) + 1
    Event.objects.filter(phone__in=ids).update(phone=None)
    Exclusion.objects.filter(phone__in=ids).delete()
    doomed = Phone.objects.filter(pk__in=ids)
    doomed._raw_delete(doomed.db)
    for batch_id, count in sorted(counts.items()):
        Batch.objects.filter(pk=batch_id).update(deleted_count=F("deleted_count") + count)
    return sum(counts.values())
