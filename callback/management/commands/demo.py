"""``manage.py demo``: fill an empty system with a room to look around in."""

import secrets
import string

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from callback import demo


class Command(BaseCommand):
    help = "Fill an empty system with a demonstration room: operators, 20,000 numbers, a month of calls."

    def handle(self, *args: object, **options: object) -> None:
        letters = string.ascii_lowercase.translate({ord(letter): None for letter in "ilo"})
        password = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
        try:
            agents = demo.fill(now=timezone.now(), password=password)
        except demo.NotEmpty:
            raise CommandError(
                "There is data here already: the demonstration room is only for an empty system. "
                "Start without --demo, or set HWCALL_DATA to a new folder."
            ) from None
        self.stdout.write(f"Demonstration room: {len(agents)} agents, for instance {agents[0].username}.")
        self.stdout.write(f"All of them, and the administrator wangqiang, have the password {password}")
