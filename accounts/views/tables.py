"""How an operator wants to see the tables, and the filters that they have given names."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from accounts import saved_filters, tables
from accounts.masking import holds_number
from accounts.models import SavedFilter
from hwcall import days
from hwcall.access import OperatorRequest, any_operator, page_and_form
from hwcall.addresses import safe_target
from hwcall.forms import NameField, ThemedForm


def _table(request: OperatorRequest) -> tables.Table:
    table = tables.TABLES.get(request.POST.get("table", ""))
    if table is None:
        raise Http404
    return table


@any_operator
@require_POST
def arrange(request: OperatorRequest) -> HttpResponse:
    """Keep the columns or the rows a page that were chosen; what makes no sense leaves all as it is."""
    table, size = _table(request), request.POST.get("size", "")
    if size in map(str, tables.SIZES):
        tables.show_rows(by=request.user, table=table, size=int(size))
    elif request.POST.get("do") in ("columns", "usual"):
        names = request.POST.getlist("column") if request.POST["do"] == "columns" else None
        tables.show_columns(by=request.user, table=table, names=names)
    return redirect(safe_target(request, request.POST.get("next", "")))


class SavedFilterForm(ThemedForm):
    """The name that the conditions of a table get."""

    name = NameField(
        label=pgettext_lazy("saved filter", "Name"),
        max_length=40,
        error_messages={"required": gettext_lazy("Enter a name for these conditions.")},
    )

    def __init__(self, data: QueryDict, request: OperatorRequest, table: tables.Table) -> None:
        super().__init__(data)
        today = timezone.localdate()
        self.request, self.table, self.exists = request, table, False
        query = saved_filters.worth_saving(QueryDict(data.get("query", "")), table.conditions, today)
        # Also one that some operator has for a user name: what is saved becomes an address.
        self.holds_number = any(holds_number(text) for _name, texts in QueryDict(query).lists() for text in texts)
        self.query = "" if self.holds_number else query
        # What makes no sense is not kept, and neither is what must stand in no address.
        meant = days.spelled_out(QueryDict(self.query), today)
        self.makes_sense = table.form is not None and table.form(meant, request.user, today).is_valid()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if holds_number(name):
            raise forms.ValidationError(_("No telephone number is kept in a saved filter. Enter another name."))
        return name

    def clean(self) -> dict[str, Any]:
        if self.holds_number:
            raise forms.ValidationError(
                _("No telephone number is kept in a saved filter. Query without it, and save then.")
            )
        if not self.query:
            raise forms.ValidationError(_("No condition is chosen. Choose some, query, and save them then."))
        if not self.makes_sense:
            raise forms.ValidationError(_("These conditions make no sense. Mend what the page marks, and save then."))
        if len(self.query) > saved_filters.LONGEST_QUERY:
            raise forms.ValidationError(_("These are too many conditions to keep. Choose fewer business types."))
        return self.cleaned_data

    def save(self) -> SavedFilter | None:
        """The filter as it is kept now; None where the form has to say why not."""
        try:
            return saved_filters.save(
                by=self.request.user, page=self.table.page, name=self.cleaned_data["name"], query=self.query,
                replace="replace" in self.data, now=timezone.now(),
            )  # fmt: skip
        except saved_filters.Taken:
            self.exists = True
            self.add_error("name", _("You have other conditions under this name. Replace them, or enter another name."))
        except saved_filters.TooMany:
            said = _("You have %(count)s saved filters for this page already. Delete one first.")
            self.add_error(None, said % {"count": saved_filters.MOST})
        return None


@any_operator
@page_and_form
def saved(request: OperatorRequest) -> HttpResponse:
    """One's own saved filters; a POST saves one, under a name that it may have to replace."""
    form = SavedFilterForm(request.POST, request, _table(request)) if request.method == "POST" else None
    if form and form.is_valid() and (kept := form.save()):
        messages.info(request, _("Saved as “%(name)s”.") % {"name": kept.name}, "note")
        return redirect(f"{reverse(kept.page)}?{kept.query}")
    own = SavedFilter.objects.filter(user=request.user).order_by("page", "name", "pk")
    rows = [(tables.TABLES[each.page], each) for each in own if each.page in tables.TABLES]
    return render(request, "accounts/saved_filters.html", {"form": form, "rows": rows}, status=422 if form else 200)


@any_operator
@require_POST
def forget(request: OperatorRequest, pk: int) -> HttpResponse:
    """Delete one of one's own saved filters."""
    found = saved_filters.find(by=request.user, pk=pk)
    if found is None:
        raise Http404
    found.delete()
    messages.info(request, _("The saved filter “%(name)s” is deleted.") % {"name": found.name}, "note")
    return redirect(safe_target(request, request.POST.get("next", "")))
