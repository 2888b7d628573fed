"""``manage.py verify``: whether the books balance, a line for each check."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from stats import balance, checks
from stats.checks.check import Answer, Check
from stats.checks.telling import Teller


class Command(BaseCommand):
    help = "Check that the books balance, as of one moment and while people work. Ends with 1 where they do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--files", action="store_true", help="read the archives' files as well, byte for byte")
        parser.add_argument("--quiet", action="store_true", help="say only what does not balance")
        parser.add_argument("--numbers", action="store_true", help="show telephone numbers whole")

    def handle(self, *args: Any, files: bool, quiet: bool, numbers: bool, **options: Any) -> None:
        # The terminal speaks English.
        with override("en"):
            books = balance.examine(contents=files, whole_numbers=numbers)
            teller = Teller()
            for check in checks.ALL:
                self._say(check, books.answers[check.name], teller, quiet=quiet)
            if not quiet:
                self.stdout.write("The books do not balance." if books.broken else "The books balance.")
        if books.broken:
            raise SystemExit(1)

    def _say(self, check: Check, answer: Answer, teller: Teller, *, quiet: bool) -> None:
        if not answer.count:
            if not quiet:
                self.stdout.write(f"ok    {check.words}: {teller.holds(check, answer.figures)}")
            return
        self.stdout.write(f"WRONG {check.words}: {answer.count:,}")
        for fault in answer.faults:
            self.stdout.write(f"      {teller.broken(check, fault)}")
        if answer.count > len(answer.faults):
            self.stdout.write(f"      … and {answer.count - len(answer.faults):,} more")
