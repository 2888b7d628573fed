"""docs/performance.md: what a run has found, put in place of what an earlier one had found."""

import json
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import plot
from benchmarks.ratio import SIZES, Ratio, figure
from hwcall.bench import place
from hwcall.bench.machine import described

BASE_DIR = Path(__file__).resolve().parent.parent
ITEMS = {
    1: "The desk", 2: "The queue", 3: "Import", 4: "Export", 5: "Statistics", 6: "Lists", 7: "Bulk work",
}  # fmt: skip
PACKAGES = ("Django", "psycopg", "gunicorn", "python-calamine", "rustpy-xlsxwriter")
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
# Agents, and seconds between two looks of a sheet at its hold: as the page does it, and without any.
AS_THE_PAGE, NONE = 1.5, 0.0
LOADS = {
    ("short", "postgresql"): [(50, AS_THE_PAGE), (200, AS_THE_PAGE), (200, NONE)],
    ("short", "sqlite"): [(50, AS_THE_PAGE), (100, NONE)],
    ("full", "postgresql"): [
        (200, AS_THE_PAGE), (500, AS_THE_PAGE), (1000, AS_THE_PAGE), (1000, NONE), (2500, NONE), (5000, NONE),
    ],
    ("full", "sqlite"): [(100, AS_THE_PAGE), (250, AS_THE_PAGE), (500, AS_THE_PAGE), (500, NONE)],
}  # fmt: skip
SECONDS = {"short": 45, "full": 180}
P99_GOAL = 150


