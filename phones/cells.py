"""The cells of a file: out of which column of the database each comes, read by pages and turned into words.

A page is turned a column at a time, in loops that Python runs in C, and then back into rows; times come from the
database as the room's clock shows them. Row by row, with the ORM's own values, a workbook took two to
three times as long.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, F, Func, QuerySet, TextField, Value

from accounts.models import User
from accounts.modules import Module
from phones import workbooks
from phones.numbers import mask

# What a spreadsheet program would take for a formula; the full-width signs are typed the same in Chinese.
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
# So many minutes keep their step to the room's clock at hand.
MINUTES = 20_000


@dataclass(frozen=True)
class Page:
    """Rows of a file with their ``keys``, and the values of one more column ``beside`` each where that is asked for.

    ``lines`` are the rows as lines of CSV, where the database wrote them; ``rows`` is empty then, and is read once.
    """

    keys: Sequence[int]
    beside: Sequence[Any] = ()
    rows: Iterable[workbooks.Row] = ()
    lines: str = ""


Read = Callable[[QuerySet[Any]], Page]


class Names(dict[Any, str | None]):
    """The names of things by their ids, each asked for once: one that comes up while a file is made is found too."""

    def __init__(self, things: QuerySet[Any]) -> None:
        super().__init__({None: None})
        self._things = things

    def __missing__(self, pk: int) -> str:
        name = self[pk] = workbooks.clean(str(self._things.get(pk=pk)))
        return name

    def learn(self) -> None:
        """Ask for all that are not known yet, at once."""
        for thing in self._things.exclude(pk__in=[pk for pk in self if pk is not None]):
            self[thing.pk] = workbooks.clean(str(thing))


@dataclass(frozen=True)
class Source:
    """A column of the database whose values are a file's cells as they are: digits."""

    field: str

    def asked(self) -> Any:
        """What a query asks for."""
        return F(self.field)

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        return values


class Masked(Source):
    """Telephone numbers for a file of somebody who has no right to see them whole."""

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        return map(mask, values)


def number_for(user: User) -> Source:
    """The column of the numbers, as somebody may see them."""
    return Source("number") if user.may_open(Module.WHOLE_NUMBERS) else Masked("number")


@dataclass(frozen=True)
class Named(Source):
    """A column of ids or of states, each of which has a name."""

    names: Mapping[Any, str | None]

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        return map(self.names.__getitem__, values)


@dataclass(frozen=True)
class Text(Source):
    """What people have written."""

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        return [workbooks.clean(text) if text else None for text in values]


@dataclass(frozen=True)
class Flag(Source):
    """A word where something is so, and nothing where it is not."""

    word: str

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        return [self.word if flag else None for flag in values]


@dataclass(frozen=True)
class Moment(Source):
    """A moment as a cell holds it: the room's clock, without a zone, to the second."""

    def asked(self) -> Any:
        if connection.vendor == "postgresql":
            # Without a zone it is what psycopg reads in C.
            second = "date_trunc('second', %(expressions)s)"
            at = Func(F(self.field), Value(settings.TIME_ZONE), arg_joiner=" AT TIME ZONE ", template=second)
            at.output_field = DateTimeField()
            return at
        # As text: what SQLite knows to be a time, it would have read by Django.
        return Func(F(self.field), 1, 19, function="SUBSTR", output_field=TextField())

    def cells(self, values: Sequence[Any]) -> Iterable[workbooks.Cell]:
        if connection.vendor == "postgresql":
            return values
        steps, read = _Steps(), datetime.fromisoformat
        return [text and read(text) + steps[text[:16]] for text in values]


class _Steps(dict[str, timedelta]):
    """From a minute in UTC to the room's clock."""

    def __missing__(self, minute: str) -> timedelta:
        if len(self) > MINUTES:
            self.clear()
        at = datetime.fromisoformat(minute).replace(tzinfo=UTC)
        step = self[minute] = at.astimezone(ZoneInfo(settings.TIME_ZONE)).utcoffset() or timedelta()
        return step


def reader(sources: Sequence[Source], *, beside: str | None = None) -> Read:
    """How a page is read: the query's rows as cells of these sources, with a field that stands ``beside`` the keys."""
    leading = ["pk"] if beside is None else ["pk", beside]

    def read(queryset: QuerySet[Any]) -> Page:
        found = _values(queryset.values_list(*leading, *(source.asked() for source in sources)))
        if not found:
            return Page([])
        columns = list(zip(*found, strict=True))
        turned = [source.cells(column) for source, column in zip(sources, columns[len(leading) :], strict=True)]
        return Page(columns[0], columns[1] if beside else (), rows=zip(*turned, strict=True))

    return read


def _values(queryset: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """The values as the driver gives them, at once: the ORM would fetch a hundred after the other."""
    try:
        statement, params = queryset.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────


def harmless(text: str) -> str:
    """A text as a cell of CSV: what would be a formula gets a leading ', which our own import takes off again."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def all_harmless(rows: Sequence[workbooks.Row]) -> Iterator[workbooks.Row]:
    """The rows with each text harmless; what is no text is left as it is."""
    return zip(*map(_harmless_column, zip(*rows, strict=True)), strict=True)


def _harmless_column(cells: tuple[workbooks.Cell, ...]) -> Iterable[workbooks.Cell]:
    if str not in set(map(type, cells)):
        return cells
    # Mostly a few words that return, so that each is looked at once.
    words = {cell: harmless(cell) if type(cell) is str else cell for cell in set(cells)}
    return map(words.__getitem__, cells)
