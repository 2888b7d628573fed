"""The re-queue of numbers: refused and not connected ones become pending again, and what was filed stays."""

from collections import Counter
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone

from callback import piecework, selections
from phones import exclusions, happenings, turns
from phones.filters import PhoneFilter
from phones.jobs import Lost, Progress
from phones.models import Event, Job, Phone, State


def run(job: Job, progress: Progress) -> None:
    """Do a re-queue job (filter, count, reason, address).

    From the first piece on it goes forward only: a cancel comes too late, and whoever takes the job up again goes on.
    """
    progress.point_of_no_return(passed=bool(job.cursor))
    progress.tell(stage="freeze")
    with turns.kept(progress.tell), piecework.telling_a_full_disk():
        exclusions.remove_leftovers()
        piecework.refuse_others(job)
        chosen = selections.chosen(job)
        if job.cursor:
            ids = selections.frozen(job)
        else:
            ids = selections.freeze(job, selections.requeueable(chosen.numbers()))
            job.cursor = {"done": 0, "count": 0, "skipped": {}}
        progress.tell(stage="requeue", done=job.cursor["done"], total=len(ids))
        for piece in piecework.pieces(ids, done=job.cursor["done"]):
            with turns.piece(long=True):
                _requeue(job, chosen, piece)
                turns.keep(job, job.cursor)
            progress.point_of_no_return()
            progress.tell(done=job.cursor["done"])
        _end(job, progress)
    selections.forget(job)


def undo(job: Job, progress: Progress) -> None:
    """Where it broke off, what was re-queued stays so, and is put on record with its true count."""
    selections.forget(job)
    job = Job.objects.get(pk=job.pk)
    if count := job.cursor.get("count"):
        with suppress(Lost):
            _end(job, progress, state=Job.State.FAILED, error="requeue_broke_off", error_data={"count": count})


def _requeue(job: Job, chosen: PhoneFilter, ids: list[int]) -> None:
    still_meant = selections.still_meant(chosen, ids)
    fitting = piecework.lock(selections.requeueable(still_meant, **selections.PLAIN))
    # After the lock: so it is later than all that has happened to these numbers.
    now = timezone.now()
    Phone.objects.filter(pk__in=fitting).update(
        state=State.PENDING, due_at=now, type=None, order_region=None, agent=None, classified_at=None, note=""
    )
    happenings.write_down(Event.Kind.REQUEUE, fitting, job=job, now=now)
    skipped = piecework.why_not({*ids} - {*fitting})
    job.cursor = {
        "done": job.cursor["done"] + len(ids),
        "count": job.cursor["count"] + len(fitting),
        "skipped": dict(skipped + Counter(job.cursor["skipped"])),
    }


@transaction.atomic
def _end(job: Job, progress: Progress, **fields: Any) -> None:
    count, skipped = job.cursor["count"], job.cursor["skipped"]
    piecework.record(job, "numbers.requeue", count=count, skipped=skipped)
    progress.finish(cursor=job.cursor, **fields)
