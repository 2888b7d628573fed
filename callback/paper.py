"""Numbers on paper: a sheet is taken and printed, called from, and its results are keyed in afterwards.

The numbers are held by the sheet of paper and not by the agent's screen, so that an agent still holds at most one
number there. All else is as at the desk: one transaction an action, the agent's row first, then numbers by id.
"""

from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User
from accounts.modules import Module
from callback import actions, amendments
from callback.actions import UNDO_SECONDS, TooLate
from callback.filing import file_result, withdraw
from callback.models import Call
from config.models import BusinessType, Carrier, Region
from phones import holds, queue
from phones.models import Event, PaperLine, PaperSheet, Phone, State
from phones.querysets import PhoneQuerySet

# What fits on one sheet of A4.
MOST = 40
# So many numbers lie on paper with an agent at most: who has them all in a drawer leaves none to the others.
MOST_AT_ONCE = 200


class NoneLeft(Exception):
    """There is no number to be had for a sheet."""


class TooMany(Exception):
    """The agent has as many numbers on paper as anybody may have; ``count`` says how many."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(count)


class SentBefore(Exception):
    """This form has taken a sheet already, and for somebody else."""


class AlreadyKeyed(Exception):
    """The line has a result already, and another one than this; ``call`` is the first."""

    def __init__(self, call: Call) -> None:
        self.call = call
        super().__init__(call)


class GivenBack(Exception):
    """The line was given back by hand: nobody was to call it any more, so there is no result to file."""


class Gone(Exception):
    """The line's number was deleted, or excluded after the result was taken back: there is no result to file."""


def may_work_for(by: User, agent: User) -> bool:
    """Whether somebody takes sheets and keys results in for an agent: oneself, or as an administrator for all."""
    return by.is_administrator or (by.pk == agent.pk and by.may_open(Module.SHEET))


@transaction.atomic
def take_sheet(
    *,
    agent: User,
    carrier: Carrier,
    how_many: int,
    until: datetime,
    request_id: UUID,
    by: User,
    now: datetime,
    address: str | None,
) -> PaperSheet:
    """Take the next numbers of a carrier for an agent, and hold them on a sheet of paper until ``until``.

    The sheet is shorter where fewer are left. The same ``request_id`` again returns the first sheet.
    Raises NoneLeft, TooMany, SentBefore, NotAllowed (the agent may not call), PermissionDenied.
    """
    if not may_work_for(by, agent):
        raise PermissionDenied
    agent = actions.lock(agent)
    if known := PaperSheet.objects.filter(request_id=request_id).first():
        if known.agent_id != agent.pk:
            raise SentBefore
        return known
    _refuse_too_many(agent, how_many)
    if not Carrier.objects.enabled().filter(pk=carrier.pk).exists():
        raise NoneLeft
    queue.give_back_ended(now)
    sheet = PaperSheet(request_id=request_id, agent=agent, carrier=carrier, by=by, at=now, expires_at=until)
    try:
        with transaction.atomic():
            sheet.save(force_insert=True)
    except IntegrityError:
        # Another agent's sheet is taken by this request's id at this very moment.
        raise SentBefore from None
    taken = _take(sheet, agent, how_many, now)
    _write_down(sheet, taken)
    audit.record(
        by=by, action="paper.take", about=sheet.pk, count=len(taken), address=address, at=now, agent=agent.username
    )
    return sheet


def _refuse_too_many(agent: User, how_many: int) -> None:
    held = Phone.objects.on_paper_of(agent).count()
    if held + how_many > MOST_AT_ONCE:
        raise TooMany(held)


def _take(sheet: PaperSheet, agent: User, how_many: int, now: datetime) -> dict[UUID, int]:
    """The numbers that the queue gives, in its order, each by the token of its hold."""
    taken: dict[UUID, int] = {}
    while len(taken) < how_many:
        token = uuid4()
        found = queue.take_next(
            agent_id=agent.pk,
            carrier_id=sheet.carrier_id,
            region_ids=agent.region_ids,
            token=token,
            now=now,
            until=sheet.expires_at,
            paper_id=sheet.pk,
        )
        if found is not None:
            taken[token] = found
        # One sweep gives back no more than a single take needs.
        elif not queue.give_back_ended(now):
            break
    return taken


def _write_down(sheet: PaperSheet, taken: dict[UUID, int]) -> None:
    if not taken:
        raise NoneLeft
    numbers = dict(Phone.objects.filter(pk__in=taken.values()).values_list("pk", "number"))
    PaperLine.objects.bulk_create(
        PaperLine(sheet=sheet, line=line, phone_id=phone, number=numbers[phone], token=token)
        for line, (token, phone) in enumerate(taken.items(), start=1)
    )


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
    agent = _agent_of(line.sheet, by)
    line, known = _as_it_stands(line)
    if known and known.withdrawn_at:
        raise Gone
    if known and not _says(known, type, order_region, note):
        raise AlreadyKeyed(known)
    if known:
        return known
    try:
        call = file_result(
            agent=agent,
            held=Phone.objects.filter(paper=line.sheet),
            token=line.token,
            type=type,
            order_region=order_region,
            note=note,
            # A line has one result, so that its hold names the request as well.
            request_id=line.token,
            now=now,
        )
    except actions.NotHolder:
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
    """Whether a call was filed so, or stands so; what is left empty says nothing else."""
    filed = (call.type_id, call.order_region_id, call.note)
    standing = (call.standing_type_id, call.standing_order_region_id, call.standing_note)
    return any(
        type.pk == its_type and (not order_region or order_region.pk == its_region) and note in ("", its_note)
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
    _agent_of(line.sheet, by)
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
    _agent_of(line.sheet, by)
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


@transaction.atomic
def note_print(*, sheet: PaperSheet, by: User, now: datetime, address: str | None) -> None:
    """Put on record that a sheet was printed: its numbers stand there whole, on paper that anybody may carry off."""
    audit.record(
        by=by, action="paper.print", about=sheet.pk, count=sheet.lines.count(), address=address, at=now,
        agent=sheet.agent.username,
    )  # fmt: skip


@transaction.atomic
def give_back(*, sheet: PaperSheet, by: User, now: datetime, address: str | None) -> int:
    """Give back all that is not keyed in yet, at once; how many that were. Raises PermissionDenied."""
    agent = _agent_of(sheet, by)
    given = _give_back(Phone.objects.filter(paper=sheet), kind=Event.Kind.PAUSE, by=by, now=now)
    if given:
        audit.record(
            by=by, action="paper.give_back", about=sheet.pk, count=given, address=address, at=now, agent=agent.username
        )
    return given


def _give_back(phones: PhoneQuerySet, *, kind: Event.Kind, by: User, now: datetime) -> int:
    locked = list(phones.order_by("pk").select_for_update(of=("self",)))
    for phone in locked:
        holds.give_back(phone, kind=kind, by=by, now=now)
    return len(locked)


def _agent_of(sheet: PaperSheet, by: User) -> User:
    """The sheet's agent, whose row is locked; also one who may not call any more, since the calls were made."""
    if not may_work_for(by, sheet.agent):
        raise PermissionDenied
    agent: User = User.objects.select_for_update(no_key=True).get(pk=sheet.agent_id)
    return agent


# ── The code of a line ───────────────────────────────────────────────────────────────────────────────────────


def code_of(sheet_id: int, line: int) -> str:
    """Two digits for the line and two that check it against the sheet (ISO 7064, MOD 97-10).

    A digit that is wrong, two that are swapped, and a line of the sheet before or after are always found.
    """
    return f"{line:02}{98 - (sheet_id * 100 + line) * 100 % 97:02}"
