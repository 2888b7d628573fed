"""An agent's shift, as the browser sends it: the sheet, the take, calls and their results, and lines that are cut."""

import asyncio
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from hwcall.bench.history import History, Hold
from hwcall.bench.room import Door
from hwcall.bench.times import Times
from hwcall.bench.wire import Answer, Browser, Cut

SHEET, HELD_PAGE, HOLD_PAGE = "/sheet/", "/sheet/held/", "/sheet/hold/"
# How often the open page has its lease prolonged.
KEEP_SECONDS = 60
CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([A-Za-z0-9]+)"')
TOKEN = re.compile(rb'name="token" value="([0-9a-f-]{36})"')
REQUEST = re.compile(rb'name="request_id" value="([0-9a-f-]{36})"')
NUMBER = re.compile(rb'data-copy="([0-9]+)"')
# The strip over the number that says that something was not filed as it was sent.
REFUSED = re.compile(rb'class="strip (?:(warn)" role="status"|(danger)" role="alert")>')
# The page keeps what was not acknowledged and sends it again.
RETRY_SECONDS = (0.2, 1.5)
VANISH_SECONDS = 0.05


@dataclass(frozen=True)
class Manner:
    """How agents work: seconds from call to call, and between two looks of an open sheet at its hold; how many of a
    hundred presses are cut off."""

    pause: float
    poll: float
    cuts: float


@dataclass
class Shift:
    """What all players of one run share."""

    host: str
    port: int
    times: Times
    history: History
    # How many agents have pressed for their first number and were answered.
    began: int = 0
    ended: bool = False

    def over(self) -> bool:
        return self.ended

    def browser(self, door: Door) -> Browser:
        browser = Browser(self.host, self.port)
        if door.session:
            browser.cookies["hwcall_session"] = door.session
        return browser


