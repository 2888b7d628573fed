"""Which calls are meant: one form for the tables of figures, for the calls behind a figure, and for their files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from callback.models import Tally
from config.models import BusinessType, Carrier, Region
from hwcall import days
from phones.days_form import DayField
from phones.filters import BATCHES_SHOWN, TYPE_GROUPS
from phones.models import Batch
from stats.reports import By, View

# A year, and its day more: beyond that a page would count for seconds, and nobody compares days.
LONGEST = 366
# What a tally and a call are narrowed down by, besides their day, agent and type.
THINGS = ("region", "carrier", "batch")


@dataclass(frozen=True)
class Range:
    """Days that are asked for often, at one press; ``current`` where they are the ones that are shown.

    With a ``name`` they are asked for by it, and mean the same whenever that is.
    """

    label: str
    start: date
    end: date
    current: bool = False
    name: str = ""


def day_ranges(today: date, shown: tuple[date, date] | None = None, chosen: str = "") -> list[Range]:
    """The days that are asked for most; of those that are alike the ``chosen`` one is marked, or the first."""
    query = QueryDict(mutable=True)
    if shown:
        query.update({days.NAME: chosen, "start": str(shown[0]), "end": str(shown[1])})
    return [
        Range(each.label, each.start, each.end, each.current, each.name) for each in days.ranges(today, query=query)
    ]


class FigureFilter(forms.Form):
    """Which tallies are meant, and how they are shown. With ``own``, they are that operator's whatever is asked.

    What is merely shown otherwise (view, grouping) falls back to its default where the query says nonsense.
    """

    start = DayField(label=gettext_lazy("First day"))
    end = DayField(label=gettext_lazy("Last day"))
    region = forms.ModelChoiceField(Region.objects.in_order(), label=gettext_lazy("Region"), required=False)
    carrier = forms.ModelChoiceField(Carrier.objects.in_order(), label=gettext_lazy("Carrier"), required=False)
    batch = forms.ModelChoiceField(Batch.objects.shown(), label=gettext_lazy("Batch"), required=False)
    agent = forms.ModelChoiceField(User.objects.order_by("name", "pk"), label=gettext_lazy("Agent"), required=False)

    def __init__(self, data: QueryDict | dict[str, str], *, today: date, own: User | None = None) -> None:
        super().__init__(data)
        self.today, self.own = today, own
        if own:
            del self.fields["agent"]
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("There is no such choice. Choose another one.")

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        if "start" in self.errors or "end" in self.errors:
            return chosen
        asked = [day for day in (chosen.get("start"), chosen.get("end")) if day]
        # One's own month is what one is paid by; a room is looked at day by day.
        usual = self.today.replace(day=1) if self.own else self.today
        first = asked[0] if asked else usual
        # From a day on means until today, until a day means that day alone.
        last = chosen.get("end") or max(first, self.today)
        if last < first:
            self.add_error("end", _("The last day is before the first. Change one of the two."))
        elif (last - first).days >= LONGEST:
            sentence = _("At most %(days)s days at once. Choose a later first day or an earlier last one.")
            self.add_error("end", sentence % {"days": LONGEST})
        return chosen | {"start": first, "end": last}

    @property
    def view(self) -> View:
        return View.STANDING if self.data.get("view") == View.STANDING else View.FILED

    @property
    def by(self) -> By:
        asked = self.data.get("by")
        return By.DAY if self.own else next((by for by in By if by == asked), By.AGENT)

    @property
    def first(self) -> date:
        """The first day. Only for a form that is valid, as all that follows."""
        day: date = self.cleaned_data["start"]
        return day

    @property
    def last(self) -> date:
        day: date = self.cleaned_data["end"]
        return day

    @property
    def whose(self) -> User | None:
        """The one agent whose calls are meant; None for everybody's."""
        return self.own or self.cleaned_data.get("agent")

    def tallies(self, *, since: date | None = None) -> QuerySet[Tally]:
        """The tallies that are meant, from an earlier day on where one is given."""
        queryset = Tally.objects.filter(day__range=(since or self.first, self.last))
        if self.whose:
            queryset = queryset.filter(agent=self.whose)
        for name in THINGS:
            if chosen := self.cleaned_data[name]:
                queryset = queryset.filter(**{name: chosen})
        return queryset

    def narrowed(self) -> bool:
        """Whether anything but the days narrows the figures down."""
        return any(self.cleaned_data.get(name) for name in (*THINGS, "agent"))

    def things(self) -> dict[str, str]:
        """What narrows the figures down besides the days, as a query says it."""
        chosen = {name: self.cleaned_data.get(name) for name in (*THINGS, "agent")}
        return {name: str(thing.pk) for name, thing in chosen.items() if thing}

    def arguments(self) -> dict[str, str]:
        """What was chosen, as the query string that says it; the days always, so that a link means the same later."""
        return {
            "start": f"{self.first}",
            "end": f"{self.last}",
            **self.things(),
            **({"view": View.STANDING.value} if self.view == View.STANDING else {}),
        }

    def words(self) -> list[str]:
        """What was chosen, in the reader's words: the title of a file and its name."""
        chosen = self.cleaned_data
        days = "–".join(dict.fromkeys((str(self.first), str(self.last))))
        things = [chosen["region"], chosen["carrier"], chosen["batch"]]
        standing = _("as they stand now") if self.view == View.STANDING else ""
        return [str(word) for word in (days, self.whose, *things, standing) if word]

    def options(self) -> dict[str, list[tuple[str, str]]]:
        """The choices of each select, drawn by the page itself: there may be thousands of agents."""
        batches = list(Batch.objects.shown().order_by("-pk").values_list("pk", "name")[:BATCHES_SHOWN])
        chosen = self.cleaned_data.get("batch")
        if chosen and chosen.pk not in dict(batches):
            batches.append((chosen.pk, chosen.name))
        agents = [] if self.own else User.objects.order_by("name", "pk").values_list("pk", "name", "username")
        return {
            "region": _texts(Region.objects.in_order().values_list("pk", "name")),
            "carrier": _texts(Carrier.objects.in_order().values_list("pk", "name")),
            "batch": [(str(pk), f"{pk} {name}") for pk, name in batches],
            "agent": [(str(pk), f"{name} ({username})") for pk, name, username in agents],
        }


