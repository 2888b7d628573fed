"""The desk over HTTP: a press that files a call and brings the next number, against a page that does nothing."""

import asyncio
import random
import socket
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from benchmarks.ratio import Ratio, Sizes
from callback import actions
from config.models import Carrier
from hwcall.bench import room, server
from hwcall.bench.agent import Agent, Manner, Shift
from hwcall.bench.history import History
from hwcall.bench.machine import Meter
from hwcall.bench.times import Times

CLIENTS = 8
SLOW_CLIENTS = 50
STATEMENTS_GOAL = {"postgresql": 8, "sqlite": 10}


def measure(sizes: Sizes) -> Iterator[Ratio]:
    furnished = room.furnish(agents=CLIENTS, logins=0, stock=sizes.many, seed=sizes.seed, password="")
    yield Ratio(1, "statements of a press", count_statements(), "statements", STATEMENTS_GOAL[connection.vendor])
    connection.close()
    with server.opened(Path(settings.DATA_DIR, "server.log")) as serving:
        meter = Meter({"web": serving.pid, **({"jobs": serving.worker} if serving.worker else {})})
        rates = asyncio.run(at_full_speed(sizes, furnished, serving.address, meter))
    press, nothing = rates["press"], rates["nothing"]
    limit = "a page that only knows who asks"
    yield Ratio(1, "presses a second, 8 agents", press.rate, "a second", 0.3, limit, nothing.rate, at_least=True)
    yield Ratio(1, "CPU of a press in the web server", press.cpu_ms, "ms", 3)
    yield Ratio(1, "CPU of a press against", press.cpu_ms, "ms", 2.2, limit, nothing.cpu_ms)
    quiet, slow = rates["alone"], rates["beside slow clients"]
    what = f"a press beside {SLOW_CLIENTS} clients that never end their request"
    yield Ratio(1, what, slow.median_ms, "ms", 1.5, "a press without them", quiet.median_ms)


def count_statements() -> int:
    """How many statements a press costs, its session and login included."""
    agent, client = User.objects.agents()[0], Client()
    client.force_login(agent)
    browser_session = client.session
    carrier = Carrier.objects.in_order()[0]
    browser_session["carrier"] = carrier.pk
    browser_session.save()
    counted = 0
    # The first one fills what a process keeps.
    for _ in range(3):
        phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
        if phone is None:
            raise RuntimeError("there is no number")
        counter = Counter()
        with connection.execute_wrapper(counter):
            client.post("/sheet/", {"token": phone.token, "request_id": uuid4(), "code": 11}, **from_the_sheet())
        counted = counter.count
    actions.pause(agent=agent, now=timezone.now())
    return counted


def from_the_sheet() -> dict[str, str]:
    return {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/sheet/"}


class Counter:
    """Counts what is executed, but for what begins a transaction or a part of one; its end goes by no cursor."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable, sql: str, *rest: object) -> object:
        self.count += not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))
        return execute(sql, *rest)


class Pace:
    """What a number of requests took."""

    def __init__(self, seconds: list[float], wall: float, cpu: float) -> None:
        self.rate = len(seconds) / wall
        self.cpu_ms = 1000 * cpu / len(seconds)
        self.median_ms = 1000 * statistics.median(seconds)


async def at_full_speed(sizes: Sizes, furnished: room.Room, address: str, meter: Meter) -> dict[str, Pace]:
    """The paces of what is compared, each asked for by all agents without a pause."""
    host, port = address.split("/")[2].split(":")
    playing = Shift(host, int(port), Times(), History())
    manner = Manner(pause=1, poll=0, cuts=0)
    agents = [
        Agent(playing, door, manner, furnished.codes, random.Random(door.username))  # noqa: S311
        for door in furnished.agents
    ]
    for agent in agents:
        await agent.come_in("", furnished.carrier)
        await agent.take()

    async def nothing(agent: Agent) -> None:
        await agent.browser.get("/nothing/")

    paces = {}
    # Once to warm up what each process keeps.
    for name, once in (("warm", Agent.file), ("nothing", nothing), ("press", Agent.file)):
        paces[name] = await pace(agents, once, 1 if name == "warm" else sizes.seconds, meter)
    paces["alone"] = await pace(agents[:1], Agent.file, sizes.seconds, meter)
    with slow_clients(host, int(port)):
        paces["beside slow clients"] = await pace(agents[:1], Agent.file, sizes.seconds, meter)
    return paces


async def pace(
    agents: list[Agent], once: Callable[[Agent], Awaitable[None]], seconds: float, meter: Meter
) -> Pace:  # fmt: skip
    until, taken = time.perf_counter() + seconds, []

    async def go_on(agent: Agent) -> None:
        while (began := time.perf_counter()) < until:
            await once(agent)
            taken.append(time.perf_counter() - began)

    meter.begin()
    began = time.perf_counter()
    await asyncio.gather(*map(go_on, agents))
    wall = time.perf_counter() - began
    meter.look()
    return Pace(taken, wall, meter.groups[0].cpu)


class slow_clients:
    """Clients that have sent the first half of a request, and say nothing more."""

    def __init__(self, host: str, port: int) -> None:
        self.place = host, port

    def __enter__(self) -> None:
        self.open = [socket.create_connection(self.place) for _ in range(SLOW_CLIENTS)]
        for line in self.open:
            line.sendall(b"GET /login/ HTTP/1.1\r\nHost: a\r\n")
        time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        for line in self.open:
            line.close()
