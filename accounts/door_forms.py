"""What may be entered at the door: the login, and one's own new password."""

from typing import Any, cast

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import entry, own_password
from accounts.models import User
from accounts.own_password import PasswordField
from config.models import Carrier
from hwcall.access import OperatorRequest
from hwcall.forms import ThemedForm

SEGMENTS = 6


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
        """The carrier that was chosen; else the one that the operator last had, else the only one there is.

        Where there is none of these, the sheet asks for it: nobody has to enter a password twice.
        """
        if chosen := self.cleaned_data["carrier"]:
            return chosen
        known = [carrier for carrier in self.carriers if carrier.pk == user.last_carrier_id]
        only = self.carriers if len(self.carriers) == 1 else []
        return next(iter(known + only), None)


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
        # Also where it was refused: no password comes back, and all three are entered again.
        self.fields["current"].widget.attrs["autofocus"] = True
        if user.must_change_password:
            self.fields["current"].label = _("One-time password")
        if user.is_administrator:
            self.fields["new"].help_text = _("An administrator's should have 15 characters or more; blanks count too.")

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

    def knows_current(self, request: OperatorRequest) -> bool:
        """Whether the current password is right, where all else is; a wrong one counts as at the login."""
        return own_password.proves(self, "current", request)

    def encoded(self) -> str:
        return make_password(self.cleaned_data["new"])
