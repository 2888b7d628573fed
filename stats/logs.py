"""The audit log and the login log: which lines are meant, and a page of them from the newest on.

A page is put together from lanes, one for each action (or for each of a few people) that may be in it: each is a walk
along an index from its newest end, and so none is long, however seldom a thing happens among millions of others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.masking import holds_number
from accounts.models import AuditEntry, User
from hwcall.forms import ThemedForm
from hwcall.pager import END
from phones.days_form import DayField
from phones.numbers import Number, numbers_in
from phones.paging import SIZE
from phones.totals import COUNTED, Total
from stats.log_details import Detail, details, learn
from stats.log_words import DEEDS, LOGIN_ACTIONS, LOGINS, Group, words_of
from stats.names import Names

# Where nobody came in, and what they typed is all that there is of them.
TRIED = ("login.failed", "login.locked")
# So many people are looked for one by one.
FEW = 10

# The actions that there are, each found by one step along the index.
ACTIONS_THERE = """
    WITH RECURSIVE there(action) AS (
        SELECT min(action) FROM accounts_auditentry
        UNION ALL
        SELECT (SELECT min(action) FROM accounts_auditentry WHERE action > there.action)
        FROM there WHERE there.action IS NOT NULL
    )
    SELECT action FROM there WHERE action IS NOT NULL"""


@dataclass(frozen=True)
class Log:
    """One of the two logs: its groups of actions, its name, and the name of its page's URL."""

    name: str
    title: str | Promise
    groups: tuple[Group, ...]
    url_name: str

    def holds(self, action: str) -> bool:
        """An action that nobody has named belongs to the audit log."""
        return (action in LOGIN_ACTIONS) == (self.name == "logins")


AUDIT = Log("audit", gettext_lazy("Audit log"), DEEDS, "stats:audit")
LOGIN = Log("logins", gettext_lazy("Login log"), LOGINS, "stats:logins")
LOGS = {log.name: log for log in (AUDIT, LOGIN)}


