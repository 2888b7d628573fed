"""What happened in the demonstration room besides calls: skips, take-backs, amendments, logins, imports on record."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import AuditEntry, User
from callback.forms import SKIP_REASONS
from callback.models import Amendment, Call
from phones.models import Batch, Event, Phone

if TYPE_CHECKING:
    from callback.demo import Stage

REASONS = (
    pgettext_lazy("demo", "Pressed the wrong key"),
    pgettext_lazy("demo", "The customer called back"),
    pgettext_lazy("demo", "Confirmed in writing"),
)
SKIPPED, TAKEN_BACK, AMENDED = 0.03, 0.01, 0.015
ADDRESS = "192.168.1.{}"


def skip_some(stage: "Stage", calls: list[Call]) -> list[Event]:
    """Some numbers were skipped once before they were filed."""
    events = []
    for call in calls:
        if stage.dice.random() < SKIPPED:
            agent = stage.dice.choice(stage.agents)
            at = call.taken_at - timedelta(minutes=stage.dice.randint(1, 4))
            events.append(_event(stage, call, Event.Kind.SKIP, agent, at))
            events[-1].reason = stage.dice.choice(SKIP_REASONS)[0]
            events[-1].token, events[-1].taken_at = _uuid(stage), at - timedelta(seconds=15)
    return events


def take_some_back(stage: "Stage", calls: list[Call]) -> tuple[list[Call], list[Event]]:
    """Before some calls another type was pressed by mistake, and taken back within seconds."""
    mistakes, events = [], []
    for call in calls:
        if stage.dice.random() < TAKEN_BACK:
            wrong = stage.dice.choice([type for type in stage.types.values() if type != call.type])
            at = call.filed_at - timedelta(seconds=stage.dice.randint(9, 15))
            withdrawn_at = at + timedelta(seconds=stage.dice.randint(3, 8))
            mistakes.append(
                Call(
                    request_id=_uuid(stage), token=_uuid(stage), phone=call.phone, number=call.number,
                    batch_id=call.batch_id, carrier_id=call.carrier_id, region_id=call.region_id, agent=call.agent,
                    type=wrong, standing_type=wrong, taken_at=call.taken_at, filed_at=at, day=call.day,
                    withdrawn_at=withdrawn_at,
                )
            )  # fmt: skip
            events.append(_event(stage, call, Event.Kind.UNDO, call.agent, withdrawn_at))
            events[-1].agent = None
    return mistakes, events


def amend_some(stage: "Stage", calls: list[Call]) -> list[Amendment]:
    """Some valid results were corrected on the next morning; the calls and their numbers stand so from then on."""
    amendments = []
    for call in calls:
        at = call.filed_at + timedelta(hours=stage.dice.randint(15, 40))
        if call.type.valid and at < stage.now and stage.dice.random() < AMENDED * 5:
            type_to = stage.dice.choice([type for type in stage.types.values() if type != call.type])
            ordered = call.order_region if type_to.valid else None
            amendments.append(
                Amendment(
                    call=call, ordinal=1, request_id=_uuid(stage), by=stage.dice.choice([call.agent, stage.by]), at=at,
                    reason=str(stage.dice.choice(REASONS)), type_from=call.type, type_to=type_to,
                    order_region_from=call.order_region, order_region_to=ordered, note_from=call.note,
                    note_to=call.note,
                )
            )  # fmt: skip
            call.standing_type, call.standing_order_region = type_to, ordered
            if call.phone:
                call.phone.type, call.phone.order_region = type_to, ordered
    return amendments


def put_on_record(stage: "Stage", calls: list[Call], amendments: list[Amendment]) -> None:
    """The lines of the logs: who logged in on which day, which lists came in, what was amended."""
    places = {agent.pk: ADDRESS.format(20 + place) for place, agent in enumerate(stage.agents)}
    places[stage.by.pk] = ADDRESS.format(10)
    shifts: dict[tuple[int, object], Call] = {}
    for call in calls:
        shifts.setdefault((call.agent_id, call.day), call)
    lines = [
        _line("login", call.agent, call.taken_at - timedelta(minutes=2), call.agent.username, places)
        for call in shifts.values()
    ]
    for batch in Batch.objects.all():
        lines.append(_line("import.confirm", stage.by, batch.at, batch.name, places))
        lines[-1].count, lines[-1].data = batch.new_count or sum(batch.known_counts.values()), {"kind": batch.kind}
    for amendment in amendments:
        masked = f"{amendment.call.number[:3]}****{amendment.call.number[-4:]}"
        lines.append(_line("call.amend", amendment.by, amendment.at, masked, places))
        lines[-1].data = {
            "reason": amendment.reason, "from": str(amendment.type_from), "to": str(amendment.type_to),
        }  # fmt: skip
    lines.append(_line("login.failed", None, stage.now - timedelta(hours=3), pgettext("demo", "guest"), {}))
    AuditEntry.objects.bulk_create(sorted(lines, key=lambda line: line.at))


def _line(action: str, by: User | None, at: datetime, about: str, places: dict[int, str]) -> AuditEntry:
    address = places[by.pk] if by else ADDRESS.format(99)
    return AuditEntry(action=action, by=by, at=at, object=about, address=address)


def _event(stage: "Stage", call: Call, kind: Event.Kind, agent: User, at: datetime) -> Event:
    phone: Phone | None = call.phone
    return Event(kind=kind, phone=phone, number=call.number, at=at, by=agent, agent=agent)


def _uuid(stage: "Stage") -> UUID:
    return UUID(int=stage.dice.getrandbits(128), version=4)
