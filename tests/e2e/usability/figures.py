"""The table of docs/usability.md: what each task takes, on which machine, and when it was measured."""

import os
import platform
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from tests.e2e.usability.hands import Hands

BEGIN, END = "<!-- make usability writes from here -->\n", "<!-- to here -->"
HEADS = ("task", "keys", "clicks", "characters typed", "seconds", "of them waiting for a page")


def write(path: Path, done: Mapping[str, Hands], *, browser: str) -> None:
    """Put the figures in place of those that stand in the document, and leave all other words as they are."""
    text = path.read_text()
    between = BEGIN + table(done) + "\n" + measured_on(browser, timezone.localtime()) + "\n" + END
    path.write_text(re.sub(f"{BEGIN}.*{END}", lambda _found: between, text, flags=re.DOTALL))


def table(done: Mapping[str, Hands]) -> str:
    rows = [HEADS, ("---", *["--:"] * (len(HEADS) - 1)), *(row(task, hands) for task, hands in done.items())]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def row(task: str, hands: Hands) -> tuple[str, ...]:
    counts = map(str, (hands.keys, hands.clicks, hands.typed))
    return task, *counts, f"{hands.seconds:.1f}", f"{hands.waited:.1f}"


def measured_on(browser: str, at: datetime) -> str:
    cores = f"{os.cpu_count()} cores" + (f" ({name})" if (name := processor()) else "")
    return (
        f"Measured on {at:%Y-%m-%d} with {cores}, {platform.system()}, {browser} and HwCall on one machine, on SQLite."
    )


def processor() -> str:
    """What the machine calls its processor, where it says so."""
    found = (
        re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text()) if platform.system() == "Linux" else None
    )
    return found[1].strip() if found else ""
