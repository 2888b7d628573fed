"""Every row of what HwCall promises has a test, and no test names a row that there is not."""

import ast
from pathlib import Path

from tests import trust
from tests.trust_rows import BAD_INPUT, FAULTS, INVARIANTS, LATER, ROWS, row_of

TESTS = Path(__file__).resolve().parent


def names() -> list[str]:
    return [
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_row_has_a_test():
    assert set(ROWS) - set(map(row_of, names())) == set()


def test_no_test_names_a_row_that_there_is_not():
    assert set(map(row_of, names())) - {None} - set(ROWS) == set()


def test_the_rows_are_numbered_through():
    assert list(BAD_INPUT) == [f"B{n:02}" for n in range(1, 71)]
    assert list(INVARIANTS) == [f"I{n}" for n in range(1, 11)]
    assert {*FAULTS, *LATER} == {f"F{n:02}" for n in range(1, 39)}


RESULTS = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_b01_five_tries[x]" time="1"/>
<testcase classname="tests.a" name="test_b01_five_tries[y]" time="1"/>
<testcase classname="tests.a" name="test_f04_killed" time="1"><failure message="lost"/></testcase>
<testcase classname="tests.a" name="test_something_else" time="1"/>
<testcase classname="tests.a" name="test_i1_one" time="1"><skipped/></testcase>
</testsuite></testsuites>"""


def test_results_are_read_row_by_row(tmp_path):
    path = tmp_path / "results.xml"
    path.write_text(RESULTS)

    read = trust.read(path)

    assert read["B01"].tests == {"test_b01_five_tries"}
    assert (read["B01"].passed, read["F04"].failed, read["I1"].skipped) == (2, 1, 1)
    assert "test_something_else" not in str(read)


def test_the_table_says_what_passed_failed_and_was_not_tried(tmp_path):
    path = tmp_path / "results.xml"
    path.write_text(RESULTS)

    page = trust.written({"SQLite": trust.read(path), "browser": {}}, "2026-11-24", {})

    rows = {line.split(" | ")[0].removeprefix("| "): line for line in page.splitlines() if line.startswith("| ")}
    assert "SQLite: 2 passed" in rows["B01"]
    assert "**1 failed**" in rows["F04"]
    assert "SQLite: 1 not run here" in rows["I1"]
    assert "not run" in rows["B70"]