class CallFilter(FigureFilter):
    """Which calls stand behind a figure: those of some tallies, under one type or a group of types, or of some hours.

    A week begins on Monday, as day 0.
    """

    weekday = forms.IntegerField(label=gettext_lazy("Weekday"), required=False, min_value=0, max_value=6)
    hour = forms.IntegerField(label=gettext_lazy("Hour"), required=False, min_value=0, max_value=23)

    def __init__(self, data: QueryDict | dict[str, str], *, today: date, own: User | None = None) -> None:
        super().__init__(data, today=today, own=own)
        self._kinds = list(BusinessType.objects.in_order())
        groups = [(name, str(label)) for name, (label, _codes) in TYPE_GROUPS.items()]
        self.types: list[tuple[str, str]] = [*groups, *((str(kind.pk), kind.marked) for kind in self._kinds)]
        # Not in the class, where the name would hide Python's own.
        self.fields["type"] = forms.ChoiceField(
            label=_("Business type"), choices=[("", ""), *self.types], required=False
        )
        self.fields["type"].error_messages["invalid_choice"] = _("There is no such choice. Choose another one.")

    def clean(self) -> dict[str, Any]:
        chosen = super().clean()
        if self.by_hour:
            # The tallies of the hours know no more than these two: others would have to be counted call by call.
            for name in ("region", "batch", "type"):
                if chosen.get(name):
                    self.add_error(name, _("Hours are counted by agent and carrier alone. Take this condition away."))
        return chosen

    @property
    def by_hour(self) -> bool:
        """Whether the calls of an hour of the day or of a day of the week are meant."""
        return any(self.cleaned_data.get(name) is not None for name in ("weekday", "hour"))

    @property
    def oldest_first(self) -> bool:
        """Whether the calls are listed from the oldest on; the newest come first otherwise."""
        return self.data.get("order") == "oldest"

    @property
    def type_ids(self) -> list[int]:
        """The types that are meant; none where all are."""
        chosen = self.cleaned_data["type"]
        if chosen in TYPE_GROUPS:
            return [kind.pk for kind in self._kinds if kind.code in TYPE_GROUPS[chosen][1]]
        return [int(chosen)] if chosen else []

    def tallies(self, *, since: date | None = None) -> QuerySet[Tally]:
        queryset = super().tallies(since=since)
        return queryset.filter(type__in=self.type_ids) if self.cleaned_data["type"] else queryset

    def arguments(self) -> dict[str, str]:
        chosen = {"type": self.cleaned_data["type"], "order": "oldest" if self.oldest_first else ""}
        for name in ("weekday", "hour"):
            if (number := self.cleaned_data[name]) is not None:
                chosen[name] = str(number)
        return super().arguments() | {name: text for name, text in chosen.items() if text}

    def words(self) -> list[str]:
        chosen = self.cleaned_data["type"]
        return [*super().words(), *([dict(self.types)[chosen]] if chosen else []), *self._hour_words()]

    def _hour_words(self) -> list[str]:
        weekday, hour = self.cleaned_data["weekday"], self.cleaned_data["hour"]
        if weekday is not None and hour is not None:
            return [hour_of_week(weekday, hour)]
        if weekday is not None:
            return [str(WEEKDAYS[weekday])]
        return [f"{hour}:00–{hour + 1}:00"] if hour is not None else []


def hour_of_week(weekday: int, hour: int) -> str:
    return _("%(weekday)s %(from)s:00–%(to)s:00") % {"weekday": WEEKDAYS[weekday], "from": hour, "to": hour + 1}


def _texts(pairs: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(pk), text) for pk, text in pairs]
