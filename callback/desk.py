"""What the callback sheet shows: which of its states it is in, and the figures and calls beside it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.modules import Module
from callback import supply
from callback.actions import UNDO_SECONDS
from callback.forms import SKIP_REASONS
from callback.models import Call, Tally
from config.models import BusinessType, Carrier, Region, Room
from phones.models import PLACES_A_BATCH, Event, Phone

RECENT = 10
EARLIER = 2
# From this many types in a group, the buttons stand in three columns.
MANY = 7


@dataclass(frozen=True)
class Recall:
    """A number that a list excluded while it was on this sheet."""

    event: Event
    phone: Phone


def recall_of(agent: User, seen: str | None, now: datetime) -> Recall | None:
    """The recall that the agent has not answered yet: no call filed for it, and not passed over."""
    event = Event.objects.filter(agent=agent).select_related("phone", "batch", "by").order_by("-at", "-pk").first()
    if event is None or event.kind != Event.Kind.RECALL or event.token is None or event.phone is None:
        return None
    # Longer ago than a day, nobody is on the telephone with it any more.
    over = str(event.token) == seen or (now - event.at).days > 0
    if over or Call.objects.filter(token=event.token).exists():
        return None
    return Recall(event, event.phone)


def types() -> dict:
    """The buttons: valid types with booking at their end, invalid ones with the fixed two in the last row."""
    offered = list(BusinessType.objects.on_offer().in_order())
    valid = [type for type in offered if type.valid and type.tone != "booking"]
    booking = [type for type in offered if type.tone == "booking"]
    invalid = [type for type in offered if not type.valid and not type.fixed]
    fixed = [type for type in offered if type.fixed]
    many = max(len(valid) + len(booking), len(invalid) + len(fixed)) >= MANY
    return {"valid": valid + booking, "invalid": invalid + fixed, "many": many}


def last_call(agent: User, recent: list[Call], now: datetime) -> dict:
    """The line over the number: what was filed last, and for how many seconds it can be taken back."""
    call = recent[0] if recent else None
    if call is None:
        return {"last": None, "undo_left": 0}
    left = max(0, round(UNDO_SECONDS - (now - call.filed_at).total_seconds()))
    # Only the very last call can be taken back, also where that one was taken back already.
    newest = left and Call.objects.by(agent).newest_first().filter(late=False).values_list("pk", flat=True).first()
    return {"last": call, "undo_left": left if newest == call.pk else 0}


def figures(agent: User, now: datetime) -> dict:
    """The day's own figures, as they stand."""
    today = Tally.objects.today(agent, timezone.localdate(now))
    goal = Room.objects.values_list("daily_goal", flat=True).first()
    share = 100 * today["valid"] / today["total"] if today["total"] else None
    return {"today": today, "share": share, "goal": goal, "goal_left": max(0, goal - today["total"]) if goal else None}


def earlier_calls(phone: Phone) -> list[Call]:
    """What came of this number before, the newest first."""
    return list(phone.calls.standing().newest_first().select_related("standing_type", "agent")[: EARLIER + 1])


def context(agent: User, carrier: Carrier | None, phone: Phone | None, *, seen: str | None, now: datetime) -> dict:
    """Everything that the sheet's template names."""
    recent = list(Call.objects.by(agent).standing().newest_first().select_related("standing_type", "region")[:RECENT])
    recall = None if phone else recall_of(agent, seen, now)
    shown = phone or (recall.phone if recall else None)
    page = {
        "carrier": carrier,
        "recent": recent,
        "has_lookup": agent.may_open(Module.LOOKUP),
        "recall": recall,
        "phone": phone,
        "now": now,
        **last_call(agent, recent, now),
        **figures(agent, now),
    }
    if shown:
        page |= {
            "shown": shown,
            "token": shown.token or (recall and recall.event.token),
            "request_id": uuid4(),
            "types": types(),
            "regions": Region.objects.enabled().in_order(),
            "earlier": earlier_calls(shown),
            "skip_reasons": SKIP_REASONS,
            "held_seconds": int((now - (shown.taken_at or now)).total_seconds()),
            "ordinal": shown.place % PLACES_A_BATCH if shown.place // PLACES_A_BATCH == shown.batch_id else None,
        }
    elif carrier:
        page |= _without_number(agent, carrier, now)
    page["lines"] = supply.lines(agent, now)
    return page


def _without_number(agent: User, carrier: Carrier, now: datetime) -> dict:
    line = supply.line(agent, carrier, now)
    if line.left or Phone.objects.of_carrier(carrier).in_regions(agent.region_ids).lease_ended(now).exists():
        return {"line": line, "lease": Room.objects.get().lease_minutes}
    return {"line": None, "shortage": supply.shortage(agent, carrier, now)}


# What an agent is told whose result came after the hold had ended, by how it had ended.
LATE = {
    Event.Kind.RECALL: _("The number was excluded meanwhile: your call counts, the number stays excluded."),
    Event.Kind.LEASE_END: _("Your hold had run out meanwhile. Your result is kept as a late one."),
    Event.Kind.FREE: _("An administrator had freed the number meanwhile. Your result is kept as a late one."),
}


def late_words(call: Call) -> str:
    """Why a call is a late one."""
    return str(LATE[Event.Kind(Event.objects.values_list("kind", flat=True).get(token=call.token))])


def too_late_words(agent: User) -> str:
    """What is left to do where a call cannot be taken back any more."""
    if agent.may_open(Module.LOOKUP):
        return gettext("Too late to take back. Amend it in Number lookup.")
    return gettext("Too late to take back. An administrator can amend it.")
