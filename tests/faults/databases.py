"""A PostgreSQL of a test's own, which can be killed, filled and begun anew; and a line to it that can be cut."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import postgres


@dataclass
class Database:
    """A running PostgreSQL server, as its owner sees it: a folder and a process."""

    url: str
    data: Path
    command: list[str] = field(default_factory=list)
    owner: int = 0
    process: subprocess.Popen | None = field(default=None, repr=False)

    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the server itself; who serves its clients ends when it sees that."""
        pid = self.pid()
        children = list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
        os.kill(pid, how)
        deadline = time.monotonic() + 30
        while any(map(running, [pid, *children])) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not any(map(running, [pid, *children]))
        # Until it is reaped, its number is taken, and a new server would think that it still runs.
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def is_there(self) -> bool:
        with suppress(psycopg.Error):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False

    def start(self, *wishes: str) -> None:
        if self.process:
            self.process.poll()
        self.process = subprocess.Popen(
            [*self.command, *wishes],
            cwd=self.data.parent,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            user=self.owner,
            group=self.owner and os.stat(self.data).st_gid,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Begun by whatever thread, it must outlive that: no die_with_parent, which asks after the thread.
            start_new_session=True,
        )
        deadline = time.monotonic() + 30
        while not self.is_there():
            assert time.monotonic() < deadline, "PostgreSQL does not come back"
            time.sleep(0.05)


def running(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def database() -> Iterator[Database]:
    """A durable server, as an office has it."""
    with postgres.cluster(durable=True) as url:
        with psycopg.connect(url) as line:
            data = Path(line.execute("SHOW data_directory").fetchone()[0])
        server = Database(url, data, owner=data.stat().st_uid)
        server.command = Path(f"/proc/{server.pid()}/cmdline").read_text().rstrip("\0").split("\0")
        try:
            yield server
        finally:
            if server.process and server.process.poll() is None:
                server.process.send_signal(signal.SIGINT)
                server.process.wait(30)


def fill(disk: Path) -> Path:
    """A file that takes all the space that is left on a disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return ballast


class Line:
    """A TCP proxy: ``cut`` ends what goes through it, ``swallow`` holds it up, ``mend`` lets it go on."""

    def __init__(self, url: str) -> None:
        where = psycopg.conninfo.conninfo_to_dict(url)
        self.target = (where["host"], int(where["port"]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(f":{where['port']}/", f":{self.listener.getsockname()[1]}/")
        self.open, self.through = True, threading.Event()
        self.through.set()
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, in the middle of whatever it carries."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    # Closed with a reset, as by a machine that has gone.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    end.shutdown(socket.SHUT_RDWR)
                    end.close()

    def swallow(self) -> None:
        self.through.clear()

    def mend(self) -> None:
        self.open = True
        self.through.set()

    def close(self) -> None:
        self.open = False
        self.cut()
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self.listener.accept()
                if not self.open:
                    near.close()
                    continue
                far = socket.create_connection(self.target)
                self.pairs.append((near, far))
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.through.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
