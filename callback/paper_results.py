"""The results of numbers on paper: keyed in line by line, taken back, corrected. The calls are the agent's.

Whoever keys them in, the agent's row is locked first.
"""

from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from callback import amendments
from callback.actions import UNDO_SECONDS, TooLate
from callback.filing import NotHolder, file_result, withdraw
from callback.models import Call
from callback.paper import agent_of
from config.models import BusinessType, Region
from phones.models import Event, PaperLine, Phone, State


class AlreadyKeyed(Exception):
    """The line has a result already, and another one than this; ``call`` is the first."""

    def __init__(self, call: Call) -> None:
        self.call = call
        super().__init__(call)


class GivenBack(Exception):
    """The line was given back by hand: nobody was to call it any more, so there is no result to file."""


class Gone(Exception):
    """The line's number was deleted, or excluded after the result was taken back: there is no result to file."""


@transaction.atomic
def key_in(
    *,
    line: PaperLine,
    type: BusinessType,
    order_region: Region | None,
    note: str,
    by: User,
    now: datetime,
) -> Call:
    """File the result of one line for the sheet's agent; the same result again returns the first call.

    A result whose hold has ended meanwhile is kept as a late call.
    Raises AlreadyKeyed, GivenBack, Gone, PermissionDenied.
    """
    agent = agent_of(line.sheet, by)
    line, known = _as_it_stands(line)
    if known and known.withdrawn_at:
        raise Gone
    if known and not _says(known, type, order_region, note):
        raise AlreadyKeyed(known)
    if known:
        return known
    try:
        call, _has_ended_hold = file_result(
            agent=agent,
            held_by=("paper_id", line.sheet_id),
            token=line.token,
            type=type,
            order_region=order_region,
            note=note,
            # A line has one result, so that its hold names the request as well.
            request_id=line.token,
            now=now,
        )
    except NotHolder:
        given_back = Event.objects.filter(token=line.token, kind=Event.Kind.PAUSE).exists()
        raise (GivenBack if given_back else Gone) from None
    line.keyed_by, line.keyed_at = by, now
    line.save(update_fields=["keyed_by", "keyed_at"])
    return call


def _as_it_stands(line: PaperLine) -> tuple[PaperLine, Call | None]:
    """A line and its call, read under the agent's lock: a take-back may have given the line another token."""
    line = PaperLine.objects.select_related("sheet").get(pk=line.pk)
    call = Call.objects.filter(token=line.token, agent=line.sheet.agent_id)
    return line, call.select_related("type", "standing_type", "standing_order_region").first()


def _says(call: Call, type: BusinessType, order_region: Region | None, note: str) -> bool:
    """Whether a call was filed so, or stands so; what is left empty says nothing else.

    The number's own region is no order, and what is invalid has none.
    """
    ordered = order_region.pk if order_region and type.valid and order_region.pk != call.region_id else None
    filed = (call.type_id, call.order_region_id, call.note)
    standing = (call.standing_type_id, call.standing_order_region_id, call.standing_note)
    return any(
        type.pk == its_type and (not order_region or ordered == its_region) and note in ("", its_note)
        for its_type, its_region, its_note in (filed, standing)
    )


@transaction.atomic
def correct(
    *,
    line: PaperLine,
    type: BusinessType,
    order_region: Region | None,
    note: str,
    by: User,
    now: datetime,
    address: str | None,
) -> Call:
    """Let a line that is filed stand otherwise: within its seconds it is filed anew, and later the call is amended.

    Order region and note stay where they are left empty.
    Raises Gone, GivenBack, PermissionDenied, and amendments.Refused, NotThere and Changed.
    """
    agent_of(line.sheet, by)
    line, call = _as_it_stands(line)
    if call:
        order_region, note = order_region or call.standing_order_region, note or call.standing_note
    with suppress(TooLate):
        take_back(line=line, by=by, now=now)
        return key_in(line=line, type=type, order_region=order_region, note=note, by=by, now=now)
    if call is None or call.withdrawn_at:
        raise Gone
    if not _says(call, type, order_region, note):
        reason = gettext("Keyed in wrongly: sheet %(sheet)s, line %(line)s")
        amendments.amend(
            call=call, type=type, order_region=order_region, note=note, seen=call.amendments.count(),
            reason=reason % {"sheet": line.sheet_id, "line": line.line}, request_id=uuid4(),
            by=by, now=now, address=address,
        )  # fmt: skip
    return call


@transaction.atomic
def take_back(*, line: PaperLine, by: User, now: datetime) -> None:
    """Take back what was just keyed in for a line: it is open again. Repeated, it changes nothing more.

    Raises TooLate and PermissionDenied.
    """
    agent_of(line.sheet, by)
    line, call = _as_it_stands(line)
    if call is None:
        return
    phone = Phone.objects.filter(pk=call.phone_id or 0).select_for_update().first()
    over = (now - call.filed_at).total_seconds() > UNDO_SECONDS or call.late or call.withdrawn_at
    if over or phone is None or phone.classified_at != call.filed_at or call.amendments.exists():
        raise TooLate
    withdraw(call, phone, by=by, now=now, paper=line.sheet, expires_at=line.sheet.expires_at)
    if phone.state == State.HELD and phone.token:
        line.token = phone.token
        line.keyed_by = line.keyed_at = None
        line.save(update_fields=["token", "keyed_by", "keyed_at"])
