"""One run in the place that ``manage.py bench`` has made: ``python -m hwcall.bench PLAN [RESULT]``, both JSON."""

import asyncio
import contextlib
import io
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from hwcall import preparation
from hwcall.bench.server import NotOpen

# How much of the server's complaints is kept.
LAST_WORDS = 2000


def main(plan_text: str, result: str = "") -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.redirect_stdout(io.StringIO()):
        preparation.prepare(demo=False)
    from django.db import connection

    from hwcall.bench import report

    wishes = json.loads(plan_text)
    try:
        found = run(wishes)
    except (NotOpen, KeyboardInterrupt) as ended:
        print(f"The run broke off. {ended}", file=sys.stderr)
        return 2
    for line in report.lines(found, agents=wishes["agents"], vendor=connection.vendor):
        say(line)
    if result:
        Path(result).write_text(json.dumps(found, indent=1))
    return 0 if found["verdict"]["clean"] and found["balances"] else 1


def run(wishes: dict[str, Any]) -> dict[str, Any]:
    """Furnish, play, stop the server, compare."""
    from django.conf import settings
    from django.db import connection

    from hwcall.bench import machine, report, room, server, shift
    from hwcall.bench.agent import Manner

    plan = shift.Plan(**wishes | {"manner": Manner(**wishes["manner"])})
    shift.allow_files(plan.agents)
    say(f"{machine.described()}; {described(connection)}; seed {plan.seed}")
    if busy := machine.busy():
        say(f"Figures with care: {busy}.")
    say(f"Making {plan.agents:,} agents and {plan.stock:,} numbers …")
    furnished = room.furnish(
        agents=plan.agents, logins=plan.logins, stock=plan.stock, seed=plan.seed, password=secrets.token_urlsafe(12)
    )
    say(f"{plan.logins} agents log in by the login page; the others have sessions that were made beforehand,")
    say("since a password is slow to check on purpose.")
    log = Path(settings.DATA_DIR, "server.log")
    with server.opened(log, workers=plan.workers) as serving:
        roots = shift.roots(serving.pid, serving.worker, database_process(connection))
        connection.close()
        meter = machine.Meter(roots)
        played = asyncio.run(shift.play(plan, furnished, serving.address, meter))
    complaints = log.read_text(errors="replace").strip()
    found = report.gathered(played, meter, played.history.compare(calls()), books())
    return found | {
        "plan": wishes,
        "on": machine.described(),
        "database": described(connection),
        "complaints": len(complaints.splitlines()),
        "log": complaints[-LAST_WORDS:],
    }


def calls() -> list[Any]:
    """The call log as the history compares it."""
    from callback.models import Call
    from hwcall.bench.history import Filed

    rows = Call.objects.values_list("request_id", "token", "number", "agent", "type__code")
    return [
        Filed(str(request_id), str(token), number, agent, code)
        for request_id, token, number, agent, code in rows.iterator(chunk_size=10_000)
    ]


def books() -> tuple[bool, list[str]]:
    """Whether ``manage.py verify`` finds the books balanced, and what it says."""
    from django.core.management import call_command

    said = io.StringIO()
    try:
        call_command("verify", stdout=said)
    except SystemExit:
        return False, said.getvalue().splitlines()
    return True, said.getvalue().splitlines()


def described(connection: Any) -> str:
    """The database and its version."""
    if connection.vendor == "sqlite":
        return f"SQLite {connection.Database.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"


def database_process(connection: Any) -> int | None:
    """The database server's process, where it runs on this machine."""
    from hwcall.bench import machine

    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return machine.server_of(cursor.fetchone()[0])


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hwcall.settings")
    sys.exit(main(*sys.argv[1:]))
