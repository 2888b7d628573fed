"""Exports: the file holds what the query found, cell by cell, and it is on record."""

import csv
import errno
import hashlib
import threading
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from accounts.models import AuditEntry, User
from config.models import Region
from phones import cells, exports, files, jobs, numbers, workbooks, worker
from phones.filters import PhoneFilter
from phones.models import Batch, Job, Phone
from phones.tables import NUMBERS
from phones.totals import Total

ROOM = ZoneInfo("Asia/Shanghai")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def ask(boss, now):
    """``ask("csv", state="pending")`` puts an export into the queue."""

    def ask(file_format="xlsx", *, by=None, language="en", **chosen):
        form = PhoneFilter({key: str(value) for key, value in chosen.items()}, user=by or boss)
        assert form.is_valid(), form.errors
        with override(language):
            return exports.submit(
                chosen=form, by=by or boss, file_format=file_format, language=language, address="10.0.0.7", now=now
            )

    return ask


def work(handler=exports.run):
    job = jobs.take(now=timezone.now())
    jobs.perform(job, handler)
    job.refresh_from_db()
    return job


def path_of(job, settings):
    return Path(settings.RESULT_DIR) / job.result


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def stock(make_numbers, make_batch, make_agent, type_of, carrier):
    """A pending number, a land line that was ordered elsewhere, and one with a dangerous note."""
    _here, there = Region.objects.in_order()[:2]
    batch = make_batch(name="泰山移动_10月")
    at = datetime(2026, 11, 22, 17, 58, 3, 999, tzinfo=ROOM)
    filed = {"state": "classified", "agent": make_agent("小李"), "classified_at": at}
    make_numbers(1, batch=batch)
    make_numbers(1, batch=batch, type=type_of(11), order_region=there, note="下午联系", **filed)
    make_numbers(1, batch=batch, type=type_of(28), note="=HYPERLINK(1)", **filed)
    land_line = Phone.objects.order_by("pk")[1]
    Phone.objects.filter(pk=land_line.pk).update(number="05388000000")
    return list(Phone.objects.order_by("pk"))


def test_every_cell_of_a_workbook(ask, stock, carrier, settings):
    here, there = Region.objects.in_order()[:2]
    ask()

    job = work()

    sheet = load_workbook(path_of(job, settings)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = datetime(2026, 11, 22, 17, 58, 3, tzinfo=ROOM).replace(tzinfo=None)
    assert rows == [
        ["Number", "State", "Carrier", "Home region", "Order region", "Business type", "Agent", "Classified at",
         "Batch", "Note"],
        [stock[0].number, "Pending", carrier.name, here.name, None, None, None, None, "泰山移动_10月", None],
        ["05388000000", "Classified", carrier.name, here.name, there.name, str(stock[1].type), "小李", at,
         "泰山移动_10月", "下午联系"],
        [stock[2].number, "Classified", carrier.name, here.name, None, "28 Refused", "小李", at, "泰山移动_10月",
         "=HYPERLINK(1)"],
    ]  # fmt: skip
    types = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert types == {"s", "d"}
    assert CalamineWorkbook.from_path(path_of(job, settings)).get_sheet_by_index(0).to_python()[2][0] == "05388000000"


def test_every_field_of_a_csv(ask, stock, carrier, settings):
    here, there = Region.objects.in_order()[:2]
    ask("csv", state="classified")

    job = work()

    data = path_of(job, settings).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 3
    at = "2026-11-22 17:58:03"
    assert read_csv(path_of(job, settings))[1:] == [
        ["05388000000", "Classified", carrier.name, here.name, there.name, str(stock[1].type), "小李", at,
         "泰山移动_10月", "下午联系"],
        [stock[2].number, "Classified", carrier.name, here.name, "", "28 Refused", "小李", at, "泰山移动_10月",
         "'=HYPERLINK(1)"],
    ]  # fmt: skip


def test_the_file_speaks_the_language_of_who_asked(ask, stock, settings):
    ask(language="zh-hans", state="pending")

    job = work()

    with override("zh-hans"):
        assert [cell.value for cell in load_workbook(path_of(job, settings)).active[1]] == [
            column.title for column in exports.columns() if column.name in NUMBERS.in_file()
        ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a"])
def test_nothing_in_a_csv_is_a_formula(text):
    assert cells.harmless(text)[0] == "'"


def test_plain_texts_stay_as_they_are():
    assert cells.harmless("下午=3点") == "下午=3点"


@pytest.mark.parametrize("number", ["05388000000", "13800138000"])
def test_our_own_import_takes_the_mark_off_again(number):
    assert numbers.normalise(f"'{number}").canonical == number


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    notes=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200), max_size=6)
)
def test_any_notes_come_back(notes, tmp_path, room):
    rows = [("13800138000", workbooks.clean(note)) for note in notes]

    files.write_csv(tmp_path / "a.csv", ["Number", "Note"], iter(rows))

    read = read_csv(tmp_path / "a.csv")[1:]
    assert [row[0] for row in read] == ["13800138000"] * len(notes)
    for [_number, note], (_same, said) in zip(read, rows, strict=True):
        assert not note.startswith(cells.FORMULA_STARTS)
        assert note.removeprefix("'") == said or note == said


