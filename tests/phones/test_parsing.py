import openpyxl
import pytest

from phones.columns import lay_out
from phones.inspection import Kind, look_over
from phones.numbers import Undecodable
from phones.parsing import read_rows
from phones.unreadable import Unreadable
from tests.phones import files
from tests.phones.files import NUMBERS, put

PEOPLE = [["姓名", "手机号码"], ["小李", "19900000001"], ["小王", "19900000002"]]


def rows_of(path, **options):
    return [(number, list(cells)) for number, cells in read_rows(path, look_over(path), **options).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_b51_a_list_is_the_same_in_every_encoding_and_with_every_line_end(tmp_path, encoding, end):
    path = put(tmp_path, end.join(",".join(row) for row in PEOPLE).encode(encoding))

    assert rows_of(path) == list(enumerate(PEOPLE, 1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_b52_every_usual_delimiter_is_found(tmp_path, delimiter):
    path = put(tmp_path, "\n".join(delimiter.join(row) for row in PEOPLE))

    assert read_rows(path, Kind.TEXT).delimiter == delimiter
    assert rows_of(path) == list(enumerate(PEOPLE, 1))


def test_columns_may_be_parted_by_blanks(tmp_path):
    path = put(tmp_path, "1   19900000001  2026-11-23\n22  19900000002  2026-11-23\n")

    assert rows_of(path) == [(1, ["1", "19900000001", "2026-11-23"]), (2, ["22", "19900000002", "2026-11-23"])]


def test_blanks_inside_numbers_part_nothing(tmp_path):
    path = put(tmp_path, "138 0013 8000\n139 0013 9000\n")

    assert rows_of(path) == [(1, ["138 0013 8000"]), (2, ["139 0013 9000"])]


def test_a_line_of_nothing_but_numbers_is_one_cell(tmp_path):
    path = put(tmp_path, "19900000001,19900000002\n19900000003,19900000004\n")

    assert rows_of(path) == [(1, ["19900000001,19900000002"]), (2, ["19900000003,19900000004"])]


def test_b52_the_line_that_names_the_delimiter_is_no_row(tmp_path):
    path = put(tmp_path, "sep=;\n姓名;手机\n小李, 小王;19900000001\n")

    assert rows_of(path) == [(1, ["姓名", "手机"]), (2, ["小李, 小王", "19900000001"])]


def test_a_quoted_field_may_hold_delimiters_quotes_and_lines(tmp_path):
    path = put(tmp_path, '姓名,手机\n"李,""小""\n山东",19900000001\n王,19900000002\n')

    assert rows_of(path) == [(1, ["姓名", "手机"]), (2, ['李,"小"\n山东', "19900000001"]), (3, ["王", "19900000002"])]


def test_b52_a_quote_that_is_never_closed_swallows_nothing(tmp_path):
    lines = [f"人{n},{number}" for n, number in enumerate(NUMBERS)]
    lines[3] = f'"人3,{NUMBERS[3]}'

    rows = rows_of(put(tmp_path, "\n".join(lines)))

    assert [cells[1] for _, cells in rows] == NUMBERS


def test_b52_two_stray_quotes_swallow_nothing_between_them(tmp_path):
    lines = [f"人{n},{number}" for n, number in enumerate(NUMBERS)]
    lines[3], lines[6] = f'"{lines[3]}', f'"{lines[6]}'

    rows = rows_of(put(tmp_path, "\n".join(lines)))

    assert [cells[1] for _, cells in rows] == NUMBERS


def test_b52_ragged_rows_are_read_as_they_are(tmp_path):
    path = put(tmp_path, "小李,19900000001\n小王\n小赵,19900000003,泰山区,\n")

    assert [len(cells) for _, cells in rows_of(path)] == [2, 1, 4]


def test_b51_a_line_in_no_encoding_is_marked_and_the_others_are_read(tmp_path):
    path = put(
        tmp_path, "小李,19900000001\n".encode() + b"\xff\xfe\xff,19900000002\n" + "小王,19900000003".encode("gb18030")
    )

    source = read_rows(path, Kind.TEXT)
    rows = [cells for _, cells in source.rows]

    assert source.encoding == "mixed"
    assert rows[0] == ["小李", "19900000001"]
    assert all(type(cell) is Undecodable for cell in rows[1])
    assert rows[2] == ["小王", "19900000003"]


def test_an_encoding_may_be_named_and_an_unknown_one_is_refused(tmp_path):
    path = put(tmp_path, "小李,19900000001".encode("gb18030"))

    assert rows_of(path, encoding="gb18030") == [(1, ["小李", "19900000001"])]
    with pytest.raises(Unreadable, match="no_such_encoding"):
        read_rows(path, Kind.TEXT, encoding="rot13")


def test_b52_a_field_of_ten_megabytes_is_one_cell(tmp_path):
    path = put(tmp_path, "小李,19900000001\n" + "x" * 10_000_000 + ",19900000002\n")

    assert [cells[1] for _, cells in rows_of(path)] == ["19900000001", "19900000002"]


def test_a_line_of_a_million_fields_is_cut(tmp_path):
    path = put(tmp_path, "小李,19900000001\n" * 3 + "," * 1_000_000)

    assert max(len(cells) for _, cells in rows_of(path)) < 1000


def test_b52_nul_bytes_and_the_old_end_mark_do_no_harm(tmp_path):
    path = put(tmp_path, b"19900000001\n199\x0000000002\n\x1a")

    assert rows_of(path)[:2] == [(1, ["19900000001"]), (2, ["199\x0000000002"])]


@pytest.mark.parametrize("make", [files.workbook, files.old_workbook, files.ods], ids=["xlsx", "xls", "ods"])
def test_number_cells_and_text_cells_are_read_from_every_kind_of_workbook(tmp_path, make):
    path = put(tmp_path, make([["姓名", "手机"], ["小李", 19900000001], ["小王", "19900000002"]]))

    assert rows_of(path) == [(1, ["姓名", "手机"]), (2, ["小李", 19900000001.0]), (3, ["小王", "19900000002"])]


@pytest.mark.parametrize("name", ["名单", "名单.xls", "名单.ods", "名单.csv"])
def test_b48_the_ending_of_a_name_may_lie(tmp_path, name):
    assert rows_of(put(tmp_path, files.workbook(PEOPLE), name)) == list(enumerate(PEOPLE, 1))


def test_rows_are_numbered_and_columns_counted_as_the_spreadsheet_shows_them(tmp_path):
    book = openpyxl.Workbook()
    book.active["C5"] = "19900000001"
    path = put(tmp_path, files.saved(book))

    assert [row for row in rows_of(path) if any(row[1])] == [(5, [None, None, "19900000001"])]


def test_b46_a_far_cell_that_is_only_coloured_does_no_harm(tmp_path):
    assert rows_of(put(tmp_path, files.coloured_far_cell())) == [(1, ["19900000001"])]


def test_b46_a_dimension_that_lies_does_no_harm(tmp_path):
    assert rows_of(put(tmp_path, files.lying_dimension())) == [(1, ["19900000001"])]


def test_b53_merged_cells_are_no_obstacle(tmp_path):
    book = openpyxl.Workbook()
    for row in PEOPLE:
        book.active.append(row)
    book.active.merge_cells("A4:C6")

    assert rows_of(put(tmp_path, files.saved(book)))[1:3] == [(2, PEOPLE[1]), (3, PEOPLE[2])]


def test_the_sheet_with_the_most_numbers_is_taken(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    book.create_sheet("少").append([NUMBERS[0]])
    sheet = book.create_sheet("多")
    for number in NUMBERS:
        sheet.append([number])
    book.create_chartsheet("图")

    source = read_rows(put(tmp_path, files.saved(book)), Kind.XLSX)

    assert source.sheet == "多"
    assert [(each.name, each.rows) for each in source.sheets] == [("Sheet", 1), ("少", 1), ("多", 30)]


def test_b53_a_hidden_sheet_is_taken_last(tmp_path):
    numbers = [[number] for number in NUMBERS]
    visible = put(tmp_path, files.workbook(numbers[:2], hidden=numbers), "1")
    only_hidden = put(tmp_path, files.workbook([["说明"]], hidden=numbers), "2")

    assert read_rows(visible, Kind.XLSX).sheet == "名单"
    assert read_rows(only_hidden, Kind.XLSX).sheet == "隐藏"


def test_a_sheet_may_be_named_and_an_unknown_one_is_refused(tmp_path):
    path = put(tmp_path, files.workbook(PEOPLE, hidden=[["19900000003"]]))

    assert rows_of(path, sheet="隐藏") == [(1, ["19900000003"])]
    with pytest.raises(Unreadable, match="no_such_sheet"):
        read_rows(path, Kind.XLSX, sheet="没有")


def test_the_column_with_the_most_numbers_is_found_below_its_header():
    layout = lay_out(list(enumerate([["泰安名单"], *PEOPLE, ["", "坏"]], 1)))

    assert (layout.column, layout.header_row) == (1, 2)
    assert [(column.letter, column.header, column.numbers) for column in layout.columns] == [
        ("A", "姓名", 0),
        ("B", "手机号码", 2),
    ]


def test_b53_of_two_columns_with_numbers_the_left_one_is_proposed_and_the_other_can_be_chosen():
    rows = [(1, ["手机", "手机"]), (2, ["19900000001", "19900000002"])]

    assert lay_out(rows).column == 0
    assert lay_out(rows, 1).column == 1


def test_a_first_row_with_digits_is_no_header():
    assert lay_out([(1, ["1990000"]), (2, ["19900000001"])]).header_row == 0