class Agent:
    """One agent. Whatever happens to the line, a result is sent until it is acknowledged."""

    def __init__(self, shift: Shift, door: Door, manner: Manner, codes: list[int], dice: random.Random) -> None:
        self.shift, self.door, self.manner, self.codes, self.dice = shift, door, manner, codes, dice
        self.browser = shift.browser(door)
        self.csrf = ""
        self.hold: Hold | None = None
        self.request_id = ""
        # Between two requests, when the end of the shift may wake it.
        self.asleep = False
        self.htmx = f"HX-Request: true\r\nHX-Current-URL: http://{shift.host}:{shift.port}{SHEET}\r\n"

    async def come_in(self, password: str, carrier: int) -> None:
        """Log in, where no session was made beforehand, and open the sheet."""
        if not self.door.session:
            page = await self._timed("log in: page", lambda: self.browser.get("/login/"))
            fields = {"csrfmiddlewaretoken": page.field(CSRF), "username": self.door.username, "password": password}
            fields |= {"carrier": str(carrier), "next": ""}
            answer = await self._timed("log in", lambda: self.browser.post("/login/", fields))
            if answer.status != 302:
                self.shift.times.odd(f"log in: status {answer.status}")
        page = await self._timed("open the sheet", lambda: self.browser.get(SHEET))
        self.csrf = page.field(CSRF)

    async def work(self) -> None:
        """Take, call, file, until the shift is over; who has no number asks again when a call would be over."""
        await self.take()
        self.shift.began += 1
        pause = self.dice.uniform(0, self.manner.pause)
        while not self.shift.over():
            await self._call(pause)
            await (self.file() if self.hold else self.take())
            pause = self.dice.uniform(0.5, 1.5) * self.manner.pause
        self.browser.close()

    async def take(self) -> None:
        answer = await self._press("take", {"take": "start"})
        if answer:
            self._look(answer)
        if not self.hold:
            self.shift.times.odd("there was no number to take")

    async def file(self) -> None:
        """File the number's result; the answer brings the next number."""
        hold, code = self.hold, self.dice.choice(self.codes)
        if hold is None:
            return
        fields = {"token": hold.token, "request_id": self.request_id, "order_region": "", "note": "", "code": str(code)}
        result = self.shift.history.sent(self.request_id, hold, code)
        answer = await self._press("classify", fields)
        if answer is None:
            # Nobody knows what became of it: the sheet will say what is held now.
            answer = await self._timed("open the sheet", lambda: self.browser.get(SHEET))
        elif refused := REFUSED.search(answer.body):
            self.shift.times.odd(f"classify: a strip of {(refused[1] or refused[2]).decode()}")
        else:
            self.shift.history.acknowledged(result, time.monotonic())
        self._look(answer)

    async def _call(self, seconds: float) -> None:
        """Talk, while the open sheet keeps asking after its hold."""
        until = time.monotonic() + seconds
        keep_at = time.monotonic() + KEEP_SECONDS
        while (left := until - time.monotonic()) > 0 and not self.shift.over():
            self.asleep = True
            await asyncio.sleep(min(left, self.manner.poll or left))
            self.asleep = False
            if self.hold and time.monotonic() < until:
                await self._look_after_hold(self.hold)
                if time.monotonic() > keep_at:
                    keep_at += KEEP_SECONDS
                    await self._keep_hold(self.hold)

    async def _look_after_hold(self, hold: Hold) -> None:
        answer = await self._ask("held", lambda: self.browser.get(f"{HELD_PAGE}?token={hold.token}"))
        if answer and answer.status != 204:
            self.shift.times.odd(f"held: status {answer.status}")
            await self._keep_hold(hold)

    async def _keep_hold(self, hold: Hold) -> None:
        headers = f"X-CSRFToken: {self.csrf}\r\n"
        answer = await self._ask("hold", lambda: self.browser.post(HOLD_PAGE, {"token": hold.token}, headers))
        if answer and (answer.status != 200 or b'"held"' not in answer.body):
            self.shift.times.odd(f"hold: status {answer.status}, {answer.body[:40].decode(errors='replace')}")

    async def _ask(self, kind: str, ask: Callable) -> Answer | None:
        """Once: an open sheet asks again soon enough."""
        try:
            answer: Answer = await ask()
        except Cut:
            self.shift.times.odd(f"{kind}: the line was cut")
            return None
        self.shift.times.add(kind, answer.seconds)
        return answer

    async def _press(self, kind: str, fields: dict[str, str]) -> Answer | None:
        """Send a press until it is answered; now and then the line is cut in the middle of it. None after the shift."""
        request = self.browser.form(SHEET, fields | {"csrfmiddlewaretoken": self.csrf}, self.htmx)
        if self.dice.random() * 100 < self.manner.cuts:
            await self._be_cut_off(request)
            kind += ", after a cut"
        while True:
            answer = await self._once(kind, request)
            if answer:
                return answer
            if self.shift.over():
                return None
            await asyncio.sleep(self.dice.uniform(*RETRY_SECONDS))
            kind = kind.removesuffix(", again") + ", again"

    async def _once(self, kind: str, request: bytes) -> Answer | None:
        try:
            answer = await self.browser.send(request)
        except Cut:
            self.shift.times.odd(f"{kind}: the line was cut")
            return None
        if answer.status != 200:
            self.shift.times.odd(f"{kind}: status {answer.status}")
            return None
        self.shift.times.add(kind, answer.seconds)
        return answer

    async def _be_cut_off(self, request: bytes) -> None:
        half = self.dice.random() < 0.5
        self.shift.times.odd("killed in the middle of sending" if half else "killed before the answer was read")
        try:
            await self.browser.send_and_vanish(request, half=half, after=self.dice.uniform(0, VANISH_SECONDS))
        except Cut:
            return
        await asyncio.sleep(self.dice.uniform(*RETRY_SECONDS))

    async def _timed(self, kind: str, ask: Callable) -> Answer:
        while True:
            try:
                answer: Answer = await ask()
            except Cut:
                self.shift.times.odd(f"{kind}: the line was cut")
                await asyncio.sleep(self.dice.uniform(*RETRY_SECONDS))
            else:
                self.shift.times.add(kind, answer.seconds)
                return answer

    def _look(self, answer: Answer) -> None:
        """What the sheet shows now."""
        token, number = answer.field(TOKEN), answer.field(NUMBER)
        self.request_id = answer.field(REQUEST) or str(uuid4())
        self.hold = None
        if token and number:
            self.hold = self.shift.history.shown(token, number, self.door.operator, time.monotonic())