@pytest.mark.parametrize("file_format", files.FORMATS)
def test_it_equals_its_query_over_many_pages(ask, make_numbers, settings, monkeypatch, file_format):
    monkeypatch.setattr(exports, "PAGE", 7)
    numbers = [phone.number for phone in make_numbers(50)]
    make_numbers(5, state="excluded")
    ask(file_format, state="pending")

    job = work()

    sheet = (
        CalamineWorkbook.from_path(path_of(job, settings)).get_sheet_by_index(0).to_python()
        if (file_format == "xlsx")
        else read_csv(path_of(job, settings))
    )
    assert [row[0] for row in sheet[1:]] == numbers
    assert (job.state, job.done, job.total, job.cursor["rows"]) == ("done", 50, 50, 50)


def test_nothing_of_a_batch_that_loads_is_in_it(ask, make_numbers, make_batch, settings):
    make_numbers(2, batch=make_batch(state=Batch.State.LOADING))
    ask()

    job = work()

    assert job.cursor["rows"] == 0
    assert len(list(load_workbook(path_of(job, settings)).active.iter_rows())) == 1


def test_what_comes_up_while_it_runs_is_named_too(ask, make_numbers, make_agent, type_of, settings, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 1)
    first, second = make_numbers(2)
    ask("csv")
    tell = jobs.Progress.tell

    def file_the_second(progress, **told):
        if told.get("done") == 1:
            newcomer = User.objects.filter(name="新来的").first() or make_agent("新来的")
            Phone.objects.filter(pk=second.pk).update(
                state="classified", type=type_of(11), agent=newcomer, classified_at=timezone.now()
            )
        tell(progress, **told)

    monkeypatch.setattr(jobs.Progress, "tell", file_the_second)

    rows = read_csv(path_of(work(), settings))

    assert [row[0] for row in rows[1:]] == [first.number, second.number]
    assert rows[2][6] == "新来的"


def test_it_is_on_record_with_who_what_and_the_files_fingerprint(ask, stock, boss, settings):
    ask(state="pending")

    job = work()

    entry = AuditEntry.objects.get(action="export.make")
    sha256 = hashlib.sha256(path_of(job, settings).read_bytes()).hexdigest()
    assert (entry.by, entry.count, entry.address) == (boss, 1, "10.0.0.7")
    assert entry.data["filter"] == {"state": "pending"}
    assert entry.data["sha256"] == job.cursor["sha256"] == sha256


def test_the_file_is_the_servers_alone(ask, stock, settings):
    ask()

    path = path_of(work(), settings)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_same_export_twice_is_one_job_while_it_is_not_done(ask, stock):
    first = ask(state="pending")

    assert ask(state="pending") == first
    assert ask("csv", state="pending") != first

    work(), work()
    assert ask(state="pending") != first