class LogFilter(ThemedForm):
    """Which lines of a log are meant. Bind it to a query string; all but ``options`` is for a form that is valid."""

    who = forms.CharField(label=gettext_lazy("Operator"), max_length=40, required=False)
    address = forms.GenericIPAddressField(
        label=gettext_lazy("Address"),
        required=False,
        error_messages={"invalid": gettext_lazy("Enter a whole address, such as 192.168.1.20.")},
    )
    object = forms.CharField(label=pgettext_lazy("log", "Object"), max_length=200, required=False)
    start = DayField()
    end = DayField()

    def __init__(self, data: Mapping[str, Any], *, log: Log) -> None:
        super().__init__(data)
        self.log = log
        self.groups = [(group.name, str(group.label)) for group in log.groups]
        label = pgettext_lazy("log", "Action")
        self.fields["group"] = forms.ChoiceField(label=label, choices=[("", ""), *self.groups], required=False)
        self.fields["group"].error_messages["invalid_choice"] = _("There is no such choice. Choose another one.")
        if log is LOGIN:
            # Whoever comes or goes is the operator; there is nothing else that it is about.
            del self.fields["object"]

    def clean_object(self) -> str:
        return self._without_number("object")

    def clean_who(self) -> str:
        # Where operators have chosen their own numbers for user names, these are looked for.
        return self._without_number("who", unless=lambda who: _named(who).exists())

    def _without_number(self, field: str, *, unless: Callable[[str], bool] = lambda text: False) -> str:
        """What was entered, unless it holds a telephone number: none may stand in an address or an export's record."""
        text: str = self.cleaned_data[field]
        found = holds_number(text) or any(isinstance(each, Number) for each in numbers_in(text))
        if found and not unless(text):
            raise forms.ValidationError(
                _("The log holds numbers masked, as 138****8000. Look for the last four digits.")
            )
        return text

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first. Change one of the two."))
        return self.cleaned_data

    def arguments(self) -> dict[str, str]:
        """What was chosen, as the query string that says it."""
        texts = {name: str(self.data.get(name, "")).strip() for name in self.fields}
        return {name: text for name, text in texts.items() if text}

    def words(self) -> list[str]:
        """What was chosen, in the reader's words: the title of an export and the name of its file."""
        chosen = self.cleaned_data
        days = [str(day) for day in (chosen["start"], chosen["end"]) if day]
        group = dict(self.groups).get(chosen["group"])
        told = (chosen["who"], group, chosen["address"], chosen.get("object"), "–".join(dict.fromkeys(days)))
        return [str(self.log.title), *(str(words) for words in told if words)]

    # ── Which lines ──────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def actions(self) -> list[str]:
        """The actions that are meant, among those that there are."""
        with connection.cursor() as cursor:
            cursor.execute(ACTIONS_THERE)
            there = [action for (action,) in cursor.fetchall()]
        chosen = next((group.actions for group in self.log.groups if group.name == self.cleaned_data["group"]), None)
        return [action for action in there if (self.log.holds(action) if chosen is None else action in chosen)]

    def apply(self, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Narrow the lines down to those that are meant, in such words that the database goes along their ids."""
        meant = queryset.alias(told=Coalesce("action", Value(""))).filter(told__in=self.actions)
        return self._narrowed(meant).filter(self._somebody() if self.cleaned_data["who"] else Q())

    def newest(self, *, before: AuditEntry | None, count: int) -> list[AuditEntry]:
        """The newest of the lines that are meant, or of those that are older than one."""
        return self._walk(before, count, upwards=False)

    def oldest(self, *, after: AuditEntry | None, count: int) -> list[AuditEntry]:
        """The oldest of the lines that are meant, or of those that are newer than one; the oldest first."""
        return self._walk(after, count, upwards=True)

    def total(self) -> Total | None:
        """How many lines are meant, up to a limit; None where nothing but a look at all of them would tell."""
        if not self._indexed:
            return None
        lanes, values = _union(self._lanes(AuditEntry.objects.all()), COUNTED + 1, upwards=False)
        if not lanes:
            return Total(0)
        with connection.cursor() as cursor:
            # The limit ends the look at the lanes one after the other.
            sql = f"SELECT count(*) FROM (SELECT 1 FROM ({lanes}) AS all_lanes LIMIT %s) AS counted"  # noqa: S608
            cursor.execute(sql, [*values, COUNTED + 1])
            count = cursor.fetchone()[0]
        return Total(min(count, COUNTED), count > COUNTED)

    @property
    def _indexed(self) -> bool:
        """Whether there are indexes for what is asked for; none knows objects."""
        return not self.cleaned_data.get("object")

    def _walk(self, place: AuditEntry | None, count: int, *, upwards: bool) -> list[AuditEntry]:
        entries, side = AuditEntry.objects.all(), ("gte", "lte") if upwards else ("lte", "gte")
        if place:
            # The first condition is what the index goes by; the second is exact.
            entries = entries.filter(**{f"at__{side[0]}": place.at}).exclude(
                **{"at": place.at, f"pk__{side[1]}": place.pk}
            )
        lanes, values = _union(self._lanes(entries), count, upwards=upwards)
        if not lanes:
            return []
        with connection.cursor() as cursor:
            way = "ASC" if upwards else "DESC"
            cursor.execute(f"{lanes} ORDER BY 1 {way}, 2 {way} LIMIT {int(count)}", values)
            ids = [pk for _at, pk in cursor.fetchall()]
        found = AuditEntry.objects.select_related("by").in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def _lanes(self, entries: QuerySet[AuditEntry]) -> list[QuerySet[AuditEntry]]:
        chosen = self.cleaned_data
        if not self._indexed:
            # One look through all lines is quicker than a walk along each lane.
            return [self.apply(entries)]
        entries = self._narrowed(entries)
        if not chosen["who"]:
            return [entries.filter(action=action) for action in self.actions]
        people = list(self._people()[: FEW + 1])
        if len(people) > FEW:
            return [entries.filter(self._somebody(), action=action) for action in self.actions]
        meant = entries.filter(action__in=self.actions)
        return [*(meant.filter(by=pk) for pk in people), meant.filter(self._nobody())]

    def _people(self) -> QuerySet[User, int]:
        return _named(self.cleaned_data["who"]).order_by("pk").values_list("pk", flat=True)

    def _somebody(self) -> Q:
        return Q(by__in=self._people()) | self._nobody()

    def _nobody(self) -> Q:
        """Who is not known, where the name that was tried is like what is looked for."""
        return Q(by=None, action__in=TRIED, object__icontains=self.cleaned_data["who"])

    def _narrowed(self, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        chosen = self.cleaned_data
        if chosen["start"]:
            queryset = queryset.filter(at__gte=_midnight(chosen["start"]))
        if chosen["end"]:
            queryset = queryset.filter(at__lt=_midnight(chosen["end"] + timedelta(days=1)))
        if chosen["address"]:
            queryset = queryset.filter(address=chosen["address"])
        if chosen.get("object"):
            queryset = queryset.filter(object__icontains=chosen["object"])
        return queryset


def _named(who: str) -> QuerySet[User]:
    return User.objects.filter(Q(name__icontains=who) | Q(username__icontains=who))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _union(lanes: list[QuerySet[AuditEntry]], count: int, *, upwards: bool) -> tuple[str, list[Any]]:
    """The moments and ids of the first lines of all lanes, each asked for no more than that; empty where none is."""
    parts: list[str] = []
    parameters: list[Any] = []
    order = ("at", "pk") if upwards else ("-at", "-pk")
    for number, lane in enumerate(lanes):
        try:
            sql, values = lane.order_by(*order).values("at", "pk")[:count].query.sql_with_params()
        except EmptyResultSet:
            # Nothing of the kind has happened yet.
            continue
        # SQLite allows a limit only inside a query of its own.
        parts.append(f"SELECT * FROM ({sql}) AS lane{number}")  # noqa: S608 -- the values are parameters
        parameters += values
    return " UNION ALL ".join(parts), parameters


# ── A page ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """One line, told."""

    entry: AuditEntry
    words: str
    details: list[Detail]

    @property
    def tried(self) -> bool:
        """Somebody who did not come in: the name is what they typed."""
        return self.entry.by is None and self.entry.action in TRIED


@dataclass(frozen=True)
class Page:
    """Lines from the newest on, and the ids that the pages around are asked for by; None where there is none."""

    lines: list[Line]
    newer: int | None
    older: int | None


def page(chosen: LogFilter, query: Mapping[str, str], size: int = SIZE) -> Page:
    """The lines older than the one that ``older`` names, or the next newer ones; the newest where neither names one."""
    newer, older = _entry(query.get("newer", "")), _entry(query.get("older", ""))
    upwards = newer is not None or query.get("newer") == END
    place = newer or older
    found = chosen.oldest(after=place, count=size + 1) if upwards else chosen.newest(before=place, count=size + 1)
    more, entries = len(found) > size, found[:size]
    if upwards:
        entries.reverse()
    beyond_newest, beyond_oldest = (more, place is not None) if upwards else (place is not None, more)
    names = Names()
    learn(entries, names)
    return Page(
        lines=[Line(entry, words_of(entry.action), details(entry, names)) for entry in entries],
        newer=entries[0].pk if entries and beyond_newest else None,
        older=entries[-1].pk if entries and beyond_oldest else None,
    )


def _entry(text: str) -> AuditEntry | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return AuditEntry.objects.filter(pk=int(text)).first()
