"""The pages on which operators are managed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import actions
from accounts.forms import OperatorFilter, OperatorForm, PasteForm
from accounts.models import User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.roster import roster
from config.uses import InUse
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm


def _data(request: OperatorRequest) -> Any:
    return request.POST if request.method == "POST" else None


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────


@module_required(Module.OPERATORS)
@page_and_form
def operators(request: OperatorRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request)
    verb, key = RowForm(request.POST, verbs=ROW_ACTIONS).pressed()
    operator = User.objects.filter(pk=key).first()
    if operator is None:
        messages.info(request, _("This operator is no longer there."), "warn")
        return redirect(request.get_full_path())
    try:
        return ROW_ACTIONS[verb](request, operator)
    except actions.LastAdministrator:
        return _list(request, refused=_last_administrator(operator))
    except InUse as uses:
        sentence = _("%(name)s cannot be deleted, since the records name this operator: %(uses)s. Disable it instead.")
        return _list(request, refused=sentence % {"name": operator, "uses": uses}, offered=operator)


def _list(request: OperatorRequest, *, refused: str = "", offered: User | None = None) -> HttpResponse:
    chosen = OperatorFilter(request.GET)
    found = roster(by=request.user, chosen=chosen, number=request.GET.get("page"))
    page = {"filter": chosen, "roster": found, "refused": refused, "offered": offered}
    return render(request, "accounts/operators.html", page, status=422 if refused else 200)


def _last_administrator(operator: User) -> str:
    sentence = _("One administrator must stay enabled. Enable another one before you disable or demote %(name)s.")
    return sentence % {"name": operator.name}


def _enable(request: OperatorRequest, operator: User) -> HttpResponse:
    actions.enable(user=operator, **who(request))
    messages.info(request, _("%(name)s can log in again.") % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _disable(request: OperatorRequest, operator: User) -> HttpResponse:
    actions.disable(user=operator, **who(request))
    sentence = _("%(name)s is disabled: logged out, and the number that was held is back in the queue.")
    messages.info(request, sentence % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _delete(request: OperatorRequest, operator: User) -> HttpResponse:
    actions.delete(user=operator, **who(request))
    messages.info(request, _("The account of %(name)s is deleted.") % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _reset(request: OperatorRequest, operator: User) -> HttpResponse:
    password = OneTimePassword()
    actions.reset_password(user=operator, password=password, **who(request))
    return _show_once(request, [operator], [password])


ROW_ACTIONS = {"enable": _enable, "disable": _disable, "delete": _delete, "reset": _reset}


# ── One-time passwords ───────────────────────────────────────────────────────────────────────────────────────


def _show_once(request: OperatorRequest, users: list[User], passwords: list[OneTimePassword]) -> HttpResponse:
    # The session carries them over the redirect, the page takes them out: no address, log or reload has them.
    request.session["issued"] = [
        {"name": user.name, "username": user.username, "password": password.text}
        for user, password in zip(users, passwords, strict=True)
    ]
    return redirect("accounts:issued")


@module_required(Module.OPERATORS)
@require_GET
def issued(request: OperatorRequest) -> HttpResponse:
    people = request.session.pop("issued", None)
    if not people:
        messages.info(request, _("One-time passwords are shown once. Reset the password to get another one."), "warn")
        return redirect("accounts:operators")
    return render(request, "accounts/issued.html", {"people": people})


# ── One operator ─────────────────────────────────────────────────────────────────────────────────────────────


@module_required(Module.OPERATORS)
@page_and_form
def operator_new(request: OperatorRequest) -> HttpResponse:
    form = OperatorForm(_data(request), by=request.user)
    if form.is_bound and form.is_valid():
        password = OneTimePassword()
        try:
            user = actions.create(password=password, **form.as_arguments(), **who(request))
        except actions.NameTaken:
            form.add_error("username", _("This user name is taken. Choose another one."))
        else:
            return _show_once(request, [user], [password])
    return render(request, "accounts/operator.html", {"form": form}, status=422 if form.errors else 200)


@module_required(Module.OPERATORS)
@page_and_form
def operator(request: OperatorRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    if not actions.may_manage(request.user, user):
        raise actions.BeyondReach
    form = OperatorForm(_data(request), by=request.user, operator=user)
    if form.is_bound and form.is_valid():
        try:
            actions.edit(user=user, **form.as_arguments(), **who(request))
        except actions.NameTaken:
            form.add_error("username", _("This user name is taken. Choose another one."))
        except actions.LastAdministrator:
            form.add_error("is_active" if form.cleaned_data["role"] == user.role else "role", _last_administrator(user))
        else:
            messages.info(request, _("%(name)s is saved, and it applies at once.") % {"name": user.name}, "note")
            return redirect("accounts:operators")
    carrier = user.last_carrier
    page = {"form": form, "operator": user, "carrier": carrier}
    return render(request, "accounts/operator.html", page, status=422 if form.errors else 200)


@module_required(Module.OPERATORS)
@page_and_form
def operators_paste(request: OperatorRequest) -> HttpResponse:
    form = PasteForm(_data(request))
    if form.is_bound and form.is_valid():
        people = form.cleaned_data["people"]
        passwords = [OneTimePassword() for _person in people]
        try:
            users = actions.create_several(people=people, passwords=passwords, **who(request))
        except actions.NameTaken as taken:
            names = ", ".join(taken.usernames)
            form.add_error("people", _("These user names are taken: %(names)s. Change them.") % {"names": names})
        else:
            return _show_once(request, users, passwords)
    return render(request, "accounts/paste.html", {"form": form}, status=422 if form.errors else 200)
