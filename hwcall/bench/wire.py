"""A browser's part of HTTP/1.1: one kept connection, cookies, forms; cheap enough for thousands in one process."""

import asyncio
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
COOKIE = re.compile(rb"\r\nset-cookie: *([^=\r\n]+)=([^;\r\n]*)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *([^\r\n]+)", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"
# Who hears nothing for so long takes it as lost, as a person would.
PATIENCE = 60.0


class Cut(Exception):
    """The connection ended, or stayed silent, before the whole answer was there."""


@dataclass(slots=True)
class Answer:
    """What came back, and how many seconds after the press, a new connection included."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        found = LOCATION.search(self.head)
        return found[1].decode() if found else ""

    def field(self, pattern: re.Pattern[bytes]) -> str:
        """What the page has there; empty where it has nothing."""
        found = pattern.search(self.body)
        return found[1].decode() if found else ""


class Wire(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._waiting: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._came = bytearray()
        self._head = b""
        self._wanted = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(Cut())

    def data_received(self, data: bytes) -> None:
        self._came += data
        if self._wanted < 0:
            end = self._came.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = bytes(self._came[:end])
            del self._came[: end + 4]
            length = LENGTH.search(self._head)
            self._wanted = int(length[1]) if length else 0
        if len(self._came) >= self._wanted and self._waiting and not self._waiting.done():
            self._waiting.set_result((self._head, bytes(self._came[: self._wanted])))

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer. Raises Cut."""
        loop = asyncio.get_running_loop()
        self._came.clear()
        self._wanted, self._waiting = -1, loop.create_future()
        timer = loop.call_later(PATIENCE, self.abort)
        self.write(request)
        try:
            return await self._waiting
        finally:
            timer.cancel()

    def write(self, data: bytes) -> None:
        if self.transport:
            self.transport.write(data)

    def abort(self) -> None:
        """Let go of the line at once, as a machine does whose power is gone."""
        self.closed = True
        if self.transport:
            self.transport.abort()


class Browser:
    """One person's browser: it keeps its cookies, and its connection for as long as the server does."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.cookies: dict[str, str] = {}
        self._wire: Wire | None = None

    async def get(self, path: str, headers: str = "") -> Answer:
        return await self._ask(self._request("GET", path, headers))

    async def post(self, path: str, fields: dict[str, str], headers: str = "") -> Answer:
        return await self._ask(self.form(path, fields, headers))

    async def send_file(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Answer:
        """Post a form with one file in it."""
        edge = uuid4().hex
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in fields.items()
        ]
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        body = b"".join([*parts, head, content, f"\r\n--{edge}--\r\n".encode()])
        return await self._ask(self._request("POST", path, "", body, f"multipart/form-data; boundary={edge}"))

    def form(self, path: str, fields: dict[str, str], headers: str = "") -> bytes:
        """The bytes of a form that is sent, so that the very same can be sent again."""
        return self._request("POST", path, headers, urlencode(fields).encode(), FORM)

    async def send(self, request: bytes) -> Answer:
        return await self._ask(request)

    async def send_and_vanish(self, request: bytes, *, half: bool, after: float) -> None:
        """Send all or the first half of a request, and be gone before the answer can be read."""
        wire = await self._connected()
        wire.write(request[: len(request) // 2] if half else request)
        await asyncio.sleep(after)
        wire.abort()

    def close(self) -> None:
        if self._wire:
            self._wire.abort()

    def _request(self, method: str, path: str, headers: str, body: bytes = b"", kind: str = "") -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {cookies}\r\n{headers}"
        if method == "POST":
            lines += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return f"{lines}\r\n".encode() + body

    async def _connected(self) -> Wire:
        if self._wire is None or self._wire.closed:
            loop = asyncio.get_running_loop()
            try:
                async with asyncio.timeout(PATIENCE):
                    _transport, self._wire = await loop.create_connection(Wire, self.host, self.port)
            except OSError as error:
                raise Cut from error
        return self._wire

    async def _ask(self, request: bytes) -> Answer:
        began = time.perf_counter()
        wire = await self._connected()
        head, body = await wire.ask(request)
        seconds = time.perf_counter() - began
        for name, value in COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return Answer(int(head[9:12]), head, body, seconds)
