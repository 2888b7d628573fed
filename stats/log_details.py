"""What else a line of the log says, told for people: reasons, rights before and after, what an export was about."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.models import AuditEntry, Role, User
from accounts.modules import ENTRIES, Module
from config.models import BusinessType, Carrier, Region
from phones.filters import TYPE_GROUPS
from phones.models import Batch, Job, State
from stats.checks import BY_NAME
from stats.log_words import DEEDS, LOGINS
from stats.names import Names

# A value may be anything that somebody has typed.
LONGEST = 300
THINGS: dict[str, type[Model]] = {"region": Region, "carrier": Carrier, "batch": Batch, "agent": User}
NAMED = THINGS | {"regions": Region, "type": BusinessType}
MARK_LENGTH = 12

LABELS: dict[str, str | Promise] = {
    "reason": gettext_lazy("Reason"),
    "name": pgettext_lazy("person", "Name"),
    "username": gettext_lazy("User name"),
    "role": gettext_lazy("Role"),
    "modules": gettext_lazy("Modules"),
    "regions": gettext_lazy("Limited to regions"),
    "enabled": gettext_lazy("Enabled"),
    "before": pgettext_lazy("log", "Before"),
    "after": pgettext_lazy("log", "After"),
    "agent": gettext_lazy("Agent"),
    "kind": gettext_lazy("Kind"),
    "step": pgettext_lazy("log", "Moved"),
    "retired": pgettext_lazy("log", "Kept for old calls"),
    "batch": gettext_lazy("Batch"),
    "job": gettext_lazy("Job"),
    "filter": gettext_lazy("Query"),
    "own": gettext_lazy("Own calls only"),
    "sha256": "SHA-256",
    "broken": gettext_lazy("Does not balance"),
    "archive": gettext_lazy("Archive"),
    "count": gettext_lazy("Count"),
    "skipped": pgettext_lazy("log", "Passed over"),
    "undone": pgettext_lazy("log", "Put back again"),
    "room_name": gettext_lazy("Name of the room"),
    "lease_minutes": gettext_lazy("Lease in minutes"),
    "daily_goal": gettext_lazy("Daily goal"),
    "call_address": gettext_lazy("Address to call"),
    # What an export or a log was asked for by.
    "region": gettext_lazy("Region"),
    "by": gettext_lazy("Region by"),
    "carrier": gettext_lazy("Carrier"),
    "state": pgettext_lazy("phone", "State"),
    "type": gettext_lazy("Business type"),
    "start": gettext_lazy("First day"),
    "end": gettext_lazy("Last day"),
    "list": gettext_lazy("Given numbers"),
    "view": pgettext_lazy("figures", "View"),
    "order": pgettext_lazy("list", "Order"),
    "who": pgettext_lazy("log", "Who"),
    "group": pgettext_lazy("log", "Action"),
    "address": gettext_lazy("Address"),
    "object": pgettext_lazy("log", "Object"),
    "page": gettext_lazy("Page"),
}
# Why a re-queue, a deletion or a restore has passed over numbers.
SKIPPED: dict[str, str | Promise] = {
    "held": gettext_lazy("on a sheet"),
    "awaited": gettext_lazy("a result may still come"),
    "listed": gettext_lazy("on an exclusion list"),
    "changed": gettext_lazy("changed meanwhile"),
    "there": gettext_lazy("in the system again"),
    "reverted": gettext_lazy("batch reverted"),
    "newer": gettext_lazy("deleted again since"),
}
# The choices of filters that are told by a code.
CHOICES: dict[str, dict[Any, str | Promise]] = {
    "order": {
        "-import": gettext_lazy("the newest first"),
        "oldest": gettext_lazy("the oldest first"),
        "number": gettext_lazy("by number"),
        "-number": gettext_lazy("by number, the highest first"),
    },
    "state": dict(State.choices),
    "by": {"home": pgettext_lazy("region", "Home"), "order": pgettext_lazy("region", "Order")},
    "view": {"standing": gettext_lazy("as they stand now")},
    "group": {group.name: group.label for group in (*LOGINS, *DEEDS)},
}
# Where whole numbers were seen, by the name of the page's URL.
PAGES: dict[str, str | Promise] = {
    **{entry.url_name: entry.module.label for entry in ENTRIES},
    "accounts:operator": Module.OPERATORS.label,
    "callback:number": gettext_lazy("Number"),
    "callback:amend": gettext_lazy("Amend"),
    "callback:holds": gettext_lazy("Numbers on sheets"),
    "callback:paper_sheet": gettext_lazy("Call from paper"),
    "callback:paper_print": gettext_lazy("Call from paper"),
    "phones:exclusions": gettext_lazy("Lift an exclusion"),
    "phones:export_list": gettext_lazy("Given numbers"),
    "stats:my_calls": gettext_lazy("Calls"),
    "stats:team_calls": gettext_lazy("Calls"),
}
KINDS = {**dict(Batch.Kind.choices), **dict(Job.Kind.choices)}


@dataclass(frozen=True)
class Detail:
    """One thing that a line says besides: its label, its words, and the page that it leads to, if any."""

    label: str
    text: str
    address: str = ""


def learn(entries: Iterable[AuditEntry], names: Names) -> None:
    """Ask for the names of all that some lines name by ids, with a query for each kind of thing."""
    found: dict[type[Model], list[Any]] = {}
    for entry in entries:
        for name, value in _named_in(entry.data):
            found.setdefault(NAMED[name], []).extend(value if isinstance(value, list) else [value])
    for model, pks in found.items():
        names.learn(model, pks)


def _named_in(data: Any) -> Iterator[tuple[str, Any]]:
    """What stands under the words that ids stand under, however deep."""
    for name, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, dict):
            yield from _named_in(value)
        elif name in NAMED:
            yield name, value


def details(entry: AuditEntry, names: Names) -> list[Detail]:
    """All that a line says besides who, what, when and from where."""
    data = dict(entry.data) if isinstance(entry.data, dict) else {"data": entry.data}
    before, after = data.get("before"), data.get("after")
    told: list[Detail] = []
    if isinstance(before, dict) and isinstance(after, dict):
        told += _changes(data.pop("before"), data.pop("after"), names)
    if "from" in data and "to" in data:
        told.append(_change(pgettext("log", "Result"), data.pop("from"), data.pop("to")))
    if entry.action == "operator.create":
        # The object says it already, and whoever is new is enabled.
        data = {name: value for name, value in data.items() if name not in ("username", "enabled") and value != []}
    # Why it was done comes last, whatever it was.
    rest = sorted(data.items(), key=lambda item: item[0] == "reason")
    return told + [_detail(name, value, names) for name, value in rest if _worth_saying(name, value)]


def _worth_saying(name: str, value: Any) -> bool:
    """Which log was exported stands in the object already."""
    return name != "log" and value is not False and value not in (None, "", [], {})


def _changes(before: dict[str, Any], after: dict[str, Any], names: Names) -> Iterator[Detail]:
    for name in after:
        if before.get(name) != after[name]:
            yield _change(_label(name), *(_text(name, side.get(name), names) for side in (before, after)))


def _change(label: str, was: Any, now: Any) -> Detail:
    nothing = pgettext("nothing", "none")
    words = {"was": _plain(was) or nothing, "now": _plain(now) or nothing}
    return Detail(label, _("%(was)s → %(now)s") % words)


def _detail(name: str, value: Any, names: Names) -> Detail:
    address = ADDRESSES[name](value) if name in ADDRESSES else ""
    return Detail(_label(name), _text(name, value, names), address)


def _label(name: str) -> str:
    return str(LABELS.get(name, name))


def _text(name: str, value: Any, names: Names) -> str:
    tell = TELL.get(name)
    try:
        return _cut(tell(value, names) if tell else _plain(value))
    except (AttributeError, KeyError, TypeError, ValueError):
        # Not of the kind that this word has now: told as it stands.
        return _cut(_plain(value))


def _plain(value: Any) -> str:
    """A value in words whatever it is; never the braces that it was kept in."""
    if value is None:
        return pgettext("nothing", "none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, dict):
        return _listed(f"{_label(key)} {_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return _listed(map(_plain, value))
    return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _of(names: Names, model: type[Model], pk: Any) -> str:
    """The name of a thing by its id; what can be no id is told as it stands."""
    return names.of(model, pk) if type(pk) in (int, str) else _plain(pk)


def _listed(words: Any) -> str:
    return pgettext("list", ", ").join(words)


# ── By the name of what is told ──────────────────────────────────────────────────────────────────────────────


def _filter(value: dict[str, Any], names: Names) -> str:
    """What was asked for, condition by condition."""
    return _listed(f"{_label(name)} {_condition(name, each, names)}" for name, each in value.items()) or _("everything")


def _condition(name: str, value: Any, names: Names) -> str:
    if name in THINGS:
        return _of(names, THINGS[name], value)
    if name == "type":
        return _types(value if isinstance(value, list) else [value], names)
    if name == "list":
        return _("a list of its own")
    return str(CHOICES.get(name, {}).get(value) or _plain(value))


def _types(chosen: list[str], names: Names) -> str:
    return _listed(
        str(TYPE_GROUPS[each][0]) if each in TYPE_GROUPS else _of(names, BusinessType, each) for each in chosen
    )


def _modules(value: list[str], names: Names) -> str:
    labels = dict(Module.choices)
    return _listed(str(labels.get(each, each)) for each in value)


def _step(value: int, names: Names) -> str:
    return _("up") if value < 0 else _("down")


TELL: dict[str, Callable[[Any, Names], str]] = {
    "role": lambda value, names: str(Role(value).label),
    "modules": _modules,
    "regions": lambda value, names: _listed(_of(names, Region, pk) for pk in value),
    "kind": lambda value, names: str(KINDS[value]),
    "step": _step,
    "page": lambda value, names: str(PAGES.get(value, "")),
    "batch": lambda value, names: _of(names, Batch, value),
    "filter": _filter,
    "sha256": lambda value, names: value[:MARK_LENGTH],
    "job": lambda value, names: str(UUID(value))[:8],
    "skipped": lambda value, names: _listed(f"{_why(name)} {_plain(count)}" for name, count in value.items()),
    "broken": lambda value, names: _listed(_checks(value)),
}


def _why(name: str) -> str:
    return str(SKIPPED.get(name, name))


def _checks(names: list[str]) -> Iterator[str]:
    return (str(BY_NAME[name].words) if name in BY_NAME else name for name in names)


def _job_page(value: Any) -> str:
    try:
        return reverse("phones:job", args=[UUID(value)])
    except (AttributeError, TypeError, ValueError):
        return ""


def _batch_page(value: Any) -> str:
    return reverse("phones:batch", args=[value]) if type(value) is int and value > 0 else ""


ADDRESSES: dict[str, Callable[[Any], str]] = {"job": _job_page, "batch": _batch_page}
