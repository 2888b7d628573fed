"""The audit log and the login log: which lines are meant, and a page of them from the newest on.

A page is put together from lanes, one for each action (or for each of a few people) that may be in it: each is a walk
along an index from its newest end, and so none is long, however seldom a thing happens among millions of others.
"""

from collections.abc import Mapping
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

from accounts.models import AuditEntry, User
from hwcall.forms import ThemedForm
from phones.filters import DAYS
from phones.numbers import Refusal, normalise
from phones.paging import SIZE
from stats.log_details import Detail, details
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
    start = forms.DateField(required=False, validators=DAYS, input_formats=["%Y-%m-%d"])
    end = forms.DateField(required=False, validators=DAYS, input_formats=["%Y-%m-%d"])

    def __init__(self, data: Mapping[str, Any], *, log: Log) -> None:
        super().__init__(data)
        self.log = log
        self.groups = [(group.name, str(group.label)) for group in log.groups]
        label = pgettext_lazy("log", "Action")
        self.fields["group"] = forms.ChoiceField(label=label, choices=[("", ""), *self.groups], required=False)
        self.fields["group"].error_messages["invalid_choice"] = _("There is no such choice.")
        if log is LOGIN:
            # Whoever comes or goes is the operator; there is nothing else that it is about.
            del self.fields["object"]

    def clean_object(self) -> str:
        text: str = self.cleaned_data["object"]
        if text and not isinstance(normalise(text), Refusal):
            raise forms.ValidationError(
                _("The log holds numbers masked, as 138****8000. Look for the last four digits.")
            )
        return text

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first."))
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
        entries = AuditEntry.objects.all()
        if before:
            # The first condition is what the index goes by; the second is exact.
            entries = entries.filter(at__lte=before.at).exclude(at=before.at, pk__gte=before.pk)
        ids = _newest_of(self._lanes(entries), count)
        found = AuditEntry.objects.select_related("by").in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def _lanes(self, entries: QuerySet[AuditEntry]) -> list[QuerySet[AuditEntry]]:
        chosen = self.cleaned_data
        if chosen["address"] or chosen.get("object"):
            # No index knows these: one look through all lines is quicker than a walk along each lane.
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
        who = self.cleaned_data["who"]
        named = User.objects.filter(Q(name__icontains=who) | Q(username__icontains=who))
        return named.order_by("pk").values_list("pk", flat=True)

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


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _newest_of(lanes: list[QuerySet[AuditEntry]], count: int) -> list[int]:
    """The ids of the newest lines of all lanes together, each of which is asked for no more than that."""
    parts: list[str] = []
    parameters: list[Any] = []
    for number, lane in enumerate(lanes):
        try:
            sql, values = lane.order_by("-at", "-pk").values("at", "pk")[:count].query.sql_with_params()
        except EmptyResultSet:
            # Nothing of the kind has happened yet.
            continue
        # SQLite allows a limit only inside a query of its own.
        parts.append(f"SELECT * FROM ({sql}) AS lane{number}")  # noqa: S608 -- the values are parameters
        parameters += values
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(parts)} ORDER BY 1 DESC, 2 DESC LIMIT {int(count)}", parameters)
        return [pk for _at, pk in cursor.fetchall()]


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
    """Lines from the newest on; ``older`` is the id that the rest is asked for by."""

    lines: list[Line]
    older: int | None


def page(chosen: LogFilter, older: str, size: int = SIZE) -> Page:
    """The lines older than the one that ``older`` names; the newest where it names none."""
    names = Names()
    entries = chosen.newest(before=_entry(older), count=size + 1)
    lines = [Line(entry, words_of(entry.action), details(entry, names)) for entry in entries[:size]]
    return Page(lines, entries[size - 1].pk if len(entries) > size else None)


def _entry(text: str) -> AuditEntry | None:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    return AuditEntry.objects.filter(pk=int(text)).first()