def test_one_operator_cannot_fill_the_queue(ask, room):
    for region in Region.objects.all()[: files.OPEN_LIMIT]:
        ask(region=region.pk)

    with pytest.raises(files.TooManyOpen):
        ask(state="pending")


def test_a_cancelled_export_leaves_no_file(ask, stock, boss, settings, now):
    ask()
    job = jobs.take(now=timezone.now())
    jobs.cancel(job=job, by=boss, now=timezone.now())
    job.refresh_from_db()

    jobs.perform(job, exports.run)

    job.refresh_from_db()
    assert (job.state, job.result) == ("cancelled", "")
    assert not [path for path in settings.RESULT_DIR.rglob("*") if path.is_file()]
    assert not AuditEntry.objects.filter(action="export.make").exists()


def test_an_interrupted_export_starts_again(ask, stock, settings):
    ask()

    def die(job, progress):
        folder = settings.RESULT_DIR / str(job.pk)
        folder.mkdir(parents=True)
        (folder / f"{job.attempts}.xlsx").write_text("half a file")

    dead = jobs.take(now=timezone.now())
    die(dead, None)
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))

    job = work()

    assert (job.state, job.attempts, job.cursor["rows"]) == ("done", 2, 3)
    assert [path.name for path in (settings.RESULT_DIR / str(job.pk)).iterdir()] == ["2.xlsx"]


def test_a_worker_that_was_given_up_leaves_no_trace(ask, stock, settings):
    ask()
    stalled = jobs.take(now=timezone.now())
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    job = work()

    jobs.perform(stalled, exports.run)

    job.refresh_from_db()
    assert job.state == "done"
    assert path_of(job, settings).exists()
    assert [path.name for path in (settings.RESULT_DIR / str(job.pk)).iterdir()] == ["2.xlsx"]
    assert AuditEntry.objects.filter(action="export.make").count() == 1


def test_what_was_chosen_may_be_gone_when_the_job_runs(ask, room):
    region = Region.objects.create(name="旧区")
    ask(region=region.pk)
    region.delete()

    job = work()

    assert (job.state, job.error) == ("failed", "export_choice_gone")


def test_a_full_disk_is_a_failure_that_says_so(ask, stock, settings, monkeypatch):
    def full(path, titles, rows):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_csv", full)
    monkeypatch.setattr(files, "write_lines", full)
    ask("csv")

    job = work()

    assert (job.state, job.error) == ("failed", "disk_full")
    assert not [path for path in settings.RESULT_DIR.rglob("*") if path.is_file()]


def test_files_are_forgotten_after_thirty_days(ask, stock, settings):
    ask()
    job = work()

    files.forget_old(now=job.finished_at + timedelta(days=29))
    assert path_of(job, settings).exists()

    files.forget_old(now=job.finished_at + timedelta(days=31))
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", "")
    assert not list(settings.RESULT_DIR.iterdir())


def test_the_title_says_what_it_is(ask, carrier, region):
    job = ask(carrier=carrier.pk, region=region.pk, state="classified")

    assert job.title == f"{carrier}, {region}, Classified"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["泰山区", "已回访"], "HwCall_泰山区_已回访_20261123-1030.xlsx"),
        ([], "HwCall_20261123-1030.xlsx"),
        (["../../etc/passwd"], "HwCall_etc-passwd_20261123-1030.xlsx"),
        (['a"b\r\nc;d\0'], "HwCall_a-b-c-d_20261123-1030.xlsx"),
        (["长" * 300], f"HwCall_{'长' * 80}_20261123-1030.xlsx"),
    ],
)
def test_the_files_name_suits_any_system(words, name, now):
    assert files.file_name(words, "xlsx", now) == name


def test_no_transaction_stays_open_over_the_pages(ask, make_numbers, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 2)
    make_numbers(6)
    ask("csv")
    tell = jobs.Progress.tell
    open_ones = []

    def look(progress, **told):
        open_ones.append(transaction.get_connection().in_atomic_block)
        tell(progress, **told)

    monkeypatch.setattr(jobs.Progress, "tell", look)
    work()

    assert open_ones
    assert not any(open_ones)


