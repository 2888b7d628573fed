"""One's own password, asked for once more where much depends on it: whoever sits down at an open browser has it not."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import entry
from hwcall.access import OperatorRequest

# Far more than anybody types, and little enough that hashing it costs nothing.
LONGEST_PASSWORD = 128


class PasswordField(forms.CharField):
    """A password, taken as it is: blanks and all."""

    def __init__(self, *, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=LONGEST_PASSWORD, widget=widget, **kwargs)
        # A browser that cuts what is pasted would save half a password.
        widget.attrs.pop("maxlength", None)


class OwnPasswordField(PasswordField):
    """The password of who is signed in; that it is theirs is for ``proves`` to find out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Your password"),
            autocomplete="current-password",
            error_messages={"required": gettext_lazy("Enter your own password.")},
            **kwargs,
        )


def proves(form: forms.Form, field: str, request: OperatorRequest) -> bool:
    """Whether a field holds the password of who is signed in; where it does not, the form says so beside it.

    A wrong one is counted as at the login, and locks as there. Ask last, when all else is right: a slip elsewhere
    costs no try.
    """
    name = entry.folded(request.user.username)
    if entry.is_locked(request, name):
        form.add_error(field, _locked(request, name))
        return False
    known = entry.recognise(request, name, form.cleaned_data[field], signed_in=request.user)
    if known and known == request.user:
        entry.forgive(request, name)
        # The very hash that was proven: an older way of hashing has just made place for today's.
        request.user.password = known.password
        return True
    # The login's limit would put its own page in place of this one.
    request.axes_locked_out = False  # type: ignore[attr-defined]
    form.add_error(field, _locked(request, name) if entry.is_locked(request, name) else _wrong(request, name))
    return False


def _wrong(request: OperatorRequest, name: str) -> str:
    left = entry.tries_left(request, name)
    said = ngettext(
        "This is not your password. After %(count)s more try it must wait 15 minutes.",
        "This is not your password. After %(count)s more tries it must wait 15 minutes.",
        left,
    )
    return said % {"count": left}


def _locked(request: OperatorRequest, name: str) -> str:
    until = timezone.localtime(entry.locked_until(request, name) + timedelta(seconds=59))
    said = _("The password was wrong too often, and nothing was done. It can be tried again at %(time)s.")
    return said % {"time": f"{until:%H:%M}"}
