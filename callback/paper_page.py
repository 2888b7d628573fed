"""What the pages of paper sheets show: a sheet's lines with what became of each, and the sheets there are."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from accounts.models import User
from callback import paper
from callback.actions import UNDO_SECONDS
from callback.models import Call
from phones.models import Event, PaperLine, PaperSheet, Phone

SHOWN = 30
LATEST = 8


@dataclass(frozen=True)
class Line:
    """One line of a sheet: its code, and its result or how its hold ended."""

    row: PaperLine
    code: str
    region: str
    call: Call | None
    ended: Event | None

    @property
    def open(self) -> bool:
        return self.call is None and self.ended is None


@dataclass(frozen=True)
class Progress:
    """How far a sheet is: lines, those keyed in, and those still held."""

    lines: int
    keyed: int
    open: int


def progress(sheets: list[PaperSheet]) -> dict[int, Progress]:
    """How far each of some sheets is, by its key; two queries for all of them."""
    keys = [sheet.pk for sheet in sheets]
    counted = PaperLine.objects.filter(sheet__in=keys).order_by().values_list("sheet")
    lines = {key: (every, keyed) for key, every, keyed in counted.annotate(Count("pk"), Count("keyed_at"))}
    held = dict(Phone.objects.filter(paper__in=keys).order_by().values_list("paper").annotate(Count("pk")))
    return {key: Progress(*lines.get(key, (0, 0)), held.get(key, 0)) for key in keys}


def sheets_for(by: User, agent: User | None = None) -> list[tuple[PaperSheet, Progress]]:
    """The latest sheets that somebody may work on, all or those of one agent, with how far they are."""
    some = PaperSheet.objects.select_related("agent", "carrier", "by").order_by("-at", "-pk")
    of = agent if by.is_administrator else by
    shown = list((some.filter(agent=of) if of else some)[:SHOWN])
    far = progress(shown)
    return [(sheet, far[sheet.pk]) for sheet in shown]


def lines_of(sheet: PaperSheet) -> list[Line]:
    """All lines of a sheet in their order."""
    rows = list(sheet.lines.order_by("line"))
    tokens = [row.token for row in rows]
    calls = {
        call.token: call
        for call in Call.objects.by(sheet.agent).filter(token__in=tokens).select_related("type", "standing_type")
    }
    ended = {event.token: event for event in Event.objects.filter(token__in=tokens)}
    regions = dict(Phone.objects.filter(pk__in=[row.phone_id for row in rows]).values_list("pk", "region__name"))
    return [
        Line(
            row=row,
            code=paper.code_of(sheet.pk, row.line),
            region=regions.get(row.phone_id or 0, ""),
            call=calls.get(row.token),
            ended=ended.get(row.token),
        )
        for row in rows
    ]


def latest(lines: list[Line]) -> list[Line]:
    """The lines that were keyed in last, the newest first."""
    keyed = [(line.row.keyed_at, line.row.line, line) for line in lines if line.row.keyed_at]
    return [line for _at, _ordinal, line in sorted(keyed, key=lambda row: row[:2], reverse=True)[:LATEST]]


def just_keyed(lines: list[Line], now: datetime) -> Line | None:
    """The line that was keyed in last, while it can be taken back."""
    last = next(iter(latest(lines)), None)
    if last is None or last.row.keyed_at is None or last.call is None or last.call.late or last.call.withdrawn_at:
        return None
    return last if (now - last.row.keyed_at).total_seconds() <= UNDO_SECONDS else None
