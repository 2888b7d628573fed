"""HwCall as ./run starts it, on a port of its own."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hwcall.bench.machine import child_by
from hwcall.processes import die_with_parent

BASE_DIR = Path(__file__).resolve().parent.parent.parent
OPEN = re.compile(r"open at (http://\S+)")
SECONDS_TO_STOP = 30


class NotOpen(Exception):
    """The server did not start; with what it has said."""


@dataclass(frozen=True)
class Server:
    """A running server: its address, and the processes that can be watched."""

    address: str
    pid: int
    worker: int | None


@contextmanager
def opened(log: Path, *, workers: int | None = None) -> Iterator[Server]:
    """Gunicorn and the job worker on this process's data, until the block ends; what they complain of is in the log."""
    options = [f"--workers={workers}"] if workers else []
    with log.open("wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "hwcall.start", "--port=0", *options],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            preexec_fn=die_with_parent(signal.SIGINT),
            # A terminal's Ctrl-C is for the load maker, which ends the server in its turn.
            start_new_session=True,
        )
    try:
        yield Server(_address(process, log), process.pid, child_by(process.pid, lambda line: "manage.py work" in line))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    for line in process.stdout or ():
        if found := OPEN.search(line):
            return found[1]
    raise NotOpen(log.read_text(errors="replace")[-500:])
