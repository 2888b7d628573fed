"""The list of operators, and what its buttons do."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import actions, logins, tables
from accounts.forms import OperatorFilter
from accounts.models import User
from accounts.modules import Module
from accounts.reach import Unproven
from accounts.roster import OPERATORS, OPERATORS_OF_DEPUTIES, roster
from accounts.views import one_time, sentences
from config.actions import AlreadySo, Gone
from config.uses import InUse
from hwcall import pager
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm
from hwcall.stamps import Changed


@module_required(Module.OPERATORS)
@page_and_form
def operators(request: OperatorRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request)
    verb, key, seen = RowForm(request.POST, verbs=ROW_ACTIONS).pressed()
    operator = User.objects.filter(pk=key).first()
    if operator is None:
        return sentences.gone(request)
    try:
        return ROW_ACTIONS[verb](request, operator, seen)
    except Gone:
        return sentences.gone(request)
    except AlreadySo:
        messages.info(request, ALREADY[verb] % {"name": operator}, "warn")
        return redirect(request.get_full_path())
    except Changed as found:
        return _changed(request, verb, found.standing)
    except Unproven:
        return _unproven(request, verb, operator)
    except actions.LastAdministrator:
        return _list(request, refused=sentences.last_administrator(operator))
    except InUse as uses:
        return _list(request, refused=sentences.in_use(operator, uses), offered=operator)


def _list(request: OperatorRequest, *, refused: str = "", offered: User | None = None) -> HttpResponse:
    chosen, now = OperatorFilter(request.GET), timezone.now()
    table = tables.shown(request, OPERATORS if request.user.is_administrator else OPERATORS_OF_DEPUTIES)
    found = roster(by=request.user, chosen=chosen, number=request.GET.get("page"), now=now, size=table.size)
    page = {
        "filter": chosen,
        "table": table,
        "roster": found,
        "pager": pager.numbered(request.GET, found.page.number, found.page.paginator.num_pages),
        "now": now,
        "refused": refused,
        "offered": offered,
        "offered_stamp": actions.stamp_of(offered) if offered else "",
    }
    return render(request, "accounts/operators.html", page, status=422 if refused else 200)


def _changed(request: OperatorRequest, verb: str, operator: User) -> HttpResponse:
    verbs = sentences.LOGIN_CHANGES if verb in ("reset", "end") else sentences.ACCOUNT_CHANGES
    # These two stand in the list; the others on the operator's own page.
    in_list = verb in ("enable", "disable")
    page = request.get_full_path() if in_list else reverse("accounts:operator", args=[operator.pk])
    return sentences.changed(request, operator, verbs, page)


def _unproven(request: OperatorRequest, verb: str, operator: User) -> HttpResponse:
    """Lead to where one's own password can be entered."""
    if verb == "reset":
        return redirect("accounts:reset", operator.pk)
    sentence = _("%(name)s is an administrator. Tick “Enabled” here, save, and enter your own password.")
    messages.info(request, sentence % {"name": operator.name}, "warn")
    return redirect("accounts:operator", operator.pk)


# ── What the buttons do ──────────────────────────────────────────────────────────────────────────────────────


def _enable(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
    actions.enable(user=operator, seen=seen, **who(request))
    messages.info(request, _("%(name)s can log in again.") % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _disable(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
    actions.disable(user=operator, seen=seen, **who(request))
    sentence = _("%(name)s is disabled: logged out, and the number that was held is back in the queue.")
    messages.info(request, sentence % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _delete(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
    actions.delete(user=operator, seen=seen, **who(request))
    messages.info(request, _("The account of %(name)s is deleted.") % {"name": operator.name}, "note")
    return redirect(request.get_full_path())


def _reset(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
    if operator.pk == request.user.pk:
        # It would end the very session in which the one-time password is to be shown.
        return redirect("accounts:password")
    return one_time.reset(request, operator, seen=seen)


def _end(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
    ended = logins.end_sessions(user=operator, seen=seen, **who(request))
    if operator.pk == request.user.pk:
        # As with a change of one's password: this browser stays.
        update_session_auth_hash(request, ended)
        sentence = _("You are logged out wherever else you were logged in.")
    else:
        sentence = _("%(name)s is logged out everywhere. A number that is held stays theirs while its hold lasts.")
    messages.info(request, sentence % {"name": operator.name}, "note")
    return redirect("accounts:operator", operator.pk)


def _unlock(request: OperatorRequest, operator: User, seen: str) -> HttpResponse:
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
