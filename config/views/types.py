"""The pages on which business types are managed."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config import actions, listing, types
from config.forms import NewTypeForm, RenameTypeForm
from config.models import FIXED_CODES, BusinessType
from config.uses import MOST, STOCK, InUse, is_used, use_counts
from config.views import words
from hwcall.access import OperatorRequest, module_required, page_and_form, who
from hwcall.forms import RowForm
from hwcall.stamps import Changed

PAGE = "config:business_types"


@module_required("business_types")
@page_and_form
def business_types(request: OperatorRequest) -> HttpResponse:
    if "do" in request.POST:
        return _row(request)
    form = NewTypeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            added = types.add(**form.cleaned_data, **who(request))
        except actions.NameTaken:
            form.add_error("name", _("This name is taken. Choose another one."))
        except types.NoFreeCode:
            form.add_error("codes", _("Every code of this range is taken. Rename or delete one that is not used."))
        else:
            return words.say(request, _("%(name)s is added and stands on the sheets at once."), added, PAGE)
    return _page(request, form)


def _page(
    request: OperatorRequest, form: Any, *, refused: str = "", offered: BusinessType | None = None
) -> HttpResponse:
    listed = list(BusinessType.objects.current().in_order())
    page = {
        "form": form,
        "groups": listing.type_groups(listed),
        "stamp": actions.order_stamp(listed),
        "refused": refused,
        "offered": offered,
        "offered_stamp": actions.row_stamp(offered) if offered else "",
    }
    return render(request, "config/types.html", page, status=422 if refused or form.errors else 200)


def _row(request: OperatorRequest) -> HttpResponse:
    verb, key, seen = RowForm(request.POST, verbs=words.VERBS).pressed()
    type = BusinessType.objects.current().filter(pk=key).first()
    if type is None:
        return words.gone(request, PAGE)
    try:
        type = _press(request, verb, type, seen)
    except actions.Gone:
        return words.gone(request, PAGE)
    except actions.AlreadySo:
        return words.already(request, verb, type, PAGE)
    except Changed as found:
        return words.changed(request, type, found.standing, PAGE)
    except types.Fixed:
        refused = _(
            "28 and 29 are fixed, since the re-queue relies on them. For another outcome, add a type among 21 to 26."
        )
        return _page(request, NewTypeForm(), refused=refused)
    except InUse as found:
        return _page(request, NewTypeForm(), refused=words.in_use(type, found), offered=type)
    return words.done(request, verb, type, PAGE)


def _press(request: OperatorRequest, verb: str, type: BusinessType, seen: str) -> BusinessType:
    """The type as it stands then, or stood."""
    by = {"seen": seen, **who(request)}
    presses: dict[str, Callable[[], BusinessType]] = {
        "up": lambda: types.move(type=type, step=-1, **by),
        "down": lambda: types.move(type=type, step=1, **by),
        "enable": lambda: types.set_enabled(type=type, enabled=True, **by),
        "disable": lambda: types.set_enabled(type=type, enabled=False, **by),
        "delete": lambda: types.remove(type=type, **by),
    }
    return presses[verb]()


@module_required("business_types")
@page_and_form
def business_type(request: OperatorRequest, pk: int) -> HttpResponse:
    type = BusinessType.objects.current().exclude(code__in=FIXED_CODES).filter(pk=pk).first()
    if type is None and request.method == "POST":
        return words.gone(request, PAGE)
    if type is None:
        raise Http404
    form = RenameTypeForm(
        request.POST if request.method == "POST" else None, type=type, used=is_used(type, besides=STOCK)
    )
    if form.is_bound and form.is_valid() and (renamed := _rename(request, form)):
        return renamed
    page = {"form": form, "type": form.thing, "used": use_counts([type])[type.pk], "most": MOST}
    return render(request, "config/type.html", page, status=422 if form.errors or form.changed else 200)


def _rename(request: OperatorRequest, form: RenameTypeForm) -> HttpResponse | None:
    """Where to go on; None where the form has to say why not."""
    rename = types.replace if form.cleaned_data.get("choice") == "meaning" else types.respell
    try:
        rename(type=form.thing, **form.as_arguments(), **who(request))
    except actions.NameTaken:
        form.add_error("name", _("This name is taken. Choose another one."))
    except Changed as found:
        form.changed_by(words.who_renamed(found.standing), found.standing)
    except actions.Gone:
        return words.gone(request, PAGE)
    else:
        return redirect(PAGE)
    return None
