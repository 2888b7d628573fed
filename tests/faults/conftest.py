"""A furnished room, made once: each test works in a copy of its own."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import rooms
from tests.installations import installation, run


@pytest.fixture(scope="session")
def furnished(migrated, tmp_path_factory) -> Iterator[tuple[dict[str, str], dict]]:
    """The variables of a room with agents and numbers, and what the players know of it."""
    with installation(tmp_path_factory.mktemp("furnished"), like=migrated) as variables:
        yield variables, json.loads(run(variables, script=rooms.FURNISH).splitlines()[-1])


@pytest.fixture
def place(furnished, tmp_path) -> Iterator[dict[str, str]]:
    """The variables of such a room of the test's own."""
    with installation(tmp_path / "place", like=furnished[0]) as variables:
        yield variables


@pytest.fixture
def room(furnished) -> dict:
    return furnished[1]


@pytest.fixture
def small_disk(tmp_path) -> Iterator:
    """``small_disk(path, "4m")`` puts a disk of that size there."""
    mounted = []

    def small_disk(path: Path, size: str, **options) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("only root can mount a small disk")
        mounted.append(path)
        return path

    yield small_disk
    for path in reversed(mounted):
        subprocess.run(["/bin/umount", "--lazy", str(path)], check=True)
