"""The whole life of a number, from the import to what happened last: told from its batch, its calls and its events.

What a deletion took along, where the number had come from and which exports held it, is told from the archive.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from callback import amendments, archives
from callback.forms import SKIP_REASONS
from callback.models import Amendment, Call
from phones import exported, lifting
from phones.models import PLACES_A_BATCH, Batch, Event, Job, PaperLine, Phone

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
    # Of an import: where in its list the number stood; of a skip: why; of a take: the line on paper.
    more: Any = None


@dataclass(frozen=True)
class Life:
    """What happened to a number, the latest first; ``cut`` where there is more than is told.

    ``unread`` where an archive that tells of it cannot be read.
    """

    moments: list[Moment]
    cut: bool
    unread: bool = False


def life_of(number: str, phone: Phone | None, *, reader: User) -> Life:
    """The life of a number, those before its deletions with it; ``phone`` is its row, if it has one now."""
    shown = ("agent", "type", "order_region", "standing_type", "standing_order_region", "batch", "batch__by")
    calls = _rows(Call.objects.select_related(*shown).order_by("-filed_at", "-pk"), number, phone)
    happened = Event.objects.select_related("agent", "by", "batch", "batch__by", "job__archive").order_by("-at", "-pk")
    events = _rows(happened, number, phone)
    earlier, unread = _archived(number, events) if reader.is_administrator else ([], False)
    lives = [phone, *earlier] if phone else earlier
    imports = _imports(lives, calls, events)
    moments = [
        *imports,
        *_lists(phone, events, besides={moment.about for moment in imports}),
        *(Moment(event.at, HAPPENED, event, event.by, more=_why(event)) for event in events),
        *_takes(
            phone, calls, events, lines=_rows(PaperLine.objects.select_related("sheet").order_by("-pk"), number, phone)
        ),
        *(Moment(call.filed_at, FILED, call, call.agent, open=amendments.is_open(call, by=reader)) for call in calls),
        *_amendments(calls),
        *(_exports(lives) if reader.is_administrator else ()),
    ]
    moments.sort(key=lambda moment: (moment.at, ORDER.index(moment.kind)), reverse=True)
    return Life(moments, cut=MOST in (len(calls), len(events)), unread=unread)


def _rows(queryset: QuerySet[Any], number: str, phone: Phone | None) -> list[Any]:
    """Those of the number as it stands now, and those of its earlier lives, which a deletion has cut off from it."""
    rows = list(queryset.filter(phone=phone)[:MOST]) if phone else []
    return rows + list(queryset.filter(phone=None, number=number)[: MOST - len(rows)])


def _archived(number: str, events: list[Event]) -> tuple[list[Phone], bool]:
    """The number as it was at each of its deletions that was not taken back, and whether an archive cannot be read."""
    rows, unread = [], False
    for event in events:
        archive = getattr(event.job, "archive", None)
        if event.kind != Event.Kind.DELETE or event.phone_id or archive is None:
            continue
        try:
            row = archives.find(archive, number)
        except (archives.Missing, archives.Damaged):
            row, unread = None, True
        if row:
            rows.append(Phone(**row))
    return rows, unread


def _imports(lives: list[Phone], calls: list[Call], events: list[Event]) -> list[Moment]:
    """The batches that brought it: those of its lives, and those that calls and reverts name."""
    reverted = [event.batch for event in events if event.kind == Event.Kind.REVERT and event.batch]
    batches = {batch.pk: batch for batch in reverted if batch.kind == Batch.Kind.PENDING}
    batches |= {batch.pk: batch for batch in [*(call.batch for call in calls), *(phone.batch for phone in lives)]}
    # A skip has moved it: its place does not say any more where it stood.
    moved = any(event.kind == Event.Kind.SKIP for event in events)
    places = {} if moved else dict(divmod(phone.place, PLACES_A_BATCH) for phone in lives)
    return [Moment(batch.at, IMPORTED, batch, batch.by, more=places.get(batch.pk)) for batch in batches.values()]


def _lists(phone: Phone | None, events: list[Event], *, besides: Collection[Batch]) -> Iterator[Moment]:
    """The lists that exclude it, and those that its events say did so; ``besides`` those told as its imports."""
    batches = {*(event.batch for event in events), *(lifting.lists_naming(phone)[:MOST] if phone else ())}
    for batch in batches.difference(besides):
        if batch and batch.kind == Batch.Kind.EXCLUDED and batch.state != Batch.State.CANCELLED:
            yield Moment(batch.at, LISTED, batch, batch.by)


def _takes(phone: Phone | None, calls: list[Call], events: list[Event], *, lines: list[PaperLine]) -> Iterator[Moment]:
    """Each time that somebody was given the number, whichever way the hold ended, and the hold that goes on now.

    A result that came late is a call and an event of one hold, and what was taken back is filed twice in one.
    """
    holds: dict[tuple[datetime | None, int | None], User] = {
        (call.taken_at, call.agent_id): call.agent for call in calls
    }
    holds |= {(event.taken_at, event.agent_id): event.agent for event in events if event.taken_at and event.agent}
    holder = phone and (phone.paper.agent if phone.paper else phone.holder)
    if phone and holder and phone.taken_at:
        holds[phone.taken_at, holder.pk] = holder
    on_paper: dict[Any, PaperLine] = {(line.sheet.at, line.sheet.agent_id): line for line in lines}
    return (Moment(at, TAKEN, phone, agent, more=on_paper.get((at, pk))) for (at, pk), agent in holds.items() if at)


def _amendments(calls: list[Call]) -> Iterator[Moment]:
    shown = ("by", "type_from", "type_to", "order_region_from", "order_region_to")
    made = Amendment.objects.filter(call__in=calls).select_related("call", *shown).order_by("call", "ordinal")
    return (Moment(amendment.at, AMENDED, amendment, amendment.by) for amendment in made)


def _exports(lives: list[Phone]) -> Iterator[Moment]:
    jobs: set[Job] = {job for phone in lives for job in exported.exports_of(phone.pk)}
    return (Moment(job.finished_at or job.created_at, EXPORTED, job, job.by) for job in jobs)


def _why(event: Event) -> object:
    """The reason of an event in words; that of a skip is one of a few to choose from."""
    return dict(SKIP_REASONS).get(event.reason, event.reason) if event.kind == Event.Kind.SKIP else event.reason
