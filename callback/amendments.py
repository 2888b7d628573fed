"""Amending: the result of a call is corrected afterwards, and the log keeps what was filed beside what stands now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from accounts.modules import Module
from callback.models import Amendment, Call, Tally
from callback.querysets import CallQuerySet
from config.models import BusinessType, Region
from phones.models import Phone, State
from phones.numbers import mask


class NotThere(Exception):
    """For who asks there is no such call: it is somebody else's, or it was taken back."""


class Changed(Exception):
    """The call is not what the page has shown: it was amended, or its number was deleted or restored, meanwhile."""


class Refused(Exception):
    """The amendment can't be made; the kinds of it say why."""


class NotOpen(Refused):
    """An agent amends valid results alone."""


class NotOffered(Refused):
    """The business type was disabled or retired."""


class NothingChanged(Refused):
    """Type, order region and note are as they stand."""


def calls_for(reader: User) -> CallQuerySet:
    """The calls that somebody may amend as long as they are open: an administrator all that stand, an agent its own."""
    standing = Call.objects.standing()
    return standing if reader.is_administrator else standing.by(reader)


def is_open(call: Call, *, by: User) -> bool:
    """Whether somebody can amend a call as it stands now."""
    own = call.agent_id == by.pk and call.standing_type.valid
    return call.withdrawn_at is None and (by.is_administrator or own)


@transaction.atomic
def amend(
    *,
    call: Call,
    type: BusinessType,
    order_region: Region | None,
    note: str,
    reason: str,
    seen: int,
    request_id: UUID,
    by: User,
    now: datetime,
    address: str | None = None,
) -> Amendment:
    """Let a call stand under another business type, order region or note; what was filed stays in the log.

    ``seen`` is how many amendments of the call the page knew. The number follows where the call is its current result.
    The same ``request_id`` again returns the first amendment. Raises NotThere, Changed, Refused and PermissionDenied.
    """
    call, phone = _locked(call)
    by = _who_may(by, call)
    if known := Amendment.objects.filter(request_id=request_id, call=call, by=by).first():
        return known
    if call.amendments.count() != seen:
        raise Changed
    if not is_open(call, by=by):
        raise NotOpen
    if type.pk != call.standing_type_id and not BusinessType.objects.on_offer().filter(pk=type.pk).exists():
        raise NotOffered
    ordered = order_region if type.valid and order_region and order_region.pk != call.region_id else None
    amendment = Amendment(
        call=call, ordinal=seen + 1, request_id=request_id, by=by, at=now, reason=reason,
        type_from=call.standing_type, order_region_from=call.standing_order_region, note_from=call.standing_note,
        type_to=type, order_region_to=ordered, note_to=note,
    )  # fmt: skip
    _write(amendment)
    _let_stand(amendment, phone)
    audit.record(by=by, action="call.amend", about=mask(call.number), address=address, at=now, **_record(amendment))
    return amendment


def _locked(call: Call) -> tuple[Call, Phone | None]:
    """The call as it is now, and its number; locked in the one order: the agent's row, the number, the call."""
    User.objects.select_for_update(no_key=True).get(pk=call.agent_id)
    phone_id = Call.objects.values_list("phone", flat=True).get(pk=call.pk)
    phone = Phone.objects.select_for_update().filter(pk=phone_id).first() if phone_id else None
    locked = Call.objects.select_for_update().get(pk=call.pk)
    if locked.phone_id != (phone and phone.pk):
        # Restored at this very moment: to lock its number now would be the wrong way round.
        raise Changed
    return locked, phone


def _who_may(by: User, call: Call) -> User:
    """Who amends, as they are now. Raises PermissionDenied, and NotThere for calls that are none of theirs."""
    current = User.objects.enabled().filter(pk=by.pk).first()
    if current is None or not current.may_open(Module.LOOKUP):
        raise PermissionDenied
    if not calls_for(current).filter(pk=call.pk).exists():
        raise NotThere
    return current


def _write(amendment: Amendment) -> None:
    if not changes(amendment):
        raise NothingChanged
    try:
        with transaction.atomic():
            amendment.save(force_insert=True)
    except IntegrityError:
        # The request's id stands under an amendment of another call, or of somebody else.
        raise Changed from None


def changes(amendment: Amendment) -> bool:
    """Whether anything stands otherwise after an amendment."""
    was = (amendment.type_from_id, amendment.order_region_from_id, amendment.note_from)
    return was != (amendment.type_to_id, amendment.order_region_to_id, amendment.note_to)


def _let_stand(amendment: Amendment, phone: Phone | None) -> None:
    """Let the call, the tally and, where the call is its current result, the number stand as amended."""
    call = amendment.call
    call.standing_type, call.standing_note = amendment.type_to, amendment.note_to
    call.standing_order_region = amendment.order_region_to
    call.save(update_fields=["standing_type", "standing_order_region", "standing_note"])
    Tally.objects.move(call, was=amendment.type_from, now=amendment.type_to)
    if phone and is_result(call, phone):
        phone.type, phone.order_region, phone.note = amendment.type_to, amendment.order_region_to, amendment.note_to
        phone.save(update_fields=["type", "order_region", "note"])


def is_result(call: Call, phone: Phone) -> bool:
    """Whether a call is what its number stands classified by: a later call or a re-queue has left it behind."""
    same = phone.agent_id == call.agent_id and phone.classified_at == call.filed_at
    return same and phone.state == State.CLASSIFIED and not call.late


def _record(amendment: Amendment) -> dict[str, Any]:
    """What the audit log keeps of an amendment. Notes are left out: people write numbers into them."""

    def words(type: BusinessType, region: Region | None) -> str:
        return f"{type}, {region}" if region else str(type)

    return {
        "agent": amendment.call.agent.username,
        "from": words(amendment.type_from, amendment.order_region_from),
        "to": words(amendment.type_to, amendment.order_region_to),
        "reason": amendment.reason,
    }
