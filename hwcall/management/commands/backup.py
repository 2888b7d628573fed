"""``manage.py backup``: the whole room in one file, while people work."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hwcall.backups import making
from hwcall.backups.manifest import Unusable


class Command(BaseCommand):
    help = "Write database and files into one .zip, as of one moment and while people work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.DATA_DIR / "backups", help="the folder for it")
        parser.add_argument("--keep", type=int, metavar="N", help="delete older backups in that folder, all but N")

    def handle(self, *args: Any, to: Path, keep: int | None, **options: Any) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep needs 1 or more: the backup that is just made always stays.")
        try:
            path = making.make(to, now=timezone.now(), keep=keep)
        except Unusable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path} ({path.stat().st_size >> 10:,} KB)")
