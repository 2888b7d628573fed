"""The house keeps its shape: who imports whom, how long a file gets, what is not written anywhere."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINE = ["config", "accounts", "phones", "callback", "stats"]
SOURCES = sorted(path for app in (*LINE, "hwcall") for path in (ROOT / app).rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("app", LINE)
def test_an_app_imports_only_what_stands_before_it(app):
    later = set(LINE[LINE.index(app) + 1 :])

    backwards = {
        str(path.relative_to(ROOT)): sorted(imports(path) & later)
        for path in (ROOT / app).rglob("*.py")
        if imports(path) & later
    }

    assert not backwards


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_topic(path):
    text = path.read_text()
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 40
    }

    assert "migrations" in path.parts or text.count("\n") <= 300
    assert "migrations" in path.parts or not long


@pytest.mark.parametrize("path", [*SOURCES, *TEMPLATES], ids=lambda path: str(path.relative_to(ROOT)))
def test_chinese_stands_in_locale_alone(path):
    assert not re.findall(r"[\u4e00-\u9fff]", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_b31_a_page_has_no_inline_script_style_or_handler(path):
    text = path.read_text()

    assert not re.search(r"\sstyle=|\son[a-z]+=|<script>|<style|\|safe|javascript:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_b31_a_page_loads_nothing_from_elsewhere(path):
    assert not re.search(r'(src|href|action)="(https?:)?//', path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_begins_with_a_sentence_that_says_what_it_is_for(path):
    text = path.read_text()

    assert not text.strip() or "migrations" in path.parts or ast.get_docstring(ast.parse(text))


def test_there_are_no_drawers():
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py", "signals.py"}

    assert not [path for path in SOURCES if path.name in drawers]
