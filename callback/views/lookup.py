"""Number lookup: find a number, see its whole life, amend a result."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts import tables
from accounts.modules import Module
from callback import amendments
from callback.history import life_of
from callback.lookup import Place, find, phone_for
from callback.lookup_forms import AmendForm, LookupForm
from callback.models import Amendment, Call
from callback.tables import FOUND
from hwcall import pager
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from phones.numbers import display, mask

# What was asked for stands in the session: no address holds a number, and a reload asks again.
ASKED = "lookup"
SHOWN = ("agent", "carrier", "region", "type", "order_region", "standing_type", "standing_order_region")
AMENDED = ("by", "type_from", "type_to", "order_region_from", "order_region_to")
AGENTS_AMEND_VALID_ONES = gettext_lazy("It is not valid any more as it stands. An administrator can amend it.")
REFUSALS: dict[type[amendments.Refused], tuple[str | None, Any]] = {
    amendments.NotOpen: (None, AGENTS_AMEND_VALID_ONES),
    amendments.NotOffered: ("type", gettext_lazy("This business type was disabled meanwhile. Choose another one.")),
    amendments.NothingChanged: (
        None,
        gettext_lazy("Nothing would change. Choose another business type or order region, or correct the note."),
    ),
}


@module_required(Module.LOOKUP)
@page_and_form
def lookup(request: OperatorRequest) -> HttpResponse:
    """The numbers that were asked for; asking is a POST, and leads on to the page of a number that is the only one."""
    if request.method == "POST" and "reset" in request.POST:
        request.session.pop(ASKED, None)
        return redirect("callback:lookup")
    asked = request.session.get(ASKED, "")
    form = LookupForm(request.POST if request.method == "POST" else None, asked=asked)
    if form.is_bound and form.is_valid():
        return _ask(request, form.cleaned_data["query"])
    page = {"form": form, "asked": asked, **(_answer(request, asked) if asked and not form.errors else {})}
    return render(request, "callback/lookup.html", page, status=422 if form.errors else 200)


def _ask(request: OperatorRequest, query: str) -> HttpResponse:
    request.session[ASKED] = query
    only = find(query, reader=request.user).only
    return redirect("callback:number", only.phone.pk) if only and only.phone else redirect("callback:lookup")


def _answer(request: OperatorRequest, asked: str) -> dict[str, Any]:
    """What was found. A deleted number has no page of its own: where it is the only one, its life is told here."""
    table = tables.shown(request, FOUND)
    place = Place(after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=table.size)
    found = find(asked, reader=request.user, place=place)
    deleted = found.only if found.only and found.only.phone is None else None
    life = life_of(deleted.number, None, reader=request.user) if deleted else None
    links = pager.between(request.GET, found.before or None, found.after or None)
    return {"found": found, "table": table, "pager": replace(links, last=None), "deleted": deleted, "life": life}


@module_required(Module.LOOKUP)
@require_safe
def number(request: OperatorRequest, pk: int) -> HttpResponse:
    """A number as it stands, and all that ever happened to it."""
    phone = phone_for(request.user, pk)
    if phone is None:
        raise Http404
    life = life_of(phone.number, phone, reader=request.user)
    return render(request, "callback/number.html", {"phone": phone, "life": life})


@module_required(Module.LOOKUP)
@page_and_form
def amend(request: OperatorRequest, pk: int) -> HttpResponse:
    """A call as it was filed and as it stands; a POST lets it stand otherwise."""
    call, changed = _call(request, pk), False
    form = AmendForm(request.POST if request.method == "POST" else None, call=call)
    if form.is_bound and form.is_valid():
        try:
            made = amendments.amend(call=call, **form.cleaned_data, **who(request))
            return _amended(request, made)
        except amendments.NotThere:
            raise Http404 from None
        except amendments.Changed:
            call, changed = _call(request, pk), True
            form = form.again(call)
        except amendments.Refused as refusal:
            form.add_error(*REFUSALS[type(refusal)])
    page = {"call": call, "form": form, "changed": changed, "open": amendments.is_open(call, by=request.user)}
    page["amendments"] = call.amendments.select_related(*AMENDED).order_by("-ordinal")
    return render(request, "callback/amend.html", page, status=409 if changed else 422 if form.errors else 200)


def _call(request: OperatorRequest, pk: int) -> Call:
    try:
        call = amendments.calls_for(request.user).select_related(*SHOWN).filter(pk=pk).first()
    except OverflowError:
        call = None
    if call is None:
        raise Http404
    return call


def _amended(request: OperatorRequest, made: Amendment) -> HttpResponse:
    """Say it, and go back to the number; that of a deleted one is asked for again."""
    call = made.call
    whole = request.user.may_open(Module.WHOLE_NUMBERS)
    said = {"number": " ".join(display(call.number)) if whole else mask(call.number), "type": call.standing_type}
    messages.info(request, _("Amended: the call of %(number)s now stands as %(type)s.") % said, "note")
    if call.phone_id:
        return redirect("callback:number", call.phone_id)
    request.session[ASKED] = call.number
    return redirect("callback:lookup")
