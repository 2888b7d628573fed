"""An export is what the page shows: the same numbers, the same columns, the same order, in either format."""

import csv
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.modules import Module
from phones import exports, files, jobs
from phones.models import Job, Phone
from phones.tables import NUMBERS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def browser(sign_in, make_administrator):
    return sign_in(make_administrator())


@pytest.fixture
def stock(make_numbers):
    """Numbers whose order of import is not that of their digits."""
    for number in ("19900000005", "19900000002", "19900000009", "19900000001"):
        [phone] = make_numbers(1, note=f"备注{number[-1]}")
        Phone.objects.filter(pk=phone.pk).update(number=number)


def choose(browser, *names):
    browser.post(reverse("accounts:arrange_table"), {"table": NUMBERS.page, "do": "columns", "column": names})


def rows_of(settings) -> list[list]:
    job = jobs.take(now=timezone.now())
    jobs.perform(job, exports.run)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    path = Path(settings.RESULT_DIR) / job.result
    if path.suffix == ".xlsx":
        return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("file_format", files.FORMATS)
@pytest.mark.parametrize("order", ["", "-import", "number", "-number"])
def test_the_file_has_the_page_s_columns_and_its_order(browser, stock, settings, monkeypatch, file_format, order):
    monkeypatch.setattr(exports, "PAGE", 2)
    choose(browser, "note", "state")

    page = browser.get(reverse("phones:export"), {"order": order})
    browser.post(reverse("phones:start_export"), dict(page.context["chosen"]) | {"format": file_format})
    header, *rows = rows_of(settings)

    assert header == [str(column.label) for column in page.context["table"].columns] == ["号码", "用户状态", "备注"]
    assert [row[0] for row in rows] == [phone.number for phone in page.context["page"].rows]
    assert rows[0] == [rows[0][0], "待回访", f"备注{rows[0][0][-1]}"]


def test_every_column_that_can_be_chosen_has_its_file_s(browser, stock, settings):
    choose(browser, *(column.name for column in NUMBERS.columns))
    page = browser.get(reverse("phones:export"))

    browser.post(reverse("phones:start_export"), {"format": "csv"})

    assert rows_of(settings)[0] == [str(column.label) for column in page.context["table"].columns]


def test_a_batch_in_the_order_of_its_numbers(browser, make_numbers, settings, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    batch = make_numbers(5)[0].batch
    make_numbers(2)

    browser.post(reverse("phones:start_export"), {"format": "csv", "batch": batch.pk, "order": "-number"})

    numbers = list(Phone.objects.filter(batch=batch).order_by("-number").values_list("number", flat=True))
    assert [row[0] for row in rows_of(settings)[1:]] == numbers


def test_an_order_that_there_is_not_is_that_of_the_import(browser, stock, settings):
    browser.post(reverse("phones:start_export"), {"format": "csv", "order": "note"})

    assert [row[0][-1] for row in rows_of(settings)[1:]] == ["5", "2", "9", "1"]
    assert "order" not in Job.objects.get().arguments["filter"]


def test_a_job_of_before_has_the_usual_columns(browser, stock, settings):
    browser.post(reverse("phones:start_export"), {"format": "csv"})
    job = Job.objects.get()
    del job.arguments["columns"]
    job.save()

    assert len(rows_of(settings)[0]) == 10


def test_other_columns_are_another_file(browser, stock):
    browser.post(reverse("phones:start_export"), {"format": "csv"})
    choose(browser, "note")
    browser.post(reverse("phones:start_export"), {"format": "csv"})
    browser.post(reverse("phones:start_export"), {"format": "csv"})

    assert Job.objects.count() == 2


def test_the_order_of_a_file_is_told_in_the_log(browser, stock, settings):
    browser.post(reverse("phones:start_export"), {"format": "csv", "order": "-number"})
    rows_of(settings)

    assert "顺序 按号码从大到小" in browser.get(reverse("stats:audit")).content.decode()


@pytest.mark.parametrize("file_format", files.FORMATS)
def test_b68_whoever_may_not_see_numbers_whole_exports_them_masked(sign_in, make_user, stock, settings, file_format):
    for modules, first in (
        ([Module.EXPORT], "199****0005"),
        ([Module.EXPORT, Module.WHOLE_NUMBERS], "19900000005"),
    ):
        browser = sign_in(make_user(modules=modules))
        page = browser.get(reverse("phones:export"))
        browser.post(reverse("phones:start_export"), dict(page.context["chosen"]) | {"format": file_format})

        _header, *rows = rows_of(settings)

        assert first in [row[0] for row in rows]
        assert len(rows) == 4
