"""The operating manual keeps its promises: its pictures are there, its twins agree, and each sentence has its test."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MANUALS = {"zh": ROOT / "docs/manual.zh.md", "en": ROOT / "docs/manual.en.md"}
COVERAGE = ROOT / "docs/manual-coverage.md"
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PICTURE = re.compile(r"!\[[^\]]+\]\((pictures/(?:readme/)?\w+/([\w-]+)\.png)\)")
# Where `make pictures` takes them: in the walks, and with those of README.
TAKEN = re.compile(r'figure\(\w+, "([\w-]+)"|"([\w-]+)": "/[\w/]+/"')


def functions_in(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_coverage_names_is_there():
    named = REFERENCE.findall(COVERAGE.read_text())

    missing = [f"{path}::{name}" for path, name in named if name not in functions_in(ROOT / path)]

    assert len(named) > 30
    assert not missing


def test_every_walk_through_the_manual_is_named_by_the_coverage():
    named = {name for _path, name in REFERENCE.findall(COVERAGE.read_text())}

    walks = {
        name
        for path in (ROOT / "tests/e2e/manual").glob("test_*.py")
        for name in functions_in(path)
        if name[:5] == "test_"
    }

    assert walks <= named


@pytest.mark.parametrize("language", MANUALS)
def test_every_picture_of_the_manual_is_there_and_is_taken_by_a_test(language):
    pictures = PICTURE.findall(MANUALS[language].read_text())
    taken = set()
    for path in (*(ROOT / "tests/e2e/manual").glob("test_*.py"), ROOT / "tests/e2e/usability/test_pictures.py"):
        taken |= {figure or page for figure, page in TAKEN.findall(path.read_text())}

    assert len(pictures) >= 12
    assert not [path for path, _name in pictures if not (ROOT / "docs" / path).is_file()]
    assert {name for _path, name in pictures} == taken


def test_the_twins_have_the_same_chapters_pictures_and_tables():
    shapes = []
    for path in MANUALS.values():
        lines = path.read_text().splitlines()
        headings = [line.split()[0] for line in lines if line.startswith("#")]
        pictures = [name for _path, name in PICTURE.findall(path.read_text())]
        shapes.append((headings, pictures, sum(line.startswith("|") for line in lines)))

    assert shapes[0] == shapes[1]
