"""The tables of the site: the columns that each has, and which of them an operator wants to see, how many rows a page.

Each app adds its own tables when Django starts; what they show is for their own pages to say.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from accounts import saved_filters
from accounts.models import SavedFilter, TableSetting, User
from hwcall import days
from hwcall.access import OperatorRequest

SIZES = (20, 50, 100, 200)
USUAL_SIZE = 50


@dataclass(frozen=True)
class Column:
    """A column of a page; ``usual`` where it is shown to who has chosen nothing.

    ``in_file`` are the columns of the table's file that say the same: several where a cell of the page says several
    things, and by itself the one of the same name.
    """

    name: str
    label: str | Promise
    usual: bool = True
    in_file: tuple[str, ...] = ()
    # Figures stand at the right.
    figure: bool = False


@dataclass(frozen=True)
class Table:
    """A table by the name of its page's URL. Its first column is always shown, the others are chosen.

    ``conditions`` are what its filter is asked by and what a saved filter holds; ``form`` says whether they make sense.
    Columns that come and go with the configuration are asked for by ``following`` when they are needed.
    """

    page: str
    title: str | Promise
    columns: tuple[Column, ...] = ()
    conditions: tuple[str, ...] = ()
    form: Callable[[QueryDict, User, date], forms.Form] | None = None
    following: Callable[[], tuple[Column, ...]] | None = None

    def now(self) -> "Table":
        """The table with the columns that it has at the moment."""
        return replace(self, columns=self.following()) if self.following else self

    def chosen(self, names: Collection[str] | None) -> tuple[Column, ...]:
        """The columns of these names, in the table's own order; what it shows by itself where there are none."""
        if names is None:
            return tuple(column for column in self.columns if column.usual or column is self.columns[0])
        return tuple(column for column in self.columns if column.name in names or column is self.columns[0])

    def to_keep(self, names: Collection[str]) -> list[str]:
        """What a setting holds of a choice: where columns come and go, the hidden ones, so that new ones are shown."""
        shown = self.chosen(names)
        return [column.name for column in self.columns if (column in shown) != bool(self.following)]

    def kept(self, setting: TableSetting | None) -> tuple[Column, ...]:
        """The columns that a setting shows."""
        names = setting.columns if setting else None
        if names is None or not self.following:
            return self.chosen(names)
        return self.chosen([column.name for column in self.columns if column.name not in names])

    def in_file(self, columns: Sequence[Column] | None = None) -> list[str]:
        """The names of the file's columns, in the order of the page's."""
        shown = self.chosen(None) if columns is None else columns
        return [name for column in shown for name in (column.in_file or (column.name,))]


TABLES: dict[str, Table] = {}


def register(*tables: Table) -> None:
    for table in tables:
        TABLES[table.page] = table


class Shown:
    """A table as one operator sees it: its columns, the rows of a page, and the filters saved under names."""

    def __init__(self, table: Table, user: User, query: QueryDict, today: date) -> None:
        table = table.now()
        setting = TableSetting.objects.filter(user=user, page=table.page).first() if table.columns else None
        self.table, self.user, self.query, self.today = table, user, query, today
        self.columns = table.kept(setting)
        self.size = setting.page_size if setting and setting.page_size in SIZES else USUAL_SIZE
        # For a template: ``table.shows.note``.
        self.shows = {column.name: True for column in self.columns}

    @property
    def sizes(self) -> tuple[int, ...]:
        return SIZES

    @property
    def in_file(self) -> list[str]:
        return self.table.in_file(self.columns)

    @property
    def days(self) -> str:
        """The name that the query's days were chosen by."""
        return days.name_of(self.query, self.today)

    @property
    def days_label(self) -> str:
        return next((each.label for each in days.ranges(self.today) if each.name == self.days), "")

    def of(self, query: QueryDict) -> str:
        """What of a query is a choice of the table's rows."""
        return saved_filters.worth_saving(query, self.table.conditions, self.today)

    @cached_property
    def kept(self) -> str:
        """The query as it would be saved; empty where nothing is chosen."""
        return self.of(self.query)

    @cached_property
    def saved(self) -> list[SavedFilter]:
        return list(saved_filters.of(self.user, self.table.page))

    @property
    def current(self) -> SavedFilter | None:
        """The saved filter whose conditions are the ones that are shown."""
        return next((each for each in self.saved if self.kept and each.query == self.kept), None)

    @property
    def address(self) -> str:
        return reverse(self.table.page)


def shown(request: OperatorRequest, table: Table) -> Shown:
    """The table as the operator of a request sees it."""
    return Shown(table, request.user, request.GET, timezone.localdate())


@transaction.atomic
def show_columns(*, by: User, table: Table, names: Collection[str] | None) -> None:
    """Show an operator these columns from now on; None goes back to what the table shows by itself."""
    setting = _setting(by, table)
    setting.columns = None if names is None else table.now().to_keep(names)
    setting.save()


@transaction.atomic
def show_rows(*, by: User, table: Table, size: int) -> None:
    """Show an operator so many rows a page from now on, one of ``SIZES``."""
    setting = _setting(by, table)
    setting.page_size = size
    setting.save()


def _setting(by: User, table: Table) -> TableSetting:
    # Whoever presses twice at once is answered one after the other.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    return TableSetting.objects.filter(user=by, page=table.page).first() or TableSetting(user=by, page=table.page)
