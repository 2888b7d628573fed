"""What the run costs the machine: CPU time and memory of groups of processes, by /proc alone."""

import asyncio
import os
import platform
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY_SECONDS = 0.5
# More than this in the last minute is somebody else's work.
QUIET_LOAD = 1.0


@dataclass
class Group:
    """Processes that belong together; ``root`` and all that descend from it, but for those of another group."""

    name: str
    root: int
    seconds: dict[int, float] = field(default_factory=dict)
    before: float = 0.0
    peak: int = 0

    @property
    def cpu(self) -> float:
        """CPU seconds since ``begin``, of the processes that are gone too."""
        return sum(self.seconds.values()) - self.before


class Meter:
    """Looks at groups of processes twice a second."""

    def __init__(self, roots: dict[str, int]) -> None:
        self.groups = [Group(name, root) for name, root in roots.items()]

    def begin(self) -> None:
        """Count CPU time from now on."""
        self.look()
        for group in self.groups:
            group.before = sum(group.seconds.values())

    async def watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(EVERY_SECONDS)

    def look(self) -> None:
        children = _children()
        roots = {group.root for group in self.groups}
        for group in self.groups:
            private = shared = 0
            for pid in _family(group.root, children, roots - {group.root}):
                with suppress(OSError, IndexError):
                    group.seconds[pid] = cpu_seconds(pid)
                    resident, of_it_shared = memory(pid)
                    private, shared = private + resident - of_it_shared, max(shared, of_it_shared)
            group.peak = max(group.peak, private + shared)


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    return children


def _family(root: int, children: dict[int, list[int]], but: set[int]) -> list[int]:
    found = [root]
    for child in children.get(root, ()):
        if child not in but:
            found += _family(child, children, but)
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/…/stat behind the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> tuple[int, int]:
    """Bytes that are resident, and how many of them may be shared with others."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * PAGE, int(fields[2]) * PAGE


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def server_of(backend: int) -> int | None:
    """The PostgreSQL server that a backend belongs to, where it runs on this machine."""
    with suppress(OSError, IndexError):
        if Path(f"/proc/{backend}/comm").read_text().startswith("postgres"):
            return parent(backend)
    return None


def child_by(pid: int, fits: Callable[[str], bool]) -> int | None:
    """The child of a process whose command line fits."""
    for child in _children().get(pid, ()):
        with suppress(OSError):
            if fits(Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")):
                return child
    return None


def busy() -> str:
    """What else the machine was doing just before, where that would spoil the figures; empty on a quiet one."""
    load = os.getloadavg()[0]
    return f"the machine was busy with other work (load {load:.1f})" if load > QUIET_LOAD else ""


def described() -> str:
    """The machine in one line."""
    cores = len(os.sched_getaffinity(0))
    name = ""
    with suppress(OSError):
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        name = f" ({found[1].strip()})" if found else ""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30
    return f"{cores} core{'s' if cores != 1 else ''}{name}, {memory_gib:.0f} GiB, {platform.system()}"
