"""The pages on which carriers, regions and business types are managed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config import actions, listing, types
from config.forms import CarrierForm, NewTypeForm, RegionForm, RenameTypeForm
from config.models import FIXED_CODES, BusinessType, Carrier, Region
from config.uses import InUse
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm

VERBS = ("up", "down", "enable", "disable", "delete")


@dataclass(frozen=True)
class Kind:
    """What is listed on a page and how it is called there."""

    model: type[Carrier] | type[Region]
    form: type[CarrierForm] | type[RegionForm]
    page: str
    item: str
    title: Promise
    new: Promise
    hint: Promise


CARRIERS = Kind(
    Carrier,
    CarrierForm,
    "config:carriers",
    "config:carrier",
    pgettext_lazy("module", "Carriers"),
    gettext_lazy("New carrier"),
    gettext_lazy("The enabled ones stand on the login page in this order."),
)
REGIONS = Kind(
    Region,
    RegionForm,
    "config:regions",
    "config:region",
    pgettext_lazy("module", "Regions"),
    gettext_lazy("New region"),
    gettext_lazy("The enabled ones are offered for imports and for out-of-region orders in this order."),
)


def _gone(request: OperatorRequest, page: str) -> HttpResponse:
    messages.info(request, _("It is no longer there: somebody has deleted or replaced it meanwhile."), "warn")
    return redirect(page)


def _in_use(thing: object, found: InUse) -> str:
    sentence = _("%(name)s is in use and cannot be deleted (%(uses)s). Disable it: then it is no longer offered.")
    return sentence % {"name": thing, "uses": found}


# ── Carriers and regions ─────────────────────────────────────────────────────────────────────────────────────


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


def _things(request: OperatorRequest, kind: Kind) -> HttpResponse:
    if "do" in request.POST:
        return _thing_row(request, kind)
    form = kind.form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = actions.add(model=kind.model, **form.cleaned_data, **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken, perhaps by a disabled one. Choose another one."))
        else:
            messages.info(request, _("%(name)s is added and offered at once.") % {"name": added}, "note")
            return redirect(kind.page)
    return _things_page(request, kind, form)


def _things_page(
    request: OperatorRequest, kind: Kind, form: Any, *, refused: str = "", offered: object = None
) -> HttpResponse:
    page = {"kind": kind, "form": form, "rows": listing.rows(kind.model.objects.all())}
    status = 422 if refused or form.errors else 200
    return render(request, "config/things.html", page | {"refused": refused, "offered": offered}, status=status)


def _thing_row(request: OperatorRequest, kind: Kind) -> HttpResponse:
    verb, key = RowForm(request.POST, verbs=VERBS).pressed()
    thing = kind.model.objects.filter(pk=key).first()
    if thing is None:
        return _gone(request, kind.page)
    by = who(request)
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
        return _gone(request, kind.page)
    except InUse as found:
        return _things_page(request, kind, kind.form(), refused=_in_use(thing, found), offered=thing)
    return _told(request, verb, thing, kind.page)


def _told(request: OperatorRequest, verb: str, thing: object, page: str) -> HttpResponse:
    sentences = {
        "enable": _("%(name)s is offered again."),
        "disable": _("%(name)s is no longer offered. What is on record stays readable."),
        "delete": _("%(name)s is deleted."),
    }
    if sentence := sentences.get(verb):
        messages.info(request, sentence % {"name": thing}, "note")
    return redirect(page)


def _thing(request: OperatorRequest, kind: Kind, pk: int) -> HttpResponse:
    thing = cast(Carrier | Region, get_object_or_404(kind.model.objects.all(), pk=pk))
    initial = {"name": thing.name, "product": getattr(thing, "product", "")}
    form = kind.form(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            actions.rename(thing=thing, **form.cleaned_data, **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken, perhaps by a disabled one. Choose another one."))
        except actions.Gone:
            return _gone(request, kind.page)
        else:
            return redirect(kind.page)
    page = {"kind": kind, "form": form, "thing": thing}
    return render(request, "config/thing.html", page, status=422 if form.errors else 200)


# ── Business types ───────────────────────────────────────────────────────────────────────────────────────────


@module_required("business_types")
@page_and_form
def business_types(request: OperatorRequest) -> HttpResponse:
    if "do" in request.POST:
        return _type_row(request)
    form = NewTypeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = types.add(**form.cleaned_data, **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken. Choose another one."))
        except types.NoFreeCode:
            form.add_error("codes", _("Every code of this range is taken. Rename or delete one that is not used."))
        else:
            messages.info(request, _("%(name)s is added and stands on the sheets at once.") % {"name": added}, "note")
            return redirect("config:business_types")
    return _types_page(request, form)


def _types_page(request: OperatorRequest, form: Any, *, refused: str = "", offered: object = None) -> HttpResponse:
    page = {"form": form, "groups": listing.type_groups(), "refused": refused, "offered": offered}
    return render(request, "config/types.html", page, status=422 if refused or form.errors else 200)


def _type_row(request: OperatorRequest) -> HttpResponse:
    verb, key = RowForm(request.POST, verbs=VERBS).pressed()
    type = BusinessType.objects.current().filter(pk=key).first()
    if type is None:
        return _gone(request, "config:business_types")
    by = who(request)
    presses: dict[str, Callable[[], object]] = {
        "up": lambda: types.move(type=type, step=-1, **by),
        "down": lambda: types.move(type=type, step=1, **by),
        "enable": lambda: types.set_enabled(type=type, enabled=True, **by),
        "disable": lambda: types.set_enabled(type=type, enabled=False, **by),
        "delete": lambda: types.remove(type=type, **by),
    }
    try:
        presses[verb]()
    except actions.Gone:
        return _gone(request, "config:business_types")
    except types.Fixed:
        return _types_page(request, NewTypeForm(), refused=_("28 and 29 are fixed: the re-queue relies on them."))
    except InUse as found:
        return _types_page(request, NewTypeForm(), refused=_in_use(type, found), offered=type)
    return _told(request, verb, type, "config:business_types")


@module_required("business_types")
@page_and_form
def business_type(request: OperatorRequest, pk: int) -> HttpResponse:
    type = get_object_or_404(BusinessType.objects.current().exclude(code__in=FIXED_CODES), pk=pk)
    used = InUse(type)
    form = RenameTypeForm(request.POST if request.method == "POST" else None, type=type, used=bool(used.uses))
    if form.is_bound and form.is_valid():
        rename = types.replace if form.cleaned_data.get("choice") == "meaning" else types.respell
        try:
            rename(type=type, name=form.cleaned_data["name"], **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken. Choose another one."))
        except actions.Gone:
            return _gone(request, "config:business_types")
        else:
            return redirect("config:business_types")
    page = {"form": form, "type": type, "uses": used}
    return render(request, "config/type.html", page, status=422 if form.errors else 200)
