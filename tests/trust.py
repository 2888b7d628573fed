"""``make trust``: runs the tests of every row of tests/trust_rows.py, and writes docs/trust.md of what came of them."""

import argparse
import itertools
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from hwcall import translations
from tests import postgres, suite
from tests.trust_rows import BAD_INPUT, FAULTS, INVARIANTS, LATER, ROWS, row_of

PARTS = ("SQLite", "PostgreSQL", "browser")
# The parts of ./test in which they are.
IN_THE_SUITE = {
    "SQLite": ["unit tests on SQLite"],
    "PostgreSQL": ["unit tests on PostgreSQL"],
    "browser": ["the site in a browser", "the demonstration room in a browser"],
}
# What tests count by ``record_property``, and what the page calls it.
FIGURES = {
    "inputs": "bad inputs tried besides the tests' own",
    "kills": "processes killed, stopped, or cut off",
    "calls": "calls filed under faults, acknowledged to the agent",
    "lost": "of these lost",
    "doubled": "numbers held by two agents at once",
}
HEAD = """# What may go wrong, and what holds then

Each row is a promise, with the tests that keep it; a test's name begins with its row. `make trust` runs them all, on
SQLite, on PostgreSQL and in a browser, with real files, processes and servers, and writes this page. `./test` runs them
too, among all others, and fails where a row has no test.

"""

TAIL = f"""
## What is not here

- {", ".join(LATER)} are about several database machines, which HwCall does not set up yet.
- Known faults of packages: `pip-audit --require-hashes --disable-pip -r requirements.txt` asks PyPI's list of them. No
  test does, since a machine without a way to it would learn nothing; B70 keeps every package at the version and hash
  that were looked at.
"""


@dataclass
class Outcome:
    """What came of the tests of one row in one part."""

    tests: set[str] = field(default_factory=set)
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        said = [f"**{self.failed} failed**"] * bool(self.failed)
        said += [f"{self.passed} passed"] * bool(self.passed)
        said += [f"{self.skipped} not run here"] * bool(self.skipped)
        return ", ".join(said) or "–"


Outcomes = dict[str, Outcome]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust", description=__doc__)
    parser.add_argument("--write", type=Path, help="the page that is written (docs/trust.md)")
    parser.add_argument("--last", action="store_true", help="of what the last ./test has found, and run nothing")
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), metavar="ROW", default=list(ROWS), help="only these")
    options = parser.parse_args(arguments)
    postgres.leave_on_signals()
    os.chdir(suite.BASE_DIR)
    translations.compile_all()
    outcomes, figures = of_last_run() if options.last else run_all(options.rows)
    page = written(outcomes, date.today().isoformat(), figures)  # noqa: DTZ011 -- the day of whoever runs it
    if options.write:
        options.write.write_text(page)
    else:
        print(page)
    return report(outcomes, options.rows)


def run_all(rows: Sequence[str]) -> tuple[dict[str, Outcomes], Counter[str]]:
    """The two databases beside each other, then the browser; what tests have counted is summed up."""
    chosen = " or ".join(f"test_{row.lower()}_" for row in rows)
    with tempfile.TemporaryDirectory(prefix="hwcall-trust-") as folder:
        results = {part: Path(folder, f"{part}.xml") for part in PARTS}

        def run(part: str, marker: str, **variables: str) -> None:
            command = [sys.executable, "-m", "pytest", "-q", "-m", marker, "-k", chosen]
            with suite.environment("trust") as base, Path(folder, f"{part}.log").open("w+") as said:
                suite.run([*command, f"--junitxml={results[part]}"], base | variables, said)
                said.seek(0)
                suite.announce(part)
                print(said.read()[-4000:], flush=True)

        def on_postgres() -> None:
            with postgres.cluster() as url:
                run("PostgreSQL", "not e2e", DATABASE_URL=url)

        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(on_postgres)
            run("SQLite", "not e2e")
            other.result()
        run("browser", "e2e")
        found = {part: read(path) for part, path in results.items()}
        return found, sum(map(counted, results.values()), Counter())


def of_last_run() -> tuple[dict[str, Outcomes], Counter[str]]:
    """The same of the last run of all tests."""
    results = {part: [suite.results_of(name) for name in names] for part, names in IN_THE_SUITE.items()}
    figures = [counted(path) for paths in results.values() for path in paths]
    return {part: read(*paths) for part, paths in results.items()}, sum(figures, Counter())


def read(*paths: Path) -> Outcomes:
    """What the junit files of a run say of the rows."""
    found: Outcomes = {}
    for case in itertools.chain.from_iterable(map(cases, paths)):
        name = case.get("name", "").partition("[")[0]
        if row := row_of(name):
            outcome = found.setdefault(row, Outcome())
            outcome.tests.add(name)
            if case.find("failure") is not None or case.find("error") is not None:
                outcome.failed += 1
            elif case.find("skipped") is not None:
                outcome.skipped += 1
            else:
                outcome.passed += 1
    return found


def counted(path: Path) -> Counter[str]:
    """The sums of what tests have recorded under the names of FIGURES, and how many tests passed."""
    sums: Counter[str] = Counter()
    for case in cases(path):
        for said in case.iter("property"):
            if said.get("name") in FIGURES:
                sums[said.get("name", "")] += int(said.get("value", "0"))
    return sums


def cases(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).iter("testcase")) if path.exists() else []  # noqa: S314 (pytest wrote it)


def written(outcomes: dict[str, Outcomes], day: str, figures: Counter[str] | dict[str, int]) -> str:
    """The page."""
    total = Outcome()
    for part in outcomes.values():
        for outcome in part.values():
            total.passed += outcome.passed
            total.failed += outcome.failed
            total.skipped += outcome.skipped
    lines = [HEAD + f"Run on {day}: {total}.", "", "| counted in this run | |", "| --- | ---: |"]
    lines += [f"| {words} | {figures.get(name, 0):,} |" for name, words in FIGURES.items()]
    for title, rows in (("Bad input", BAD_INPUT), ("Invariants", INVARIANTS), ("Faults", FAULTS)):
        lines += ["", f"## {title}", "", "| row | promise | result | tests |", "| --- | --- | --- | --- |"]
        lines += [f"| {row} | {promise} | {result(outcomes, row)} |" for row, promise in rows.items()]
    return "\n".join(lines) + "\n" + TAIL


def result(outcomes: dict[str, Outcomes], row: str) -> str:
    ran = {part: found[row] for part, found in outcomes.items() if row in found}
    said = "; ".join(f"{part}: {outcome}" for part, outcome in ran.items()) or "not run"
    names = sorted(set().union(*(outcome.tests for outcome in ran.values())))
    return f"{said} | {'<br>'.join(f'`{name}`' for name in names)}"


def report(outcomes: dict[str, Outcomes], rows: Sequence[str]) -> int:
    failed = sorted({row for part in outcomes.values() for row, outcome in part.items() if outcome.failed})
    held = {row for part in outcomes.values() for row, outcome in part.items() if outcome.passed}
    silent = [row for row in rows if row not in held and row not in failed]
    print(f"{len(held - set(failed))} of {len(rows)} rows hold", flush=True)
    for what, which in (("failed", failed), ("not run", silent)):
        if which:
            print(f"{what}: {', '.join(which)}", flush=True)
    return 1 if failed or silent else 0


if __name__ == "__main__":
    sys.exit(main())
