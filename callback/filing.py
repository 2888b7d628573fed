"""How a result is written down, and taken back: the number's row, the call log and the tallies, in one transaction.

The agent's row is locked before any of this is called.
"""

from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import User
from callback import desk_sql
from callback.models import Call, HourTally, Tally
from config.models import BusinessType, Region
from phones.models import Event, Phone, State

ENDED_FOR_THE_AGENT = (Event.Kind.LEASE_END, Event.Kind.FREE, Event.Kind.RECALL)


class NotHolder(Exception):
    """This hold was never the agent's, or its number is gone: there is nothing to file, skip or give back."""


class Filed(TypedDict):
    """What is said of a call: of which hold, under which request, and what came of it."""

    token: UUID
    request_id: UUID
    type: BusinessType
    order_region: Region | None
    note: str


def file_result(*, agent: User, held_by: tuple[str, int], now: datetime, **filed: Unpack[Filed]) -> tuple[Call, bool]:
    """File the result of one hold of an agent whose row is locked, on the screen or on paper (``desk_sql.HELD_BY``).

    As ``classify`` does, which see; and whether it has ended a hold just now. Raises NotHolder.
    """
    token, type, order_region, note = filed["token"], filed["type"], filed["order_region"], filed["note"]
    ordered = order_region.pk if type.valid and order_region else None
    phone = desk_sql.close(
        held_by=held_by, token=token, type_id=type.pk, order_region_id=ordered, agent_id=agent.pk, at=now, note=note
    )
    call = Call(request_id=filed["request_id"], token=token, agent=agent, type=type, note=note, filed_at=now)
    if phone:
        call.taken_at, call.order_region_id = _since(phone.taken_at), phone.order_region_id
    else:
        if known := Call.objects.by(agent).filter(token=token).first():
            return known, False
        phone, call.taken_at = _ended_hold(agent, token)
        call.order_region_id, call.late = ordered if ordered != phone.region_id else None, True
    return _file(call, phone), not call.late


def _file(call: Call, phone: Phone) -> Call:
    """Write a call down in the log and the tallies; its number's row is as it should be."""
    call.phone, call.number = phone, phone.number
    call.batch_id, call.carrier_id, call.region_id = phone.batch_id, phone.carrier_id, phone.region_id
    call.standing_type, call.standing_order_region_id, call.standing_note = call.type, call.order_region_id, call.note
    call.day = timezone.localdate(call.filed_at)
    if not desk_sql.file(call):
        # Another call was filed under this request's id.
        raise NotHolder
    return call


def _ended_hold(agent: User, token: UUID) -> tuple[Phone, datetime]:
    """The number of a hold that was ended for the agent, and since when it was held. Raises NotHolder.

    A hold that the agent gave up, by a skip or a pause, has no result any more: otherwise one could take, give back and
    file the same number as often as one likes.
    """
    event = Event.objects.filter(token=token, agent=agent, kind__in=ENDED_FOR_THE_AGENT).select_related("phone").first()
    if event is None or event.phone is None:
        raise NotHolder
    return event.phone, _since(event.taken_at)


def _since(taken_at: datetime | None) -> datetime:
    if taken_at is None:
        raise NotHolder
    return taken_at


def withdraw(call: Call, phone: Phone, *, by: User, now: datetime, **hold: Any) -> None:
    """Take a call back whose agent's row and number are locked: the number is held again, as ``hold`` says by whom."""
    _reopen(phone, call, **hold)
    call.withdrawn_at = now
    call.save(update_fields=["withdrawn_at"])
    Tally.objects.count_out(call)
    HourTally.objects.count_out(call)
    # Whose call it was is told where somebody else takes it back for them.
    agent = call.agent if call.agent_id != by.pk else None
    Event.objects.create(kind=Event.Kind.UNDO, phone=phone, number=phone.number, at=now, by=by, agent=agent)


def _reopen(phone: Phone, call: Call, **hold: Any) -> None:
    phone.type = phone.order_region = phone.agent = phone.classified_at = None
    phone.note = ""
    if phone.suppressed:
        # A list named it in these few seconds: what is not classified any more is excluded.
        phone.state, phone.suppressed = State.EXCLUDED, False
    else:
        phone.state, phone.token, phone.taken_at = State.HELD, uuid4(), call.taken_at
        for name, value in hold.items():
            setattr(phone, name, value)
    phone.save()
