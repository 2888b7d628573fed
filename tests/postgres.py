"""A private PostgreSQL cluster in a temporary folder. By hand: ``python -m tests.postgres``."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from hwcall.processes import die_with_parent

SECONDS_TO_START = 60
SECONDS_TO_STOP = 10
# What is thrown away at the end needn't survive a power cut.
CARELESS = ["-cfsync=off", "-csynchronous_commit=off", "-cfull_page_writes=off"]


class Unavailable(Exception):
    """PostgreSQL can't be had here, with the reason."""


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """A fresh cluster's DATABASE_URL; it ends with the block. Durable keeps fsync on, as an office would have it."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="hwcall-postgres-"))
    try:
        who = identity(folder)
        wishes = ["--username=hwcall", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run([programs / "initdb", folder / "data", *wishes], **who, capture_output=True, text=True)
        if made.returncode:
            raise Unavailable(f"initdb failed: {made.stderr.strip()}")
        server, port = start(programs, folder, durable, who)
        try:
            with psycopg.connect(f"postgresql://hwcall@127.0.0.1:{port}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE hwcall")
            yield f"postgres://hwcall@127.0.0.1:{port}/hwcall"
        finally:
            end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """Where the newest PostgreSQL's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found and (on_path := shutil.which("initdb")):
        found = [Path(on_path)]
    if not found:
        raise Unavailable("PostgreSQL is not installed (Debian: apt install postgresql)")
    return found[-1].parent


def identity(folder: Path) -> dict[str, Any]:
    """How to run a program so that PostgreSQL, which refuses root, accepts it; the folder is given to that user."""
    options: dict[str, Any] = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C"}}
    if os.geteuid() != 0:
        return options
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return options | {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Unavailable("there is no user postgres to run it as")


def start(programs: Path, folder: Path, durable: bool, who: dict[str, Any]) -> tuple[subprocess.Popen[bytes], int]:
    """The running server and its port."""
    log = folder / "log"
    wishes = ["-D", folder / "data", "-k", folder, "-h", "127.0.0.1", "-N", "200", *([] if durable else CARELESS)]
    # Another program may take the port between our finding it free and the server's asking for it.
    for _attempt in range(5):
        port = free_port()
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", *wishes, "-p", str(port)],
                **who,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A terminal's Ctrl-C is for us: the server is stopped when the tests are done with it.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
            )
        try:
            if answers(server, port):
                return server, port
        except BaseException:
            end(server)
            raise
        end(server)
    raise Unavailable(f"PostgreSQL doesn't start: {log.read_text(errors='replace').strip()}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def answers(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(f"postgresql://hwcall@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return server.poll() is None
    return False


def end(server: subprocess.Popen[bytes]) -> None:
    """Stop the server by its own process id: first as it likes it (SIGINT is its fast shutdown), then at any price."""
    for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(sent)
        try:
            server.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            continue
        return


def leave_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the program as sys.exit does, so that what was opened is closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))


if __name__ == "__main__":
    leave_on_signals()
    try:
        with cluster() as url:
            print(f"DATABASE_URL={url} (Ctrl-C ends it)", flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        pass
    except Unavailable as reason:
        sys.exit(f"Can't run PostgreSQL: {reason}")
