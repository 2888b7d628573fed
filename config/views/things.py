"""The pages on which carriers and regions are managed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config import actions, listing
from config.forms import CarrierForm, RegionForm, RenameCarrierForm, RenameForm, RenameRegionForm
from config.models import Carrier, Region
from config.uses import InUse
from config.views import words
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm
from hwcall.stamps import Changed


@dataclass(frozen=True)
class Kind:
    """What is listed on a page and how it is called there."""

    model: type[Carrier] | type[Region]
    form: type[CarrierForm] | type[RegionForm]
    rename_form: type[RenameForm]
    page: str
    item: str
    title: Promise
    new: Promise
    hint: Promise


CARRIERS = Kind(
    Carrier,
    CarrierForm,
    RenameCarrierForm,
    "config:carriers",
    "config:carrier",
    pgettext_lazy("module", "Carriers"),
    gettext_lazy("New carrier"),
    gettext_lazy("The enabled ones stand on the login page in this order."),
)
REGIONS = Kind(
    Region,
    RegionForm,
    RenameRegionForm,
    "config:regions",
    "config:region",
    pgettext_lazy("module", "Regions"),
    gettext_lazy("New region"),
    gettext_lazy("The enabled ones are offered for imports and for out-of-region orders in this order."),
)


@module_required("carriers")
@page_and_form
def carriers(request: OperatorRequest) -> HttpResponse:
    return _things(request, CARRIERS)


@module_required("carriers")
@page_and_form
def carrier(request: OperatorRequest, pk: int) -> HttpResponse:
    return _thing(request, CARRIERS, pk)


@module_required("regions")
@page_and_form
def regions(request: OperatorRequest) -> HttpResponse:
    return _things(request, REGIONS)


@module_required("regions")
@page_and_form
def region(request: OperatorRequest, pk: int) -> HttpResponse:
    return _thing(request, REGIONS, pk)


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────


def _things(request: OperatorRequest, kind: Kind) -> HttpResponse:
    if "do" in request.POST:
        return _row(request, kind)
    form = kind.form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = actions.add(model=kind.model, **form.cleaned_data, **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken, perhaps by a disabled one. Choose another one."))
        else:
            return words.say(request, _("%(name)s is added and offered at once."), added, kind.page)
    return _page(request, kind, form)


def _page(
    request: OperatorRequest, kind: Kind, form: Any, *, refused: str = "", offered: Carrier | Region | None = None
) -> HttpResponse:
    listed: list[Carrier | Region] = list(kind.model.objects.in_order())
    page = {
        "kind": kind,
        "form": form,
        "rows": listing.rows(listed),
        "stamp": actions.order_stamp(listed),
        "refused": refused,
        "offered": offered,
        "offered_stamp": actions.row_stamp(offered) if offered else "",
    }
    return render(request, "config/things.html", page, status=422 if refused or form.errors else 200)


def _row(request: OperatorRequest, kind: Kind) -> HttpResponse:
    verb, key, seen = RowForm(request.POST, verbs=words.VERBS).pressed()
    thing = kind.model.objects.filter(pk=key).first()
    if thing is None:
        return words.gone(request, kind.page)
    by = {"seen": seen, **who(request)}
    presses: dict[str, Callable[[], object]] = {
        "up": lambda: actions.move(thing=thing, step=-1, **by),
        "down": lambda: actions.move(thing=thing, step=1, **by),
        "enable": lambda: actions.set_enabled(thing=thing, enabled=True, **by),
        "disable": lambda: actions.set_enabled(thing=thing, enabled=False, **by),
        "delete": lambda: actions.delete(thing=thing, **by),
    }
    try:
        presses[verb]()
    except actions.Gone:
        return words.gone(request, kind.page)
    except actions.AlreadySo:
        return words.already(request, verb, thing, kind.page)
    except Changed as found:
        return words.changed(request, thing, found.standing, kind.page)
    except InUse as found:
        return _page(request, kind, kind.form(), refused=words.in_use(thing, found), offered=thing)
    return words.done(request, verb, thing, kind.page)


# ── One of them ──────────────────────────────────────────────────────────────────────────────────────────────


def _thing(request: OperatorRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = kind.model.objects.filter(pk=pk).first()
    if thing is None and request.method == "POST":
        return words.gone(request, kind.page)
    if thing is None:
        raise Http404
    form = kind.rename_form(request.POST if request.method == "POST" else None, thing=thing)
    if form.is_bound and form.is_valid() and (renamed := _rename(request, kind, form)):
        return renamed
    page = {"kind": kind, "form": form, "thing": form.thing}
    return render(request, "config/thing.html", page, status=422 if form.errors or form.changed else 200)


def _rename(request: OperatorRequest, kind: Kind, form: RenameForm) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    try:
        actions.rename(thing=form.thing, **form.as_arguments(), **who(request))
    except actions.NameTaken:
        form.add_error("name", _("This name is taken, perhaps by a disabled one. Choose another one."))
    except Changed as found:
        form.changed_by(words.who_renamed(found.standing), found.standing)
    except actions.Gone:
        return words.gone(request, kind.page)
    else:
        return redirect(kind.page)
    return None
