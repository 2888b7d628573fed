"""What the pages of the operators tell whoever has pressed something that cannot be done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from config.uses import InUse
from hwcall.access import OperatorRequest

ACCOUNT_CHANGES = ("operator.create", "operator.edit", "operator.enable", "operator.disable")
LOGIN_CHANGES = (
    "operator.reset_password",
    "operator.end_sessions",
    "operator.disable",
    "operator.edit",
    "password.change",
)


def gone(request: OperatorRequest) -> HttpResponse:
    sentence = _(
        "This operator is no longer there: somebody has deleted the account meanwhile. "
        "If it is still needed, create it anew."
    )
    messages.info(request, sentence, "warn")
    return redirect("accounts:operators")


def changed(request: OperatorRequest, operator: User, verbs: tuple[str, ...], page: str) -> HttpResponse:
    """Nothing was done to an operator, since one of these was done by somebody else before."""
    culprit = audit.who_last(verbs, about=operator.username) or _("Somebody")
    sentence = _(
        "%(who)s has changed %(name)s meanwhile, so nothing was done. "
        "This is how it stands now; press once more if it is still meant."
    )
    messages.info(request, sentence % {"who": culprit, "name": operator.name}, "warn")
    return redirect(page)


def in_use(operator: User, uses: InUse) -> str:
    if operator.is_active:
        sentence = _("%(name)s cannot be deleted, since the records name this operator: %(uses)s. Disable it instead.")
    else:
        sentence = _("%(name)s cannot be deleted, since the records name this operator: %(uses)s. It is disabled.")
    return sentence % {"name": operator, "uses": uses}


def last_administrator(operator: User) -> str:
    sentence = _("One administrator must stay enabled. Enable another one before you disable or demote %(name)s.")
    return sentence % {"name": operator.name}
