"""Numbers on paper: a sheet is taken, printed and called from; its results are keyed in afterwards (paper_results).

The numbers are held by the sheet of paper and not by the agent's screen, so that an agent still holds at most one
number there. All else is as at the desk: one transaction an action, the agent's row first, then numbers by id.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from accounts.modules import Module
from callback import actions
from config.models import Carrier
from phones import holds, queue
from phones.models import Event, PaperLine, PaperSheet, Phone
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


def _take(sheet: PaperSheet, agent: User, how_many: int, now: datetime) -> dict[UUID, Phone]:
    """The numbers that the queue gives, in its order, each by the token of its hold."""
    taken: dict[UUID, Phone] = {}
    while len(taken) < how_many:
        token = uuid4()
        phone = queue.take_next(
            agent_id=agent.pk,
            carrier_id=sheet.carrier_id,
            region_ids=agent.region_ids,
            token=token,
            now=now,
            until=sheet.expires_at,
            paper_id=sheet.pk,
        )
        if phone:
            taken[token] = phone
        # One sweep gives back no more than a single take needs.
        elif not queue.give_back_ended(now):
            break
    return taken


def _write_down(sheet: PaperSheet, taken: dict[UUID, Phone]) -> None:
    if not taken:
        raise NoneLeft
    PaperLine.objects.bulk_create(
        PaperLine(sheet=sheet, line=line, phone=phone, number=phone.number, token=token)
        for line, (token, phone) in enumerate(taken.items(), start=1)
    )


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
    agent = agent_of(sheet, by)
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


def agent_of(sheet: PaperSheet, by: User) -> User:
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
