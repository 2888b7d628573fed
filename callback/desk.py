"""What the callback sheet shows: which of its states it is in, and the figures and calls beside it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.modules import Module
from callback import desk_sql, kept, supply
from callback.actions import UNDO_SECONDS
from callback.forms import SKIP_REASONS
from callback.models import Call
from config.call_address import call_address
from config.lists import Lists, lists_of
from config.models import Carrier, Room
from phones.models import PLACES_A_BATCH, Event, PaperLine, Phone

RECENT = 10
EARLIER = 2
# From this many types in a group, the buttons stand in three columns.
MANY = 7


@dataclass(frozen=True)
class Recall:
    """A number that a list excluded while it was on this sheet."""

    event: Event
    phone: Phone


def last_event(agent: User) -> Event | None:
    """How the agent's last hold that brought no call has ended; what becomes of paper is told on its own page."""
    on_paper = PaperLine.objects.filter(token=OuterRef("token"))
    ended = Event.objects.filter(agent=agent, token__isnull=False).exclude(Exists(on_paper))
    return ended.select_related("phone", "batch", "by").order_by("-at", "-pk").first()


def recall_of(agent: User, event: Event | None, seen: str | None, now: datetime) -> Recall | None:
    """The recall that the agent has not answered yet: no call filed for it, and not passed over."""
    if event is None or event.kind != Event.Kind.RECALL or event.token is None or event.phone is None:
        return None
    # Longer ago than a day, nobody is on the telephone with it any more.
    over = str(event.token) == seen or (now - event.at).days > 0
    if over or Call.objects.filter(token=event.token).exists():
        return None
    return Recall(event, event.phone)


def types(lists: Lists) -> dict:
    """The buttons: valid types with booking at their end, invalid ones with the fixed two in the last row."""
    offered = lists.types_on_offer
    valid = [type for type in offered if type.valid and type.tone != "booking"]
    booking = [type for type in offered if type.tone == "booking"]
    invalid = [type for type in offered if not type.valid and not type.fixed]
    fixed = [type for type in offered if type.fixed]
    many = max(len(valid) + len(booking), len(invalid) + len(fixed)) >= MANY
    return {"valid": valid + booking, "invalid": invalid + fixed, "many": many}


def last_call(look: desk_sql.Look, now: datetime) -> dict:
    """The line over the number: what was filed last, and for how many seconds it can be taken back."""
    call = look.recent[0] if look.recent else None
    if call is None:
        return {"last": None, "undo_left": 0}
    left = max(0, round(UNDO_SECONDS - (now - call.filed_at).total_seconds()))
    # Only the very last call can be taken back, also where that one was taken back already.
    return {"last": call, "undo_left": left if look.last_at_the_desk == call.pk else 0}


def stopped_words(event: Event | None, last: Call | None, now: datetime) -> str:
    """Why there is no number on the sheet any more, where that is today's latest news."""
    if event is None or event.kind not in STOPPED or timezone.localdate(event.at) != timezone.localdate(now):
        return ""
    if last and last.filed_at > event.at:
        return ""
    return STOPPED[Event.Kind(event.kind)] % {"time": f"{timezone.localtime(event.at):%H:%M}"}


def figures(today: dict[str, int], goal: int | None) -> dict:
    """The day's own figures, as they stand."""
    share = 100 * today["valid"] / today["total"] if today["total"] else None
    return {"today": today, "share": share, "goal": goal, "goal_left": max(0, goal - today["total"]) if goal else None}


def earlier_calls(phone: Phone) -> list[Call]:
    """What came of this number before, the newest first."""
    return list(phone.calls.standing().newest_first().select_related("standing_type", "agent")[: EARLIER + 1])


def drawn(room: Room) -> str:
    """By this an open sheet tells what of it still stands as it would be drawn now."""
    return f"{room.version}-{get_language()}"


def context(
    agent: User, room: Room, carrier: Carrier | None, phone: Phone | None, *, seen: str | None, now: datetime
) -> dict:
    """Everything that the sheet's template names."""
    lists = lists_of(room)
    event = None if phone else last_event(agent)
    recall = recall_of(agent, event, seen, now)
    shown = phone or (recall.phone if recall else None)
    look = desk_sql.look(
        agent_id=agent.pk,
        day=timezone.localdate(now),
        phone_id=shown.pk if shown else None,
        types=lists.types,
        at_most=RECENT,
    )
    lists.hand_to(look.recent, "standing_type", "region")
    # Before the lines, which take the count from here.
    line = supply.line(agent, carrier, now) if carrier and not shown else None
    lines = supply.lines(agent, lists.enabled_carriers, now)
    page = {
        "room": room,
        "drawn": drawn(room),
        "carrier": carrier,
        "recent": kept.rows(look.recent, agent),
        "has_figures": agent.may_open(Module.MINE),
        "recall": recall,
        "phone": phone,
        "now": now,
        "types": types(lists),
        "stopped": stopped_words(event, look.recent[0] if look.recent else None, now),
        "lines": lines,
        "carrier_menu": kept.carrier_menu(lines, carrier, has_number=bool(phone)),
        **last_call(look, now),
        **figures(look.today, room.daily_goal),
    }
    if shown:
        lists.hand_to([shown], "carrier", "region")
        earlier = earlier_calls(shown) if look.called_before else []
        return page | _with_number(shown, recall, room, now) | {"earlier": earlier, "regions": lists.enabled_regions}
    return page | _without_number(agent, line, lines, room, now) if line else page


def _with_number(shown: Phone, recall: Recall | None, room: Room, now: datetime) -> dict:
    return {
        "shown": shown,
        "token": shown.token or (recall and recall.event.token),
        "call_address": call_address(room.call_address, shown.number),
        "request_id": uuid4(),
        "skip_reasons": SKIP_REASONS,
        # Past it, nothing is promised: the open sheet asks at once, and is told anew.
        "kept_until": shown.expires_at if shown.expires_at and shown.expires_at > now else None,
        "held_seconds": int((now - (shown.taken_at or now)).total_seconds()),
        "ordinal": shown.place % PLACES_A_BATCH if shown.place // PLACES_A_BATCH == shown.batch_id else None,
    }


def _without_number(agent: User, line: supply.Line, lines: list[supply.Line], room: Room, now: datetime) -> dict:
    stock = Phone.objects.of_carrier(line.carrier).in_regions(agent.region_ids)
    page = {"on_paper": Phone.objects.on_paper_of(agent).count()}
    if line.left or stock.lease_ended(now).exists():
        return page | {"line": line, "lease": room.lease_minutes}
    others = [other for other in lines if other.left and other.carrier != line.carrier]
    return page | {"line": None, "shortage": supply.shortage(agent, line.carrier, now), "others": others}


# What stands over a sheet from which a number has gone back to the queue.
STOPPED = {
    Event.Kind.PAUSE: _("Paused at %(time)s; the number is back in the queue."),
    Event.Kind.LEASE_END: _("Your hold had run out; the number went back to the queue at %(time)s."),
    Event.Kind.FREE: _("An administrator freed the number at %(time)s; it is back in the queue."),
}
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
