"""Long work: who does a job, how it tells its progress, and how it ends when its worker does not."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import Error, close_old_connections, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from hwcall.logs import incident
from phones.models import Job
from phones.querysets import STALE_AFTER

log = logging.getLogger("hwcall.jobs")

PULSE_SECONDS = 0.5
# A job that has brought down its worker this often is set aside.
ATTEMPTS = 3
# One whose undo fails this often is left as it is.
UNDO_ATTEMPTS = 2 * ATTEMPTS


class Failed(Exception):
    """The work cannot be done; ``code`` and ``data`` are the sentence that says why (phones.sentences)."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data


class Cancelled(Exception):
    """Somebody pressed cancel."""


class Lost(Exception):
    """Another worker has taken the job up meanwhile: this one must leave no trace."""


class Stopped(Exception):
    """The worker is asked to end; the job goes back to the queue."""


class Stop:
    """Whether the worker is asked to end.

    Not a threading.Event: that one takes a lock to be set, and a signal that arrives while the same thread holds the
    lock in ``wait`` would wait for it for ever.
    """

    def __init__(self) -> None:
        self._asked = False

    def set(self) -> None:
        self._asked = True

    def is_set(self) -> bool:
        return self._asked

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until it is set."""
        until = time.monotonic() + seconds
        while not self._asked and time.monotonic() < until:
            time.sleep(min(0.05, seconds))


class Progress:
    """What a handler tells its job, and the pulse that writes it down from a connection of its own.

    The pulse stands apart because the work may be one long transaction, of which nobody would see anything.
    """

    def __init__(self, job: Job, stopping: "Stop | None" = None) -> None:
        self.job = job
        self._stopping = stopping or Stop()
        self._ended = threading.Event()
        self._why: type[Exception] | None = Cancelled if job.cancel_requested else None
        self._forward_only = False
        self._told: dict[str, Any] = {}

    def tell(self, *, stage: str | None = None, done: int | None = None, total: int | None = None) -> None:
        """Note how far the work is. Raises Cancelled, Lost or Stopped where it must not go on."""
        told = {"stage": stage, "done": done, "total": total}
        self._told |= {name: value for name, value in told.items() if value is not None}
        if stage is not None:
            self._told |= {"done": done or 0, "total": total}
        if self._stopping.is_set():
            raise Stopped
        if self._why and not (self._forward_only and self._why is Cancelled):
            raise self._why

    def point_of_no_return(self, *, passed: bool = True) -> None:
        """From here on a cancel comes too late and is not heard any more; Lost and Stopped still are."""
        self._forward_only = passed

    def finish(self, **fields: Any) -> None:
        """Mark the job done, inside the transaction that ends its work. Raises Lost where it is another's by now."""
        fields = self._told | {"state": Job.State.DONE, "finished_at": timezone.now()} | fields
        if "total" in fields and fields["total"] is not None:
            fields["done"] = fields["total"]
        if not self._mine().update(**fields):
            raise Lost

    def _mine(self):
        return Job.objects.filter(pk=self.job.pk, state=Job.State.RUNNING, attempts=self.job.attempts)

    def _beat(self) -> None:
        told = dict(self._told)
        if told.get("total") is not None:
            told["done"] = min(told.get("done", 0), told["total"])
        if not self._mine().update(heartbeat_at=timezone.now(), **told):
            self._why = Lost
        elif Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            self._why = Cancelled

    def _pulse(self) -> None:
        while not self._ended.wait(PULSE_SECONDS):
            try:
                self._beat()
            except Exception:
                # A pulse that is missed is no failure: the database may be away for a moment.
                log.warning("pulse missed", exc_info=True)
                close_old_connections()
        connection.close()

    def __enter__(self) -> "Progress":
        self._thread = threading.Thread(target=self._pulse, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()


Handler = Callable[[Job, Progress], None]


@transaction.atomic
def submit(*, kind: Job.Kind, by: User, title: str, now: datetime | None = None, **arguments: Any) -> Job:
    """Put a job into the queue; it is seen by workers when the transaction around it is."""
    return Job.objects.create(
        kind=kind, by=by, title=title[:200], arguments=arguments, created_at=now or timezone.now()
    )


def under_way(*, by: User, kind: Job.Kind) -> QuerySet[Job]:
    """Somebody's jobs of a kind that are not done, and that nobody has cancelled."""
    return Job.objects.open().filter(by=by, kind=kind, cancel_requested=False)


@transaction.atomic
def take(*, now: datetime) -> Job | None:
    """Give this worker the oldest job that waits, or that a dead worker has left."""
    job = Job.objects.to_do(now).select_for_update(skip_locked=True).first()
    if job is None:
        return None
    job.attempts += 1
    job.state = Job.State.RUNNING
    job.started_at = job.heartbeat_at = now
    job.save(update_fields=["attempts", "state", "started_at", "heartbeat_at"])
    return job


@transaction.atomic
def cancel(*, job: Job, by: User, now: datetime) -> None:
    """Ask a job to stop; one that nobody has begun is cancelled on the spot, one that has ended stays as it is."""
    job = Job.objects.select_for_update().get(pk=job.pk)
    # One that was begun and given back may have left something: the worker that takes it up removes it.
    if job.state == Job.State.WAITING and job.started_at is None:
        job.state, job.finished_at = Job.State.CANCELLED, now
    asked_before = job.cancel_requested
    job.cancel_requested = asked_before or job.open or job.state == Job.State.CANCELLED
    job.save(update_fields=["state", "finished_at", "cancel_requested"])
    if job.cancel_requested and not asked_before:
        audit.record(by=by, action="job.cancel", about=job.title, job=str(job.pk), kind=str(job.kind))


def worker_lives(*, now: datetime) -> bool:
    """Whether some worker has been heard of lately: it is at a job, or has ended one."""
    lately = now - STALE_AFTER
    at_work = Q(state=Job.State.RUNNING, heartbeat_at__gte=lately)
    return Job.objects.filter(at_work | Q(started_at__isnull=False, finished_at__gte=lately)).exists()


def perform(job: Job, handler: Handler, undo: Handler | None = None, stopping: "Stop | None" = None) -> None:
    """Do a job that was taken, and write down how it ended.

    ``undo`` removes what a handler that works in pieces has left, when it is cancelled or fails.
    """
    with Progress(job, stopping) as progress:
        try:
            if job.attempts > ATTEMPTS:
                number = incident(log, "job %s has broken off %s times", job.pk, ATTEMPTS, exc_info=False)
                raise Failed("gave_up", incident=number)
            handler(job, progress)
        except Lost:
            log.warning("job %s was taken up by another worker", job.pk)
        except Stopped:
            progress._mine().update(state=Job.State.WAITING, attempts=F("attempts") - 1)
        except Cancelled:
            _end(job, progress, undo, state=Job.State.CANCELLED)
        except Failed as failure:
            _end(job, progress, undo, state=Job.State.FAILED, error=failure.code, error_data=failure.data)
        except Exception:
            data = {"incident": incident(log, "job %s failed", job.pk)}
            _end(job, progress, undo, state=Job.State.FAILED, error="unexpected", error_data=data)


def _end(job: Job, progress: Progress, undo: Handler | None, **fields: Any) -> None:
    # A worker that was given up and fails as it wakes up must not undo what another is doing by now.
    if not progress._mine().update(heartbeat_at=timezone.now()):
        log.warning("job %s was taken up by another worker", job.pk)
        return
    if undo:
        try:
            undo(job, progress)
        except (Error, Lost, Stopped):
            raise
        except Exception:
            number = incident(log, "what job %s had begun could not be taken back", job.pk)
            if job.attempts < UNDO_ATTEMPTS:
                # It falls silent, and whoever takes it up tries again.
                return
            fields = {"state": Job.State.FAILED, "error": "left_over", "error_data": {"incident": number}}
    if not progress._mine().update(finished_at=timezone.now(), **fields):
        _name_incident(job, fields.get("error_data", {}))


def _name_incident(job: Job, data: dict[str, Any]) -> None:
    """An undo may have ended a job in words of its own: the number that the log knows belongs to them."""
    ended = Job.objects.filter(pk=job.pk, attempts=job.attempts, state=Job.State.FAILED).first()
    if ended and "incident" in data:
        ended.error_data = data | ended.error_data
        ended.save(update_fields=["error_data"])
