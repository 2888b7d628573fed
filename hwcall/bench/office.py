"""The office beside the agents: lists come in, files go out, and somebody always looks at the statistics."""

import asyncio
import re
from collections.abc import Iterator
from itertools import count, cycle

from hwcall.bench import room
from hwcall.bench.agent import CSRF, Shift
from hwcall.bench.room import Door, Room
from hwcall.bench.wire import Answer, Browser, Cut

LOOK_AGAIN_SECONDS = 0.5
READ_EVERY_SECONDS = 1.0
# htmx is told by it that the work has ended.
ENDED = 286
PAGES = {
    "statistics": "/stats/team/?days=month",
    "statistics by day": "/stats/team/?days=month&by=day",
    "start page": "/home/",
    "hours": "/stats/hours/",
    "export page": "/phones/export/",
    "log": "/audit/logins/",
}
CHECKED = re.compile(rb'name="(kind)"')


class Clerk:
    """An administrator at the browser, who does one thing again and again while the shift lasts."""

    def __init__(self, shift: Shift, door: Door) -> None:
        self.shift = shift
        self.browser: Browser = shift.browser(door)

    async def go_on(self) -> None:
        while not self.shift.over():
            try:
                await self.once()
            except Cut:
                self.shift.times.odd("office: the line was cut")
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        self.browser.close()

    async def once(self) -> None:
        raise NotImplementedError

    async def get(self, kind: str, path: str, headers: str = "") -> Answer:
        answer = await self.browser.get(path, headers)
        self.shift.times.add(kind, answer.seconds)
        if answer.status >= 400:
            self.shift.times.odd(f"{kind}: status {answer.status}")
        return answer

    async def until_done(self, job: str) -> None:
        """Look at a job's page until it has ended."""
        while not self.shift.over():
            page = await self.get("job page", job, "HX-Request: true\r\n")
            if page.status == ENDED or page.status >= 400:
                return
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


class Importer(Clerk):
    """Sends one list after the other, looks at the check, confirms, and waits for the end."""

    def __init__(self, shift: Shift, door: Door, furnished: Room, lists: Iterator[bytes]) -> None:
        super().__init__(shift, door)
        self.room, self.lists, self.ordinal, self.done = furnished, lists, count(1), 0

    async def once(self) -> None:
        page = await self.get("import page", "/phones/import/")
        token = {"csrfmiddlewaretoken": page.field(CSRF)}
        sent = await self.browser.send_file("/phones/import/", token | {"numbers": ""}, "list.csv", next(self.lists))
        self.shift.times.add("import: send a list", sent.seconds)
        while not self.shift.over():
            page = await self.get("import: look at the check", sent.location)
            if page.field(CHECKED) or page.status >= 400:
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        chosen = {"region": str(self.room.region), "carrier": str(self.room.carrier), "kind": "pending"}
        chosen["name"] = f"List {next(self.ordinal)}"
        confirmed = await self.browser.post(f"{sent.location}confirm/", token | chosen)
        self.shift.times.add("import: confirm", confirmed.seconds)
        if confirmed.status != 302:
            self.shift.times.odd(f"import: status {confirmed.status}")
            return
        await self.until_done(confirmed.location)
        self.done += not self.shift.over()


class Exporter(Clerk):
    """Asks for a file of all numbers, waits for it, and fetches it."""

    def __init__(self, shift: Shift, door: Door) -> None:
        super().__init__(shift, door)
        self.formats, self.done = cycle(("xlsx", "csv")), 0

    async def once(self) -> None:
        page = await self.get("export page", "/phones/export/")
        fields = {"csrfmiddlewaretoken": page.field(CSRF), "format": next(self.formats)}
        started = await self.browser.post("/phones/export/start/", fields)
        self.shift.times.add("export: ask for a file", started.seconds)
        if started.status != 302:
            self.shift.times.odd(f"export: status {started.status}")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            return
        await self.until_done(started.location)
        if not self.shift.over():
            await self.get("export: fetch the file", f"{started.location}result/")
            self.done += 1


class Reader(Clerk):
    """Turns from one page of figures to the next."""

    def __init__(self, shift: Shift, door: Door) -> None:
        super().__init__(shift, door)
        self.pages = cycle(PAGES.items())

    async def once(self) -> None:
        await self.get(*next(self.pages))
        await asyncio.sleep(READ_EVERY_SECONDS)


def lists(rows: int, *, seed: int, start: int) -> Iterator[bytes]:
    """Lists with so many numbers each, every tenth of them known already."""
    while True:
        known = rows // 10 if start else 0
        yield "\r\n".join(["phone", *room.numbers(rows, seed=seed, start=start - known)]).encode()
        start += rows - known
