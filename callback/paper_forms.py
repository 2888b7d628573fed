"""What may be entered about sheets of paper: how many numbers for whom, and the result of one line."""

import re
import unicodedata
from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.modules import Module
from callback import paper
from callback.models import Call
from config.models import BusinessType, Carrier, Region
from hwcall.forms import ThemedForm
from phones.models import PaperLine, PaperSheet

TODAY, TOMORROW = "today", "tomorrow"
UNTIL = ((TODAY, _("The end of today")), (TOMORROW, _("Tomorrow at noon")))
# The code of a line and the business type, with anything between them that is no digit, or nothing.
ENTRY = re.compile(r"(\d{4})\D*(\d{2})")


def end_of(choice: str, now: datetime) -> datetime:
    """Until when the numbers of a sheet are kept."""
    today = timezone.localdate(now)
    if choice == TOMORROW:
        return timezone.make_aware(datetime.combine(today + timedelta(days=1), time(12)))
    return timezone.make_aware(datetime.combine(today + timedelta(days=1), time()))


class FindForm(ThemedForm):
    """A sheet by its number, as it stands at the top of the paper; or all sheets of one agent."""

    sheet = forms.IntegerField(label=_("Sheet number"), required=False, min_value=1, max_value=2**63 - 1)
    agent = forms.ModelChoiceField(User.objects.all(), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_sheet(self) -> PaperSheet | None:
        if self.cleaned_data["sheet"] is None:
            return None
        sheet = PaperSheet.objects.select_related("agent").filter(pk=self.cleaned_data["sheet"]).first()
        if sheet is None or not paper.may_work_for(self.by, sheet.agent):
            raise ValidationError(gettext("You have no sheet with this number. It stands at the top of the paper."))
        return sheet


class TakeForm(ThemedForm):
    """A sheet to be taken: by an administrator for any agent who may call, by an agent for themselves."""

    agent = forms.ModelChoiceField(User.objects.none(), label=_("Agent"), empty_label=None)
    carrier = forms.ModelChoiceField(Carrier.objects.enabled().in_order(), label=_("Carrier"), empty_label=None)
    how_many = forms.IntegerField(
        label=_("How many numbers"),
        min_value=1,
        max_value=paper.MOST,
        initial=20,
    )
    until = forms.ChoiceField(
        label=_("Kept until"),
        choices=UNTIL,
        help_text=_("What is not keyed in by then goes back to the queue by itself."),
    )
    request_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = gettext("At most %(most)s, which is one sheet of A4.") % {"most": paper.MOST}
        self.fields["how_many"].help_text = most
        callers = User.objects.enabled().order_by("name", "pk")
        able = [user.pk for user in callers if user.may_open(Module.SHEET)] if by.is_administrator else [by.pk]
        cast(forms.ModelChoiceField, self.fields["agent"]).queryset = callers.filter(pk__in=able)
        self.alone = not by.is_administrator
        if self.alone:
            self.fields["agent"].widget = forms.HiddenInput()

    def as_arguments(self, now: datetime) -> dict[str, Any]:
        arguments = dict(self.cleaned_data)
        return arguments | {"until": end_of(arguments["until"], now)}

    def anew(self) -> None:
        """Let the next press be another request than the one that was refused."""
        self.data = cast(QueryDict, self.data).copy()
        self.data["request_id"] = str(uuid4())


class KeyForm(ThemedForm):
    """The result of one line: its code and the business type in one field, as fast as one can type."""

    entry = forms.CharField(
        label=_("Code and business type"),
        max_length=40,
        help_text=_("The four digits of the line, then the two of the business type, then Enter: 0742 11"),
    )
    order_region = forms.ModelChoiceField(
        Region.objects.enabled().in_order(),
        label=_("Out-of-region order"),
        required=False,
        empty_label=_("Home region"),
        error_messages={"invalid_choice": _("This region was disabled meanwhile. Choose another one.")},
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, sheet: PaperSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        # What the line can be corrected to by another press, where it is filed as something else.
        self.correction: BusinessType | None = None
        self.fields["entry"].widget.attrs.update({"inputmode": "numeric", "autofocus": True, "autocomplete": "off"})

    def clean_entry(self) -> tuple[PaperLine, BusinessType]:
        typed = unicodedata.normalize("NFKC", self.cleaned_data["entry"]).strip()
        found = ENTRY.fullmatch(typed) if typed.isascii() else None
        if not found:
            raise ValidationError(
                gettext("Four digits of the line and two of the business type are needed, such as 0742 11.")
            )
        return self._line(found[1]), self._type(int(found[2]))

    def _line(self, code: str) -> PaperLine:
        number = int(code[:2])
        line = PaperLine.objects.filter(sheet=self.sheet, line=number).select_related("sheet__agent").first()
        if line is None:
            raise ValidationError(
                gettext("Sheet %(sheet)s has no line %(line)s. Look at the sheet's number at the top of the paper.")
                % {"sheet": self.sheet.pk, "line": number}
            )
        if code != paper.code_of(self.sheet.pk, number):
            raise ValidationError(
                gettext("%(code)s is no code of sheet %(sheet)s: a digit is wrong, or the line is another sheet's.")
                % {"code": code, "sheet": self.sheet.pk}
            )
        return line

    def _type(self, code: int) -> BusinessType:
        offered = BusinessType.objects.on_offer().filter(code=code).first()
        if offered is None:
            raise ValidationError(
                gettext("There is no business type %(code)s, or it was disabled. Choose one of those below.")
                % {"code": code}
            )
        return offered

    def offer_correction(self, filed: Call) -> None:
        """Say that the line is filed already, and offer what was entered instead."""
        _line, self.correction = self.cleaned_data["entry"]
        sentence = gettext("This line is filed as %(type)s already.")
        self.add_error("entry", sentence % {"type": filed.standing_type})

    def as_arguments(self) -> dict[str, Any]:
        arguments = dict(self.cleaned_data)
        line, type = arguments.pop("entry")
        return arguments | {"line": line, "type": type}
