"""How a result is written down, and taken back: the number's row, the call log and the tallies, in one transaction.

The agent's row is locked before any of this is called.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from callback.models import Call, HourTally, Tally
from config.models import BusinessType, Region
from phones.models import Event, Phone, State
from phones.querysets import PhoneQuerySet

ENDED_FOR_THE_AGENT = (Event.Kind.LEASE_END, Event.Kind.FREE, Event.Kind.RECALL)


class NotHolder(Exception):
    """This hold was never the agent's, or its number is gone: there is nothing to file, skip or give back."""


def file_result(
    *,
    agent: User,
    held: PhoneQuerySet,
    token: UUID,
    type: BusinessType,
    order_region: Region | None,
    note: str,
    request_id: UUID,
    now: datetime,
) -> Call:
    """File the result of one hold among those of an agent whose row is locked, on the screen or on paper.

    As ``classify`` does, which see. Raises NotHolder.
    """
    if known := Call.objects.by(agent).filter(token=token).first():
        return known
    if Call.objects.filter(request_id=request_id).exists():
        raise NotHolder
    phone = held.filter(token=token).select_for_update().first()
    late = phone is None
    if phone is None:
        phone, taken_at = _ended_hold(agent, token)
    else:
        taken_at = _since(phone.taken_at)
    ordered = order_region if type.valid and order_region and order_region.pk != phone.region_id else None
    call = Call(
        request_id=request_id,
        token=token,
        order_region=ordered,
        agent=agent,
        type=type,
        note=note,
        taken_at=taken_at,
        filed_at=now,
        late=late,
    )
    return _file(call, phone)


def _file(call: Call, phone: Phone) -> Call:
    """Write a call down where it belongs: its number's row, the log, the tally."""
    call.phone, call.number = phone, phone.number
    call.batch_id, call.carrier_id, call.region_id = phone.batch_id, phone.carrier_id, phone.region_id
    call.standing_type, call.standing_order_region, call.standing_note = call.type, call.order_region, call.note
    call.day = timezone.localdate(call.filed_at)
    if not call.late:
        _close(phone, call)
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError:
        # Somebody else has filed another call under this request's id at this very moment.
        raise NotHolder from None
    Tally.objects.count_in(call)
    HourTally.objects.count_in(call)
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


def _close(phone: Phone, call: Call) -> None:
    phone.state = State.CLASSIFIED
    phone.holder = phone.paper = phone.token = phone.expires_at = phone.due_at = None
    phone.type, phone.order_region, phone.agent = call.type, call.order_region, call.agent
    phone.classified_at, phone.note = call.filed_at, call.note
    phone.save(
        update_fields=[
            *("state", "holder", "paper", "token", "expires_at", "due_at"),
            *("type", "order_region", "agent", "classified_at", "note"),
        ]
    )


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
