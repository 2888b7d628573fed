"""The choice of numbers: one form, shared by the export's page, its figures and the export itself."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms
from django.db.models import F, Func, Max, Min, Q, QuerySet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from config.models import BOOKING, INVALID_CODES, VALID_CODES, BusinessType, Carrier, Region
from hwcall.uploads import SMALL
from phones import number_lists
from phones.days_form import DayField, midnight
from phones.models import Batch, Phone, State
from phones.paging import BY_ID, NEWEST_FIRST, Order
from phones.sentences import sentence
from phones.unreadable import Unreadable

# A choice that is not shown still counts: a batch's own page leads here with any batch.
BATCHES_SHOWN = 200
TYPE_GROUPS = {
    "valid": (gettext_lazy("All valid"), VALID_CODES),
    "booking": (gettext_lazy("Booking"), (BOOKING,)),
    "invalid": (gettext_lazy("All invalid"), INVALID_CODES),
}
LIST_GONE = gettext_lazy("There is no such list. Paste or upload it again.")
# How numbers can be put in order, as an address says it: each goes by an index.
ORDERS = {
    "": BY_ID,
    "-import": NEWEST_FIRST,
    "number": Order("number"),
    "-number": Order("number", descending=True),
}

Arguments = dict[str, str | list[str]]


def query_of(arguments: Mapping[str, str | list[str]]) -> QueryDict:
    """The query string's data that arguments stand for."""
    query = QueryDict(mutable=True)
    for name, value in arguments.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


class Unindexed(Func):
    """A column as it is, by none of its indexes on SQLite; PostgreSQL weighs both ways by itself."""

    template, arity = "%(expressions)s", 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


class TypesField(forms.MultipleChoiceField):
    """Business types and groups of them; an empty one, as a select's first option sends it, chooses nothing."""

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(text for text in super().to_python(value) if text))


