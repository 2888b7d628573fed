"""What the sheet's requests must look like."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.models import BusinessType, Carrier, Region

# Why a number is skipped: asked, since a skipped number comes back.
SKIP_REASONS = (
    ("later", _("Asked to be called later")),
    ("busy", _("Line busy")),
    ("no_line", _("No free telephone")),
    ("other", _("Another reason")),
)


class HoldForm(forms.Form):
    """Which hold a request is about."""

    token = forms.UUIDField()


class SkipForm(HoldForm):
    skip = forms.ChoiceField(choices=SKIP_REASONS)


class UndoForm(forms.Form):
    undo = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class CarrierForm(forms.Form):
    carrier = forms.ModelChoiceField(Carrier.objects.enabled())


class ClassifyForm(HoldForm):
    """The result of a call. ``clean`` gives what ``actions.classify`` takes, but for the agent and the time."""

    request_id = forms.UUIDField()
    code = forms.IntegerField(min_value=11, max_value=29)
    order_region = forms.ModelChoiceField(
        Region.objects.enabled(),
        required=False,
        error_messages={"invalid_choice": _("This region was disabled meanwhile. Choose another one.")},
    )
    note = forms.CharField(max_length=200, required=False, strip=True)

    def __init__(self, *args: Any, offered: Iterable[BusinessType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {type.code: type for type in offered}

    def clean_code(self) -> BusinessType:
        offered = self.offered.get(self.cleaned_data["code"])
        if offered is None:
            raise forms.ValidationError(
                _("This business type was disabled meanwhile. The number is still yours: choose another one.")
            )
        return offered

    def as_arguments(self) -> dict:
        arguments = dict(self.cleaned_data)
        arguments["type"] = arguments.pop("code")
        return arguments