@pytest.mark.parametrize("state", ["cancelled", "failed", "done", "gone"])
def test_what_an_export_has_left_that_came_to_nothing_is_removed(ask, stock, settings, state):
    job = ask()
    left = settings.RESULT_DIR / str(job.pk) / "1.xlsx"
    left.parent.mkdir(parents=True)
    left.write_text("half a file")
    Job.objects.update(state=state, finished_at=timezone.now())
    if state == "gone":
        Job.objects.all().delete()

    files.forget_old(now=timezone.now())

    assert not left.parent.exists()


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_what_an_export_writes_right_now_is_left_alone(ask, stock, settings, state):
    job = ask()
    half = settings.RESULT_DIR / str(job.pk) / "1.xlsx"
    half.parent.mkdir(parents=True)
    half.write_text("half a file")
    Job.objects.update(state=state)
    (settings.RESULT_DIR / "read me").mkdir()

    files.forget_old(now=timezone.now())

    assert half.exists()
    assert (settings.RESULT_DIR / "read me").exists()


def test_a_batch_is_in_its_export_whole_and_alone(ask, make_numbers, make_batch, settings, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 7)
    batch, other = make_batch(), make_batch(name="别的")
    numbers = []
    for _turn in range(4):
        numbers += [phone.number for phone in make_numbers(5, batch=batch)]
        make_numbers(5, batch=other)
    ask("csv", batch=batch.pk, state="pending")

    job = work()

    assert [row[0] for row in read_csv(path_of(job, settings))[1:]] == numbers
    assert job.total == 20


def test_an_empty_batch_makes_an_empty_file(ask, make_numbers, make_batch, settings):
    make_numbers(1)
    ask("csv", batch=make_batch().pk)

    assert len(read_csv(path_of(work(), settings))) == 1


@pytest.mark.skipif("transaction.get_connection().vendor != 'sqlite'", reason="PostgreSQL weighs both ways by itself")
def test_no_page_of_a_batchs_export_sorts_the_batch(boss, make_numbers):
    [phone] = make_numbers(1)
    chosen = PhoneFilter({"batch": str(phone.batch_id)}, user=boss)
    assert chosen.is_valid()

    plan = chosen.numbers_in_order().filter(pk__gt=0).order_by("pk")[:10].explain()

    assert "PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.skipif("transaction.get_connection().vendor != 'sqlite'", reason="PostgreSQL weighs both ways by itself")
@pytest.mark.parametrize("order", ["", "number"])
def test_no_page_of_many_days_sorts_them(boss, order):
    chosen = PhoneFilter({"start": "2026-11-01", "end": "2026-11-30", "order": order}, user=boss)
    assert chosen.is_valid()

    numbers, by = exports.on_page(chosen, Total(10_000, more=True))
    plan = numbers.order_by(*by.of(backward=False))[:10].explain()

    assert "classified_at" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_batch_that_was_looked_at_and_has_grown_is_exported_whole(boss, make_numbers, make_batch):
    batch = make_batch()

    for count in (2, 5, 9):
        make_numbers(count - batch.phones.count(), batch=batch)
        make_numbers(1)
        chosen = PhoneFilter({"batch": str(batch.pk)}, user=boss)
        assert chosen.is_valid()
        assert chosen.numbers_in_order().count() == count


def test_a_tidy_up_that_fails_ends_neither_the_others_nor_the_worker(room, monkeypatch, caplog):
    tidied = []

    def fail(*, now):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(worker, "FORGETTING", [fail, lambda *, now: tidied.append(now)])
    stopping = threading.Event()
    monkeypatch.setattr(worker, "step", lambda *, stopping: stopping.set() or True)

    worker.work(stopping)

    assert len(tidied) == 1
    assert "Permission denied" in caplog.text


def test_a_tidy_up_forgets_everything_that_grows(room):
    assert {forget_old.__module__ for forget_old in worker.FORGETTING} == {
        "phones.uploads",
        "phones.files",
        "phones.number_lists",
        "accounts.entry",
    }
