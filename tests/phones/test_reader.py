import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest

from phones.reader import read
from phones.unreadable import Unreadable
from tests.phones import files
from tests.phones.files import NUMBERS, put


def read_file(folder, content, **options):
    path = put(folder, content)
    out_dir = folder / "out"
    out_dir.mkdir(exist_ok=True)
    return read(path, "名单.xlsx", out_dir=out_dir, **options)


def fault_of(folder, content, **options):
    with pytest.raises(Unreadable) as caught:
        read_file(folder, content, **options)
    return caught.value.code, caught.value.data


def numbers_of(reading):
    lines = (reading.out_dir / "numbers.tsv").read_text(encoding="ascii").splitlines()
    return [(int(row), number) for row, _, number in (line.partition("\t") for line in lines)]


def entries_of(reading, name):
    return [json.loads(line) for line in (reading.out_dir / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


LIST = [
    ["姓名", "手机"],
    ["小李", 19900000001],
    ["小王", "199 0000 0002"],
    [None, None],
    ["小赵", "19900000001"],
    ["小孙", "19900000003/19900000004"],
    ["小周", "1990000"],
    ["小吴", None],
]


@pytest.mark.parametrize("make", [files.workbook, files.ods], ids=["xlsx", "ods"])
def test_every_entry_of_a_list_is_filed_once(tmp_path, make):
    rows = [["" if value is None else value for value in row] for row in LIST] if make is files.ods else LIST

    reading = read_file(tmp_path, make(rows))

    assert numbers_of(reading) == [(2, "19900000001"), (3, "19900000002"), (6, "19900000003"), (6, "19900000004")]
    assert entries_of(reading, "repeated") == [{"row": 5, "number": "19900000001", "first_row": 2}]
    assert entries_of(reading, "healed") == [
        {"row": 3, "original": "199 0000 0002", "number": "19900000002"},
        {"row": 6, "original": "19900000003/19900000004", "number": "19900000003"},
        {"row": 6, "original": "19900000003/19900000004", "number": "19900000004"},
    ]
    assert entries_of(reading, "rejected") == [
        {"row": 7, "original": "1990000", "reason": "too_short", "data": {"digits": 7}},
        {"row": 8, "original": "", "reason": "empty", "data": {}},
    ]


def test_the_counts_tie_out(tmp_path):
    counts = read_file(tmp_path, files.workbook(LIST)).counts

    assert (counts.rows, counts.empty_rows, counts.extra, counts.healed) == (6, 1, 1, 3)
    assert counts.entries == counts.rows + counts.extra == counts.distinct + counts.repeated + counts.rejected == 7
    assert counts.numbers == counts.distinct + counts.repeated == 5


def test_a_reading_says_where_the_numbers_stood(tmp_path):
    reading = read_file(tmp_path, files.workbook(LIST, hidden=[["x"]]))

    assert (reading.kind, reading.encoding, reading.sheet, reading.header_row) == ("xlsx", None, "名单", 1)
    assert (reading.column.position, reading.column.letter, reading.column.header) == (1, "B", "手机")
    assert [column.header for column in reading.columns] == ["姓名", "手机"]
    assert [(sheet.name, sheet.rows, sheet.hidden) for sheet in reading.sheets] == [
        ("名单", 8, False),
        ("隐藏", 1, True),
    ]
    assert reading.first_rows[:2] == [(1, ["姓名", "手机"]), (2, ["小李", "19900000001"])]
    assert reading.file_name == "名单.xlsx"


def test_b38_the_file_name_is_cleaned_of_its_folders_and_controls(tmp_path):
    path = put(tmp_path, b"19900000001")

    assert read(path, "C:\\lists\\名\u202e单.txt", out_dir=tmp_path).file_name == "名单.txt"


def test_a_plain_list_of_numbers_needs_nothing_else(tmp_path):
    reading = read_file(tmp_path, "\n".join(NUMBERS))

    assert (reading.kind, reading.encoding, reading.header_row) == ("text", "utf-8", None)
    assert numbers_of(reading) == list(enumerate(NUMBERS, 1))


def test_the_column_can_be_chosen(tmp_path):
    content = "手机,座机\n19900000001,05388000000\n19900000002,05388000001\n"

    assert [number for _, number in numbers_of(read_file(tmp_path, content, column=1))] == [
        "05388000000",
        "05388000001",
    ]
    assert fault_of(tmp_path, content, column=9) == ("no_such_column", {"column": "J"})
    assert fault_of(tmp_path, content, column=-1)[0] == "no_such_column"


def test_a_number_twice_in_one_cell_is_a_repetition(tmp_path):
    reading = read_file(tmp_path, "19900000001/19900000001\n")

    assert (reading.counts.distinct, reading.counts.repeated) == (1, 1)


def test_b51_a_bad_line_is_rejected_with_its_row_number(tmp_path):
    reading = read_file(tmp_path, b"\n".join([*(number.encode() for number in NUMBERS), b"\xff\xfe19900000099\xff"]))

    [rejected] = entries_of(reading, "rejected")
    assert (rejected["row"], rejected["reason"]) == (31, "bad_bytes")


def test_a_list_without_any_good_number_still_tells_what_is_wrong_with_each(tmp_path):
    reading = read_file(tmp_path, "1990000\n12300000001\n")

    assert [entry["reason"] for entry in entries_of(reading, "rejected")] == ["too_short", "not_a_segment"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.4", "pdf"),
        (b"name \x80\xff\n\xff\xff\x80 \xff\n" * 5, "wrong_encoding"),
        (files.workbook([]), "no_rows"),
        (files.workbook([["手机"]]), "no_rows"),
        (files.workbook([["姓名", "年龄"], ["小李", 20], ["小王", 30]]), "no_numbers_column"),
        (files.protected_workbook(), "encrypted"),
        (files.compound_file("Workbook"), "damaged"),
        (files.entity_bomb(), "entities"),
        (files.far_cell(), "far_cell"),
        (files.hidden_far_cell(), "too_much_memory"),
        (files.repeated_cells(), "too_much_memory"),
        (files.zip_bomb(), "bomb"),
        (files.too_many_rows(), "too_many_rows"),
    ],
)
def test_b53_a_file_that_cannot_be_read_says_why(tmp_path, content, code):
    assert fault_of(tmp_path, content)[0] == code


def test_an_unknown_sheet_or_encoding_says_so(tmp_path):
    assert fault_of(tmp_path, files.workbook(LIST), sheet="没有") == ("no_such_sheet", {"sheet": "没有"})
    assert fault_of(tmp_path, "19900000001", encoding="rot13") == ("no_such_encoding", {"encoding": "rot13"})


def test_b57_exactly_a_million_rows_are_read(tmp_path):
    progress = []
    content = "手机\n" + "".join(f"1{n}\n" for n in range(3_000_000_000, 3_001_000_000))

    reading = read_file(tmp_path, content, on_progress=lambda rows, of: progress.append((rows, of)))

    assert reading.counts.distinct == 1_000_000
    assert [rows for rows, _ in progress] == list(range(20_000, 1_000_001, 20_000))
    assert all(rows <= of for rows, of in progress)


def test_what_the_listener_raises_ends_the_reading(tmp_path):
    def cancel(rows, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_file(tmp_path, b"19900000001\n" * 100_000, on_progress=cancel)


@pytest.mark.parametrize(
    ("blow", "code"),
    [(signal.SIGKILL, "too_much_memory"), (signal.SIGXCPU, "too_slow"), (signal.SIGSEGV, "damaged")],
)
def test_b46_the_death_of_the_reader_is_a_message(tmp_path, blow, code):
    def strike(rows, of):
        for child in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split():
            os.kill(int(child), blow)

    assert fault_of(tmp_path, b"19900000001\n" * 500_000, on_progress=strike)[0] == code


def entries_or_fault(folder, content):
    try:
        return read_file(folder, content).counts.entries
    except Unreadable as error:
        return error.code


@pytest.mark.parametrize("make", [files.workbook, files.old_workbook, files.ods], ids=["xlsx", "xls", "ods"])
def test_a_damaged_workbook_is_read_whole_or_refused(tmp_path, make):
    content = make([[number] for number in NUMBERS])
    dice = random.Random(7)

    for _ in range(12):
        at = dice.randrange(len(content))
        for broken in (
            content[:at],
            content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :],
        ):
            assert entries_or_fault(tmp_path, broken)
