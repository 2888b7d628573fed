"""``manage.py bench``: how HwCall does under load on this machine, proven in a room that is made for it."""

import json
import os
import secrets
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hwcall.bench import place
from hwcall.processes import Child, stop

SECONDS_TO_STOP = 45
# Numbers for each agent besides those that the pauses allow, so that nobody runs out.
SPARE = 5


class Command(BaseCommand):
    help = (
        "Play agents and office against a server and a database that are made for it; say how long they waited, "
        "whether a number was given twice or a result lost, and whether the books balance. Your data is not touched."
    )
    # It works in a place of its own: what this installation's checks would say is no matter.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agents", type=int, default=200, help="how many agents (default: 200)")
        parser.add_argument("--seconds", type=float, default=120, help="for how long, after the start (default: 120)")
        parser.add_argument("--pause", type=float, default=45, help="seconds from one call to the next (default: 45)")
        parser.add_argument(
            "--poll", type=float, default=1.5,
            help="seconds between an open sheet's looks at its hold, as the page does (default: 1.5); 0: none",
        )  # fmt: skip
        parser.add_argument("--cuts", type=float, default=2, help="of a hundred presses, how many are cut off (2)")
        parser.add_argument("--logins", type=int, default=20, help="how many log in by the login page (default: 20)")
        parser.add_argument("--rows", type=int, default=20_000, help="numbers of each list that comes in (20,000)")
        parser.add_argument("--stock", type=int, help="numbers at the start (default: enough for all)")
        parser.add_argument("--workers", type=int, help="web processes, as ./run has it")
        parser.add_argument("--seed", type=int, help="the same seed plays the same agents (default: any)")
        parser.add_argument("--database", help="sqlite, or the URL of a PostgreSQL (default: DATABASE_URL)")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there as well")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["agents"] < 1 or options["seconds"] <= 0 or options["pause"] <= 0:
            raise CommandError("--agents, --seconds and --pause: more than nothing.")
        plan = json.dumps(self.plan(options))
        result = [str(options["json"].resolve())] if options["json"] else []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        database = options["database"] or os.environ.get("DATABASE_URL", place.SQLITE)
        try:
            with place.made(database, Path(settings.DATA_DIR)) as variables:
                command = [sys.executable, "-m", "hwcall.bench", plan, *result]
                code = _wait_for(Child(command, cwd=settings.BASE_DIR, env=variables))
        except place.Unavailable as reason:
            raise CommandError(str(reason)) from reason
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing is left of it.", returncode=130) from None
        if code:
            raise SystemExit(code)

    def plan(self, options: dict[str, Any]) -> dict[str, Any]:
        """What hwcall.bench is told; see shift.Plan."""
        agents, seconds, pause = options["agents"], options["seconds"], options["pause"]
        enough = int(agents * (seconds / pause + SPARE)) + options["rows"]
        return {
            "agents": agents,
            "seconds": seconds,
            "manner": {name: options[name] for name in ("pause", "poll", "cuts")},
            "seed": secrets.randbelow(10**6) if options["seed"] is None else options["seed"],
            "logins": min(options["logins"], agents),
            "stock": options["stock"] or enough,
            "rows": options["rows"],
            "workers": options["workers"],
        }


def _wait_for(child: Child) -> int:
    try:
        return child.process.wait()
    finally:
        stop([child], patience=SECONDS_TO_STOP)
