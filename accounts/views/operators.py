"""The pages on which operators are managed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts import actions, audit, entry, logins, presence
from accounts.forms import OperatorFilter, OperatorForm, PasteForm
from accounts.models import User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach, may_manage
from accounts.roster import holdings, roster
from config.actions import AlreadySo, Gone
from config.uses import InUse
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm
from hwcall.stamps import Changed


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
        return _gone(request)
    try:
        return ROW_ACTIONS[verb](request, operator)
    except Gone:
        return _gone(request)
    except AlreadySo:
        messages.info(request, ALREADY[verb] % {"name": operator}, "warn")
        return redirect(request.get_full_path())
    except actions.LastAdministrator:
        return _list(request, refused=_last_administrator(operator))
    except InUse as uses:
        return _list(request, refused=_in_use(operator, uses), offered=operator)


def _gone(request: OperatorRequest) -> HttpResponse:
    messages.info(request, _("This operator is no longer there: somebody has deleted the account meanwhile."), "warn")
    return redirect("accounts:operators")


def _in_use(operator: User, uses: InUse) -> str:
    if operator.is_active:
        sentence = _("%(name)s cannot be deleted, since the records name this operator: %(uses)s. Disable it instead.")
    else:
        sentence = _("%(name)s cannot be deleted, since the records name this operator: %(uses)s. It is disabled.")
    return sentence % {"name": operator, "uses": uses}


def _list(request: OperatorRequest, *, refused: str = "", offered: User | None = None) -> HttpResponse:
    chosen = OperatorFilter(request.GET)
    now = timezone.now()
    found = roster(by=request.user, chosen=chosen, number=request.GET.get("page"), now=now)
    page = {"filter": chosen, "roster": found, "now": now, "refused": refused, "offered": offered}
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
    if operator.pk == request.user.pk:
        # It would end the very session in which the one-time password is to be shown.
        return redirect("accounts:password")
    password = OneTimePassword()
    try:
        logins.reset_password(user=operator, password=password, seen=request.POST.get("stamp", ""), **who(request))
    except Changed:
        verbs = ("operator.reset_password", "operator.end_sessions", "operator.disable", "operator.edit")
        culprit = audit.who_last([*verbs, "password.change"], about=operator.username) or _("Somebody")
        sentence = _(
            "%(name)s has changed this login meanwhile, so no password was made. "
            "Look at it as it stands now, and press once more if one is still needed."
        )
        messages.info(request, sentence % {"name": culprit}, "warn")
        return redirect("accounts:operator", operator.pk)
    return _show_once(request, [operator], [password])


def _end(request: OperatorRequest, operator: User) -> HttpResponse:
    ended = logins.end_sessions(user=operator, **who(request))
    if operator.pk == request.user.pk:
        # As with a change of one's password: this browser stays.
        update_session_auth_hash(request, ended)
        sentence = _("You are logged out wherever else you were logged in.")
    else:
        sentence = _("%(name)s is logged out everywhere. A number that is held stays theirs while its hold lasts.")
    messages.info(request, sentence % {"name": operator.name}, "note")
    return redirect("accounts:operator", operator.pk)


def _unlock(request: OperatorRequest, operator: User) -> HttpResponse:
    logins.unlock(user=operator, **who(request))
    messages.info(request, _("%(name)s can try to log in again at once.") % {"name": operator.name}, "note")
    return redirect("accounts:operator", operator.pk)


ROW_ACTIONS = {
    "enable": _enable,
    "disable": _disable,
    "delete": _delete,
    "reset": _reset,
    "end": _end,
    "unlock": _unlock,
}
ALREADY = {
    "enable": gettext_lazy("%(name)s was enabled already; nothing was changed."),
    "disable": gettext_lazy("%(name)s was disabled already; nothing was changed."),
    "unlock": gettext_lazy("%(name)s was not locked any more; nothing was changed."),
}


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
    user = User.objects.filter(pk=pk).first()
    if user is None and request.method == "POST":
        return _gone(request)
    if user is None:
        raise Http404
    if not may_manage(request.user, user):
        raise BeyondReach
    form = OperatorForm(_data(request), by=request.user, operator=user)
    if form.is_bound and form.is_valid() and (saved := _save(request, form, user)):
        return saved
    return _operator_page(request, form, form.operator or user)


def _save(request: OperatorRequest, form: OperatorForm, user: User) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    try:
        actions.edit(user=user, **form.as_arguments(), **who(request))
    except actions.NameTaken:
        form.add_error("username", _("This user name is taken. Choose another one."))
    except actions.LastAdministrator:
        form.add_error("is_active" if form.cleaned_data["role"] == user.role else "role", _last_administrator(user))
    except Changed as found:
        verbs = ("operator.create", "operator.edit", "operator.enable", "operator.disable")
        form.changed_by(audit.who_last(verbs, about=found.standing.username), found.standing)
    except Gone:
        return _gone(request)
    else:
        messages.info(request, _("%(name)s is saved, and it applies at once.") % {"name": user.name}, "note")
        return redirect("accounts:operators")
    return None


def _operator_page(request: OperatorRequest, form: OperatorForm, user: User) -> HttpResponse:
    now = timezone.now()
    page = {
        "form": form,
        "operator": user,
        "carrier": user.last_carrier,
        "now": now,
        "is_online": presence.is_online(user, now=now),
        "locks": entry.locks([user.username], now=now).get(user.username),
        "held": holdings([user]).get(user.pk) if request.user.is_administrator else None,
        "login_stamp": logins.stamp_of(user),
    }
    return render(request, "accounts/operator.html", page, status=422 if form.errors or form.changed else 200)


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
