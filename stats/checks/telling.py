"""How the answer to a check is told: its sentence, with names for ids, in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones.models import Batch, Job, State
from phones.numbers import display
from stats.checks.check import Check, Row
from stats.names import Names

THINGS: dict[str, type[Model]] = {
    "agent": User,
    "batch": Batch,
    "carrier": Carrier,
    "region": Region,
    "order_region": Region,
    "type": BusinessType,
}
PARTS = {
    "agent": gettext_lazy("agent"),
    "type": gettext_lazy("type"),
    "order_region": gettext_lazy("order region"),
    "note": gettext_lazy("note"),
}


class Told(dict[str, str]):
    """The words of a row. What was kept by an earlier version of a check may lack some."""

    def __missing__(self, name: str) -> str:
        return "–"


class Teller:
    """Makes sentences of figures and faults; each name is asked for once."""

    def __init__(self) -> None:
        self._names = Names()

    def holds(self, check: Check, figures: Row) -> str:
        return str(check.holds) % self._told(figures)

    def broken(self, check: Check, fault: Row) -> str:
        sentence = check.broken
        if isinstance(sentence, Mapping):
            sentence = sentence.get(fault.get("what", ""), "")
        return str(sentence) % self._told(fault)

    def _told(self, row: Row) -> "Told":
        return Told({name: self._word(name, value) for name, value in row.items()})

    def _word(self, column: str, value: Any) -> str:
        if (model := THINGS.get(_kind(column))) is not None:
            return pgettext("nothing", "none") if value is None else self._names.of(model, value)
        if value is None:
            return ""
        if tell := WORDS.get(column):
            return tell(value)
        return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)


def _kind(column: str) -> str:
    """``call_type`` and ``standing_type`` are types as well."""
    return column.removeprefix("call_").removeprefix("standing_")


def _moment(text: str) -> str:
    """SQLite tells its times bare, in UTC."""
    at = datetime.fromisoformat(text)
    if timezone.is_naive(at):
        at = timezone.make_aware(at, timezone.get_fixed_timezone(0))
    return date_format(timezone.localtime(at), "Y-m-d H:i:s")


def _parts(text: str) -> str:
    return pgettext("list", ", ").join(str(PARTS[name]) for name in text.split())


WORDS: dict[str, Callable[[Any], str]] = {
    "at": _moment,
    "day": lambda text: date_format(date.fromisoformat(text), "Y-m-d"),
    "number": lambda number: " ".join(display(number)),
    "state": lambda state: str(dict(State.choices).get(state, state)),
    "kind": lambda kind: str(dict(Job.Kind.choices).get(kind, kind)),
    "parts": _parts,
    "job": lambda job: str(job)[:8],
    "archive": str,
    "sheet": str,
}
