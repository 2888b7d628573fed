"""What every form shares: controls that wear the theme's classes, and names without what nobody can see."""

import unicodedata
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

# Control and formatting characters (those that turn the writing direction among them), halves of characters,
# and the separators that are no spaces.
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}

CLASSES: dict[type, str] = {
    forms.CheckboxInput: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
    forms.Select: "form-select",
}
BARE = (forms.RadioSelect, forms.HiddenInput)


def clean_name(text: str) -> str:
    """A name as it is seen: what is invisible left out, and every run of blanks one space."""
    spaced = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in INVISIBLE).split())


class NameField(forms.CharField):
    """A name of something or somebody; pasted from anywhere, it comes out as it looks."""

    def to_python(self, value: Any) -> str:
        return clean_name(super().to_python(value) or "")


class ThemedForm(forms.Form):
    """A form whose controls look like the theme's; templates draw it field by field with ``_field.html``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for field in self.fields.values():
            if type(field.widget) not in BARE:
                field.widget.attrs.setdefault("class", CLASSES.get(type(field.widget), "form-control"))


class RowForm(forms.Form):
    """A button in a table's row: what to do, one of ``verbs``, and the key of the row."""

    do = forms.RegexField(r"^([a-z]+) ([0-9]{1,18})\Z")

    def __init__(self, data: Any, *, verbs: Collection[str]) -> None:
        super().__init__(data)
        self.verbs = verbs

    def pressed(self) -> tuple[str, int]:
        """The verb and the key; no verb and a key that no row has where it is no button of the table."""
        if not self.is_valid():
            return "", 0
        verb, _space, key = self.cleaned_data["do"].partition(" ")
        return (verb, int(key)) if verb in self.verbs else ("", 0)


class KeysField(forms.ModelMultipleChoiceField):
    """Some rows of a table; a key that no database can hold is one that is not there."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError as error:
            # SQLite's driver takes no integer of more than 64 bits, and Django lets it have those of a list.
            what = {"value": ", ".join(value)[:80]}
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", what) from error
