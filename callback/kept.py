"""Parts of the sheet that are the same at many presses, kept by each process as they were rendered.

They are kept by all that they show, so that none is ever older than what it shows. Nine of the ten recent calls stood
there at the press before, and what a carrier has left is counted each ten seconds: rendered anew each time, these two
took a quarter of a press.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.models import User
from accounts.modules import Module
from callback.models import Call
from callback.supply import Line
from config.models import Carrier
from hwcall.templatetags.hwcall import grouped, masked


class Row(NamedTuple):
    """A recent call as the sheet shows it; ``phone_id`` only where it leads to the number."""

    pk: int
    filed_at: datetime
    # Masked, where whoever looks may not see it whole.
    number: SafeString
    phone_id: int | None
    tone: str
    type: str
    late: bool


class Choice(NamedTuple):
    """A carrier as its menu shows it."""

    pk: int
    name: str
    product: str
    left: int
    more: bool


class CarrierMenu(NamedTuple):
    """The menu's two halves."""

    chosen: SafeString
    choices: SafeString


def rows(calls: Iterable[Call], agent: User) -> list[SafeString]:
    """Recent calls as rows of a table, in their order, as the agent may see them."""
    language = get_language()
    has_lookup, whole = agent.may_open(Module.LOOKUP), agent.may_open(Module.WHOLE_NUMBERS)
    return [_row(_shown(call, has_lookup, whole), language) for call in calls]


def _shown(call: Call, has_lookup: bool, whole: bool) -> Row:
    type = call.standing_type
    number = grouped(call.number) if whole else masked(call.number)
    phone_id = call.phone_id if has_lookup else None
    return Row(call.pk, call.filed_at, number, phone_id, type.tone, str(type.label), call.late)


@lru_cache(maxsize=20_000)
def _row(call: Row, language: str) -> SafeString:
    return render_to_string("callback/_recent_call.html", {"call": call})


def carrier_menu(lines: Sequence[Line], chosen: Carrier | None, *, has_number: bool) -> CarrierMenu:
    """The carriers to choose from, with what they have left; ``has_number``: another choice gives one back."""
    choices = [Choice(line.carrier.pk, line.carrier.name, line.carrier.product, line.left, line.more) for line in lines]
    return _carrier_menu(tuple(choices), chosen.pk if chosen else None, has_number, get_language())


@lru_cache(maxsize=1_000)
def _carrier_menu(choices: tuple[Choice, ...], chosen: int | None, has_number: bool, language: str) -> CarrierMenu:
    page = {
        "choices": choices,
        "chosen": next((choice for choice in choices if choice.pk == chosen), None),
        "has_number": has_number,
    }
    parts = ("callback/_carrier_chosen.html", "callback/_carrier_choices.html")
    return CarrierMenu(*(render_to_string(part, page) for part in parts))
