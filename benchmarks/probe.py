"""An agent who presses all the time while something large is under way: how long the desk waits for it."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from benchmarks import stock
from benchmarks.ratio import Ratio
from callback import actions
from config.models import BusinessType, Carrier
from hwcall.bench.times import percentile
from hwcall.processes import die_with_parent

PAUSE_SECONDS = 0.02
# On SQLite the desk may wait for a piece of a long work, but for no more than so long.
LONGEST_SECONDS = 1.0
TIMES_QUIET = 3.0


def beside(item: int, what: str, work: Callable[[], object], *, quiet_seconds: float) -> Ratio:
    """How long presses take while the work is under way, against a quiet time just before it."""
    agent = stock.people(1, name="probe")[0]
    connection.close()
    here, there = multiprocessing.Pipe()
    # Not forked in the middle of the work: the child has its own connection to the database.
    child = multiprocessing.get_context("fork").Process(target=_press, args=(there, agent.pk, die_with_parent()))
    child.start()
    try:
        here.recv()
        time.sleep(quiet_seconds)
        began = time.monotonic()
        work()
        ended = time.monotonic()
        here.send("end")
        pressed: list[tuple[float, float]] = here.recv()
    finally:
        child.join(10)
        child.kill()
    quiet = sorted(seconds for at, seconds in pressed if at < began)
    busy = sorted(seconds for at, seconds in pressed if began <= at < ended)
    if not quiet or not busy:
        raise RuntimeError(f"{what}: too quick to be looked at")
    if connection.vendor == "sqlite":
        return Ratio(item, f"the longest press beside {what}", 1000 * busy[-1], "ms", 1000 * LONGEST_SECONDS)
    p99, p99_quiet = 1000 * percentile(busy, 0.99), 1000 * percentile(quiet, 0.99)
    return Ratio(item, f"p99 of a press beside {what}", p99, "ms", TIMES_QUIET, "the quiet before it", p99_quiet)


def _press(line: Connection, agent_pk: int, never_outlive: Callable[[], None]) -> None:
    """Take and file until told to end; then say when each press was and how long it took."""
    never_outlive()
    agent = stock.people(1, name="probe")[0]
    carrier, type, pressed = Carrier.objects.in_order()[0], BusinessType.objects.get(code=11), []
    phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
    if agent.pk != agent_pk or phone is None:
        raise RuntimeError("there is no number to press for")
    line.send("ready")
    while phone and not line.poll():
        at, now = time.monotonic(), timezone.now()
        filed = {"token": phone.token, "request_id": uuid4(), "type": type, "order_region": None, "note": ""}
        _call, phone = actions.classify_and_take(agent=agent, carrier=carrier, now=now, **filed)
        pressed.append((at, time.monotonic() - at))
        time.sleep(PAUSE_SECONDS)
    line.send(pressed)
