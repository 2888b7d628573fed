"""How a hold ends without a classification: the number goes where it belongs, and its history says why."""

from datetime import datetime

from accounts.models import User
from phones.models import Batch, Event, Phone, State

HOLD = ("state", "holder", "paper", "token", "expires_at", "due_at", "place")


def _end(phone: Phone, *, kind: Event.Kind, by: User | None, now: datetime, reason: str = "", **fields) -> Event:
    event = Event.objects.create(
        kind=kind,
        phone=phone,
        number=phone.number,
        at=now,
        by=by,
        reason=reason,
        agent_id=phone.paper.agent_id if phone.paper else phone.holder_id,
        token=phone.token,
        taken_at=phone.taken_at,
        batch=fields.pop("batch", None),
    )
    phone.holder = phone.paper = phone.token = phone.expires_at = None
    for name, value in fields.items():
        setattr(phone, name, value)
    phone.save(update_fields=HOLD)
    return event


def give_back(phone: Phone, *, kind: Event.Kind, by: User | None, now: datetime, reason: str = "") -> Event:
    """End the hold of a locked, held number: it is pending again and the first of those that come back."""
    return _end(phone, kind=kind, by=by, now=now, reason=reason, state=State.PENDING, due_at=now)


def to_the_end(phone: Phone, *, by: User, now: datetime, reason: str, place: int) -> Event:
    """End the hold of a locked, held number by a skip: it is pending again, at the end of the main line."""
    return _end(
        phone, kind=Event.Kind.SKIP, by=by, now=now, reason=reason, state=State.PENDING, due_at=None, place=place
    )


def recall(phone: Phone, *, batch: Batch, now: datetime) -> Event:
    """End the hold of a locked, held number because a list excludes it; the agent's sheet turns red."""
    return _end(phone, kind=Event.Kind.RECALL, by=batch.by, now=now, batch=batch, state=State.EXCLUDED, due_at=None)