def loads(kind: str, server: str, sizes: str) -> Iterator[dict[str, Any]]:
    """The findings of ``manage.py bench`` for one number of agents after the other."""
    for agents, poll in LOADS[sizes, kind]:
        print(f"── {agents} agents on {NAMES[kind]}, {_polling(poll)}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder, "found.json")
            wishes = {"agents": agents, "poll": poll, "seconds": SECONDS[sizes], "seed": SIZES[sizes].seed}
            command = [sys.executable, "manage.py", "bench", f"--database={server}", f"--json={result}"]
            command += [f"--{name}={value}" for name, value in wishes.items()]
            # Its own data folder is this one: the real one is not even looked at.
            with place.made(place.SQLITE, Path(folder)) as variables:
                subprocess.run(command, cwd=BASE_DIR, env=variables)
            if result.exists():
                yield {"kind": kind, "agents": agents, "poll": poll, "found": json.loads(result.read_text())}


def _polling(poll: float) -> str:
    return f"each sheet asking every {poll:g} s" if poll else "sheets asking for nothing by themselves"


def summary(found: dict[str, Any]) -> Iterator[str]:
    """What a terminal is told at the end."""
    ratios = [Ratio(**each) for each in found["ratios"]]
    missed = [each for each in ratios if not each.met]
    yield f"{len(ratios) - len(missed)} of {len(ratios)} goals met."
    for each in missed:
        yield f"  {each.item}. {each.database}: {each}"


def write(path: Path, found: dict[str, Any]) -> None:
    """Replace the section of this size in the document, and draw its pictures beside it."""
    sizes = found["sizes"]
    begin, end = f"<!-- the {sizes} run writes from here -->\n", f"<!-- to here ({sizes}) -->"
    pictures = path.with_suffix("")
    pictures.mkdir(exist_ok=True)
    text = path.read_text()
    section = begin + "\n".join(_section(found, pictures)) + "\n" + end
    replaced, times = re.subn(f"{re.escape(begin)}.*{re.escape(end)}", lambda _: section, text, flags=re.DOTALL)
    if not times:
        raise SystemExit(f"{path} has no place for the {sizes} run.")
    path.write_text(replaced)


def _section(found: dict[str, Any], pictures: Path) -> Iterator[str]:
    sizes = SIZES[found["sizes"]]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    databases = ", ".join(sorted({each["database"] for each in found["ratios"]}))
    care = f" Figures with care: {found['busy']}." if found["busy"] else ""
    yield (
        f"Measured on {datetime.now().astimezone():%Y-%m-%d} with {described()}; Python {platform.python_version()},"
        f" {databases}, {versions}. {sizes.few:,} and {sizes.many:,} numbers, {sizes.calls:,} calls,"
        f" lists of {sizes.rows:,}. Seed {sizes.seed}.{care}"
    )
    yield ""
    ratios = [Ratio(**each) for each in found["ratios"]]
    missed = sum(not each.met for each in ratios)
    yield f"{len(ratios) - missed} of {len(ratios)} goals are met; **{missed} are missed**."
    for item, name in ITEMS.items():
        if of_item := [each for each in ratios if each.item == item]:
            yield from ("", f"#### {item}. {name}", "")
            yield from _ratios(of_item)
    if found["loads"]:
        yield from ("", "#### 8. A room full of agents", "")
        yield from _loads(found["loads"])
    yield from _pictures(found, pictures)


def _ratios(ratios: list[Ratio]) -> Iterator[str]:
    yield "| | database | HwCall | limit | ratio | goal | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    for each in ratios:
        limit = f"{figure(each.limit)} {each.unit} ({each.against})" if each.limit is not None else ""
        ratio = f"{each.value:.2f}" if each.limit is not None else ""
        goal = f"{'≥' if each.at_least else '≤'} {each.goal:g}"
        met = "met" if each.met else "**missed**"
        cells = (each.what, each.database, f"{figure(each.ours)} {each.unit}", limit, ratio, goal, met)
        yield f"| {' | '.join(cells)} |"


def _loads(loads: list[dict[str, Any]]) -> Iterator[str]:
    heads = ("agents", "database", "sheets ask", "results a second", "p50 ms", "p95 ms", "p99 ms", "longest ms")
    more = ("all have a number after", "doubled", "lost", "books", "CPU: web, jobs, database, load maker", "goal")
    yield f"| {' | '.join((*heads, *more))} |"
    yield "|" + "--:|" * len(heads + more)
    for load in loads:
        found, verdict = load["found"], load["found"]["verdict"]
        action = found["action"] or {}
        figures = [f"{action[name]:,.0f}" if action else "–" for name in ("p50", "p95", "p99", "longest")]
        cpu = " ".join(f"{found['machine'][name]['cores']:.2f}" if name in found["machine"] else "–" for name in GROUPS)
        met = "met" if action and action["p99"] <= P99_GOAL else "**missed**"
        cells = (
            f"{load['agents']:,}", found["database"], f"every {load['poll']:g} s" if load["poll"] else "never",
            f"{found['actions_a_second']:.1f}", *figures, f"{found['start_seconds']:.1f} s",
            str(len(verdict["doubled"])), str(len(verdict["lost"])), "balance" if found["balances"] else "**WRONG**",
            cpu, met,
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


GROUPS = ("web server", "job worker", "database", "load maker")


def _pictures(found: dict[str, Any], folder: Path) -> Iterator[str]:
    """The plots, as files beside the document and the lines that show them."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for point in found["points"]:
        lines.setdefault(f"{point['database']}, {point['series']}", []).append((point["x"], point["p50"]))
    if lines:
        title = "Milliseconds of a take (median) by numbers in the table"
        yield from _picture(folder / f"numbers-{found['sizes']}.svg", title, lines)
    lines = {}
    for load in found["loads"]:
        if load["found"]["action"]:
            name = f"{load['found']['database']}, {'asking' if load['poll'] else 'not asking'}"
            lines.setdefault(name, []).append((load["agents"], load["found"]["action"]["p99"]))
    if lines:
        title = "Milliseconds of a result with its next number (p99) by agents"
        yield from _picture(folder / f"agents-{found['sizes']}.svg", title, lines)


def _picture(path: Path, title: str, lines: dict[str, list[tuple[float, float]]]) -> Iterator[str]:
    path.write_text(plot.svg(title, lines))
    yield from ("", f"![{title}]({path.parent.name}/{path.name})")
