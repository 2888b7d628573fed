"""What every form shares: controls that wear the theme's classes, and names without what nobody can see."""

import unicodedata
from typing import Any

from django import forms

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
