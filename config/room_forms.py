"""What may be entered about the room itself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.call_address import PLACE, SHAPE, TELEPHONE, call_address, is_call_address
from config.models import Room
from config.room_actions import stamp_of
from hwcall.forms import NameField, StampedForm

LONGEST_LEASE = 24 * 60
HIGHEST_GOAL = 100_000
# Nobody's: the block is kept for inventions of this kind, as in the demonstration room.
MADE_UP = "19900000000"
OWN = "own"


class NameAndLeaseForm(StampedForm):
    """What a new room is asked first."""

    name = NameField(
        label=_("Name of the room"),
        max_length=60,
        required=False,
        help_text=_("Shown on the login page and on printed sheets. May stay empty."),
    )
    lease_minutes = forms.IntegerField(
        label=_("Lease in minutes"),
        min_value=1,
        max_value=LONGEST_LEASE,
        error_messages={"required": _("Enter how many minutes a number stays with its agent, from 1 to 1,440.")},
        help_text=_(
            "A number stays with its agent for so long; an open sheet renews it. After that, it goes to the next "
            "agent. 30 minutes suit most rooms. Applies from the next number on."
        ),
    )

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, initial=self.shown(room) | {"stamp": stamp_of(room)}, **kwargs)

    @classmethod
    def shown(cls, room: Room) -> dict[str, Any]:
        return {"name": room.name, "lease_minutes": room.lease_minutes}

    def as_changes(self) -> dict[str, Any]:
        """The settings that the form stands for, as an action takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "stamp"}

    def changed_by(self, who: str, room: Room) -> None:
        """Say what ``who`` has made of the settings meanwhile."""
        shown = self.shown(room)
        differing = {name: value for name, value in shown.items() if value != self.cleaned_data.get(name)}
        self.meanwhile(
            who=who,
            stamp=stamp_of(room),
            standing={name: self.words_of(name, value) for name, value in differing.items()},
        )

    def words_of(self, name: str, value: Any) -> str:
        return "–" if value in (None, "") else str(value)


class RoomForm(NameAndLeaseForm):
    """All settings of the room."""

    WAYS = (
        (TELEPHONE, _("The telephone (tel:)")),
        (f"sip:{PLACE}", _("A soft phone by sip:")),
        (f"callto:{PLACE}", _("A soft phone by callto:")),
        (OWN, _("An address of one's own")),
    )

    daily_goal = forms.IntegerField(
        label=_("Daily goal"),
        min_value=1,
        max_value=HIGHEST_GOAL,
        required=False,
        help_text=_("Calls a day for each agent; the sheet shows how many are left. Empty: no goal."),
    )
    way = forms.ChoiceField(
        label=_("The Call button opens"), choices=WAYS, widget=forms.RadioSelect(attrs={"class": "form-check-input"})
    )
    pattern = forms.CharField(
        label=_("Address of one's own"),
        max_length=120,
        required=False,
        help_text=_("With {number} where the digits belong, such as sip:{number}@pbx.example"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pattern"].widget.attrs.update({"autocapitalize": "none", "spellcheck": "false"})

    @classmethod
    def shown(cls, room: Room) -> dict[str, Any]:
        known = room.call_address in dict(cls.WAYS)
        way = {"way": room.call_address, "pattern": ""} if known else {"way": OWN, "pattern": room.call_address}
        return super().shown(room) | {"daily_goal": room.daily_goal} | way

    def words_of(self, name: str, value: Any) -> str:
        return super().words_of(name, dict(self.WAYS)[value] if name == "way" else value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("way") == OWN and "pattern" in cleaned:
            try:
                refuse_no_telephone(cleaned["pattern"])
            except ValidationError as refusal:
                self.add_error("pattern", refusal)
        return cleaned

    def as_changes(self) -> dict[str, Any]:
        changes = super().as_changes()
        way, pattern = changes.pop("way"), changes.pop("pattern")
        return changes | {"call_address": pattern if way == OWN else way}

    def example(self, room: Room) -> str:
        """The address that a press on "Call" would open for a made-up number, as the form stands."""
        entered = self.is_bound and self.is_valid()
        return call_address(self.as_changes()["call_address"] if entered else room.call_address, MADE_UP)


def refuse_no_telephone(pattern: str) -> None:
    """Say what is wrong with an address to call, and how it is right. Raises ValidationError."""
    if is_call_address(pattern):
        return
    scheme = pattern.partition(":")[0]
    match = SHAPE.fullmatch(pattern)
    if pattern.count(PLACE) != 1:
        raise ValidationError(_("Write {number} once, where the digits belong: sip:{number}@pbx.example"))
    if match:
        sentence = _("%(scheme)s: opens a page or a program and no telephone. Begin with tel:, sip: or callto:.")
        raise ValidationError(sentence, params={"scheme": scheme})
    raise ValidationError(
        _("Begin with what opens the soft phone, such as sip:, and leave out blanks and Chinese characters.")
    )
