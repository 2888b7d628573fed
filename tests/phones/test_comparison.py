"""The check: what it finds adds up to what the file has, and it writes nothing."""

import pytest
from openpyxl import load_workbook

from config.models import Carrier, Region
from phones import proposals, sentences, sheets
from phones.findings import Findings, stored
from phones.models import Batch, Job, Phone, State, Upload
from phones.numbering import Reason
from phones.unreadable import Fault

pytestmark = pytest.mark.django_db(transaction=True)


def test_b55_every_entry_is_in_one_line_of_the_sum(check, make_numbers, exclude):
    known = make_numbers(3)
    exclude("19911111111")

    found = Findings(
        check("19922222222", "199-2222-2222", known[0].number, known[1].number, "19911111111", "测试", "123")
    )

    assert (found.new, found.known, found.excluded, found.repeated, found.rejected) == (1, 2, 1, 1, 2)
    assert found.total == 7
    assert found.ties_out


def test_the_check_writes_nothing_of_the_stock(check, make_numbers):
    known = make_numbers(2)
    before = list(Phone.objects.order_by("pk").values())

    check(known[0].number, "19922222222")

    assert list(Phone.objects.order_by("pk").values()) == before
    assert Batch.objects.count() == 1


def test_the_first_rows_of_each_kind_are_shown(check, make_numbers):
    [known] = make_numbers(1)
    found = Findings(check("199 2222 2222", "19922222222", known.number, "测试"))

    assert found.first_rows("repeated", None) == [{"row": 2, "number": "19922222222", "first_row": 1}]
    [rejected] = found.first_rows("rejected", None)
    assert (rejected["row"], rejected["original"], rejected["reason"]) == (4, "测试", "no_digits")
    [row] = found.first_rows("known", None)
    assert (row["row"], row["number"], row["state"]) == (3, known.number, State.PENDING)
    assert [row["number"] for row in found.first_rows("healed", None)] == ["19922222222"]


def test_what_is_still_loading_is_not_known(check, make_batch, make_numbers):
    loading = make_batch(state=Batch.State.LOADING)
    [phone] = make_numbers(1, batch=loading)

    assert Findings(check(phone.number)).new == 1


def test_a_file_that_cannot_be_read_fails_with_its_reason(send, work):
    upload = send("%PDF-1.4", name="名单.pdf")

    work()

    upload.refresh_from_db()
    assert (upload.job.state, upload.job.error) == (Job.State.FAILED, "pdf")
    assert upload.comparison == {}


def test_an_upload_that_is_gone_fails_its_check(send, work):
    job = send("19900000001").job
    Upload.objects.all().delete()

    work()

    job.refresh_from_db()
    assert job.error == "upload_gone"


# ── Proposals ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def carriers(db):
    return [Carrier(pk=pk, name=name) for pk, name in enumerate(("中国移动", "中国电信", "中国联通"), 1)]


@pytest.fixture
def regions(db):
    return [Region(pk=pk, name=name) for pk, name in enumerate(("泰山区", "新泰市", "宁阳县", "泰安市"), 1)]


def test_the_carrier_of_most_prefixes_is_proposed(carriers):
    found = proposals.standings(carriers, [["移动", 90], ["联通虚拟运营商", 6], ["", 4]])

    best = proposals.for_carrier(found)
    assert (best.carrier.name, best.agree, best.other) == ("中国移动", 90, 6)
    assert [standing.agree for standing in found] == [90, 0, 6]


def test_where_no_prefix_tells_no_carrier_is_proposed(carriers):
    assert proposals.for_carrier(proposals.standings(carriers, [["", 100]])) is None


@pytest.mark.parametrize(
    ("file_name", "cities", "region", "by"),
    [
        ("泰山移动_11月.xlsx", [], "泰山区", "name"),
        ("11月新泰市.txt", [["泰安", 9]], "新泰市", "name"),
        ("名单.txt", [["泰安", 9]], "泰安市", "prefix"),
        ("名单.txt", [["济南", 9]], None, ""),
        ("名单.txt", [], None, ""),
    ],
)
def test_the_region_is_proposed_by_the_name_or_the_prefixes(regions, file_name, cities, region, by):
    found = proposals.for_region(regions, file_name, cities)

    assert (found.region and found.region.name, found.by) == (region, by)


# ── Sentences and workbooks ──────────────────────────────────────────────────────────────────────────────────


def test_every_refusal_has_a_reason_and_an_advice():
    assert set(sentences.ROWS) == set(Reason)
    assert set(Fault) <= set(sentences.WHOLE)


@pytest.mark.parametrize("code", [*sentences.WHOLE, "never heard of"])
def test_a_sentence_survives_missing_data(code):
    assert sentences.sentence(code, {}).strip()


def test_the_rejected_rows_are_text_whatever_they_look_like(check, tmp_path):
    upload = check("19900000001", "=1+1", "+8613800", "测试")
    path = tmp_path / "rejected.xlsx"

    count = sheets.rejected(stored(upload, "rejected"), path)

    rows = list(load_workbook(path).active.iter_rows(min_row=2))
    assert count == len(rows) == 3
    assert [row[0].value for row in rows] == [2, 3, 4]
    assert {cell.data_type for row in rows for cell in row[1:]} == {"s"}
    assert rows[0][1].value == "=1+1"


def test_the_template_comes_back_as_the_numbers_in_it(check, send, work, tmp_path, make_administrator, now):
    path = tmp_path / "template.xlsx"
    sheets.template(path)

    column = load_workbook(path).worksheets[0]["A"]

    assert [cell.value for cell in column[:3]][1:] == ["19900000017", "05380000017"]
    assert {cell.number_format for cell in column[1:]} == {"@"}
