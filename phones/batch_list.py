"""The list of batches: which of them are meant."""

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.masking import holds_number
from config.models import Carrier, Region
from phones.days_form import DaysForm
from phones.models import Batch

STATES = [(state.value, state.label) for state in Batch.State if state != Batch.State.CANCELLED]


class BatchFilter(DaysForm):
    """Which batches are meant."""

    name = forms.CharField(label=pgettext_lazy("batch", "Name"), max_length=80, required=False)
    kind = forms.ChoiceField(
        label=pgettext_lazy("batch", "Numbers"), choices=[("", _("All")), *Batch.Kind.choices], required=False
    )
    state = forms.ChoiceField(label=pgettext_lazy("batch", "State"), choices=[("", _("All")), *STATES], required=False)
    carrier = forms.ModelChoiceField(
        Carrier.objects.in_order(), label=_("Carrier"), empty_label=_("All"), required=False
    )
    region = forms.ModelChoiceField(Region.objects.in_order(), label=_("Region"), empty_label=_("All"), required=False)

    field_order = ("name", "kind", "state", "carrier", "region", "start", "end")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if holds_number(name):
            raise forms.ValidationError(
                _("A number is looked for under Number lookup; here batches are found by name.")
            )
        return name

    def batches(self) -> QuerySet[Batch]:
        """The batches that are meant. Only for a form that is valid."""
        chosen = self.cleaned_data
        batches = self.of_days(Batch.objects.shown(), "at")
        for name in ("kind", "state", "carrier", "region"):
            if chosen[name]:
                batches = batches.filter(**{name: chosen[name]})
        if words := chosen["name"]:
            batches = batches.filter(Q(name__icontains=words) | Q(file_name__icontains=words))
        return batches
