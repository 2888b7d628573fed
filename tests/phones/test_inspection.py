import random

import pytest

from phones.inspection import Kind, look_over
from phones.unreadable import Unreadable
from tests.phones import files
from tests.phones.files import put

PEOPLE = [["姓名", "手机号码"], ["小李", "19900000001"], ["小王", "19900000002"]]


def fault_of(path):
    with pytest.raises(Unreadable) as caught:
        look_over(path)
    return caught.value.code, caught.value.data


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (files.workbook(PEOPLE), Kind.XLSX),
        (files.old_workbook(PEOPLE), Kind.XLS),
        (files.ods(PEOPLE), Kind.ODS),
        (b"19900000001\n", Kind.TEXT),
        ("手机\n19900000001\n".encode("utf-16"), Kind.TEXT),
        ("姓名,手机\n小李,19900000001\n".encode("utf-16-le"), Kind.TEXT),
        ("手机号码\n".encode("gb18030"), Kind.TEXT),
    ],
)
def test_b48_a_file_is_what_it_holds_whatever_its_name(tmp_path, content, kind):
    assert look_over(put(tmp_path, content, "名单.pdf")) is kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n \r\n", "no_rows"),
        (files.executable(), "executable"),
        (b"\x7fELF\x02\x01\x01", "executable"),
        (b"%PDF-1.7\n", "pdf"),
        (files.picture(), "picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
        (b"<html><table><tr><td>19900000001</td></tr></table></html>", "html"),
        ("\ufeff<!DOCTYPE html>\n<html>".encode(), "html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "xml"),
        (b"Rar!\x1a\x07\0", "archive"),
        (files.zipped({"a.txt": "19900000001"}), "archive"),
        (files.word_document(), "document"),
        (b"{\\rtf1}", "document"),
        (files.compound_file("WordDocument"), "document"),
        (files.compound_file("Contents"), "not_a_workbook"),
        (random.Random(1).randbytes(5000), "not_a_workbook"),
        (files.protected_workbook(), "encrypted"),
        (files.encrypted_zip(), "encrypted"),
        (b"PK\3\4" + b"\0" * 100, "damaged"),
        (files.many_parts(), "too_many_parts"),
        (files.lying_size(), "damaged"),
    ],
)
def test_b48_each_thing_that_is_no_list_has_its_own_refusal(tmp_path, content, code):
    assert fault_of(put(tmp_path, content))[0] == code


def test_b44_a_file_over_the_limit_is_refused_with_both_sizes(tmp_path):
    path = tmp_path / "名单.txt"
    with path.open("wb") as file:
        file.truncate(100 * 2**20 + 1)

    assert fault_of(path) == ("too_large", {"size": 104857601, "limit": 104857600})


def test_b46_a_far_cell_is_refused_with_the_size_that_the_sheet_claims(tmp_path):
    assert fault_of(put(tmp_path, files.far_cell())) == ("far_cell", {"rows": 1048576, "columns": 16384})


def test_b46_a_sheet_of_16384_columns_is_refused(tmp_path):
    assert fault_of(put(tmp_path, files.wide_sheet())) == ("far_cell", {"rows": 2, "columns": 16384})


@pytest.mark.parametrize("content", [files.zip_bomb(), files.lying_bomb()], ids=["honest", "lying header"])
def test_b45_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, content):
    assert fault_of(put(tmp_path, content))[0] == "bomb"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "_rels/.rels"])
def test_b47_entities_are_refused_in_every_part(tmp_path, part):
    assert fault_of(put(tmp_path, files.entity_bomb(part)))[0] == "entities"


def test_b47_entities_are_seen_in_utf_16_too(tmp_path):
    parts = files.xlsx_of("", prologue='<!DOCTYPE x [<!ENTITY e "ha">]>')
    encoded = {name: text.encode("utf-16" if "sheet1" in name else "utf-8") for name, text in parts.items()}

    assert fault_of(put(tmp_path, files.zipped(encoded)))[0] == "entities"


def test_a_sheet_of_a_million_rows_is_not_far(tmp_path):
    path = put(tmp_path, files.zipped(files.xlsx_of(files.cell("A1", "19900000001") + files.cell("C1048576", "x"))))

    assert look_over(path) is Kind.XLSX
