"""What the pages of the configuration tell whoever has pressed something."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.actions import Thing, kind_of
from config.record import who_last
from config.uses import InUse
from hwcall.access import OperatorRequest

# The buttons of a row.
VERBS = ("up", "down", "enable", "disable", "delete")


def say(request: OperatorRequest, sentence: str, thing: object, page: str, tone: str = "note") -> HttpResponse:
    """Tell it on the page that comes next."""
    messages.info(request, sentence % {"name": thing}, tone)
    return redirect(page)


def done(request: OperatorRequest, verb: str, thing: Thing, page: str) -> HttpResponse:
    sentences = {
        "enable": _("%(name)s is offered again."),
        "disable": _("%(name)s is no longer offered. What is on record stays readable."),
        "delete": _("%(name)s is deleted."),
    }
    if verb == "delete" and getattr(thing, "retired_at", None):
        sentences["delete"] = _("%(name)s is taken away. What is on record stays readable.")
    return say(request, sentences[verb], thing, page) if verb in sentences else redirect(page)


def already(request: OperatorRequest, verb: str, thing: Thing, page: str) -> HttpResponse:
    sentences = {
        "enable": _("%(name)s was enabled already; nothing was changed."),
        "disable": _("%(name)s was disabled already; nothing was changed."),
    }
    return say(request, sentences[verb], thing, page, "warn")


def gone(request: OperatorRequest, page: str) -> HttpResponse:
    sentence = _(
        "It is no longer there: somebody has deleted or replaced it meanwhile. This is the list as it stands now."
    )
    return say(request, sentence, "", page, "warn")


def changed(request: OperatorRequest, thing: Thing, standing: Thing | None, page: str) -> HttpResponse:
    """Nothing was done, since the row, or where no row is ``standing`` the list, is no longer what was shown."""
    if standing is None:
        return _reordered(request, thing, page)
    verbs = ("add", "rename", "replace", "enable", "disable")
    who = who_last([f"{kind_of(standing)}.{verb}" for verb in verbs], about=standing) or _("Somebody")
    sentence = _(
        "%(who)s has changed %(name)s meanwhile, so nothing was done. "
        "This is how it stands now; press once more if it is still meant."
    )
    messages.info(request, sentence % {"who": who, "name": standing}, "warn")
    return redirect(page)


def _reordered(request: OperatorRequest, thing: Thing, page: str) -> HttpResponse:
    verbs = ("add", "move", "delete", "replace")
    who = who_last([f"{kind_of(thing)}.{verb}" for verb in verbs]) or _("Somebody")
    sentence = _("%(name)s has changed the list meanwhile, so nothing was moved. This is how it stands now.")
    return say(request, sentence, who, page, "warn")


def in_use(thing: Thing, found: InUse) -> str:
    if thing.enabled:
        sentence = _("%(name)s is in use and cannot be deleted (%(uses)s). Disable it: then it is no longer offered.")
    else:
        sentence = _("%(name)s is in use and cannot be deleted (%(uses)s). It is disabled and no longer offered.")
    return sentence % {"name": thing, "uses": found}


def who_renamed(thing: Thing) -> str:
    """Who has given a thing the name that it has now, as far as the log tells."""
    return who_last([f"{kind_of(thing)}.{verb}" for verb in ("add", "rename", "replace")], about=thing)
