"""The whole life of a number, from the import to what happened last: told from its batch, its calls and its events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from callback import amendments
from callback.forms import SKIP_REASONS
from callback.models import Amendment, Call
from phones import exported, lifting
from phones.models import PLACES_A_BATCH, Batch, Event, Job, Phone, State

# Of calls, and of events: more than a number has that was called every working day of a year.
MOST = 500
# What comes first where two things bear the same time: a hold that a take has ended is over before it.
IMPORTED, LISTED, HAPPENED, TAKEN, FILED, AMENDED, EXPORTED = (
    "import",
    "list",
    "event",
    "take",
    "call",
    "amend",
    "export",
)
ORDER = (IMPORTED, LISTED, HAPPENED, TAKEN, FILED, AMENDED, EXPORTED)


@dataclass(frozen=True)
class Moment:
    """One thing that happened to a number; ``about`` is the row that tells it, by its kind."""

    at: datetime
    kind: str
    about: Any
    by: User | None = None
    # Of a call: whether the reader may amend it.
    open: bool = False
    # Of an import: where in its list the number stood; of a skip: why.
    more: Any = None


@dataclass(frozen=True)
class Life:
    """What happened to a number, the latest first; ``cut`` where there is more than is told."""

    moments: list[Moment]
    cut: bool


def life_of(number: str, phone: Phone | None, *, reader: User) -> Life:
    """The life of a number, those before its deletions with it; ``phone`` is its row, if it has one now."""
    shown = ("agent", "type", "order_region", "standing_type", "standing_order_region", "batch", "batch__by")
    calls = _rows(Call.objects.select_related(*shown).order_by("-filed_at", "-pk"), number, phone)
    happened = Event.objects.select_related("agent", "by", "batch").order_by("-at", "-pk")
    events = _rows(happened, number, phone)
    moments = [
        *_imports(phone, calls, events),
        *_lists(phone),
        *(Moment(event.at, HAPPENED, event, event.by, more=_why(event)) for event in events),
        *_takes(phone, calls, events),
        *(Moment(call.filed_at, FILED, call, call.agent, open=amendments.is_open(call, by=reader)) for call in calls),
        *_amendments(calls),
        *(_exports(phone) if phone and reader.is_administrator else ()),
    ]
    moments.sort(key=lambda moment: (moment.at, ORDER.index(moment.kind)), reverse=True)
    return Life(moments, cut=MOST in (len(calls), len(events)))


def _rows(queryset: QuerySet[Any], number: str, phone: Phone | None) -> list[Any]:
    """Those of the number as it stands now, and those of its earlier lives, which a deletion has cut off from it."""
    rows = list(queryset.filter(phone=phone)[:MOST]) if phone else []
    return rows + list(queryset.filter(phone=None, number=number)[: MOST - len(rows)])


def _imports(phone: Phone | None, calls: list[Call], events: list[Event]) -> Iterator[Moment]:
    """The batches that brought it: its own, and those that the calls of its earlier lives name."""
    own = [phone.batch] if phone else []
    batches = {batch.pk: batch for batch in [*(call.batch for call in calls), *own]}
    # A skip has moved it: its place does not say any more where it stood.
    moved = any(event.kind == Event.Kind.SKIP for event in events)
    for batch in batches.values():
        stays = phone and not moved and phone.place // PLACES_A_BATCH == batch.pk
        ordinal = phone.place % PLACES_A_BATCH if phone and stays else None
        yield Moment(batch.at, IMPORTED, batch, batch.by, more=ordinal)


def _lists(phone: Phone | None) -> Iterator[Moment]:
    """The lists that exclude it now; that of an import which remembered it as excluded is told with the import."""
    batches: Iterable[Batch] = lifting.lists_naming(phone)[:MOST] if phone else ()
    for batch in batches:
        if phone and batch.pk != phone.batch_id:
            yield Moment(batch.at, LISTED, batch, batch.by)


def _takes(phone: Phone | None, calls: list[Call], events: list[Event]) -> Iterator[Moment]:
    """Each time that somebody was given the number, whichever way the hold ended, and the hold that goes on now.

    A result that came late is a call and an event of one hold, and what was taken back is filed twice in one.
    """
    holds: dict[tuple[datetime | None, int | None], User] = {
        (call.taken_at, call.agent_id): call.agent for call in calls
    }
    holds |= {(event.taken_at, event.agent_id): event.agent for event in events if event.taken_at and event.agent}
    if phone and phone.state == State.HELD and phone.taken_at and phone.holder:
        holds[phone.taken_at, phone.holder.pk] = phone.holder
    return (Moment(at, TAKEN, phone, agent) for (at, _pk), agent in holds.items() if at)


def _amendments(calls: list[Call]) -> Iterator[Moment]:
    shown = ("by", "type_from", "type_to", "order_region_from", "order_region_to")
    made = Amendment.objects.filter(call__in=calls).select_related("call", *shown).order_by("call", "ordinal")
    return (Moment(amendment.at, AMENDED, amendment, amendment.by) for amendment in made)


def _exports(phone: Phone) -> Iterator[Moment]:
    jobs: Iterable[Job] = exported.exports_of(phone.pk)
    return (Moment(job.finished_at or job.created_at, EXPORTED, job, job.by) for job in jobs)


def _why(event: Event) -> object:
    """The reason of an event in words; that of a skip is one of a few to choose from."""
    return dict(SKIP_REASONS).get(event.reason, event.reason) if event.kind == Event.Kind.SKIP else event.reason
