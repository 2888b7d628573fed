"""One topic in a place of its own: ``python -m benchmarks.topic NAME SIZES RESULT``."""

import contextlib
import importlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.ratio import SIZES, Ratio
from hwcall import preparation


def main(name: str, sizes: str, result: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        preparation.prepare(demo=False)
    from django.db import connection

    from hwcall.bench.__main__ import described

    database = described(connection)
    found: dict[str, list[dict[str, Any]]] = {"ratios": [], "points": []}
    for each in importlib.import_module(f"benchmarks.{name}").measure(SIZES[sizes]):
        print(f"  {each}", flush=True)
        kind = "ratios" if isinstance(each, Ratio) else "points"
        found[kind].append(each.as_data() | {"database": database})
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    # A site with one page more, that does nothing.
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.site"
    main(*sys.argv[1:])
