"""What ./test runs: the checks and the tests in parts, two at once, and at the end one line a part and one for all."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO
from xml.etree import ElementTree

from hwcall import translations
from hwcall.processes import die_with_parent
from tests import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
APPS = ["hwcall", "config", "accounts", "phones", "callback", "stats"]
# The browser tests that work in the demonstration room; the others are about as many minutes.
IN_THE_DEMONSTRATION = ["tests/e2e/manual", "tests/e2e/test_axe.py", "tests/e2e/test_desk_stands_still.py"]
NOTHING_COLLECTED = 5
PYTHON = sys.executable
CHECKS = {
    "ruff format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "ruff check": ["-m", "ruff", "check", "--quiet", "."],
    "djlint": ["-m", "djlint", "--lint", "--quiet", "templates"],
    "mypy": ["-m", "mypy", "--no-error-summary", *APPS],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "messages": ["manage.py", "messages", "--check"],
    "deploy": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


# A run by its name, which says what it does on an output, or before everybody's eyes.
Run = Callable[[str, IO[str] | None], "Part"]


@dataclass
class Part:
    """What became of one part of the suite."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reason: str = ""

    def __str__(self) -> str:
        if self.reason:
            return f"{self.name}: {'failed, not run' if self.failed else 'skipped'}: {self.reason}"
        return f"{self.name}: {counts(self.passed, self.failed, self.skipped)}"


def counts(passed: int, failed: int, skipped: int) -> str:
    return f"{passed} passed, {failed} failed, {skipped} skipped"


def main(arguments: Sequence[str]) -> int:
    postgres.leave_on_signals()
    os.chdir(BASE_DIR)
    translations.compile_all()
    parts: list[Part] = []
    try:
        at_once(parts, *two_lines(arguments))
    except KeyboardInterrupt:
        parts.append(Part("interrupted", failed=1))
    return report(parts)


def two_lines(arguments: Sequence[str]) -> tuple[dict[str, Run], dict[str, Run]]:
    """What there is to run, in two lines of about as many minutes; in a browser what was chosen is in one of them."""
    one: dict[str, Run] = {"unit tests on SQLite": lambda name, output: run_pytest(name, "not e2e", arguments, output)}
    other: dict[str, Run] = {"unit tests on PostgreSQL": lambda name, output: run_on_postgres(name, arguments, output)}
    if arguments:
        one["the site in a browser"] = lambda name, output: run_in_browser(name, arguments, output)
        return one, other
    away = [f"--ignore={path}" for path in IN_THE_DEMONSTRATION]
    one = {"checks": run_checks, **one}
    one["the demonstration room in a browser"] = lambda name, output: run_in_browser(name, IN_THE_DEMONSTRATION, output)
    other["the site in a browser"] = lambda name, output: run_in_browser(name, away, output)
    return one, other


def run_checks(name: str, output: IO[str] | None) -> Part:
    part = Part(name)
    with environment("check") as variables:
        # What a careful office sets: only then is every warning one of ours.
        variables |= {"HWCALL_HTTPS": "true"}
        for check, command in CHECKS.items():
            announce(check, output)
            if run([PYTHON, *command], variables, output) == 0:
                part.passed += 1
            else:
                print(f"{check} failed", file=output, flush=True)
                part.failed += 1
    return part


def at_once(parts: list[Part], one: Mapping[str, Run], other: Mapping[str, Run]) -> None:
    """Two lines of runs beside each other, since a run keeps one core busy; ``parts`` are added as they end.

    Each run has sites and databases of its own, and neither line waits for the other. What the other one says is
    printed at the end.
    """
    interrupted = Event()

    def go_on(line: Mapping[str, Run], output: IO[str] | None) -> None:
        for name, run in line.items():
            if not interrupted.is_set():
                parts.append(or_skipped(name, run, output))

    with tempfile.TemporaryFile("w+") as said, ThreadPoolExecutor(max_workers=1) as pool:
        others = pool.submit(go_on, other, said)
        try:
            go_on(one, None)
            others.result()
        except BaseException:
            interrupted.set()
            raise
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)


def run_on_postgres(name: str, arguments: Sequence[str], output: IO[str] | None) -> Part:
    with postgres.cluster() as url:
        return run_pytest(name, "not e2e", arguments, output, DATABASE_URL=url)


def run_in_browser(name: str, chosen: Sequence[str], output: IO[str] | None) -> Part:
    if not any(map(shutil.which, ("chromium", "chromium-browser"))):
        raise postgres.Unavailable("Chromium is not installed (Debian: apt install chromium fonts-noto-cjk)")
    return run_pytest(name, "e2e", chosen, output)


def or_skipped(name: str, run: Run, output: IO[str] | None) -> Part:
    """The part, or where it can't run, one that says why: skipped, and on CI failed."""
    try:
        return run(name, output)
    except postgres.Unavailable as reason:
        on_ci = os.environ.get("CI") == "true"
        return Part(name, failed=int(on_ci), skipped=int(not on_ci), reason=str(reason))


def run_pytest(
    name: str, marker: str, arguments: Sequence[str], output: IO[str] | None = None, **variables: str
) -> Part:
    """Run the tests of a marker; what they say goes to ``output``, or to everybody's eyes."""
    announce(name, output)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", default="")
    ours, others = parser.parse_known_args(arguments)
    expression = f"({ours.m}) and ({marker})" if ours.m else marker
    with environment("test") as base:
        results = results_of(name)
        results.unlink(missing_ok=True)
        command = [PYTHON, "-m", "pytest", "-m", expression, f"--junitxml={results}", *others]
        return read_results(name, run(command, base | variables, output), results)


def results_of(name: str) -> Path:
    """Where what came of a part's last run stands."""
    return BASE_DIR / "test-results" / f"{name.replace(' ', '-')}.xml"


def read_results(name: str, code: int, results: Path) -> Part:
    part = Part(name)
    if results.exists():
        for suite in ElementTree.parse(results).iter("testsuite"):  # noqa: S314 (pytest has just written it)
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            part.failed += failed
            part.skipped += skipped
            # A test that passes and then breaks in its teardown counts twice for pytest's sums, once for its total.
            part.passed += max(0, int(suite.get("tests", 0)) - failed - skipped)
    if code not in (0, NOTHING_COLLECTED) and not part.failed:
        part.failed = 1
    return part


@contextmanager
def environment(purpose: str) -> Iterator[dict[str, str]]:
    """Variables for a run that touches nobody's data, on SQLite unless it is told otherwise."""
    with tempfile.TemporaryDirectory(prefix=f"hwcall-{purpose}-", ignore_cleanup_errors=True) as folder:
        foreign = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
        kept = {k: v for k, v in os.environ.items() if k not in foreign and not k.startswith("HWCALL_")}
        yield kept | {"HWCALL_DATA": folder, "PYTHONUNBUFFERED": "1"}


def run(command: Sequence[str], variables: dict[str, str], output: IO[str] | None = None) -> int:
    """The exit code. A Ctrl-C reaches the program itself too: it is given the time to end."""
    with subprocess.Popen(
        command, env=variables, preexec_fn=die_with_parent(), stdout=output, stderr=output
    ) as process:
        try:
            return process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def announce(name: str, output: IO[str] | None) -> None:
    print(f"── {name}", file=output, flush=True)


def report(parts: Sequence[Part]) -> int:
    print()
    for part in parts:
        print(part)
    passed, failed, skipped = (sum(getattr(part, kind) for part in parts) for kind in ("passed", "failed", "skipped"))
    print(counts(passed, failed, skipped), flush=True)
    if not passed and not failed:
        print("No test ran.", file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
