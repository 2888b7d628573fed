"""Everything that happens to a number at the desk.

Each action is one transaction and locks in one order: the agent's own row, then numbers by id. An agent's two tabs
queue up at the first, so that none of these can meet itself.
"""

from datetime import datetime, timedelta
from typing import Any, Unpack
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from accounts import audit
from accounts.models import User
from accounts.modules import Module
from callback import desk_sql
from callback.filing import Filed, file_result, withdraw
from callback.filing import NotHolder as NotHolder
from callback.models import Call
from config.models import Carrier, Room
from phones import holds, numbers, queue
from phones.models import Event, Phone, State

UNDO_SECONDS = 20
RENEW_EVERY = timedelta(minutes=1)


class NotAllowed(PermissionDenied):
    """The operator is disabled or has no callback sheet; where a page is asked for, that is its answer."""


class TooLate(Exception):
    """The call can no longer be taken back: its seconds are over, or the number has moved on."""


def lock(agent: User) -> User:
    """The agent's row as it is now, locked against the agent's other tabs. Raises NotAllowed."""
    return _allowed(User.objects.select_for_update(no_key=True).get(pk=agent.pk))


def _lock_to_take(agent: User, carrier: Carrier | None, now: datetime) -> Any:
    """As ``lock``, with what a take must know besides (``desk_sql.lock_to_take``). Raises NotAllowed."""
    return _allowed(desk_sql.lock_to_take(agent_id=agent.pk, carrier_id=carrier.pk if carrier else 0, now=now))


def _allowed(agent: User) -> User:
    if not (agent.is_active and agent.may_open(Module.SHEET)):
        raise NotAllowed
    return agent


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
    agent = _lock_to_take(agent, carrier, now)
    return _again(agent, now) or _next(agent, carrier, now)


def _again(agent: Any, now: datetime) -> Phone | None:
    """The number that the agent holds already, kept for another lease."""
    own = Phone.objects.held_by(agent).select_for_update().first()
    if own:
        own.expires_at = max(own.expires_at or now, now + timedelta(minutes=agent.lease_minutes))
        own.save(update_fields=["expires_at"])
    return own


def _next(agent: Any, carrier: Carrier, now: datetime) -> Phone | None:
    """The carrier's next number for an agent who was locked to take it and holds none."""
    if not agent.carrier_is_open:
        return None
    if agent.leases_ended:
        queue.give_back_ended(now)
    return queue.take_next(
        agent_id=agent.pk,
        carrier_id=carrier.pk,
        region_ids=agent.region_ids,
        token=uuid4(),
        now=now,
        until=now + timedelta(minutes=agent.lease_minutes),
    )


@transaction.atomic
def classify(*, agent: User, now: datetime, **filed: Unpack[Filed]) -> Call:
    """File the agent's held number under a business type and end the hold.

    Another result for the same hold returns the call that was filed first. A result whose hold has ended meanwhile
    is kept as a late call and changes no number. Raises NotHolder where it never was the agent's, and NotAllowed.
    """
    agent = lock(agent)
    return file_result(agent=agent, held_by=("holder_id", agent.pk), now=now, **filed)[0]


def classify_and_take(
    *, agent: User, carrier: Carrier | None, now: datetime, **filed: Unpack[Filed]
) -> tuple[Call, Phone | None]:
    """``classify`` and then, where there is a ``carrier``, ``take``, which see; where all goes well in one transaction.

    A take that fails takes no result with it: then there is no number.
    """
    try:
        call, phone, has_ended_hold = _classify_and_take(agent, carrier, now, filed)
    except DatabaseError:
        return classify(agent=agent, now=now, **filed), None
    if carrier and not has_ended_hold:
        # The hold had ended before, in another tab or by the same request: the agent may have the next number already.
        phone = take(agent=agent, carrier=carrier, now=now)
    return call, phone


@transaction.atomic
def _classify_and_take(
    agent: User, carrier: Carrier | None, now: datetime, filed: Filed
) -> tuple[Call, Phone | None, bool]:
    agent = _lock_to_take(agent, carrier, now)
    call, has_ended_hold = file_result(agent=agent, held_by=("holder_id", agent.pk), now=now, **filed)
    return call, _next(agent, carrier, now) if carrier and has_ended_hold else None, has_ended_hold


@transaction.atomic
def skip(*, agent: User, token: UUID, reason: str, now: datetime) -> None:
    """Send the held number to the end of the queue; a hold that has ended already stays as it is. Raises NotAllowed."""
    agent = lock(agent)
    if phone := _held(agent, token):
        holds.to_the_end(phone, by=agent, now=now, reason=reason, place=queue.end_of_line(phone))


@transaction.atomic
def pause(*, agent: User, now: datetime) -> Phone | None:
    """Give back whatever the agent holds; the next agent gets it first. Raises NotAllowed."""
    agent = lock(agent)
    phone = Phone.objects.held_by(agent).select_for_update().first()
    if phone:
        holds.give_back(phone, kind=Event.Kind.PAUSE, by=agent, now=now)
    return phone


@transaction.atomic
def undo(*, agent: User, call_id: int, now: datetime) -> Phone:
    """Take back the agent's last call: number and agent are as before it, and the log shows both.

    A number that the agent took since then makes way. Repeated, it changes nothing more. Raises TooLate, NotAllowed.
    """
    agent = lock(agent)
    call = Call.objects.by(agent).at_the_desk().newest_first().filter(late=False).first()
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
    withdraw(call, phone, by=agent, now=now, holder=agent, expires_at=now + lease())
    return phone


def renew(*, agent: User, token: UUID, now: datetime) -> datetime | None:
    """Keep the number for a sheet that is open: until when it is kept now, or None where the hold has ended.

    Asked every other second, so it writes only where a minute of the lease has gone.
    """
    held = Phone.objects.held_by(agent).filter(token=token)
    expires_at: datetime | None = held.values_list("expires_at", flat=True).first()
    if expires_at is None:
        return None
    renewed = now + lease()
    if renewed - expires_at > RENEW_EVERY:
        return renewed if held.update(expires_at=renewed) else None
    return expires_at


@transaction.atomic
def free(
    *, agent: User, by: User, now: datetime, token: UUID | None = None, address: str | None = None
) -> Phone | None:
    """Take back what an agent holds, as an administrator or because the agent is shut out; None where nothing is held.

    On the screen and on paper; with a ``token`` only that hold: what the agent has taken since then stays.
    """
    # Not lock(): an agent who may not call any more is freed as well.
    User.objects.select_for_update(no_key=True).get(pk=agent.pk)
    held = Phone.objects.held_for(agent)
    phones = (held.filter(token=token) if token else held).order_by("pk").select_for_update(of=("self",))
    freed = list(phones)
    for phone in freed:
        holds.give_back(phone, kind=Event.Kind.FREE, by=by, now=now)
    if freed:
        about = numbers.mask(freed[0].number) if len(freed) == 1 else ""
        count = len(freed) if len(freed) > 1 else None
        audit.record(by=by, action="hold.free", about=about, count=count, address=address, at=now, agent=agent.username)
    return freed[0] if freed else None
