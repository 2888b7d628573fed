"""One-time passwords: how they are made anew, and shown once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import logins
from accounts.models import User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from hwcall.access import OperatorRequest, module_required, who


def show_once(request: OperatorRequest, users: list[User], passwords: list[OneTimePassword]) -> HttpResponse:
    # The session carries them over the redirect, the page takes them out: no address, log or reload has them.
    request.session["issued"] = [
        {"name": user.name, "username": user.username, "password": password.text}
        for user, password in zip(users, passwords, strict=True)
    ]
    return redirect("accounts:issued")


def reset(request: OperatorRequest, operator: User, *, seen: str, proven: bool = False) -> HttpResponse:
    """Give an operator a one-time password and show it. Raises what ``logins.reset_password`` does."""
    password = OneTimePassword()
    logins.reset_password(user=operator, password=password, seen=seen, proven=proven, **who(request))
    return show_once(request, [operator], [password])


@module_required(Module.OPERATORS)
@require_GET
def issued(request: OperatorRequest) -> HttpResponse:
    people = request.session.pop("issued", None)
    if not people:
        messages.info(request, _("One-time passwords are shown once. Reset the password to get another one."), "warn")
        return redirect("accounts:operators")
    return render(request, "accounts/issued.html", {"people": people})
