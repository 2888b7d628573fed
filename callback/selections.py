"""What a re-queue or a deletion is about: the numbers of a filter, counted for people, and noted down for the job."""

import os
from array import array
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from config.models import BOOKING, FIXED_CODES, INVALID_CODES, NOT_CONNECTED, REFUSED, VALID_CODES
from phones import jobs
from phones.filters import PhoneFilter
from phones.models import Job, Phone, State

FILE = "selection"
# The names under which ``still_meant`` has state and code, in words that no index knows.
PLAIN_STATE, PLAIN_CODE = "plain_state", "plain_code"
PLAIN = {"state": PLAIN_STATE, "code": PLAIN_CODE}


def requeueable(numbers: QuerySet[Phone], *, state: str = "state", code: str = "type__code") -> QuerySet[Phone]:
    """Those whose result stands at refused or not connected, and that no list has sealed.

    ``state`` and ``code`` are the names that their state and their business type are asked by.
    """
    return numbers.filter(**{state: State.CLASSIFIED, f"{code}__in": FIXED_CODES}, suppressed=False)


def deletable(numbers: QuerySet[Phone]) -> QuerySet[Phone]:
    """Those whose deletion makes no list forget that they must not be called; also what is on a sheet just now."""
    return numbers.exclude(state=State.EXCLUDED).filter(suppressed=False)


class Census:
    """The numbers of a filter, counted: what they are, and how many of them each form would touch."""

    def __init__(self, numbers: QuerySet[Phone]) -> None:
        self._numbers = numbers

    @cached_property
    def _kinds(self) -> list[tuple[tuple[str, int | None, bool], int, int]]:
        """State, code and seal of each kind that there is, how many there are of it, and the sum of their ids."""
        kinds = self._numbers.order_by().values_list("state", "type__code", "suppressed")
        return [
            ((state, code, suppressed), count, int(ids))
            for state, code, suppressed, count, ids in kinds.annotate(Count("pk"), Sum("pk"))
        ]

    def _sums(self, *, state: str = "", codes: Any = None, suppressed: bool | None = None) -> tuple[int, int]:
        found = [
            (count, ids)
            for (its_state, code, sealed), count, ids in self._kinds
            if state in ("", its_state) and (codes is None or code in codes) and suppressed in (None, sealed)
        ]
        return sum(count for count, _ids in found), sum(ids for _count, ids in found)

    def _sum(self, **kind: Any) -> int:
        return self._sums(**kind)[0]

    def mark(self, verb: str) -> int:
        """What tells the numbers of a form from others that are as many: the sum of their ids."""
        if verb == "requeue":
            return self._sums(codes=FIXED_CODES, suppressed=False)[1]
        return sum(self._sums(state=state, suppressed=False)[1] for state in set(State.values) - {State.EXCLUDED})

    @property
    def total(self) -> int:
        return self._sum()

    @property
    def valid(self) -> int:
        return self._sum(codes={*VALID_CODES, BOOKING})

    @property
    def invalid(self) -> int:
        """Invalid, but for refused and not connected."""
        return self._sum(codes={*INVALID_CODES} - {*FIXED_CODES})

    @property
    def refused(self) -> int:
        return self._sum(codes={REFUSED})

    @property
    def not_connected(self) -> int:
        return self._sum(codes={NOT_CONNECTED})

    @property
    def pending(self) -> int:
        return self._sum(state=State.PENDING)

    @property
    def held(self) -> int:
        return self._sum(state=State.HELD)

    @property
    def excluded(self) -> int:
        return self._sum(state=State.EXCLUDED)

    @property
    def sealed(self) -> int:
        """Refused or not connected, and sealed by a list."""
        return self._sum(codes=FIXED_CODES, suppressed=True)

    @property
    def requeueable(self) -> int:
        return self._sum(codes=FIXED_CODES, suppressed=False)

    @property
    def kept(self) -> int:
        """Excluded or sealed, which no deletion touches: an import would bring it in as new."""
        return self.excluded + self._sum(suppressed=True)

    @property
    def deletable(self) -> int:
        return self.total - self.kept


# ── For the job ──────────────────────────────────────────────────────────────────────────────────────────────


def chosen(job: Job) -> PhoneFilter:
    """The filter of a job. Raises Failed where something that it names is no longer there."""
    found = PhoneFilter(job.arguments["filter"], user=job.by)
    if not found.is_valid():
        raise jobs.Failed("export_choice_gone")
    return found


def freeze(job: Job, numbers: QuerySet[Phone]) -> "array[int]":
    """Note down which numbers the job is about, by one look at them; from here on it is about no others.

    Raises Failed where they are not those that whoever asked has confirmed.
    """
    ids = array("q", numbers.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000))
    expected = job.arguments["count"]
    if len(ids) != expected:
        raise jobs.Failed("selection_changed", expected=expected, count=len(ids))
    if sum(ids) != job.arguments.get("mark", sum(ids)):
        raise jobs.Failed("selection_swapped")
    path = _path(job)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        ids.tofile(file)
        file.flush()
        os.fsync(file.fileno())
    return ids


def still_meant(chosen: PhoneFilter, ids: list[int]) -> QuerySet[Phone]:
    """Those of some noted numbers that the filter means still.

    Without its batch, which no number ever changes: by the index of that, SQLite would go through the whole batch for
    each piece. So would PostgreSQL by those of states and types through all numbers, while it has not counted them yet.
    """
    others = copy(chosen)
    others.cleaned_data = chosen.cleaned_data | {"batch": None, "state": ""}
    plain = {PLAIN_STATE: Coalesce("state", Value("")), PLAIN_CODE: Coalesce("type__code", Value(0))}
    numbers = others.apply(Phone.objects.filter(pk__in=ids)).alias(**plain)
    state = chosen.cleaned_data["state"]
    return numbers.filter(**{PLAIN_STATE: state}) if state else numbers


def frozen(job: Job) -> "array[int]":
    """What was noted down, by an attempt of this job that came so far as to begin. Raises Failed where it is gone."""
    ids = array("q")
    try:
        ids.frombytes(_path(job).read_bytes())
    except (OSError, ValueError) as error:
        raise jobs.Failed("selection_gone") from error
    if len(ids) != job.arguments["count"]:
        raise jobs.Failed("selection_gone")
    return ids


def forget(job: Job) -> None:
    """Remove what was noted down, once nobody needs it."""
    _path(job).unlink(missing_ok=True)


def _path(job: Job) -> Path:
    return Path(settings.RESULT_DIR) / str(job.pk) / FILE
