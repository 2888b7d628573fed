"""What may be entered about operators."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import entry, own_password, presence
from accounts.actions import Person, stamp_of
from accounts.models import Role, User
from accounts.modules import GROUPS, PRIVACY, Module
from accounts.own_password import OwnPasswordField
from accounts.reach import grantable, regions_of
from config.models import Region
from hwcall.access import OperatorRequest
from hwcall.forms import KeysField, NameField, StampedForm, StampField, ThemedForm, clean_name

MOST_PEOPLE = 100

COMMAS = re.compile(r"[\t,，、;；]")


class UsernameField(forms.CharField):
    """A user name in its one form, whatever the input method makes of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("User name"), max_length=40, validators=[UnicodeUsernameValidator()], **kwargs)
        self.widget.attrs.update({"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        return entry.folded(super().to_python(value) or "")


class OperatorForm(StampedForm):
    """An account as a person may set it up who acts for ``by``; modules that are not on offer stay as they are.

    The field for one's own password shows once it is asked for: nearly all accounts are agents'.
    """

    username = UsernameField(help_text=_("For the login. Letters, digits and @ . + - _, in any case."))
    name = NameField(label=pgettext_lazy("person", "Name"), max_length=40)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.AGENT, widget=forms.RadioSelect)
    modules = forms.MultipleChoiceField(label=_("Modules"), required=False, widget=forms.CheckboxSelectMultiple)
    regions = KeysField(
        Region.objects.none(), label=_("Limited to regions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("Enabled"), required=False)
    own_password = OwnPasswordField(
        required=False,
        help_text=_("An administrator may do everything. So nobody becomes one by a browser that was left open."),
    )

    def __init__(self, *args: Any, by: User, operator: User | None = None, **kwargs: Any) -> None:
        self.by, self.operator = by, operator
        limit = regions_of(by)
        kwargs["initial"] = self._initial(operator, limit)
        super().__init__(*args, **kwargs)
        allowed = grantable(by)
        self.groups = [
            (group.title, [entry.module for entry in group.entries if entry.module in allowed]) for group in GROUPS
        ]
        self.groups.append((PRIVACY, [Module.WHOLE_NUMBERS] if Module.WHOLE_NUMBERS in allowed else []))
        modules = cast(forms.MultipleChoiceField, self.fields["modules"])
        modules.choices = [(module.value, module.label) for _title, some in self.groups for module in some]
        known = Q(pk__in=limit) if limit else Q(enabled=True) | Q(pk__in=operator.region_ids if operator else [])
        regions = cast(KeysField, self.fields["regions"])
        regions.queryset = Region.objects.filter(known).in_order()
        regions.required = bool(limit)
        regions.error_messages["required"] = gettext("You give out your own regions only: tick at least one of them.")
        if operator is None:
            del self.fields["is_active"]
        if not by.is_administrator:
            del self.fields["role"], self.fields["own_password"]

    @staticmethod
    def _initial(operator: User | None, limit: list[int]) -> dict[str, Any]:
        if operator is None:
            return {"modules": [Module.SHEET.value], "regions": limit}
        fields = ("username", "name", "role", "modules", "is_active")
        shown = {"regions": operator.region_ids, "stamp": stamp_of(operator)}
        return {field: getattr(operator, field) for field in fields} | shown

    def module_groups(self) -> list[tuple[Any, list[Any]]]:
        """The boxes of the modules under the manual's four headings."""
        boxes = {box.data["value"]: box for box in self["modules"]}
        groups = [(title, [boxes[module.value] for module in some]) for title, some in self.groups]
        return [group for group in groups if group[1]]

    def as_arguments(self) -> dict[str, Any]:
        arguments = {"role": Role.AGENT, **super().as_arguments()}
        arguments.pop("own_password", None)
        if self.operator is None:
            del arguments["seen"]
        offered = {module.value for _title, some in self.groups for module in some}
        kept = set(self.operator.modules) - offered if self.operator else set()
        return arguments | {"modules": kept | set(arguments["modules"])}

    @property
    def asks_password(self) -> bool:
        """Whether the form shows the field for one's own password: it was asked for, now or before."""
        return "own_password" in self.fields and ("own_password" in self.data or self.has_error("own_password"))

    def proven(self, request: OperatorRequest) -> bool:
        """Whether one's own password was given, and is right."""
        return bool(self.cleaned_data.get("own_password")) and own_password.proves(self, "own_password", request)

    def ask_password(self) -> None:
        """Say that it cannot be done without one's own password, unless it was said that this one is wrong."""
        if not self.has_error("own_password"):
            self.add_error("own_password", gettext("This lets an administrator in: enter your own password."))

    def changed_by(self, who: str, operator: User) -> None:
        """Say what ``who`` has made of the account meanwhile."""
        self.meanwhile(who=who, stamp=stamp_of(operator), standing=dict(self._differences(operator)))
        self.operator = operator

    def _differences(self, operator: User) -> Iterator[tuple[str, str]]:
        entered = self.as_arguments()
        for field in ("username", "name"):
            if entered[field] != getattr(operator, field):
                yield field, getattr(operator, field)
        if entered["role"] != operator.role and "role" in self.fields:
            yield "role", operator.get_role_display()
        if entered["modules"] != set(operator.modules):
            labels = [str(module.label) for module in Module if module in operator.modules]
            yield "modules", pgettext("list", ", ").join(labels) or pgettext("modules", "None")
        if {region.pk for region in entered["regions"]} != set(operator.region_ids):
            names = Region.objects.filter(pk__in=operator.region_ids).in_order().values_list("name", flat=True)
            yield "regions", pgettext("list", ", ").join(names) or gettext("Not limited")
        if entered["is_active"] != operator.is_active:
            yield "is_active", gettext("Enabled") if operator.is_active else gettext("Disabled")


class ResetForm(ThemedForm):
    """A press on the reset of an administrator's password, with one's own."""

    own_password = OwnPasswordField()
    stamp = StampField()


class PasteForm(ThemedForm):
    people = forms.CharField(
        label=_("List of names"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "One person a line: the name, or the name and a user name with a comma, a tab or a space between them. "
            "Who has no user name gets the next free one: op001, op002 and so on."
        ),
    )

    def clean_people(self) -> list[Person]:
        lines = [line for line in self.cleaned_data["people"].splitlines() if line.strip()]
        if len(lines) > MOST_PEOPLE:
            raise ValidationError(
                _("These are %(count)s lines. Paste at most %(most)s at a time."),
                params={"count": len(lines), "most": MOST_PEOPLE},
            )
        people: list[Person] = []
        faults: list[ValidationError] = []
        for number, line in enumerate(lines, start=1):
            try:
                people.append(read_person(line, taken={person.username for person in people}))
            except ValidationError as fault:
                said = " ".join(fault.messages)
                faults.append(ValidationError(_("Line %(line)s: %(fault)s"), params={"line": number, "fault": said}))
        if faults:
            raise ValidationError(faults)
        return people


def read_person(line: str, *, taken: set[str]) -> Person:
    """The person that a line names. Raises ValidationError."""
    parts = [part for part in map(clean_name, COMMAS.split(line)) if part]
    if len(parts) == 1:
        # Between a Chinese name and a user name a space is enough; within a Western name it says nothing.
        before, _space, after = parts[0].rpartition(" ")
        if before and not before.isascii() and after.isascii():
            parts = [before, after]
    if not 1 <= len(parts) <= 2:
        raise ValidationError(_("A line has a name and at most one user name. Take out the rest."))
    name = NameField(max_length=40).clean(parts[0])
    username = UsernameField(required=False).clean(parts[1] if len(parts) == 2 else "")
    if username and username in taken:
        sentence = _("The user name %(name)s stands in the list twice. Change one of them.")
        raise ValidationError(sentence, params={"name": username})
    return Person(name=name, username=username)


class OperatorFilter(ThemedForm):
    """Which operators are listed; what makes no sense is as if it were not there."""

    STATES = (
        ("enabled", _("Enabled")),
        ("online", _("Online")),
        ("disabled", _("Disabled")),
        ("all", _("All")),
    )

    q = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=40, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("All")), *Role.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False, initial="enabled")

    def __init__(self, data: Any) -> None:
        # Bound even to an empty query: what is not asked for has its default.
        super().__init__({"q": data.get("q"), "role": data.get("role"), "state": data.get("state") or "enabled"})
        self.fields["q"].widget.attrs["placeholder"] = _("Name or user name")
        self.is_valid()

    def apply(self, operators: QuerySet[User], *, now: datetime, any_state: bool = False) -> QuerySet[User]:
        chosen = self.cleaned_data
        if words := chosen.get("q"):
            operators = operators.filter(Q(name__icontains=words) | Q(username__icontains=words))
        if role := chosen.get("role"):
            operators = operators.filter(role=role)
        states = {
            "enabled": Q(is_active=True),
            "online": presence.online(now),
            "disabled": Q(is_active=False),
            "all": Q(),
        }
        return operators if any_state else operators.filter(states[chosen.get("state", "enabled")])
