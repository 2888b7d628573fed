"""What a run has found, as lines for a terminal and as plain data for whoever collects them."""

from collections.abc import Iterator
from typing import Any

from hwcall.bench.history import Verdict
from hwcall.bench.machine import Meter
from hwcall.bench.shift import OFFICE, QUIET, START, STEADY, Played
from hwcall.bench.times import Summary

P99_GOAL = 150.0
# For so many agents on two cores the goal was set, by the kind of database.
AGENTS_GOAL = {"postgresql": 5000, "sqlite": 500}
ACTION = "classify"
HEADS = ("what was asked for", "when", "times", "p50 ms", "p95 ms", "p99 ms", "longest ms")
SHOWN = 5
# How much of a complaint is shown: its end says what it was.
COMPLAINT = 400


def gathered(played: Played, meter: Meter, verdict: Verdict, books: tuple[bool, list[str]]) -> dict[str, Any]:
    """All findings as plain data."""
    times, seconds = played.times, played.steady_seconds
    steady = times.summary(ACTION, STEADY)
    requests = sum(times.count(kind, [part]) for kind, part in times.kinds() if part in STEADY)
    return {
        "actions_a_second": times.count(ACTION, STEADY) / seconds,
        "requests_a_second": requests / seconds,
        "steady_seconds": seconds,
        "start_seconds": played.start_seconds,
        "action": vars_of(steady),
        "quiet": vars_of(times.summary(ACTION, [QUIET])),
        "office": vars_of(times.summary(ACTION, [OFFICE])),
        "take_at_start": vars_of(times.summary("take", [START])),
        "kinds": [
            {"kind": kind, "part": part, **(vars_of(times.summary(kind, [part])) or {})} for kind, part in times.kinds()
        ],
        "machine": {
            group.name: {"cores": group.cpu / seconds, "peak_mib": group.peak / 2**20} for group in meter.groups
        },
        "imports": played.imports,
        "exports": played.exports,
        "verdict": {**vars(verdict), "clean": verdict.clean},
        "oddities": dict(times.oddities.most_common()),
        "balances": books[0],
        "verify": books[1],
    }


def vars_of(summary: Summary | None) -> dict[str, Any] | None:
    return vars(summary) if summary else None


def lines(found: dict[str, Any], *, agents: int, vendor: str) -> Iterator[str]:
    """The findings in words."""
    yield ""
    yield from table([HEADS, *(_row(kind) for kind in found["kinds"])])
    yield ""
    yield (
        f"{found['actions_a_second']:.1f} results a second, each with the next number"
        f" ({found['requests_a_second']:.1f} requests a second of all kinds), over {found['steady_seconds']:.0f} s"
    )
    yield f"The start: all {agents:,} pressed at once; the last had a number after {found['start_seconds']:.1f} s"
    for name, used in found["machine"].items():
        yield f"{name:10}  {used['cores']:.2f} cores, at most {used['peak_mib']:,.0f} MiB"
    yield f"Beside it: {found['imports']} lists imported, {found['exports']} files exported and fetched"
    for what, times in found["oddities"].items():
        yield f"  {times:,} × {what}"
    if found["log"]:
        yield f"The server complained {found['complaints']} times; the last: {found['log'][-COMPLAINT:]}"
    yield ""
    yield from _verdict(found["verdict"])
    yield f"verify: {'the books balance' if found['balances'] else 'the books do NOT balance'}"
    if not found["balances"]:
        yield from (f"  {line}" for line in found["verify"] if not line.startswith("ok"))
    yield from _goal(found, agents, vendor)


def _row(kind: dict[str, Any]) -> tuple[str, ...]:
    figures = (f"{kind[name]:,.1f}" for name in ("p50", "p95", "p99", "longest"))
    return kind["kind"], kind["part"], f"{kind['count']:,}", *figures


def _verdict(verdict: dict[str, Any]) -> Iterator[str]:
    yield f"Numbers that two agents had at once: {len(verdict['doubled'])}"
    yield f"Acknowledged results that the database has not as they were sent: {len(verdict['lost'])}"
    yield f"Calls in the database that nobody sent: {len(verdict['unknown'])}"
    yield (
        f"{verdict['acknowledged']:,} results were acknowledged; of {verdict['unacknowledged']} that were not,"
        f" {verdict['filed_unheard']} are filed"
    )
    for name in ("doubled", "lost", "unknown"):
        if verdict[name]:
            yield f"  {name}: {', '.join(verdict[name][:SHOWN])}"


def _goal(found: dict[str, Any], agents: int, vendor: str) -> Iterator[str]:
    if not found["action"]:
        yield "No result was filed in this time: let it run for longer than a pause."
        return
    p99, goal = found["action"]["p99"], AGENTS_GOAL[vendor]
    met = "met" if p99 <= P99_GOAL else f"missed by {p99 - P99_GOAL:,.0f} ms"
    yield f"Goal: p99 of a result with its next number at most {P99_GOAL:.0f} ms: {p99:,.1f} ms, {met}"
    if agents < goal:
        yield f"(with {agents:,} agents; the goal is set for {goal:,})"


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows of texts, the figures at the right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
