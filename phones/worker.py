"""The worker's day: take a job, do it, look after what is old."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections
from django.utils import timezone

from accounts import entry
from phones import comparison, exports, imports, jobs, reverts, uploads
from phones.models import Job

log = logging.getLogger("hwcall.worker")

HANDLERS: dict[str, jobs.Handler] = {
    Job.Kind.CHECK: comparison.run,
    Job.Kind.IMPORT: imports.run,
    Job.Kind.REVERT: reverts.run,
    Job.Kind.EXPORT: exports.run,
}
UNDO: dict[str, jobs.Handler] = {Job.Kind.IMPORT: imports.undo, Job.Kind.REVERT: reverts.undo}

FORGETTING: list[Callable[..., None]] = [uploads.forget_old, exports.forget_old, entry.forget_old]

IDLE_SECONDS = 0.3
TIDY_SECONDS = 600


def step(*, now: datetime | None = None, stopping: jobs.Stop | None = None) -> bool:
    """Do the next job, if there is one; say whether there was."""
    job = jobs.take(now=now or timezone.now())
    if job is None:
        return False
    jobs.perform(job, HANDLERS[job.kind], UNDO.get(job.kind), stopping)
    return True


def tidy(*, now: datetime) -> None:
    """Remove what was kept long enough; where that fails, the work goes on all the same."""
    for forget_old in FORGETTING:
        try:
            forget_old(now=now)
        except Exception:
            log.exception("%s.forget_old failed", forget_old.__module__)
            close_old_connections()


def work(stopping: jobs.Stop) -> None:
    """Go on until asked to stop."""
    tidied = None
    while not stopping.is_set():
        now = timezone.now()
        if tidied is None or (now - tidied).total_seconds() > TIDY_SECONDS:
            tidy(now=now)
            tidied = now
        if not step(stopping=stopping):
            stopping.wait(IDLE_SECONDS)