class PhoneFilter(forms.Form):
    """Which numbers are meant. Bind it to a query string; ``apply`` what it found valid."""

    region = forms.ModelChoiceField(Region.objects.in_order(), label=gettext_lazy("Region"), required=False)
    by = forms.ChoiceField(
        label=gettext_lazy("Region by"),
        choices=[("home", pgettext_lazy("region", "Home")), ("order", pgettext_lazy("region", "Order"))],
        required=False,
    )
    carrier = forms.ModelChoiceField(Carrier.objects.in_order(), label=gettext_lazy("Carrier"), required=False)
    state = forms.ChoiceField(label=pgettext_lazy("phone", "State"), choices=[("", ""), *State.choices], required=False)
    agent = forms.ModelChoiceField(User.objects.order_by("name", "pk"), label=gettext_lazy("Agent"), required=False)
    batch = forms.ModelChoiceField(Batch.objects.shown(), label=gettext_lazy("Batch"), required=False)
    start = DayField()
    end = DayField()

    def __init__(self, data: QueryDict | Mapping[str, str | list[str]], *, user: User) -> None:
        self.query = data if isinstance(data, QueryDict) else query_of(data)
        super().__init__(self.query)
        self.user = user
        # Not in the class, where the name would hide Python's own.
        self.fields["list"] = forms.UUIDField(
            label=_("Given numbers"), required=False, error_messages={"invalid": LIST_GONE}
        )
        types = BusinessType.objects.in_order()
        groups = [(name, str(label)) for name, (label, _codes) in TYPE_GROUPS.items()]
        self.types: list[tuple[str, str]] = [*groups, *((str(type.pk), type.marked) for type in types)]
        self.fields["type"] = TypesField(label=_("Business type"), choices=self.types, required=False)
        for name in ("region", "by", "carrier", "state", "type", "agent", "batch"):
            self.fields[name].error_messages["invalid_choice"] = _("There is no such choice. Choose another one.")

    def clean_list(self) -> number_lists.NumberList | None:
        key = self.cleaned_data["list"]
        found = number_lists.load(key=key, by=self.user) if key else None
        if key and found is None:
            raise forms.ValidationError(LIST_GONE)
        return found

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first. Change one of the two."))
        return self.cleaned_data

    def apply(self, queryset: QuerySet[Phone], *, in_order: bool = False) -> QuerySet[Phone]:
        """Narrow the numbers down to those that are meant. Only for a form that is valid.

        With ``in_order`` in such words that SQLite does not gather all of some days and sort them for each page.
        """
        chosen = self.cleaned_data
        for name in ("carrier", "state", "agent", "batch"):
            if chosen[name]:
                queryset = queryset.filter(**{name: chosen[name]})
        if region := chosen["region"]:
            ordered = Q(order_region=region) | Q(order_region=None, region=region)
            queryset = queryset.filter(ordered if chosen["by"] == "order" else Q(region=region))
        if chosen["type"]:
            queryset = queryset.filter(self._types(chosen["type"]))
        filed = "classified_at"
        if in_order and (chosen["start"] or chosen["end"]):
            queryset, filed = queryset.alias(filed=Unindexed(filed)), "filed"
        if chosen["start"]:
            queryset = queryset.filter(**{f"{filed}__gte": midnight(chosen["start"])})
        if chosen["end"]:
            queryset = queryset.filter(**{f"{filed}__lt": midnight(chosen["end"] + timedelta(days=1))})
        if chosen["list"]:
            queryset = queryset.filter(number__among=chosen["list"].numbers)
        return queryset

    def numbers(self) -> QuerySet[Phone]:
        """The numbers that are meant."""
        return self.apply(Phone.objects.counted())

    def numbers_in_order(self, stock: QuerySet[Phone] | None = None) -> QuerySet[Phone]:
        """The numbers that are meant, in such words that the database reads page after page along their order.

        By the index of the batch it would find all of the batch for each page, and sort it anew. They are among those
        of the ``stock``, all that are counted where none is given.
        """
        batch, stock = self.cleaned_data["batch"], Phone.objects.counted() if stock is None else stock
        if not batch:
            return self.apply(stock, in_order=True)
        others = copy(self)
        others.cleaned_data = self.cleaned_data | {"batch": None}
        of_batch = others.apply(stock, in_order=True).alias(of=F("batch_id") + 0).filter(of=batch.pk)
        if self.order.field:
            return of_batch
        # A batch's ids lie close together, no number changes its batch, and a restored one has the id that it had.
        loads = batch.state == Batch.State.LOADING
        as_of = (batch.at, batch.state, batch.new_count, batch.deleted_count)
        return of_batch.filter(pk__range=_ends.__wrapped__(batch.pk) if loads else _ends(batch.pk, *as_of))

    @staticmethod
    def _types(chosen: list[str]) -> Q:
        codes = {code for name in chosen if name in TYPE_GROUPS for code in TYPE_GROUPS[name][1]}
        return Q(type__code__in=codes) | Q(type__in=[int(text) for text in chosen if text not in TYPE_GROUPS])

    @property
    def order_name(self) -> str:
        """The order that was asked for; empty, that of the import, where it is none."""
        asked: str = self.data.get("order", "")
        return asked if asked in ORDERS else ""

    @property
    def order(self) -> Order:
        return ORDERS[self.order_name]

    def arguments(self) -> Arguments:
        """What was chosen, as the query string that says it; nothing that stands at its default."""
        texts: Arguments = {name: self.data.get(name, "").strip() for name in self.fields}
        texts["order"] = self.order_name
        texts["type"] = list(dict.fromkeys(filter(None, map(str.strip, self.query.getlist("type")))))
        if texts["by"] == "home" or not texts["region"]:
            del texts["by"]
        return {name: text for name, text in texts.items() if text}

    def fields_to_post(self) -> list[tuple[str, str]]:
        """What was chosen, as pairs of a form's hidden fields."""
        pairs = self.arguments().items()
        return [(name, text) for name, value in pairs for text in ([value] if isinstance(value, str) else value)]

    def types_chosen(self) -> list[str]:
        """The words of the types that were chosen, groups first."""
        chosen = set(self.query.getlist("type"))
        return [label for value, label in self.types if value in chosen]

    def given(self) -> dict[str, int] | None:
        """How the given list counts out: what the system has of it, what it does not, and what was left away."""
        found = self.cleaned_data["list"]
        if not found:
            return None
        known = Phone.objects.counted().filter(number__among=found.numbers).count()
        return {
            "numbers": len(found.numbers),
            "known": known,
            "unknown": len(found.numbers) - known,
            "refused": found.refused,
            "repeated": found.repeated,
        }

    def words(self) -> list[str]:
        """What was chosen, in the reader's words: the title of an export and the name of its file."""
        chosen = self.cleaned_data
        region = chosen["region"] and str(chosen["region"])
        if region and chosen["by"] == "order":
            region = _("ordered for %(region)s") % {"region": region}
        days = [str(day) for day in (chosen["start"], chosen["end"]) if day]
        if len(days) == 1:
            days = [_("from %(day)s") % {"day": days[0]} if chosen["start"] else _("until %(day)s") % {"day": days[0]}]
        return [
            str(word)
            for word in (
                chosen["carrier"],
                region,
                chosen["state"] and State(chosen["state"]).label,
                " ".join(self.types_chosen()),
                chosen["agent"],
                chosen["batch"],
                "–".join(dict.fromkeys(days)),
                chosen["list"] and _("given numbers"),
            )
            if word
        ]

    def options(self) -> dict[str, list[tuple[str, str]]]:
        """The choices of each select, drawn by the page itself: there may be thousands of agents."""
        agents = User.objects.order_by("name", "pk").values_list("pk", "name", "username")
        batches = list(Batch.objects.shown().order_by("-pk").values_list("pk", "name")[:BATCHES_SHOWN])
        chosen = self.cleaned_data.get("batch")
        if chosen and chosen.pk not in dict(batches):
            batches.append((chosen.pk, chosen.name))
        return {
            "region": _texts(Region.objects.in_order().values_list("pk", "name")),
            "carrier": _texts(Carrier.objects.in_order().values_list("pk", "name")),
            "state": [(value, str(label)) for value, label in State.choices],
            "type": self.types,
            "agent": [(str(pk), f"{name} ({username})") for pk, name, username in agents],
            "batch": [(str(pk), f"{pk} {name}") for pk, name in batches],
        }


