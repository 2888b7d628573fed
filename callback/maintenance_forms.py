"""What is asked before numbers are changed by the thousand: the count, one's own password, and why."""

import unicodedata
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import own_password
from accounts.own_password import OwnPasswordField
from hwcall.access import OperatorRequest
from hwcall.forms import ThemedForm

GROUPING = str.maketrans("", "", ",，'\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ")


class ReasonForm(ThemedForm):
    """Why, and the password of who asks: whoever sits down at an open browser knows neither."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason (put on record)"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say why; it is put on record.")},
    )
    password = OwnPasswordField()

    def knows_password(self, request: OperatorRequest) -> bool:
        """Whether it is the password of who is signed in, where all else is right."""
        return own_password.proves(self, "password", request)


class ConfirmForm(ReasonForm):
    """That so many numbers are meant: the count that the page showed, and the same typed by hand."""

    shown = forms.IntegerField(min_value=0, max_value=2**63 - 1, widget=forms.HiddenInput)
    # Of which numbers it was the count: others may be as many.
    mark = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    count = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Type the count.")},
    )

    def __init__(self, *args: Any, expected: int, mark: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected, self.expected_mark = expected, mark
        self.fields["count"].label = _("Type %(count)s to confirm") % {"count": expected}

    def clean(self) -> dict[str, Any]:
        shown, typed = self.cleaned_data.get("shown"), self.cleaned_data.get("count")
        if not self.expected and shown == 0:
            self.add_error(None, _("No number fits, so there is nothing to do. Change the conditions and query again."))
        elif shown is not None and shown != self.expected:
            said = _("The count has changed from %(before)s to %(now)s; nothing was done. Look again, then confirm.")
            self.add_error(None, said % {"before": _grouped(shown), "now": _grouped(self.expected)})
        elif self.cleaned_data.get("mark") != str(self.expected_mark):
            said = _("They are as many, but not the same numbers any more; nothing was done. Look again, then confirm.")
            self.add_error(None, said)
        elif typed is not None and _digits(typed) != str(self.expected):
            said = _("Expected %(count)s, you typed %(typed)s")
            self.add_error("count", said % {"count": self.expected, "typed": typed})
        return self.cleaned_data


def _digits(typed: str) -> str:
    """The count as it was typed, whatever the input method and the habits of grouping made of it."""
    return unicodedata.normalize("NFKC", typed).translate(GROUPING)


def _grouped(count: int) -> str:
    return number_format(count, force_grouping=True)
