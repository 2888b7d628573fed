"""The forms of the number lookup: which number, and how a call is amended."""

import re
import unicodedata
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from callback.models import Call
from config.models import BusinessType, Region
from hwcall.forms import NameField, ThemedForm
from phones import sentences
from phones.numbers import Refusal, normalise

four_digits = re.compile(r"[0-9]{4}").fullmatch
GROUPS = (
    ("valid", gettext_lazy("Valid")),
    ("booking", gettext_lazy("Booking")),
    ("", gettext_lazy("Invalid")),
)
# An ordinal of an amendment is a small integer of the database.
MOST_AMENDMENTS = 32_767


class LookupForm(ThemedForm):
    """A whole number, or its last four digits."""

    query = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a number, or its last four digits.")},
    )

    def __init__(self, data: Any = None, *, asked: str = "") -> None:
        """``asked`` is what was looked for last."""
        super().__init__(data, initial={"query": asked})
        if not asked:
            self.fields["query"].widget.attrs["autofocus"] = True

    def clean_query(self) -> str:
        """The number in its one form, or four digits."""
        text = self.cleaned_data["query"]
        plain = unicodedata.normalize("NFKC", text).strip()
        if four_digits(plain):
            return plain
        read = normalise(text)
        if isinstance(read, Refusal):
            sentence = _("%(why)s. Enter a whole number, or exactly its last four digits.")
            raise forms.ValidationError(sentence % {"why": sentences.reason(read.reason, read.data)})
        return read.canonical


class AmendForm(ThemedForm):
    """How a call shall stand, and why. ``cleaned_data`` is what ``amendments.amend`` takes, but for who and when."""

    type = forms.ModelChoiceField(
        BusinessType.objects.none(),
        label=gettext_lazy("Business type"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the business type."),
            "invalid_choice": gettext_lazy("This business type was disabled meanwhile. Choose another one."),
        },
    )
    order_region = forms.ModelChoiceField(
        Region.objects.none(),
        label=gettext_lazy("Out-of-region order"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This region was disabled meanwhile. Choose another one.")},
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    reason = NameField(
        label=gettext_lazy("Reason (put on record)"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say why; it is put on record.")},
    )
    seen = forms.IntegerField(min_value=0, max_value=MOST_AMENDMENTS, widget=forms.HiddenInput)
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, call: Call) -> None:
        self.call = call
        stands = {"type": call.standing_type_id, "order_region": call.standing_order_region_id}
        fresh = {"seen": call.amendments.count(), "request_id": uuid4()}
        super().__init__(data, initial={**stands, **fresh, "note": call.standing_note})
        # What stands may stay, though it is not offered any more.
        types = BusinessType.objects.filter(Q(pk=call.standing_type_id) | Q(retired_at=None, enabled=True))
        regions = Region.objects.filter(Q(pk=call.standing_order_region_id) | Q(enabled=True))
        cast(forms.ModelChoiceField, self.fields["type"]).queryset = types.in_order()
        cast(forms.ModelChoiceField, self.fields["order_region"]).queryset = regions.in_order()
        for name in ("note", "reason"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def again(self, call: Call) -> "AmendForm":
        """What was typed, over a call that is not what the page has shown: who sends it once more has seen it."""
        data = cast(QueryDict, self.data).copy()
        data["seen"], data["request_id"] = str(call.amendments.count()), str(uuid4())
        return AmendForm(data, call=call)

    def groups(self) -> list[tuple[str, str | Promise, list[tuple[BusinessType, bool]]]]:
        """The business types to choose from: valid, booking, invalid; each with whether it is chosen."""
        chosen = str(self["type"].value())
        types = list(cast(forms.ModelChoiceField, self.fields["type"]).queryset or ())
        return [
            (tone, title, group)
            for tone, title in GROUPS
            if (group := [(type, str(type.pk) == chosen) for type in types if type.tone == tone])
        ]

    def regions(self) -> list[tuple[Region, bool]]:
        """The regions besides the home region; each with whether it is chosen."""
        chosen = str(self["order_region"].value())
        regions = cast(forms.ModelChoiceField, self.fields["order_region"]).queryset or ()
        return [(region, str(region.pk) == chosen) for region in regions if region.pk != self.call.region_id]
