"""The file of a log: what its filter selects, on record like every file."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts import audit
from accounts.models import AuditEntry
from accounts.modules import Module
from phones import files
from phones.models import Job
from stats import log_exports
from tests.stats.room import work


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def lines(boss, xiaoli, now):
    """Two lines of the audit log and two of the login log."""
    return [
        audit.record(
            by=boss, action="operator.disable", about="=1+1", address="192.168.1.10", at=now, reason="离职"
        ),
        audit.record(by=xiaoli, action="login", about=xiaoli.username, address="192.168.1.20", at=now),
        audit.record(by=None, action="login.failed", about="guest", at=now + timedelta(minutes=1)),
        audit.record(by=boss, action="import.confirm", about="泰山移动", count=300, at=now + timedelta(minutes=2)),
    ]  # fmt: skip


@pytest.fixture
def export(browser, settings):
    """Ask for the file of a log, and have it made; its rows."""

    def export(log="audit", file_format="xlsx", **query) -> list[list]:
        browser.post(reverse("stats:export_log"), {"log": log, "format": file_format, **query})
        work()
        job = Job.objects.latest("created_at")
        assert job.state == Job.State.DONE, (job.error, job.error_data)
        path = Path(settings.RESULT_DIR) / job.result
        if file_format == "csv":
            return list(csv.reader(path.open(encoding="utf-8-sig", newline="")))
        return [list(row) for row in load_workbook(path).active.values]

    return export


def test_the_file_has_the_lines_of_its_log_the_newest_first(export, lines, now, boss):
    header, *rows = export()

    assert header == ["时间", "操作员", "用户名", "操作", "对象", "数量", "地址", "详情"]
    assert [row[:7] for row in rows] == [
        [(now + timedelta(minutes=2)).replace(tzinfo=None), "老张", boss.username, "确认导入", "泰山移动", 300, None],
        [now.replace(tzinfo=None), "老张", boss.username, "停用操作员", "=1+1", None, "192.168.1.10"],
    ]
    assert rows[1][7] == "原因：离职"


def test_the_login_log_has_its_own_file(export, lines):
    rows = export("logins", "csv")[1:]

    assert [(row[1], row[3], row[4]) for row in rows] == [("", "登录失败", "guest"), ("小李", "登录", lines[1].object)]


def test_what_a_spreadsheet_would_take_for_a_formula_is_text(export, lines):
    rows = export(file_format="csv", who="老张", group="operators")

    assert rows[1][4] == "'=1+1"


def test_the_file_holds_what_the_filter_selects(export, lines):
    assert [row[4] for row in export(group="imports")[1:]] == ["泰山移动"]
    assert [row[4] for row in export(address="192.168.1.10")[1:]] == ["=1+1"]
    assert len(export(end="2026-11-22")) == 1


def test_pages_follow_one_another(export, boss, now, monkeypatch):
    monkeypatch.setattr(log_exports, "PAGE", 3)
    for number in range(8):
        audit.record(by=boss, action="operator.edit", about=number, at=now)

    assert [row[4] for row in export()[1:]] == [str(number) for number in range(8)][::-1]


def test_the_file_is_on_record_and_stands_in_the_log_itself(export, browser, boss, lines):
    export(group="imports")
    job = Job.objects.get()

    browser.get(reverse("phones:job_result", args=[job.pk]))

    made, fetched = AuditEntry.objects.filter(action__startswith="export.").order_by("pk")
    assert (made.by, made.action, made.count, made.address) == (boss, "export.make", 1, "127.0.0.1")
    assert made.data["filter"] == {"group": "imports"}
    assert (fetched.action, fetched.data["job"]) == ("export.download", str(job.pk))


def test_the_job_belongs_to_administrators_and_leads_back_to_the_query(export, browser, lines):
    export("logins", group="failed")
    job = Job.objects.get()

    page = browser.get(reverse("phones:job", args=[job.pk])).content.decode()

    assert job.title == "登录日志, 登录失败"
    assert f'href="{reverse("stats:logins")}?group=failed"' in page


def test_who_is_no_administrator_any_more_gets_the_file_no_longer(export, browser, boss, lines):
    export()
    boss.role, boss.modules = "agent", list(Module)
    boss.save()

    assert browser.get(reverse("phones:job_result", args=[Job.objects.get().pk])).status_code == 403


@pytest.mark.parametrize(
    "sent",
    [{}, {"format": "exe"}, {"format": "csv", "group": "nothing"}, {"format": "csv", "log": "x", "address": "y"}],
)
def test_a_file_that_makes_no_sense_leads_back_to_the_page(browser, sent):
    response = browser.post(reverse("stats:export_log"), sent)

    assert response.status_code == 302
    assert response.url.startswith(reverse("stats:audit"))
    assert not Job.objects.exists()


def test_the_same_once_more_is_the_same_job_and_too_many_are_said(browser, monkeypatch):
    first = browser.post(reverse("stats:export_log"), {"log": "audit", "format": "csv"})
    assert browser.post(reverse("stats:export_log"), {"log": "audit", "format": "csv"}).url == first.url

    monkeypatch.setattr(files, "OPEN_LIMIT", 1)
    response = browser.post(reverse("stats:export_log"), {"log": "logins", "format": "csv"}, follow=True)

    assert Job.objects.count() == 1
    assert b'class="strip warn' in response.content


def test_a_filter_that_makes_no_sense_any_more_is_said(boss, now):
    job = files.submit(
        kind=Job.Kind.LOG, by=boss, title="", file_format="csv", language="en", address=None, now=now,
        filter={"group": "gone"}, log="audit",
    )  # fmt: skip
    work()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "export_choice_gone")


def test_only_administrators_export_a_log(sign_in, make_user):
    agent = sign_in(make_user("小王", modules=list(Module)))

    assert agent.post(reverse("stats:export_log"), {"log": "audit", "format": "csv"}).status_code == 403
