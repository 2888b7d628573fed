"""Everything that can be done to the room's own settings, the first visit's progress among them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from config.models import Room
from config.record import tell
from hwcall.stamps import refuse_changed, stamp

SETTINGS = ("name", "lease_minutes", "daily_goal", "call_address")


def _locked() -> Room:
    """The room, on whose row all changes of the configuration wait for one another."""
    return Room.objects.select_for_update().get()


def settings_of(room: Room) -> dict[str, Any]:
    return {name: getattr(room, name) for name in SETTINGS}


def stamp_of(room: Room) -> str:
    """The stamp of what the form of the settings shows."""
    return stamp(settings_of(room))


@transaction.atomic
def change(
    *,
    changes: Mapping[str, Any],
    seen: str | None = None,
    by: AbstractBaseUser | None,
    now: datetime,
    address: str | None,
) -> Room:
    """Change those of SETTINGS that are named; they apply from the next request on. Raises Changed."""
    room = _locked()
    before = settings_of(room)
    refuse_changed(seen, before, standing=room)
    after = before | {name: changes[name] for name in SETTINGS if name in changes}
    if after != before:
        for name, value in after.items():
            setattr(room, name, value)
        room.save(update_fields=SETTINGS)
        told = {"before": _as_told(before), "after": _as_told(after)}
        tell(by=by, action="room.change", about=room, address=address, at=now, **told)
    return room


def _as_told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the log keeps them, where a bare "name" would be somebody's."""
    return {f"room_{name}" if name == "name" else name: value for name, value in settings.items()}


@transaction.atomic
def confirm_step(*, step: str) -> None:
    """Write down that an administrator is content with what a step of the first visit has found."""
    room = _locked()
    if step not in room.first_visit_steps:
        room.first_visit_steps = [*room.first_visit_steps, step]
        room.save(update_fields=["first_visit_steps"])


@transaction.atomic
def end_first_visit(*, now: datetime) -> None:
    """Lead nobody through the first visit any more."""
    room = _locked()
    if room.first_visit_ended_at is None:
        room.first_visit_ended_at = now
        room.save(update_fields=["first_visit_ended_at"])
