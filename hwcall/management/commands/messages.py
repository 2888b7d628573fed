"""``manage.py messages``: keeps the Chinese catalogue in step with what the sources say."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hwcall import translations
from hwcall.translations import CATALOGUE, Key, UnreadableSource


class Command(BaseCommand):
    help = "Brings locale/ up to date with the sources: adds what is new, removes what is unused, guesses nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail where the catalogue is wrong")
        parser.add_argument(
            "--merge", nargs="+", type=Path, default=[], metavar="FILE.po", help="take over these files' translations"
        )

    def handle(self, *, check: bool, merge: list[Path], **options: Any) -> None:
        try:
            messages = translations.extract()
        except UnreadableSource as error:
            raise CommandError(str(error)) from error
        known = translations.read_translations(CATALOGUE)
        if not check:
            self.merge(merge, known)
            for key in sorted(known.keys() - messages.keys()):
                self.stdout.write(f"no longer used: {key}")
            known = {key: said for key, said in known.items() if key in messages}
            translations.write_translations(CATALOGUE, messages, known)
            translations.compile_all()
        faults = list(translations.faults(messages, known))
        for fault in faults:
            self.stdout.write(fault)
        if check and faults:
            raise CommandError(f"{len(faults)} faults in the catalogue; manage.py messages brings it up to date.")
        self.stdout.write(f"{len(messages)} messages, {len(faults)} faults")

    def merge(self, files: list[Path], known: dict[Key, str]) -> None:
        for path in files:
            if not path.exists():
                raise CommandError(f"There is no file {path}.")
            for key, said in translations.read_translations(path).items():
                if said and known.get(key, said) not in {"", said}:
                    self.stdout.write(f"changed: {key}: {known[key]} → {said}")
                if said:
                    known[key] = said
