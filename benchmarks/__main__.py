"""Runs the topics on both databases, each in a place of its own, and writes what was found into docs/performance.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import document
from hwcall.bench import place
from hwcall.bench.machine import busy
from tests import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
TOPICS = ("desk", "queue", "imports", "exports", "figures", "lists", "bulk")
# On SQLite ten million rows take longer to make than to ask about; there all goes by a million.
ON_SQLITE = ("desk", "queue", "imports", "exports", "lists", "bulk")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million and ten million rows: an hour or more")
    parser.add_argument("--only", nargs="+", choices=[*TOPICS, "load"], help="these topics alone")
    parser.add_argument("--databases", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"])
    parser.add_argument("--server", default=os.environ.get("DATABASE_URL"), help="a PostgreSQL (default: one is made)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the document whose figures are replaced")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there as well")
    options = parser.parse_args()
    postgres.leave_on_signals()
    chosen, sizes = options.only or [*TOPICS, "load"], "full" if options.full else "short"
    found: dict[str, Any] = {"busy": busy(), "sizes": sizes, "ratios": [], "points": [], "loads": []}
    with ExitStack() as stack:
        servers = {"sqlite": place.SQLITE}
        if "postgresql" in options.databases:
            servers["postgresql"] = options.server or stack.enter_context(postgres.cluster(durable=True))
        for database in options.databases:
            for topic in TOPICS if database == "postgresql" else ON_SQLITE:
                if topic in chosen:
                    print(f"── {topic} on {document.NAMES[database]}", flush=True)
                    of_topic = run(topic, servers[database], sizes)
                    found["ratios"] += of_topic["ratios"]
                    found["points"] += of_topic["points"]
            if "load" in chosen:
                found["loads"] += document.loads(database, servers[database], sizes)
    print("", *document.summary(found), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    if options.write:
        document.write(options.write, found)
    return 0


def run(topic: str, database: str, sizes: str) -> dict[str, list[dict[str, Any]]]:
    """One topic in a process and a place of its own; a topic that breaks off has no figures, and says why."""
    with tempfile.NamedTemporaryFile() as result, place.made(database, Path(tempfile.gettempdir())) as variables:
        command = [sys.executable, "-m", "benchmarks.topic", topic, sizes, result.name]
        done = subprocess.run(command, cwd=BASE_DIR, env=variables)
        if done.returncode:
            print(f"  {topic} broke off", flush=True)
            return {"ratios": [], "points": []}
        found: dict[str, list[dict[str, Any]]] = json.loads(Path(result.name).read_text())
        return found


if __name__ == "__main__":
    sys.exit(main())
