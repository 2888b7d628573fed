"""A room at work while something breaks: real servers, agents who write down what they saw, and the books after."""

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hwcall.bench.agent import CSRF, Agent, Manner, Shift
from hwcall.bench.history import Filed, History, Verdict
from hwcall.bench.room import Door
from hwcall.bench.times import Times
from hwcall.bench.wire import Answer, Browser
from hwcall.processes import die_with_parent
from tests.installations import ROOT, run

AGENTS = 5
FURNISH = f"""
import dataclasses, json
from config.furnish import furnish
from hwcall.bench import room
furnish()
print(json.dumps(dataclasses.asdict(
    room.furnish(agents={AGENTS}, logins=0, stock=3000, seed=11, password="Wind-und-Wetter-4"))))
"""
BOOKS = """
import json
from hwcall.bench.__main__ import books, calls
print(json.dumps([calls(), *books()]))
"""
HURRIED = Manner(pause=0.15, poll=0, cuts=0)


@dataclass
class Server:
    """A gunicorn that can be killed, and begun anew at the same address."""

    variables: dict[str, str]
    listener: socket.socket
    log: Path
    application: str = "hwcall.wsgi:application"
    workers: int = 2
    threads: int = 8
    process: subprocess.Popen | None = field(default=None, repr=False)

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def start(self) -> None:
        options = {"bind": f"fd://{self.listener.fileno()}", "worker-class": "gthread", "threads": self.threads}
        options |= {"workers": self.workers, "timeout": 60, "graceful-timeout": 10, "log-level": "warning"}
        words = [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *words, "--no-control-socket", "--preload", self.application],
                cwd=ROOT,
                env=self.variables,
                pass_fds=[self.listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=die_with_parent(),
            )
        # All of them: one that comes up later would go on while a test has stopped the others.
        wait_until(lambda: len(self.pids()) == self.workers and asks(self.port, "/healthz") == 200)

    def pids(self) -> list[int]:
        """Its web workers."""
        master = self.process.pid
        listed = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(pid) for pid in listed]

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the master, and wait until its workers are gone as well: they follow it."""
        workers = self.pids()
        self.process.send_signal(how)
        self.process.wait(30)
        wait_until(lambda: not any(map(alive, workers)))

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            for pid in self.pids():
                os.kill(pid, signal.SIGCONT)
            self.kill(signal.SIGTERM)


@contextmanager
def served(place: dict[str, str], folder: Path, **options) -> Iterator[Server]:
    """A server on an installation, until the block ends."""
    plain = {"HWCALL_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    more = options.pop("variables", {})
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        log = options.pop("log", folder / f"server-{listener.fileno()}.log")
        server = Server(place | plain | more, listener, log, **options)
        try:
            server.start()
            yield server
        finally:
            server.end()


def work_through(room: dict, server: Server, fault: Callable[[Shift], None], *, agents: int = AGENTS) -> Shift:
    """Let agents file one call after the other while ``fault`` lasts, and then until each has an answer."""

    async def work() -> Shift:
        shift = Shift("127.0.0.1", server.port, Times(), History())
        doors = [Door(**door) for door in room["agents"][:agents]]
        players = [Agent(shift, door, HURRIED, room["codes"], random.Random(door.username)) for door in doors]
        for player in players:
            await player.come_in(room["password"], room["carrier"])
        at_work = [asyncio.create_task(player.work()) for player in players]
        try:
            await asyncio.to_thread(fault, shift)
        finally:
            shift.ended = True
        async with asyncio.timeout(90):
            await asyncio.gather(*at_work)
        return shift

    return asyncio.run(work())


def judge(
    variables: dict[str, str], shift: Shift, record_property: Callable[[str, object], None], earlier: Iterable[str] = ()
) -> Verdict:
    """Compare what the agents saw with the database; the books must balance. What was counted is kept.

    ``earlier`` are the requests of calls that were there before these agents came.
    """
    filed, balances, said = json.loads(run(variables, script=BOOKS))
    verdict = shift.history.compare([Filed(*row) for row in filed if row[0] not in earlier])
    for name, value in (
        ("calls", verdict.acknowledged),
        ("lost", len(verdict.lost)),
        ("doubled", len(verdict.doubled)),
    ):
        record_property(name, value)
    assert verdict.clean, verdict
    assert verdict.acknowledged, shift.times.oddities
    assert balances, said
    return verdict


def acknowledged(shift: Shift) -> int:
    return sum(result.acknowledged for result in list(shift.history.results.values()))


def some_more(shift: Shift, count: int = 10) -> None:
    """Wait until so many more results were acknowledged: the room works."""
    enough = acknowledged(shift) + count
    wait_until(lambda: acknowledged(shift) >= enough)


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def told(door: dict, port: int, *asked: tuple) -> list[Answer]:
    """What an operator with a session is answered: each of these is a path, with the fields of a form or without."""

    async def ask() -> list[Answer]:
        browser = Browser("127.0.0.1", port)
        browser.cookies["hwcall_session"] = door["session"]
        csrf = (await browser.get("/password/")).field(CSRF)
        answers = []
        for path, *form in asked:
            # Whatever the last answer was, the next one begins at the beginning of a line.
            browser.close()
            fields = {"csrfmiddlewaretoken": csrf} | (form[0] if form else {})
            if len(form) > 1:
                answers.append(await browser.send_file(path, fields, "list.txt", form[1]))
            else:
                answers.append(await (browser.post(path, fields) if form else browser.get(path)))
        browser.close()
        return answers

    return asyncio.run(ask())


def asks(port: int, path: str) -> int | None:
    """The status of an answer; None where there is none."""
    try:
        return asyncio.run(_get(port, path)).status
    except Exception:
        return None


async def _get(port: int, path: str) -> Answer:
    browser = Browser("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            return await browser.get(path)
    finally:
        browser.close()
