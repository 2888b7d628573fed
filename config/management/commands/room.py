"""``manage.py room``: show or change the room's own settings."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from config.models import Room


class Command(BaseCommand):
    help = "Show the room's settings, or change those that are named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", help="shown on the login page")
        parser.add_argument("--lease", type=int, help="minutes that a number stays with an agent (1 to 1440)")
        parser.add_argument("--goal", type=int, help="calls a day; 0 for none")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        room = Room.objects.select_for_update().first()
        if room is None:
            raise CommandError("There is no room yet: start HwCall once.")
        self._change(room, **{name: options[name] for name in ("name", "lease", "goal")})
        goal = room.daily_goal or "none"
        self.stdout.write(f"name: {room.name or 'none'}, lease: {room.lease_minutes} minutes, goal: {goal}")

    def _change(self, room: Room, *, name: str | None, lease: int | None, goal: int | None) -> None:
        if lease is not None and not 1 <= lease <= 1440:
            raise CommandError("The lease is from 1 to 1440 minutes.")
        if goal is not None and not 0 <= goal <= 100_000:
            raise CommandError("The goal is from 0 to 100000 calls.")
        room.name = room.name if name is None else name.strip()[:60]
        room.lease_minutes = lease or room.lease_minutes
        room.daily_goal = room.daily_goal if goal is None else goal or None
        room.save()
