"""Work on many numbers in pieces: which of them still fit, why the others do not, and the line in the log."""

import errno
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from phones import jobs, turns
from phones.models import Job, Phone, State
from phones.unreadable import Fault

# Fewer than an import's: with calls and events that lead to it, a number takes longer than one that is just inserted.
# On PostgreSQL whoever takes a number that a piece is just coming to waits for the piece, so there it is shorter still.
ROWS = 2_000
SHORT_ROWS = 100


def refuse_others(job: Job) -> None:
    """Raises Failed where whoever asked for the job has lost the right to since."""
    if not User.objects.administrators().enabled().filter(pk=job.by_id).exists():
        raise jobs.Failed("not_administrator")


@contextmanager
def telling_a_full_disk() -> Iterator[None]:
    """A full disk is no riddle: raises Failed with the sentence for it."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise jobs.Failed(Fault.DISK_FULL) from error


def rows() -> int:
    """How many numbers a piece has."""
    return ROWS if turns.in_pieces() else min(SHORT_ROWS, ROWS)


def pieces(ids: Sequence[int], *, done: int) -> Iterator[list[int]]:
    """What is left of the ids, in pieces."""
    for start in range(done, len(ids), rows()):
        yield list(ids[start : start + rows()])


def lock(numbers: QuerySet[Phone]) -> list[int]:
    """The ids of some numbers, locked in their order; one that is just being taken is waited for, and asked anew."""
    locked = numbers.order_by("pk").select_for_update(of=("self",))
    # As rows of the table, not as values: of those Django would lock all tables that the conditions join.
    return [phone.pk for phone in locked.only("pk")]


def why_not(ids: set[int]) -> Counter[str]:
    """Why numbers do not fit, though they did when they were noted down: held, listed or changed."""
    why: Counter[str] = Counter()
    for state, suppressed in Phone.objects.filter(pk__in=ids).values_list("state", "suppressed"):
        listed = suppressed or state == State.EXCLUDED
        why["held" if state == State.HELD else "listed" if listed else "changed"] += 1
    # What is gone altogether has changed, too.
    why["changed"] += len(ids) - why.total()
    return +why


def record(job: Job, action: str, *, count: int, **data: Any) -> None:
    """The one line in the log that says how many numbers a job touched; in the transaction that ends it."""
    told = {name: job.arguments[name] for name in ("filter", "archive") if name in job.arguments}
    audit.record(
        by=job.by, action=action, about=job.title, count=count, address=job.arguments["address"],
        job=str(job.pk), reason=job.arguments["reason"], **told, **data,
    )  # fmt: skip
