"""One exclusion lifted: an administrator says that a number may be called again, and why."""

from datetime import datetime
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import User
from phones import turns
from phones.models import Batch, Event, Exclusion, Phone, State
from phones.numbers import mask


class NotKnown(Exception):
    """No such number is in the system."""


class NotExcluded(Exception):
    """The number is neither excluded nor suppressed: there is nothing to lift."""


class Busy(Exception):
    """An import or a revert is under way, which counts exclusions: nothing is lifted before it is done."""


def find(number: str) -> Phone:
    """A number as it stands. Raises NotKnown."""
    phone = Phone.objects.counted().select_related("carrier", "region", "batch").filter(number=number).first()
    if phone is None:
        raise NotKnown
    return phone


def lists_naming(phone: Phone) -> QuerySet[Batch]:
    """The lists that exclude a number, the newest first."""
    return Batch.objects.ready().filter(exclusions__phone=phone).select_related("by").order_by("-pk")


def lift(*, number: str, by: User, reason: str, now: datetime, address: str | None = None) -> Phone:
    """Take every list's word off one number: what was excluded is pending and comes back first, what was suppressed
    can be re-queued again.

    Raises NotKnown, NotExcluded, Busy, and PermissionDenied for all but administrators.
    """
    if not User.objects.administrators().enabled().filter(pk=by.pk).exists():
        raise PermissionDenied
    # Without the turn a list could name the number at this very moment, and neither would see the other.
    turn = turns.pieces if turns.in_pieces() else turns.whole
    with turn(_refuse), transaction.atomic():
        phone = _locked(number)
        lists = list(phone.exclusions.order_by("batch").values_list("batch", flat=True))
        Exclusion.objects.filter(phone=phone).delete()
        if phone.state == State.EXCLUDED:
            phone.state, phone.due_at = State.PENDING, now
        phone.suppressed = False
        phone.save(update_fields=["state", "due_at", "suppressed"])
        # With each line goes the list whose word it was: nothing else will tell any more that it named the number.
        line = {"kind": Event.Kind.LIFT, "phone": phone, "number": number, "at": now, "by": by, "reason": reason}
        Event.objects.bulk_create(Event(**line, batch_id=batch) for batch in (lists or (None,)))
        audit.record(by=by, action="exclusion.lift", about=mask(number), address=address, at=now, reason=reason)
    return phone


def _refuse() -> NoReturn:
    raise Busy


def _locked(number: str) -> Phone:
    phone = Phone.objects.counted().select_for_update(of=("self",)).filter(number=number).first()
    if phone is None:
        raise NotKnown
    if phone.exclusions.filter(batch__state=Batch.State.LOADING).exists():
        # An import in pieces whose worker has died: whoever takes it up counts on what it has written down.
        raise Busy
    if phone.state != State.EXCLUDED and not phone.suppressed:
        raise NotExcluded
    return phone
