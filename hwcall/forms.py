"""What forms share: the theme's classes, names without what nobody can see, and a stamp of what was shown."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

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
        text = super().to_python(value) or ""
        # Far too long whatever is left out of it: it is refused as it is, and a megabyte is not looked through first.
        too_long = self.max_length is not None and len(text) > 20 * self.max_length
        return text if too_long else clean_name(text)


class ThemedForm(forms.Form):
    """A form whose controls look like the theme's; templates draw it field by field with ``_field.html``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for field in self.fields.values():
            if type(field.widget) not in BARE:
                field.widget.attrs.setdefault("class", CLASSES.get(type(field.widget), "form-control"))


class StampField(forms.Field):
    """The stamp of what a form showed; whatever comes in its place is one that fits nothing, and no fault of a form."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> str:
        return str(value or "")


class StampedForm(ThemedForm):
    """A form on what others may be changing too. ``changed`` says so once somebody has."""

    stamp = StampField()
    changed = ""

    def as_arguments(self) -> dict[str, Any]:
        """What an action takes, with the stamp as what was ``seen``."""
        arguments = dict(self.cleaned_data)
        return arguments | {"seen": arguments.pop("stamp")}

    def meanwhile(self, *, who: str, stamp: str, standing: Mapping[str, str]) -> None:
        """Keep what was entered, say beside it what stands there by now, and let the next press save over that.

        ``who`` is empty where nobody knows; ``standing`` has the words for each field in which something else was
        entered.
        """
        self.changed = _(
            "%(who)s has changed this meanwhile. What stands there now is said beneath the fields. "
            "Save once more to put yours in its place."
        ) % {"who": who or _("Somebody")}
        self.data = cast(QueryDict, self.data).copy()
        self.data["stamp"] = stamp
        for field, words in standing.items():
            self.add_error(field, _("Now: %(words)s") % {"words": words})


class RowForm(forms.Form):
    """A button in a table's row: what to do, one of ``verbs``, the key of the row, and the stamp of what it showed."""

    do = forms.RegexField(r"^([a-z]+) ([0-9]{1,18})( [0-9a-z]{0,64})?\Z")

    def __init__(self, data: Any, *, verbs: Collection[str]) -> None:
        super().__init__(data)
        self.verbs = verbs

    def pressed(self) -> tuple[str, int, str]:
        """Verb, key and stamp; no verb and a key that no row has where it is no button of the table."""
        if not self.is_valid():
            return "", 0, ""
        verb, key, seen = [*self.cleaned_data["do"].split(" "), ""][:3]
        return (verb, int(key), seen) if verb in self.verbs else ("", 0, "")


class KeysField(forms.ModelMultipleChoiceField):
    """Some rows of a table; a key that no database can hold is one that is not there."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError as error:
            # SQLite's driver takes no integer of more than 64 bits, and Django lets it have those of a list.
            what = {"value": ", ".join(value)[:80]}
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", what) from error
