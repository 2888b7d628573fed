"""What each kind of job is: who does it, in which steps, what a cancel means, and whose page it is.

Each app adds its own kinds when Django starts; the worker and the pages of jobs ask here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from accounts.modules import Module
from phones.jobs import Handler
from phones.models import Job

Words = str | Promise


@dataclass(frozen=True)
class JobKind:
    """``module`` says which module a job belongs to; None is for administrators alone.

    ``undo`` removes what a handler that works in pieces has left, when it is cancelled or fails. ``stages`` are the
    codes that the handler tells, with their words, in order. ``foot`` is the template of the line under the job: what
    came of it, and where to go on.
    """

    run: Handler
    stages: tuple[tuple[str, Words], ...]
    cancel_means: Words
    module: Callable[[Job], Module | None]
    foot: str
    undo: Handler | None = None
    # The template of more facts beside the job.
    facts: str = ""


KINDS: dict[str, JobKind] = {}


def register(kind: Job.Kind, described: JobKind) -> None:
    KINDS[kind] = described


def of(job: Job) -> JobKind:
    return KINDS[job.kind]


def always(module: Module | None) -> Callable[[Job], Module | None]:
    """The same module for every job of a kind."""
    return lambda job: module
