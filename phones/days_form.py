"""The first and the last day of what a list shows, as fields that its filter has among others."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hwcall.forms import ThemedForm

# Beyond these a day of the room would have no place on a calendar of UTC; nobody calls there.
DAYS = (MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2999, 12, 31)))


class DayField(forms.DateField):
    """A day of the room in a filter, as a browser and an address write it (2026-11-24); it may stay empty."""

    default_validators = [*DAYS]
    default_error_messages = {"invalid": gettext_lazy("This is no day. Enter one as 2026-11-24.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, input_formats=["%Y-%m-%d"], **options)


class DaysForm(ThemedForm):
    """A filter with days; a choice that is not offered is said beside its field."""

    start = DayField()
    end = DayField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = _("There is no such choice. Choose another one.")

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first. Change one of the two."))
        return self.cleaned_data

    def of_days(self, queryset: QuerySet[Any], moment: str) -> QuerySet[Any]:
        """The rows whose ``moment`` lies on the chosen days. Only for a form that is valid."""
        if start := self.cleaned_data["start"]:
            queryset = queryset.filter(**{f"{moment}__gte": midnight(start)})
        if end := self.cleaned_data["end"]:
            queryset = queryset.filter(**{f"{moment}__lt": midnight(end + timedelta(days=1))})
        return queryset


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
