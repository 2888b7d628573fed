"""The one-command start: prepares what is not yet there, then serves HwCall until it is told to stop."""

import argparse
import contextlib
import errno
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from hwcall.processes import Child, stop

BASE_DIR = Path(__file__).resolve().parent.parent
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# A browser's spare connection holds a thread though it says nothing: there must be many more threads than are busy.
MOST_THREADS = 32
# Each thread keeps a database connection; PostgreSQL allows a hundred unless told otherwise.
CONNECTIONS = 80
MOST_WORKERS = 12
SECONDS_TO_FINISH = 10
SECONDS_TO_ANSWER = 60
LONGEST_PAUSE = 60


class CannotStart(Exception):
    """Said to the person in one line; nothing is left running."""


def say(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # Whoever read along has left; serving goes on, to nobody's ears.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="./run", description="Serves HwCall. Ctrl-C stops it.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 opens it to the network (default: this machine)")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any free one (default: 8000)")
    parser.add_argument("--workers", type=int, default=min(max(2, cores), MOST_WORKERS), help="web processes")
    parser.add_argument("--demo", action="store_true", help="fill an empty database with a believable room first")
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error("--port: from 0 to 65535")
    if options.workers < 1:
        parser.error("--workers: at least 1")
    return options


def open_standard_streams() -> None:
    """Make sure that 0, 1 and 2 are open, lest a socket take the number of a closed one."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)


def claim(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything else is done. Raises CannotStart."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(f"There is no address {host} on this machine.") from error
        reason = os.strerror(error.errno or errno.EADDRINUSE)
        raise CannotStart(f"Port {port} on {host} can't be used ({reason}). Another one: --port") from error


def address(host: str, port: int) -> str:
    """What to type into a browser. For a server open to all, this machine's address on the network."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 (compared, not bound)
        host = socket.gethostname()
        # Connecting a datagram socket sends nothing; it tells which of our addresses would be used.
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            host = probe.getsockname()[0]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def start_web(listener: socket.socket, workers: int) -> Child:
    options = {
        "bind": f"fd://{listener.fileno()}",
        "worker-class": "gthread",
        "workers": workers,
        "threads": min(MOST_THREADS, max(1, CONNECTIONS // workers)),
        "timeout": 60,
        "graceful-timeout": SECONDS_TO_FINISH,
        "log-level": "warning",
    }
    if os.access("/dev/shm", os.W_OK):  # noqa: S108 (gunicorn makes its own file in it)
        options["worker-tmp-dir"] = "/dev/shm"  # noqa: S108
    words = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "gunicorn", *words, "--no-control-socket", "--preload", "hwcall.wsgi:application"]
    return Child(command, cwd=BASE_DIR, pass_fds=[listener.fileno()])


def start_worker() -> Child:
    return Child([sys.executable, "manage.py", "work"], cwd=BASE_DIR)


def answers(listener: socket.socket) -> bool:
    """Whether a page comes back, whatever its status."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/login/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Service:
    """The web server and the job worker, kept running together until a signal or the web server's end."""

    def __init__(self, listener: socket.socket, options: argparse.Namespace) -> None:
        self.listener = listener
        self.options = options
        self.signals = 0
        self.pause = 1
        self.worker_due: float | None = None

    def run(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.note_signal)
        self.web = self.worker = start_web(self.listener, self.options.workers)
        try:
            self.worker = start_worker()
            self.wait_for_answer()
            while self.web.running and not self.signals:
                self.keep_worker()
                time.sleep(0.1)
            return self.close()
        finally:
            stop([self.web, self.worker], patience=0)

    def note_signal(self, *_: object) -> None:
        self.signals += 1

    def wait_for_answer(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while self.web.running and not self.signals:
            if answers(self.listener):
                self.welcome()
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"The web server didn't answer within {SECONDS_TO_ANSWER} seconds.")
            time.sleep(0.1)

    def welcome(self) -> None:
        host, port = self.options.host, self.listener.getsockname()[1]
        say(f"HwCall is open at {address(host, port)} (Ctrl-C stops it)")
        if host in LOOPBACK:
            say("Only this machine can reach it. To open it to the network: ./run --host 0.0.0.0")
        elif not settings.HTTPS:
            say("Passwords travel unencrypted on the network; put HTTPS before it: docs/operations.md")

    def keep_worker(self) -> None:
        """Start the job worker again where it has died, after a pause that grows each time."""
        if self.worker.running:
            return
        now = time.monotonic()
        if self.worker_due is None:
            self.worker.end()
            self.worker_due = now + self.pause
            say(f"The job worker ended ({self.worker.process.returncode}); it starts again in {self.pause} s.")
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        elif now >= self.worker_due:
            self.worker_due = None
            self.worker = start_worker()

    def close(self) -> int:
        if not self.signals:
            say("The web server ended by itself; HwCall stops.")
        noted = self.signals
        # A second Ctrl-C ends it at once.
        stop([self.web, self.worker], patience=SECONDS_TO_FINISH + 5, hurried=lambda: self.signals > noted)
        say("HwCall has stopped.")
        return 0 if noted else 1


def main(arguments: Sequence[str] | None = None) -> int:
    open_standard_streams()
    options = read_options(arguments)
    # Imported late: --help and a mistyped option needn't wait for Django.
    from hwcall import preparation

    try:
        with claim(options.host, options.port) as listener:
            preparation.prepare(demo=options.demo)
            return Service(listener, options).run()
    except (CannotStart, preparation.CannotPrepare) as refusal:
        print(f"HwCall can't start: {refusal}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        say("Stopped before it was open.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
