"""Everything that happens to a number at the desk.

Each action is one transaction and locks in one order: the agent's own row, then numbers by id. An agent's two tabs
queue up at the first, so that none of these can meet itself.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from accounts.modules import Module
from callback.models import Call, HourTally, Tally
from config.models import BusinessType, Carrier, Region, Room
from phones import holds, numbers, queue
from phones.models import Event, Phone, State

UNDO_SECONDS = 20
ENDED_FOR_THE_AGENT = (Event.Kind.LEASE_END, Event.Kind.FREE, Event.Kind.RECALL)
RENEW_EVERY = timedelta(minutes=1)


class NotAllowed(PermissionDenied):
    """The operator is disabled or has no callback sheet; where a page is asked for, that is its answer."""


class NotHolder(Exception):
    """This hold was never the agent's: there is nothing to file, skip or give back."""


class TooLate(Exception):
    """The call can no longer be taken back: its seconds are over, or the number has moved on."""


def _lock(agent: User) -> User:
    """The agent's row as it is now, locked against the agent's other tabs. Raises NotAllowed."""
    current: User = User.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if not (current.is_active and current.may_open(Module.SHEET)):
        raise NotAllowed
    return current


def _held(agent: User, token: UUID) -> Phone | None:
    return Phone.objects.held_by(agent).filter(token=token).select_for_update().first()


def lease() -> timedelta:
    """How long a number stays with an agent whose sheet is closed."""
    return timedelta(minutes=Room.objects.values_list("lease_minutes", flat=True).get())


@transaction.atomic
def take(*, agent: User, carrier: Carrier, now: datetime) -> Phone | None:
    """Give the agent the number that they hold already, or else the carrier's next; None where there is none.

    Raises NotAllowed.
    """
    agent = _lock(agent)
    span = lease()
    if own := Phone.objects.held_by(agent).select_for_update().first():
        own.expires_at = max(own.expires_at or now, now + span)
        own.save(update_fields=["expires_at"])
        return own
    if not Carrier.objects.enabled().filter(pk=carrier.pk).exists():
        return None
    queue.give_back_ended(now)
    found = queue.take_next(
        agent_id=agent.pk,
        carrier_id=carrier.pk,
        region_ids=agent.region_ids,
        token=uuid4(),
        now=now,
        lease=span,
    )
    return Phone.objects.get(pk=found) if found is not None else None


@transaction.atomic
def classify(
    *,
    agent: User,
    token: UUID,
    type: BusinessType,
    order_region: Region | None,
    note: str,
    request_id: UUID,
    now: datetime,
) -> Call:
    """File the agent's held number under a business type and end the hold.

    Another result for the same hold returns the call that was filed first. A result whose hold has ended meanwhile
    is kept as a late call and changes no number. Raises NotHolder where it never was the agent's, and NotAllowed.
    """
    agent = _lock(agent)
    if known := Call.objects.by(agent).filter(token=token).first():
        return known
    if Call.objects.filter(request_id=request_id).exists():
        raise NotHolder
    phone = _held(agent, token)
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
    phone.holder = phone.token = phone.expires_at = phone.due_at = None
    phone.type, phone.order_region, phone.agent = call.type, call.order_region, call.agent
    phone.classified_at, phone.note = call.filed_at, call.note
    phone.save(
        update_fields=[
            *("state", "holder", "token", "expires_at", "due_at"),
            *("type", "order_region", "agent", "classified_at", "note"),
        ]
    )


@transaction.atomic
def skip(*, agent: User, token: UUID, reason: str, now: datetime) -> None:
    """Send the held number to the end of the queue; a hold that has ended already stays as it is. Raises NotAllowed."""
    agent = _lock(agent)
    if phone := _held(agent, token):
        holds.to_the_end(phone, by=agent, now=now, reason=reason, place=queue.end_of_line(phone))


@transaction.atomic
def pause(*, agent: User, now: datetime) -> Phone | None:
    """Give back whatever the agent holds; the next agent gets it first. Raises NotAllowed."""
    agent = _lock(agent)
    phone = Phone.objects.held_by(agent).select_for_update().first()
    if phone:
        holds.give_back(phone, kind=Event.Kind.PAUSE, by=agent, now=now)
    return phone


@transaction.atomic
def undo(*, agent: User, call_id: int, now: datetime) -> Phone:
    """Take back the agent's last call: number and agent are as before it, and the log shows both.

    A number that the agent took since then makes way. Repeated, it changes nothing more. Raises TooLate, NotAllowed.
    """
    agent = _lock(agent)
    call = Call.objects.by(agent).newest_first().filter(late=False).first()
    if call is None or call.pk != call_id or call.phone_id is None:
        raise TooLate
    held = Phone.objects.held_by(agent).values_list("pk", flat=True)
    phones = {
        phone.pk: phone
        for phone in Phone.objects.filter(pk__in=[call.phone_id, *held]).order_by("pk").select_for_update()
    }
    phone = phones.pop(call.phone_id, None)
    if phone is None:
        # Deleted at this very moment.
        raise TooLate
    if call.withdrawn_at:
        return phone
    over = (now - call.filed_at).total_seconds() > UNDO_SECONDS
    moved_on = phone.state != State.CLASSIFIED or phone.classified_at != call.filed_at or call.amendments.exists()
    if over or moved_on:
        raise TooLate
    for other in phones.values():
        holds.give_back(other, kind=Event.Kind.DISPLACED, by=agent, now=now)
    _reopen(phone, call, agent=agent, now=now)
    call.withdrawn_at = now
    call.save(update_fields=["withdrawn_at"])
    Tally.objects.count_out(call)
    HourTally.objects.count_out(call)
    Event.objects.create(kind=Event.Kind.UNDO, phone=phone, number=phone.number, at=now, by=agent)
    return phone


def _reopen(phone: Phone, call: Call, *, agent: User, now: datetime) -> None:
    phone.type = phone.order_region = phone.agent = phone.classified_at = None
    phone.note = ""
    if phone.suppressed:
        # A list named it in these few seconds: what is not classified any more is excluded.
        phone.state, phone.suppressed = State.EXCLUDED, False
    else:
        phone.state, phone.holder, phone.token = State.HELD, agent, uuid4()
        phone.taken_at, phone.expires_at = call.taken_at, now + lease()
    phone.save()


def renew(*, agent: User, token: UUID, now: datetime) -> bool:
    """Keep the number for a sheet that is open; False where the hold has ended.

    Asked every other second, so it writes only where a minute of the lease has gone.
    """
    held = Phone.objects.held_by(agent).filter(token=token)
    expires_at = held.values_list("expires_at", flat=True).first()
    if expires_at is None:
        return False
    renewed = now + lease()
    if renewed - expires_at > RENEW_EVERY:
        return bool(held.update(expires_at=renewed))
    return True


@transaction.atomic
def free(
    *, agent: User, by: User, now: datetime, token: UUID | None = None, address: str | None = None
) -> Phone | None:
    """Take back what an agent holds, as an administrator or because the agent is shut out; None where nothing is held.

    With a ``token`` only that hold: what the agent has taken since then stays.
    """
    # Not _lock: an agent who may not call any more is freed as well.
    User.objects.select_for_update(no_key=True).get(pk=agent.pk)
    held = Phone.objects.held_by(agent)
    phone = (held.filter(token=token) if token else held).select_for_update().first()
    if phone:
        holds.give_back(phone, kind=Event.Kind.FREE, by=by, now=now)
        masked = numbers.mask(phone.number)
        audit.record(by=by, action="hold.free", about=masked, address=address, at=now, agent=agent.username)
    return phone
