"""A desk at which things happen: calls filed, filed late, taken back, amended, and numbers called once more."""

import random
from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

from accounts.models import User
from callback import actions
from callback.models import Call, Tally
from config.models import BusinessType, Region
from phones.models import Batch, Phone, State

# The days that pages are asked for; the desk's own are among them.
DAYS = {"start": "2026-11-01", "end": "2026-11-30"}


class Desk:
    def __init__(self, make_numbers, boss: User, now: datetime) -> None:
        self.make_numbers, self.boss, self.now = make_numbers, boss, now

    def hold(self, agent: User, *, phone: Phone | None = None, at: datetime | None = None, **fields) -> Phone:
        """Put a number on an agent's sheet: a new one, unless one is given."""
        at = at or self.now
        phone = phone or self.make_numbers(1, **fields)[0]
        phone.state, phone.holder, phone.token = State.HELD, agent, uuid4()
        phone.taken_at, phone.expires_at = at - timedelta(seconds=40), at + timedelta(minutes=30)
        phone.save()
        return phone

    def file(self, agent: User, type: BusinessType, *, at=None, late=False, note="", order_region=None, **fields):
        """A call of a new number, or of ``phone``; with ``late``, its hold has been ended before."""
        at = at or self.now
        phone = self.hold(agent, at=at, **fields)
        if late:
            actions.free(agent=agent, by=self.boss, now=at)
        return actions.classify(
            agent=agent, token=phone.token, type=type, order_region=order_region, note=note, request_id=uuid4(), now=at
        )

    def take_back(self, call: Call) -> None:
        actions.undo(agent=call.agent, call_id=call.pk, now=call.filed_at + timedelta(seconds=5))
        actions.pause(agent=call.agent, now=call.filed_at + timedelta(seconds=6))

    def amend(self, call: Call, type: BusinessType) -> None:
        """What an amendment does to a call and its tally, without the rest of it."""
        was, call.standing_type = call.standing_type, type
        call.save(update_fields=["standing_type"])
        Tally.objects.move(call, was=was, now=type)

    def call_again(self, call: Call, type: BusinessType, *, at: datetime) -> Call:
        """The number of a call goes back to the queue, and is called once more."""
        phone = Phone.objects.get(pk=call.phone_id)
        phone.type = phone.agent = phone.classified_at = phone.order_region = None
        return self.file(call.agent, type, at=at, phone=phone)


def live(desk: Desk, agents: list[User], batches: list[Batch], *, seed: int, steps: int = 60) -> None:
    """A few days on which anything happens that can."""
    dice = random.Random(seed)
    types, regions = list(BusinessType.objects.on_offer()), list(Region.objects.in_order()[:3])
    calls: list[Call] = []
    for step in range(steps):
        at = desk.now - timedelta(days=dice.randrange(4), minutes=step)
        what = dice.choice(["file"] * 5 + ["late", "take back", "amend", "amend", "again"])
        if what in ("file", "late") or not calls:
            ordered = {"order_region": dice.choice(regions), "region": dice.choice(regions)}
            batch = dice.choice(batches)
            call = desk.file(
                dice.choice(agents), dice.choice(types), at=at, late=what == "late", batch=batch, **ordered
            )
            calls.append(call)
        elif what == "take back":
            call = desk.file(dice.choice(agents), dice.choice(types), at=desk.now + timedelta(minutes=step))
            desk.take_back(call)
        elif what == "amend":
            desk.amend(dice.choice(calls), dice.choice(types))
        elif (call := dice.choice(calls)).phone_id and not call.late:
            calls.remove(call)
            calls.append(desk.call_again(call, dice.choice(types), at=at))


def recount(view: str, **conditions) -> Counter:
    """The calls that count by day, agent and type, from the log alone."""
    kind = {"filed": "type_id", "standing": "standing_type_id"}[view]
    calls = Call.objects.filter(withdrawn_at=None, **conditions)
    return Counter((call.day, call.agent_id, getattr(call, kind)) for call in calls)
