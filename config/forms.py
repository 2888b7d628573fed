"""What may be entered about carriers, regions and business types."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from config import types
from config.actions import Thing, stamp_of
from config.models import BusinessType
from hwcall.forms import NameField, StampedForm, ThemedForm


class RegionForm(ThemedForm):
    name = NameField(label=_("Name"), max_length=40)


class CarrierForm(ThemedForm):
    name = NameField(label=_("Name"), max_length=40)
    product = NameField(
        label=_("Product"),
        max_length=40,
        required=False,
        help_text=_("What is sold on it, such as a weather message. May stay empty."),
    )


class RenameForm(StampedForm):
    """Another name for something that stands."""

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        initial = {"name": thing.name, "product": getattr(thing, "product", ""), "stamp": stamp_of(thing)}
        super().__init__(*args, initial=initial, **kwargs)
        self.thing = thing

    def changed_by(self, who: str, thing: Thing) -> None:
        """Say what ``who`` has made of the thing meanwhile."""
        self.thing = thing
        fields = [name for name in ("name", "product") if name in self.cleaned_data]
        standing = {name: getattr(thing, name) for name in fields if getattr(thing, name) != self.cleaned_data[name]}
        self.meanwhile(
            who=who, stamp=stamp_of(thing), standing={name: words or "–" for name, words in standing.items()}
        )


class RenameRegionForm(RenameForm, RegionForm):
    pass


class RenameCarrierForm(RenameForm, CarrierForm):
    pass


class NewTypeForm(ThemedForm):
    """A new business type: in which range, and its name."""

    RANGES = (
        ("valid", _("Valid (11–20)")),
        ("invalid", _("Invalid (21–26)")),
        ("booking", _("Booking (27)")),
    )
    CODES = {"valid": types.VALID_RANGE, "invalid": types.INVALID_RANGE, "booking": types.BOOKING_RANGE}

    codes = forms.ChoiceField(label=_("Counts as"), choices=RANGES, widget=forms.RadioSelect)
    name = NameField(label=_("Name"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is full is not on offer; the form says so where nothing is left at all.
        free = [(key, label) for key, label in self.RANGES if types.free_codes(self.CODES[key])]
        codes = cast(forms.ChoiceField, self.fields["codes"])
        codes.choices = free
        codes.initial = free[0][0] if free else None

    def clean_codes(self) -> range:
        return self.CODES[self.cleaned_data["codes"]]


class RenameTypeForm(RenameForm):
    """Another name for a type; where calls were filed under it, what the change means must be said."""

    MEANINGS = (("spelling", _("The spelling is corrected")), ("meaning", _("The code gets a new meaning")))

    name = NameField(label=_("Name"), max_length=20)
    choice = forms.ChoiceField(
        label=_("What changes"),
        choices=MEANINGS,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Say what the new name means for the calls filed so far.")},
    )

    def __init__(self, *args: Any, type: BusinessType, used: bool, **kwargs: Any) -> None:
        super().__init__(*args, thing=type, **kwargs)
        if not used:
            del self.fields["choice"]

    def as_arguments(self) -> dict[str, Any]:
        return {name: value for name, value in super().as_arguments().items() if name != "choice"}
