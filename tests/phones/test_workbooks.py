"""What is written is what Excel reads: every file is read back by two readers."""

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from phones import workbooks
from phones.workbooks import Column

COLUMNS = [Column("号码", 14), Column("时间", 19, is_time=True), Column("备注", 30)]
WHEN = datetime(2026, 11, 22, 17, 58, 3, tzinfo=UTC).replace(tzinfo=None)


def write(path, rows, expected=None):
    return workbooks.write(path, "号码", COLUMNS, lambda: iter(rows), len(rows) if expected is None else expected)


def texts_of(path):
    """The third column as Calamine reads it, without the header."""
    return [row[2] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]]


def test_b36_numbers_keep_their_zeros_and_are_text(tmp_path):
    numbers = ["05388000000", "01012345678", "13800138000"]

    write(tmp_path / "a.xlsx", [(number, None, None) for number in numbers])

    cells = [row[0] for row in load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [(n, "s", "@") for n in numbers]
    assert [
        row[0] for row in CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()[1:]
    ] == (numbers)


def test_times_are_dates_of_excels_own(tmp_path):
    write(tmp_path / "a.xlsx", [("1", None, None), ("2", WHEN, None)])

    empty, cell = [row[1] for row in load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=2)]
    assert empty.value is None
    assert (cell.value, cell.data_type, cell.number_format) == (WHEN, "d", "yyyy-mm-dd hh:mm:ss")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "＝1", "http://a.b/", "'1", "0012", "1E5", "TRUE"]
)
def test_b35_nothing_that_looks_like_something_else_becomes_it(tmp_path, text):
    write(tmp_path / "a.xlsx", [("1", None, text)])

    cell = load_workbook(tmp_path / "a.xlsx").active["C2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_b37_control_characters_become_the_replacement_character(tmp_path):
    write(tmp_path / "a.xlsx", [("1", None, workbooks.clean("a\x00b\x07c\ud800d\uffff\r\ne"))])

    assert load_workbook(tmp_path / "a.xlsx").active["C2"].value == "a\ufffdb\ufffdc\ufffdd\ufffd\ne"


@settings(max_examples=30, deadline=None)
@given(notes=st.lists(st.text(max_size=200), min_size=1, max_size=20))
def test_b37_any_note_comes_back_as_it_was_cleaned(tmp_path_factory, notes):
    path = tmp_path_factory.mktemp("notes") / "a.xlsx"
    cleaned = [workbooks.clean(note) for note in notes]

    assert write(path, [("1", None, note) for note in cleaned]) == len(notes)

    cells = [row[2] for row in load_workbook(path).active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s"}
    assert len(cells) == len(notes)
    assert texts_of(path) == cleaned


def test_the_header_is_bold_and_stays_in_sight(tmp_path):
    write(tmp_path / "a.xlsx", [("1", None, None)])

    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet.title == "号码"
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]] == ["号码", "时间", "备注"]
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.column_dimensions["A"].width == pytest.approx(14, abs=1)


def test_no_rows_are_a_header_alone(tmp_path):
    assert write(tmp_path / "a.xlsx", []) == 0

    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["号码", "时间", "备注"]]
    assert sheet.title == "号码"


@pytest.mark.parametrize("expected", [0, 3, 7, 20])
def test_rows_beyond_a_sheet_go_on_to_the_next_whatever_was_expected(tmp_path, monkeypatch, expected):
    monkeypatch.setattr(workbooks, "ROWS_A_SHEET", 3)

    assert write(tmp_path / "a.xlsx", [(str(n), None, None) for n in range(7)], expected) == 7

    workbook = load_workbook(tmp_path / "a.xlsx")
    assert workbook.sheetnames == ["号码", "号码 2", "号码 3"]
    found = [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in workbook]
    assert found == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert all(sheet["A1"].value == "号码" for sheet in workbook)


def test_a_full_sheet_needs_no_second(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "ROWS_A_SHEET", 3)

    assert write(tmp_path / "a.xlsx", [(str(n), None, None) for n in range(3)], 5) == 3

    assert load_workbook(tmp_path / "a.xlsx").sheetnames == ["号码"]


def test_f17_a_full_disk_is_told_as_the_system_tells_it():
    with pytest.raises(OSError, match="No space left") as caught:
        write(Path("/dev/full"), [("1", None, None)])

    assert caught.value.errno == errno.ENOSPC


def test_what_the_rows_raise_is_passed_on(tmp_path):
    def rows():
        yield ("1", None, None)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workbooks.write(tmp_path / "a.xlsx", "号码", COLUMNS, rows, 1)
