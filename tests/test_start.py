"""The one command that starts everything, and leaves nothing behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hwcall import start
from hwcall.processes import Child, stop

BASE_DIR = Path(__file__).resolve().parent.parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: set[int], within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, pids))


def descendants(pid: int) -> set[int]:
    found = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child} | descendants(child)
    return found


class Started:
    """./run as somebody would start it: its own process, its output in a pipe, nothing on its standard input."""

    def __init__(self, data: Path, *options: str, tree: Path = BASE_DIR) -> None:
        # Not this test's own settings: an office has none of them.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HWCALL_", "DJANGO_"))}
        kept.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hwcall.start", "--port=0", *options],
            cwd=tree,
            env=kept | {"HWCALL_DATA": str(data)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def address(self) -> str:
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"open at (http://\S+)", line):
                return found[1]
        raise AssertionError(f"It never opened: {self.said}")

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=30)
        self.said += rest
        return self.process.returncode


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def begin_one(*options: str, tree: Path = BASE_DIR) -> Started:
        started.append(Started(tmp_path / "data", *options, tree=tree))
        return started[-1]

    yield begin_one
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)
        one.process.stdout.close()


@pytest.mark.e2e
def test_it_opens_and_ctrl_c_leaves_nothing_running(begin):
    service = begin()

    with urllib.request.urlopen(service.address() + "login/") as page:  # noqa: S310 (its own address)
        status = page.status
    family = descendants(service.process.pid)
    code = service.end()

    assert status == 200
    assert len(family) >= 3  # gunicorn, one of its own or more, the job worker
    assert code == 0
    assert gone(family)


@pytest.mark.e2e
def test_a_tree_as_it_is_cloned_is_furnished_in_chinese(begin, tmp_path):
    """Nothing is compiled in a clone: what the first start writes must not be what it would find untranslated."""
    clone = tmp_path / "clone"
    shutil.copytree(
        BASE_DIR, clone, ignore=shutil.ignore_patterns("*.mo", ".git", ".venv", "data", "tests", ".*_cache")
    )

    with urllib.request.urlopen(begin(tree=clone).address() + "login/") as page:  # noqa: S310 (its own address)
        said = page.read().decode()

    assert "登录" in said
    assert "中国移动" in said


@pytest.mark.e2e
def test_the_data_is_its_owners_alone_in_a_folder_that_was_open_to_others(begin, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    (data / "hwcall.sqlite3").touch()
    (data / "hwcall.sqlite3").chmod(0o644)

    begin().address()

    assert [path for path in data.rglob("*") if path.stat().st_mode & 0o077] == []


@pytest.mark.e2e
def test_nothing_survives_its_being_killed(begin):
    service = begin()
    service.address()
    family = descendants(service.process.pid)

    service.process.kill()
    service.process.wait()

    assert gone(family, within=30)


@pytest.mark.e2e
def test_only_the_first_start_tells_a_password(begin):
    first = begin()
    first.address()
    first.end()
    second = begin()
    second.address()
    second.end()

    assert "password" in first.said.lower()
    assert "one-time" not in second.said.lower()


@pytest.mark.e2e
def test_a_job_worker_that_dies_is_started_again(begin):
    service = begin()
    service.address()
    [worker] = [pid for pid in descendants(service.process.pid) if b"work" in command_of(pid)]

    os.kill(worker, signal.SIGKILL)
    notice = service.process.stdout.readline() + service.process.stdout.readline()

    assert "job worker ended" in notice
    deadline = time.monotonic() + 10
    while not any(b"work" in command_of(pid) for pid in descendants(service.process.pid) - {worker}):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def command_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_a_taken_port_is_refused_before_anything_is_done(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hwcall.preparation.prepare", lambda **_: pytest.fail("prepared all the same"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = start.main(["--port", str(port)])

    assert code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_address_that_is_not_ours_is_refused(capsys):
    code = start.main(["--host", "203.0.113.7", "--port", "0"])

    assert code == 1
    assert "There is no address 203.0.113.7" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--port", "70000"], ["--port", "eight"], ["--workers", "0"], ["nonsense"]])
def test_a_mistyped_option_is_refused(options):
    with pytest.raises(SystemExit, match="2"):
        start.main(options)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", "http://127.0.0.1:8000/"), ("::1", "http://[::1]:8000/"), ("room.lan", "http://room.lan:8000/")],
)
def test_the_address_is_one_a_browser_takes(host, expected):
    assert start.address(host, 8000) == expected


def test_the_address_of_a_server_open_to_all_can_be_reached():
    assert "0.0.0.0" not in start.address("0.0.0.0", 8000)  # noqa: S104


def test_a_child_that_ignores_the_request_is_ended():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = Child([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    child.process.stdout.readline()

    stop([child], patience=0.2)

    assert child.process.returncode == -signal.SIGKILL


def test_ending_a_child_ends_what_it_left_behind():
    parent = f"import subprocess; print(subprocess.Popen({SLEEP!r}).pid, flush=True)"
    child = Child([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    left_behind = int(child.process.stdout.readline())
    while child.running:
        time.sleep(0.01)

    child.end()

    assert gone({left_behind})
