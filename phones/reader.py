"""Reading a file in a child process, whose death by a hostile file is one more clear message."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phones.columns import Column
from phones.numbers import printable
from phones.parsing import Sheet
from phones.unreadable import Fault, Unreadable

WALL_LIMIT = 120
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Counts:
    """How a list counts out: ``entries == rows + extra == distinct + repeated + rejected``.

    An entry is one number or one refusal; a row has one, or several where its cell has several numbers. Rows are the
    rows below the header that are not blank. ``numbers == distinct + repeated``, and ``healed`` of them were not
    written as they are dialled.
    """

    rows: int
    empty_rows: int
    entries: int
    numbers: int
    distinct: int
    repeated: int
    rejected: int
    healed: int
    extra: int


@dataclass(frozen=True)
class Reading:
    """What a file holds; the entries themselves lie in ``out_dir``, in the file's order.

    ``numbers.tsv``: row, number; each number once. ``repeated.jsonl``: row, number, first_row. ``rejected.jsonl``: row,
    original, reason, data. ``healed.jsonl``: row, original, number. Texts are cleaned and cut to 60 characters.
    ``first_rows`` are the first 20 that are not blank, header included, as (row number, texts).
    """

    file_name: str
    kind: str
    encoding: str | None
    delimiter: str | None
    sheets: list[Sheet]
    sheet: str | None
    column: Column
    header_row: int | None
    columns: list[Column]
    first_rows: list[tuple[int, list[str]]]
    counts: Counts
    out_dir: Path


def read(
    path: Path,
    file_name: str,
    *,
    out_dir: Path,
    sheet: str | None = None,
    column: int | None = None,
    encoding: str | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> Reading:
    """Read the numbers of a file into lists in ``out_dir``, an existing folder; raises Unreadable.

    ``on_progress`` hears the rows done and about how many there are; what it raises ends the reading and is passed on.
    """
    options = {"path": str(path.resolve()), "sheet": sheet, "column": column, "encoding": encoding}
    found = _run_child({**options, "out_dir": str(out_dir.resolve())}, on_progress)
    return Reading(
        **{
            **found,
            "file_name": printable(Path(file_name.replace("\\", "/")).name, 120),
            "sheets": [Sheet(**each) for each in found["sheets"]],
            "column": Column(**found["column"]),
            "columns": [Column(**each) for each in found["columns"]],
            "first_rows": [(row, texts) for row, texts in found["first_rows"]],
            "counts": Counts(**found["counts"]),
            "out_dir": out_dir,
        }
    )


def _run_child(options: dict[str, Any], on_progress: Callable[[int, int], object] | None) -> dict[str, Any]:
    last: dict[str, Any] = {}
    command = [sys.executable, "-m", "phones.reading", json.dumps(options)]
    # The file may be hostile and its reader may fall to it: none of our secrets is in its environment.
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        timer = threading.Timer(WALL_LIMIT, child.kill)
        timer.start()
        try:
            for line in child.stdout or ():
                last = _message(line)
                if on_progress is not None and "rows" in last:
                    on_progress(last["rows"], max(last["rows"], last["of"]))
            child.wait()
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
            child.kill()
    if "done" in last:
        found: dict[str, Any] = last["done"]
        return found
    if "failed" in last:
        raise Unreadable(Fault(last["failed"]["code"]), **last["failed"]["data"])
    raise _cause_of_death(child.returncode, timed_out=timed_out)


def _message(line: bytes) -> dict[str, Any]:
    try:
        message: dict[str, Any] = json.loads(line)
    except ValueError:  # the child died in the middle of it
        return {}
    return message


def _cause_of_death(returncode: int, *, timed_out: bool) -> Unreadable:
    """Without a last word: Rust aborts when it gets no memory, and the system kills what takes too much of it."""
    if timed_out or returncode == -signal.SIGXCPU:
        return Unreadable(Fault.TOO_SLOW, seconds=WALL_LIMIT)
    if returncode in (-signal.SIGABRT, -signal.SIGKILL):
        return Unreadable(Fault.TOO_MUCH_MEMORY)
    return Unreadable(Fault.DAMAGED, detail=f"reader ended with {returncode}")
