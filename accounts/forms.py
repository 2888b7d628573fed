"""What may be entered about operators, and at the door."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import entry, presence
from accounts.actions import Person, stamp_of
from accounts.models import Role, User
from accounts.modules import GROUPS, Module
from accounts.reach import grantable
from config.models import Carrier, Region
from hwcall.forms import KeysField, NameField, StampedForm, ThemedForm, clean_name

# Far more than anybody types, and little enough that hashing it costs nothing.
LONGEST_PASSWORD = 128
MOST_PEOPLE = 100
SEGMENTS = 6

COMMAS = re.compile(r"[\t,，、;；]")


class UsernameField(forms.CharField):
    """A user name in its one form, whatever the input method makes of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("User name"), max_length=40, validators=[UnicodeUsernameValidator()], **kwargs)
        self.widget.attrs.update({"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        return entry.folded(super().to_python(value) or "")


class PasswordField(forms.CharField):
    """A password, taken as it is: blanks and all."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=LONGEST_PASSWORD, widget=widget, **kwargs)
        # A browser that cuts what is pasted would save half a password.
        widget.attrs.pop("maxlength", None)


class LoginForm(ThemedForm):
    username = forms.CharField(label=_("User name"), max_length=150)
    password = PasswordField(label=_("Password"), autocomplete="current-password")
    carrier = forms.ModelChoiceField(
        Carrier.objects.none(),
        label=_("Carrier"),
        required=False,
        empty_label=None,
        error_messages={"invalid_choice": _("This carrier was disabled meanwhile. Choose another one.")},
    )
    next = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carriers = list(Carrier.objects.enabled().in_order())
        carrier = cast(forms.ModelChoiceField, self.fields["carrier"])
        carrier.queryset = Carrier.objects.enabled().in_order()
        self.in_segments = len(self.carriers) <= SEGMENTS
        if self.in_segments:
            carrier.widget = forms.RadioSelect(choices=cast(Any, carrier.choices))
        self.fields["username"].widget.attrs.update(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        )

    def clean_username(self) -> str:
        return entry.folded(self.cleaned_data["username"])

    def refuse(self) -> None:
        """Mark both fields alike: which of the two was wrong is not said."""
        for name in ("username", "password"):
            self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": "why"}
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["password"].widget.attrs["autofocus"] = True

    def carrier_of(self, user: User) -> Carrier | None:
        """The carrier that was chosen; else the one that the operator last had, else the only one there is."""
        if chosen := self.cleaned_data["carrier"]:
            return chosen
        known = [carrier for carrier in self.carriers if carrier.pk == user.last_carrier_id]
        only = self.carriers if len(self.carriers) == 1 else []
        return next(iter(known + only), None)

    def lacks_carrier(self, user: User) -> bool:
        """Whether an agent with a sheet has named no carrier, though there are some."""
        needs = not user.is_administrator and user.may_open(Module.SHEET)
        if needs and self.carriers and self.carrier_of(user) is None:
            self.add_error("carrier", _("Choose the carrier that you call for."))
            return True
        return False


class PasswordForm(ThemedForm):
    current = PasswordField(label=_("Current password"), autocomplete="current-password")
    new = PasswordField(
        label=_("New password"),
        autocomplete="new-password",
        help_text=_("At least 8 characters, not digits alone, and not one that everybody uses. Blanks count too."),
    )
    again = PasswordField(label=_("New password once more"), autocomplete="new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if user.must_change_password:
            self.fields["current"].label = _("One-time password")
        if user.is_administrator:
            self.fields["new"].help_text = _("An administrator's should have 15 characters or more; blanks count too.")

    def clean_current(self) -> str:
        current = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError(_("This is not your password. Enter it again."))
        return current

    def clean_new(self) -> str:
        new = self.cleaned_data["new"]
        validate_password(new, self.user)
        if new == self.cleaned_data.get("current"):
            raise ValidationError(_("This is the password you have. Choose another one."))
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("The two are not the same. Enter the new password once more."))
        return cleaned

    def encoded(self) -> str:
        return make_password(self.cleaned_data["new"])


class OperatorForm(StampedForm):
    """An account as a person may set it up who acts for ``by``; modules that are not on offer stay as they are."""

    username = UsernameField(help_text=_("For the login. Letters, digits and @ . + - _, in any case."))
    name = NameField(label=pgettext_lazy("person", "Name"), max_length=40)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.AGENT, widget=forms.RadioSelect)
    modules = forms.MultipleChoiceField(label=_("Modules"), required=False, widget=forms.CheckboxSelectMultiple)
    regions = KeysField(
        Region.objects.none(), label=_("Limited to regions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=_("Enabled"), required=False)

    def __init__(self, *args: Any, by: User, operator: User | None = None, **kwargs: Any) -> None:
        self.by, self.operator = by, operator
        kwargs["initial"] = self._initial(operator)
        super().__init__(*args, **kwargs)
        allowed = grantable(by)
        self.groups = [
            (group.title, [entry.module for entry in group.entries if entry.module in allowed]) for group in GROUPS
        ]
        modules = cast(forms.MultipleChoiceField, self.fields["modules"])
        modules.choices = [(module.value, module.label) for _title, some in self.groups for module in some]
        known = Region.objects.filter(Q(enabled=True) | Q(pk__in=operator.region_ids if operator else []))
        cast(KeysField, self.fields["regions"]).queryset = known.in_order()
        if operator is None:
            del self.fields["is_active"]
        if not by.is_administrator:
            del self.fields["role"]

    @staticmethod
    def _initial(operator: User | None) -> dict[str, Any]:
        if operator is None:
            return {"modules": [Module.SHEET.value]}
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
        if self.operator is None:
            del arguments["seen"]
        offered = {module.value for _title, some in self.groups for module in some}
        kept = set(self.operator.modules) - offered if self.operator else set()
        return arguments | {"modules": kept | set(arguments["modules"])}

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
        raise ValidationError(_("A name and at most a user name are expected."))
    name = NameField(max_length=40).clean(parts[0])
    username = UsernameField(required=False).clean(parts[1] if len(parts) == 2 else "")
    if username and username in taken:
        raise ValidationError(_("The user name %(name)s stands in the list twice."), params={"name": username})
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
