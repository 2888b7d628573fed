"""``manage.py room``: show or change the room's own settings."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import room_actions
from config.models import Room
from config.room_forms import HIGHEST_GOAL, LONGEST_LEASE, refuse_no_telephone
from hwcall.forms import clean_name


class Command(BaseCommand):
    help = "Show the room's settings, or change those that are named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="shown on the login page and on printed sheets")
        parser.add_argument("--lease", type=int, help="minutes that a number stays with an agent (1 to 1440)")
        parser.add_argument("--goal", type=int, help="calls a day; 0 for none")
        parser.add_argument("--call", help="the address that “Call” opens, such as sip:{number}@pbx.example")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Room.objects.exists():
            raise CommandError("There is no room yet: start HwCall once.")
        changes = changes_of(**{name: options[name] for name in ("name", "lease", "goal", "call")})
        room = room_actions.change(changes=changes, by=None, now=timezone.now(), address=None)
        goal = room.daily_goal or "none"
        self.stdout.write(
            f"name: {room.name or 'none'}, lease: {room.lease_minutes} minutes, goal: {goal}, call: {room.call_address}"
        )


def changes_of(*, name: str | None, lease: int | None, goal: int | None, call: str | None) -> dict[str, Any]:
    """What was named, checked as the page of the settings does. Raises CommandError."""
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = clean_name(name)[:60]
    if lease is not None:
        if not 1 <= lease <= LONGEST_LEASE:
            raise CommandError(f"The lease is from 1 to {LONGEST_LEASE} minutes.")
        changes["lease_minutes"] = lease
    if goal is not None:
        if not 0 <= goal <= HIGHEST_GOAL:
            raise CommandError(f"The goal is from 0 to {HIGHEST_GOAL} calls.")
        changes["daily_goal"] = goal or None
    if call is not None:
        try:
            refuse_no_telephone(call)
        except ValidationError as refusal:
            raise CommandError(refusal.messages[0]) from refusal
        changes["call_address"] = call
    return changes
