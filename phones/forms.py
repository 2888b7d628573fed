"""The forms of the import: a list, which column of it, what shall become of it; and why a batch is taken back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.models import Carrier, Region
from phones.models import Batch
from phones.numbers import printable

LAST_COLUMN = 16_384


class UploadForm(forms.Form):
    """A file, or pasted numbers."""

    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True, max_length=None)
    numbers = forms.CharField(label=_("Numbers"), required=False, strip=False, widget=forms.Textarea)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("file") and not (data.get("numbers") or "").strip():
            self.add_error("file", _("Choose a file, or paste numbers."))
        return data


class ColumnForm(forms.Form):
    """Which sheet and column the numbers are in; a column goes by its letters, as in a spreadsheet."""

    sheet = forms.CharField(required=False, max_length=200, strip=False)
    sheet_was = forms.CharField(required=False, max_length=200, strip=False)
    column = forms.RegexField(
        r"^\s*[A-Za-z]{1,3}\s*$",
        label=_("Column"),
        required=False,
        error_messages={"invalid": _("A column goes by its letters, such as B.")},
    )

    def clean_column(self) -> int | None:
        letters = self.cleaned_data["column"].strip().upper()
        index = 0
        for letter in letters:
            index = index * 26 + ord(letter) - 64
        if index > LAST_COLUMN:
            raise forms.ValidationError(_("A column goes by its letters, such as B."))
        return index - 1 if letters else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["sheet"] = data.get("sheet") or None
        # The letters were those of the other sheet: in this one the column is looked for anew.
        if data["sheet"] != (data.get("sheet_was") or None):
            data["column"] = None
        return data


class ConfirmForm(forms.Form):
    """What shall become of the numbers of a list."""

    region = forms.ModelChoiceField(
        Region.objects.none(), label=_("Region"), error_messages={"required": _("Choose the region.")}
    )
    carrier = forms.ModelChoiceField(
        Carrier.objects.none(), label=_("Carrier"), error_messages={"required": _("Choose the carrier.")}
    )
    kind = forms.ChoiceField(choices=Batch.Kind.choices, label=_("State of the numbers"))
    name = forms.CharField(label=_("Batch name"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("region", Region), ("carrier", Carrier)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- for the type checker
            field.queryset = model.objects.enabled().in_order()

    def clean_name(self) -> str:
        name = printable(self.cleaned_data["name"], 80)
        if not name:
            raise forms.ValidationError(_("Enter a name that can be read."))
        return name

    def clean_kind(self) -> Batch.Kind:
        return Batch.Kind(self.cleaned_data["kind"])


class RevertForm(forms.Form):
    """Why a batch is taken back."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, error_messages={"required": _("Say why; it is put on record.")}
    )
