"""One shift: agents come in, all begin at the same moment, work by themselves, then with the office beside them."""

import asyncio
import os
import random
import resource
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from hwcall.bench.agent import Agent, Manner, Shift
from hwcall.bench.history import History
from hwcall.bench.machine import Meter
from hwcall.bench.office import Clerk, Exporter, Importer, Reader, lists
from hwcall.bench.room import Room
from hwcall.bench.times import Times

# The parts of a shift, as the report calls them.
COMING_IN, START, QUIET, OFFICE = "coming in", "start of the shift", "agents alone", "with the office"
STEADY = (QUIET, OFFICE)
# How many come in at the same moment; their sessions are there, and only the page is loaded.
AT_THE_DOOR = 8
LONGEST_START = 600
# A descriptor for each client, and some more.
SPARE_FILES = 200


@dataclass(frozen=True)
class Plan:
    """What is wanted of a run. ``stock`` is how many numbers there are at first, ``rows`` how many each list brings."""

    agents: int
    seconds: float
    manner: Manner
    seed: int
    logins: int
    stock: int
    rows: int
    workers: int | None


@dataclass
class Played:
    """What came of the shift: how long the start took until everybody had a number, and what the office got done."""

    times: Times
    history: History
    start_seconds: float
    steady_seconds: float
    imports: int
    exports: int


def allow_files(wanted: int) -> None:
    """Let this process and its children have so many connections, as far as the system allows."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(_soft, wanted + SPARE_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


async def play(plan: Plan, room: Room, address: str, meter: Meter) -> Played:
    """Play the shift at a running server."""
    place = urlsplit(address)
    shift = Shift(place.hostname or "127.0.0.1", place.port or 80, Times(), History())
    # Each agent has dice of its own, so that a seed means the same whoever is quicker.
    agents = [
        Agent(shift, door, plan.manner, room.codes, random.Random(f"{plan.seed} {door.username}"))  # noqa: S311
        for door in room.agents
    ]
    shift.times.part = COMING_IN
    await _come_in(agents, room)
    watching = asyncio.create_task(meter.watch())
    shift.times.part = START
    began = time.monotonic()
    at_work = [asyncio.create_task(agent.work()) for agent in agents]
    while shift.began < len(agents) and time.monotonic() - began < LONGEST_START and not all(map(_ended, at_work)):
        await asyncio.sleep(0.05)
    start_seconds = time.monotonic() - began
    meter.begin()
    shift.times.part = QUIET
    await asyncio.sleep(plan.seconds / 3)
    shift.times.part = OFFICE
    clerks = _office(plan, shift, room)
    in_office = [asyncio.create_task(clerk.go_on()) for clerk in clerks]
    await asyncio.sleep(plan.seconds * 2 / 3)
    meter.look()
    watching.cancel()
    shift.ended = True
    await _go_home(agents, at_work)
    await asyncio.gather(*in_office)
    imports, exports = (clerk.done for clerk in clerks if isinstance(clerk, Importer | Exporter))
    return Played(shift.times, shift.history, start_seconds, plan.seconds, imports, exports)


def _ended(task: asyncio.Task) -> bool:
    if task.done() and (error := task.exception()):
        raise error
    return task.done()


async def _come_in(agents: list[Agent], room: Room) -> None:
    door = asyncio.Semaphore(AT_THE_DOOR)

    async def come_in(agent: Agent) -> None:
        async with door:
            await agent.come_in(room.password, room.carrier)

    await asyncio.gather(*map(come_in, agents))


async def _go_home(agents: list[Agent], at_work: list[asyncio.Task]) -> None:
    """Who is on the telephone hangs up; who waits for an answer waits for it."""
    for agent, task in zip(agents, at_work, strict=True):
        if agent.asleep:
            task.cancel()
    for outcome in await asyncio.gather(*at_work, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    for agent in agents:
        agent.browser.close()


def _office(plan: Plan, shift: Shift, room: Room) -> list[Clerk]:
    importing, exporting, reading = room.office
    return [
        Importer(shift, importing, room, lists(plan.rows, seed=plan.seed, start=plan.stock)),
        Exporter(shift, exporting),
        Reader(shift, reading),
    ]


def roots(server: int, worker: int | None, database: int | None) -> dict[str, int]:
    """The processes that a meter watches, by the names that the report gives them."""
    found = {"web server": server, "job worker": worker, "database": database, "load maker": os.getpid()}
    return {name: pid for name, pid in found.items() if pid}
