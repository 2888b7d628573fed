"""The pages of the import, from the file to the job."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import AuditEntry
from accounts.modules import Module
from phones import workbooks
from phones.models import Batch, Job, Phone, Upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def browser(upload_dir, boss, sign_in):
    return sign_in(boss)


def choose(carrier, region, **others):
    return {"carrier": carrier.pk, "region": region.pk, "kind": "pending", "name": "泰山移动", **others}


def address(upload, tail=""):
    return f"/phones/import/{upload.pk}/{tail}"


def test_a_pasted_list_is_checked_and_imported(browser, work, carrier, region):
    sent = browser.post("/phones/import/", {"numbers": "19900000001\n19900000002"})
    upload = Upload.objects.get()
    assert sent.url == address(upload)
    assert b'hx-trigger="every 1s"' in browser.get(sent.url).content
    work()
    assert browser.get(sent.url).status_code == 200

    confirmed = browser.post(address(upload, "confirm/"), choose(carrier, region))
    work()

    job = Job.objects.get(kind=Job.Kind.IMPORT)
    assert confirmed.url == f"/jobs/{job.pk}/"
    assert Phone.objects.count() == 2
    assert browser.get(address(upload)).url == f"/phones/batches/{job.cursor['batch']}/"


@pytest.mark.parametrize("tab", ["", "rejected", "repeated", "known", "excluded", "carrier", "healed", "nonsense"])
def test_the_check_page_shows_every_tab(browser, check, boss, make_numbers, tab):
    [known] = make_numbers(1)
    upload = check("199 0000 1111", "19900001111", known.number, "测试<b>", by=boss)

    response = browser.get(address(upload), {"tab": tab})

    assert response.status_code == 200
    assert b"<b>\xe6" not in response.content


def test_while_it_is_checked_the_page_asks_again_and_then_shows_all(browser, send, boss, work):
    upload = send("19900000001", by=boss)
    running = browser.get(address(upload), headers={"HX-Request": "true"})
    work()

    done = browser.get(address(upload), headers={"HX-Request": "true"})

    assert running.status_code == 200
    assert b"<html" not in running.content
    assert (done.status_code, done.headers["HX-Refresh"]) == (286, "true")


def test_a_file_that_cannot_be_read_says_why_and_the_way_back(browser, send, boss, work):
    upload = send("%PDF-1.4", name="名单.pdf", by=boss)
    work()

    page = browser.get(address(upload)).content.decode()

    assert "PDF" in page
    assert 'href="/phones/import/"' in page


def test_another_column_is_read_anew(browser, check, boss, work):
    upload = check("19900000001,05380000001", "19900000002,05380000002", "19900000003,x", by=boss)
    assert upload.reading["column"]["letter"] == "A"

    browser.post(address(upload), {"column": "B"})
    work()

    upload.refresh_from_db()
    assert upload.reading["column"]["letter"] == "B"
    assert upload.reading["counts"]["rejected"] == 1


@pytest.mark.parametrize("column", ["1", "ZZZ", "A1", "<b>"])
def test_a_column_that_is_none_is_refused(browser, check, boss, column):
    upload = check("19900000001", by=boss)

    assert browser.post(address(upload), {"column": column}).status_code == 422
    upload.refresh_from_db()
    assert upload.job.state == Job.State.DONE


@pytest.mark.parametrize("missing", ["carrier", "region", "name", "kind"])
def test_a_choice_that_is_missing_is_asked_for_on_the_page(browser, check, boss, carrier, region, missing):
    upload = check("19900000001", by=boss)

    response = browser.post(address(upload, "confirm/"), choose(carrier, region) | {missing: ""})

    assert response.status_code == 422
    assert not Job.objects.filter(kind=Job.Kind.IMPORT).exists()


def test_a_list_of_known_numbers_can_only_exclude(browser, check, boss, make_numbers, carrier, region):
    [known] = make_numbers(1)
    upload = check(known.number, by=boss)

    refused = browser.post(address(upload, "confirm/"), choose(carrier, region))
    taken = browser.post(address(upload, "confirm/"), choose(carrier, region, kind="excluded"))

    assert (refused.status_code, taken.status_code) == (422, 302)


def test_confirmed_from_two_tabs_it_is_one_job(browser, check, boss, carrier, region):
    upload = check("19900000001", by=boss)

    first, second = (browser.post(address(upload, "confirm/"), choose(carrier, region)) for _ in range(2))

    assert first.url == second.url


def test_b16_what_is_confirmed_is_what_the_form_asks_for_and_nothing_else(browser, check, boss, carrier, region, work):
    upload = check("19900000001", by=boss)
    sneaky = {"by": "999", "state": "ready", "first_place": "1", "new_count": "5", "upload": "x"}

    browser.post(address(upload, "confirm/"), choose(carrier, region) | sneaky)
    work()

    batch = Batch.objects.get()
    assert (batch.by, batch.new_count, batch.state) == (boss, 1, "ready")


def test_f27_the_same_file_again_is_warned_of(browser, check, bring_in, boss):
    bring_in("19900000001", name="第一次")

    page = browser.get(address(check("19900000001", by=boss))).content.decode()

    assert "第一次" in page


def test_b59_all_rejected_rows_come_as_a_workbook_and_that_is_on_record(browser, check, boss):
    upload = check("19900000001", "测试", by=boss, name="泰山.txt")

    response = browser.get(address(upload, "rejected/"))

    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert [cell.value for cell in sheet[2]][:2] == [2, "测试"]
    assert AuditEntry.objects.get(action="import.rejected").count == 1


def test_more_rejected_rows_than_a_sheet_holds_go_on_in_another(browser, check, boss, monkeypatch):
    monkeypatch.setattr(workbooks, "ROWS_A_SHEET", 3)
    upload = check("19900000001", *(f"测试{row}" for row in range(7)), "=1+1", by=boss)

    response = browser.get(address(upload, "rejected/"))

    sheets = load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets
    contents = [row[1] for sheet in sheets for row in sheet.iter_rows(min_row=2)]
    assert len(sheets) == 3
    assert [cell.value for cell in contents] == [*(f"测试{row}" for row in range(7)), "=1+1"]
    assert {cell.data_type for cell in contents} == {"s"}


def test_without_rejected_rows_there_is_no_workbook_of_them(browser, check, boss):
    assert browser.get(address(check("19900000001", by=boss), "rejected/")).status_code == 404


def test_the_template_can_be_fetched(browser):
    response = browser.get("/phones/import/template/")

    assert load_workbook(io.BytesIO(b"".join(response.streaming_content))).worksheets[0]["A2"].value == "19900000017"


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tail", ["", "confirm/", "rejected/"])
def test_b15_anothers_list_does_not_exist_for_an_agent(upload_dir, check, make_agent, sign_in, tail):
    upload = check("19900000001", "测试")
    agent = sign_in(make_agent(modules=[Module.IMPORT]))

    assert agent.get(address(upload, tail)).status_code == 404
    assert agent.post(address(upload, tail)).status_code in (404, 405)


def test_without_the_module_nothing_opens(upload_dir, check, make_agent, sign_in):
    upload = check("19900000001")
    agent = sign_in(make_agent())

    for page in ("/phones/import/", "/phones/import/template/", address(upload), "/phones/batches/"):
        assert agent.get(page).status_code == 403


def test_nobody_who_is_not_signed_in_sends_anything(upload_dir, room):
    response = Client().post("/phones/import/", {"file": SimpleUploadedFile("a.txt", b"19900000001")})

    assert response.status_code == 302
    assert list(upload_dir.iterdir()) == []


def test_a_form_of_another_site_is_refused(upload_dir, boss, sign_in):
    browser = sign_in(boss, enforce_csrf_checks=True)

    response = browser.post("/phones/import/", {"file": SimpleUploadedFile("a.txt", b"19900000001")})

    assert response.status_code == 403
    assert not Upload.objects.exists()


def test_other_sheets_with_numbers_are_named(tmp_path, upload_dir, make_administrator, sign_in, work, now):
    book = Workbook()
    book.active.title = "三月名单"
    for row in range(5):
        book.active.append([f"1990000{row:04}"])
    book.create_sheet("补充").append(["19900009999"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    boss = make_administrator()
    browser = sign_in(boss)
    with path.open("rb") as file:
        address = browser.post(reverse("phones:import"), {"file": file}).url
    work()

    page = browser.get(address).content.decode()

    assert "补充" in page
    assert "还有 1 个工作表里有号码" in page
