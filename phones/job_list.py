"""The list of jobs: which of them are meant."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from phones.days_form import DaysForm
from phones.models import Job


class JobFilter(DaysForm):
    """Which jobs are meant: for an administrator anybody's, for others among their own."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *Job.Kind.choices], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("All")), *Job.State.choices], required=False)
    by = forms.ModelChoiceField(
        User.objects.none(), label=_("Asked for by"), empty_label=_("Everybody"), required=False
    )

    field_order = ("kind", "state", "by", "start", "end")

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        if user.is_administrator:
            asked = User.objects.filter(pk__in=Job.objects.order_by().values("by"))
            self.fields["by"].queryset = asked.order_by("name", "pk")  # type: ignore[attr-defined]
        else:
            del self.fields["by"]

    def jobs(self) -> QuerySet[Job]:
        """The jobs that are meant. Only for a form that is valid."""
        jobs = Job.objects.all() if self.user.is_administrator else Job.objects.filter(by=self.user)
        for name in ("kind", "state", "by"):
            if chosen := self.cleaned_data.get(name):
                jobs = jobs.filter(**{name: chosen})
        return self.of_days(jobs, "created_at")