class NumberListForm(forms.Form):
    """A list of numbers to limit an export to: pasted, or in a file."""

    text = forms.CharField(label=gettext_lazy("Numbers"), required=False, strip=False, widget=forms.Textarea)
    file = forms.FileField(label=gettext_lazy("File"), required=False, allow_empty_file=True)

    def clean(self) -> dict[str, Any]:
        file, text = self.cleaned_data.get("file"), (self.cleaned_data.get("text") or "").strip()
        if not self.errors and not file and not text:
            self.add_error("text", _("Paste numbers, or choose a file."))
        if file and file.size > SMALL:
            self.add_error("file", _("The file is larger than 5 MB. Save the numbers alone and choose that file."))
        return self.cleaned_data

    def keep(self, *, by: User) -> number_lists.NumberList | None:
        """Keep the list for ``by``; None where it cannot be read, with the reason beside its field."""
        file = self.cleaned_data["file"]
        try:
            if file:
                return number_lists.keep_file(path=Path(file.temporary_file_path()), name=file.name, by=by)
            return number_lists.keep_text(text=self.cleaned_data["text"], by=by)
        except number_lists.TooMany as too_many:
            limit = number_format(too_many.limit, force_grouping=True)
            said = _("A list has at most %(limit)s numbers. Split it into several.") % {"limit": limit}
            self.add_error("file" if file else "text", said)
        except Unreadable as fault:
            self.add_error("file", sentence(fault.code, fault.data))
        return None


@lru_cache(maxsize=1000)
def _ends(batch: int, *_as_of: Any) -> tuple[int, int]:
    """The least and the greatest id of a batch, looked for once a process: in ten million it takes seconds.

    They are looked for among its own: the bare ones would lead PostgreSQL along all ids up to them.
    """
    ends = Phone.objects.filter(batch=batch).aggregate(first=Min(F("pk") + 0), last=Max(F("pk") + 0))
    return ends["first"] or 0, ends["last"] or 0


def _texts(pairs: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    return [(str(pk), text) for pk, text in pairs]
