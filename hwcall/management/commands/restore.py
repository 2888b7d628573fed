"""``manage.py restore``: a backup into an empty place, and proof that the books balance there."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hwcall.backups import restoring
from hwcall.backups.manifest import Unusable
from hwcall.preparation import one_at_a_time


class Command(BaseCommand):
    help = "Bring a backup back into an empty database and empty folders, and check that the books balance."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path)

    def handle(self, *args: Any, backup: Path, **options: Any) -> None:
        try:
            with one_at_a_time():
                facts = restoring.restore(backup, now=timezone.now())
        except Unusable as error:
            raise CommandError(str(error)) from error
        rows, files = sum(facts.counts.values()), len(facts.members) - 1
        self.stdout.write(f"Restored the room of {facts.made_at}: {rows:,} rows, {files:,} files.")
        call_command("verify", files=True, stdout=self.stdout)
