"""The pages of one operator: its account, its password, and how new ones are made."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from accounts import actions, audit, entry, logins, own_password, presence
from accounts.forms import OperatorForm, PasteForm, ResetForm
from accounts.models import User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach, Unproven, may_manage, regions_of
from accounts.roster import holdings
from accounts.views import one_time, sentences
from config.actions import Gone
from config.models import Region
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.stamps import Changed


def _data(request: OperatorRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _operator(request: OperatorRequest, pk: int) -> User | None:
    """The operator whose page it is; None where somebody has deleted it since the page was opened."""
    user = User.objects.filter(pk=pk).first()
    if user is None and request.method != "POST":
        raise Http404
    if user and not may_manage(request.user, user):
        raise BeyondReach
    return user


# ── New ones ─────────────────────────────────────────────────────────────────────────────────────────────────


@module_required(Module.OPERATORS)
@page_and_form
@sensitive_post_parameters("own_password")
def operator_new(request: OperatorRequest) -> HttpResponse:
    form = OperatorForm(_data(request), by=request.user)
    if form.is_bound and form.is_valid() and (made := _create(request, form)):
        return made
    return render(request, "accounts/operator.html", {"form": form}, status=422 if form.errors else 200)


def _create(request: OperatorRequest, form: OperatorForm) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    password = OneTimePassword()
    proven = form.proven(request)
    try:
        user = actions.create(password=password, proven=proven, **form.as_arguments(), **who(request))
    except actions.NameTaken:
        form.add_error("username", _("This user name is taken. Choose another one."))
    except Unproven:
        form.ask_password()
    else:
        return one_time.show_once(request, [user], [password])
    return None


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
            return one_time.show_once(request, users, passwords)
    page = {"form": form, "regions": Region.objects.filter(pk__in=regions_of(request.user)).in_order()}
    return render(request, "accounts/paste.html", page, status=422 if form.errors else 200)


# ── One of them ──────────────────────────────────────────────────────────────────────────────────────────────


@module_required(Module.OPERATORS)
@page_and_form
@sensitive_post_parameters("own_password")
def operator(request: OperatorRequest, pk: int) -> HttpResponse:
    user = _operator(request, pk)
    if user is None:
        return sentences.gone(request)
    form = OperatorForm(_data(request), by=request.user, operator=user)
    if form.is_bound and form.is_valid() and (saved := _save(request, form, user)):
        return saved
    return _operator_page(request, form, form.operator or user)


def _save(request: OperatorRequest, form: OperatorForm, user: User) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    proven = form.proven(request)
    try:
        actions.edit(user=user, proven=proven, **form.as_arguments(), **who(request))
    except actions.NameTaken:
        form.add_error("username", _("This user name is taken. Choose another one."))
    except actions.LastAdministrator:
        said = sentences.last_administrator(user)
        form.add_error("is_active" if form.cleaned_data["role"] == user.role else "role", said)
    except Unproven:
        form.ask_password()
    except Changed as found:
        culprit = audit.who_last(sentences.ACCOUNT_CHANGES, about=found.standing.username)
        form.changed_by(culprit, found.standing)
    except Gone:
        return sentences.gone(request)
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
        "stamp": actions.stamp_of(user),
        "login_stamp": logins.stamp_of(user),
    }
    return render(request, "accounts/operator.html", page, status=422 if form.errors or form.changed else 200)


@module_required(Module.OPERATORS)
@page_and_form
@sensitive_post_parameters("own_password")
def reset(request: OperatorRequest, pk: int) -> HttpResponse:
    """Reset a password, with one's own: an administrator's is reset in no other way."""
    user = _operator(request, pk)
    if user is None:
        return sentences.gone(request)
    if user.pk == request.user.pk:
        return redirect("accounts:password")
    form = ResetForm(_data(request), initial={"stamp": logins.stamp_of(user)})
    if form.is_bound and form.is_valid() and own_password.proves(form, "own_password", request):
        try:
            return one_time.reset(request, user, seen=form.cleaned_data["stamp"], proven=True)
        except Changed as found:
            account = reverse("accounts:operator", args=[pk])
            return sentences.changed(request, found.standing, sentences.LOGIN_CHANGES, account)
        except Gone:
            return sentences.gone(request)
    page = {"form": form, "operator": user}
    return render(request, "accounts/reset.html", page, status=422 if form.errors else 200)
