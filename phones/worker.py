"""The worker's day: take a job, do it, look after what is old."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections
from django.utils import timezone

from accounts import entry
from phones import files, job_kinds, jobs, number_lists, uploads

log = logging.getLogger("hwcall.worker")

FORGETTING: list[Callable[..., None]] = [
    uploads.forget_old,
    files.forget_old,
    number_lists.forget_old,
    entry.forget_old,
]

IDLE_SECONDS = 0.3
TIDY_SECONDS = 600


def step(*, now: datetime | None = None, stopping: jobs.Stop | None = None) -> bool:
    """Do the next job, if there is one; say whether there was."""
    job = jobs.take(now=now or timezone.now())
    if job is None:
        return False
    kind = job_kinds.of(job)
    jobs.perform(job, kind.run, kind.undo, stopping)
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
