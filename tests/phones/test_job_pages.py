"""The pages of jobs: what they say, and to whom."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.modules import Module
from hwcall.pager import END
from phones import exports, files, job_words, jobs, paging
from phones.models import Job
from phones.views.jobs import NEWEST

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def exporter(make_user):
    return make_user("小王", modules=[Module.EXPORT])


@pytest.fixture
def ask(boss):
    def ask(by=None, kind=Job.Kind.EXPORT, title="一份", **fields):
        arguments = (
            {"filter": {}, "format": "xlsx", "language": "zh-hans", "address": None} if kind == Job.Kind.EXPORT else {}
        )
        job = jobs.submit(kind=kind, by=by or boss, title=title, **arguments)
        Job.objects.filter(pk=job.pk).update(**fields)
        job.refresh_from_db()
        return job

    return ask


@pytest.fixture
def done(ask, make_numbers):
    """``done(by)`` is a finished export of three numbers."""

    def done(by=None):
        make_numbers(3)
        job = ask(by)
        jobs.perform(jobs.take(now=timezone.now()), exports.run)
        job.refresh_from_db()
        return job

    return done


def page_of(job, name="job"):
    return reverse(f"phones:{name}", args=[job.pk])


def test_an_open_job_asks_for_news_by_itself_with_and_without_script(sign_in, boss, ask):
    page = sign_in(boss).get(page_of(ask())).content.decode()

    assert 'hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert page_of(Job.objects.get(), "cancel_job") in page


def test_the_news_of_an_open_job_is_a_part_of_the_page(sign_in, boss, ask):
    job = ask(
        state="running", done=500, total=1000, stage="rows", started_at=timezone.now(), heartbeat_at=timezone.now()
    )

    response = sign_in(boss).get(page_of(job), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert b"<html" not in response.content
    assert b"50%" in response.content
    assert "no-store" in response.headers["Cache-Control"]


def test_the_last_news_stops_the_asking_and_is_announced(sign_in, boss, done):
    response = sign_in(boss).get(page_of(done()), headers={"HX-Request": "true"})

    assert response.status_code == 286
    assert b'id="job-said" hx-swap-oob' in response.content
    assert b"data-download" in response.content


def test_what_is_announced_is_written_as_the_language_has_it(sign_in, boss, done):
    job = done()

    said = sign_in(boss).get(page_of(job), headers={"HX-Request": "true"}).content.decode()

    assert f"{job.title or job.get_kind_display()}：{job.get_state_display()}" in said


def test_a_page_that_is_boosted_is_whole(sign_in, boss, ask):
    response = sign_in(boss).get(page_of(ask()), headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert b"<html" in response.content


def test_a_finished_job_asks_no_more(sign_in, boss, done):
    page = sign_in(boss).get(page_of(done())).content.decode()

    assert "hx-trigger" not in page
    assert "http-equiv" not in page
    assert "100%" in page


def test_only_who_waits_for_it_gets_the_file_by_itself(sign_in, boss, make_administrator, done):
    job = done()
    assert "data-download" not in sign_in(make_administrator("老王")).get(page_of(job)).content.decode()

    Job.objects.update(finished_at=timezone.now() - timedelta(minutes=5))
    assert "data-download" not in sign_in(boss).get(page_of(job)).content.decode()


@pytest.mark.parametrize("name", ["job", "job_result"])
def test_a_job_exists_for_its_owner_and_for_administrators(name, sign_in, boss, exporter, make_user, done):
    job = done(exporter)

    assert sign_in(exporter).get(page_of(job, name)).status_code == 200
    assert sign_in(boss).get(page_of(job, name)).status_code == 200
    assert sign_in(make_user("小张", modules=[Module.EXPORT])).get(page_of(job, name)).status_code == 404
    assert sign_in(boss).get(reverse(f"phones:{name}", args=[uuid4()])).status_code == 404


def test_b68_the_download_is_the_file_under_its_own_name_and_on_record(sign_in, boss, done, tmp_path):
    job = done()

    response = sign_in(boss).get(page_of(job, "job_result"), REMOTE_ADDR="10.1.2.3")

    (tmp_path / "got.xlsx").write_bytes(b"".join(response.streaming_content))
    assert load_workbook(tmp_path / "got.xlsx").active.max_row == 4
    assert response.headers["Content-Disposition"].startswith("attachment; filename")
    assert (
        "utf-8''HwCall_" in response.headers["Content-Disposition"]
        or "HwCall_" in (response.headers["Content-Disposition"])
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    entry = AuditEntry.objects.get(action="export.download")
    assert (entry.by, entry.count, entry.address) == (boss, 3, "10.1.2.3")
    assert entry.data["sha256"] == job.cursor["sha256"]


def test_the_page_of_a_file_says_who_has_fetched_it(sign_in, boss, exporter, done):
    job, other = done(exporter), done(exporter)
    for asked in (job, job, other):
        list(sign_in(exporter).get(page_of(asked, "job_result")).streaming_content)

    said = sign_in(boss).get(page_of(job)).context["said"]

    assert [entry.by for entry in said.downloads] == [exporter, exporter]


def test_the_export_page_keeps_the_record_of_exports(sign_in, boss, exporter, make_user, done):
    job = done(exporter)
    another = make_user("小赵", modules=[Module.EXPORT])

    def shown(user):
        return list(sign_in(user).get(reverse("phones:export")).context["recent"])

    assert (shown(boss), shown(exporter), shown(another)) == ([job], [job], [])


def test_a_module_that_was_taken_away_closes_the_file_at_once(sign_in, exporter, done):
    job = done(exporter)
    exporter.modules = []
    exporter.save()

    assert sign_in(exporter).get(page_of(job, "job_result")).status_code == 403
    assert sign_in(exporter).get(page_of(job)).status_code == 200


def test_a_job_without_a_file_has_no_download(sign_in, boss, ask, done):
    assert sign_in(boss).get(page_of(ask(), "job_result")).status_code == 404
    Job.objects.update(state="cancelled")

    job = done()
    files.forget_old(now=job.finished_at + timedelta(days=31))
    assert sign_in(boss).get(page_of(job, "job_result")).status_code == 404
    assert sign_in(boss).get(page_of(job)).status_code == 200


def test_cancel_is_a_press_of_its_owner(sign_in, exporter, make_user, ask):
    job = ask(exporter)
    assert sign_in(make_user("小张")).post(page_of(job, "cancel_job")).status_code == 404
    assert sign_in(exporter).get(page_of(job, "cancel_job")).status_code == 405

    response = sign_in(exporter).post(page_of(job, "cancel_job"))

    assert response.url == page_of(job)
    assert Job.objects.get().state == "cancelled"


def test_cancelling_shows_until_the_worker_has_stopped(sign_in, boss, ask):
    now = timezone.now()
    job = ask(state="running", started_at=now, heartbeat_at=now, attempts=1)

    sign_in(boss).post(page_of(job, "cancel_job"))

    assert page_of(job, "cancel_job") not in sign_in(boss).get(page_of(job)).content.decode()


def test_a_job_that_nobody_takes_up_says_that_the_worker_is_not_running(ask):
    job = ask()

    assert not job_words.describe(job, now=job.created_at + timedelta(seconds=5)).waiting
    assert "manage.py work" in job_words.describe(job, now=job.created_at + timedelta(seconds=11)).waiting


def test_a_job_that_waits_behind_another_says_so(ask):
    now = timezone.now()
    ask(state="running", started_at=now, heartbeat_at=now, attempts=1)
    job = ask()

    waiting = job_words.describe(job, now=now + timedelta(seconds=20)).waiting

    assert "1" in waiting
    assert "manage.py work" not in waiting


def test_a_failure_says_why(sign_in, boss, ask):
    job = ask(state="failed", error="export_choice_gone", finished_at=timezone.now())

    page = sign_in(boss).get(page_of(job)).content.decode()

    assert 'role="alert"' in page
    assert job_words.failure(job) in page


MAINTENANCE = (Job.Kind.REQUEUE, Job.Kind.DELETE, Job.Kind.RESTORE)


@pytest.mark.parametrize("kind", Job.Kind.values)
@pytest.mark.parametrize("state", Job.State.values)
def test_every_job_in_every_state_has_a_page(kind, state, sign_in, boss, ask):
    now = timezone.now()
    times = {} if state == "waiting" else {"started_at": now, "heartbeat_at": now}
    if state in ("done", "failed", "cancelled"):
        times["finished_at"] = now
    error = {"error": "unexpected", "error_data": {"incident": "7F3A"}} if state == "failed" else {}
    # What a maintenance job knows from its beginning, and what it has counted by its end.
    known = {"arguments": {"archive": 1}, "cursor": {"count": 3, "skipped": {}}} if kind in MAINTENANCE else {}
    job = ask(kind=kind, state=state, done=3, total=9, **times, **error, **known)
    browser = sign_in(boss)

    for stage in ("", "read", "write", "rows", "pack", "unheard of"):
        Job.objects.update(stage=stage)
        assert browser.get(page_of(job)).status_code == 200, stage


def test_elapsed_and_rest_are_estimates_of_what_is_known(ask):
    now = timezone.now()
    job = ask(state="running", started_at=now - timedelta(seconds=40), done=200, total=1000, heartbeat_at=now)

    said = job_words.describe(job, now=now)

    assert (said.percent, said.elapsed, said.rest) == (20, job_words.duration(40), job_words.duration(160))


def test_the_list_shows_ones_own_and_to_administrators_all(sign_in, boss, exporter, ask):
    ask(boss, title="老张的")
    ask(exporter, title="小王的")
    address = reverse("phones:jobs")

    assert [job.title for job in sign_in(exporter).get(address).context["page"].rows] == ["小王的"]
    assert [job.title for job in sign_in(boss).get(address).context["page"].rows] == ["小王的", "老张的"]


def test_the_list_goes_back_page_by_page(boss, ask):
    for number in range(5):
        ask(title=str(number))

    def page(**asked):
        return paging.page(Job.objects.all(), asked, order=NEWEST, size=2, names=paging.NEWER_OLDER)

    first = page()
    second = page(older=str(first.after))
    third = page(older=str(second.after))

    assert [job.title for page in (first, second, third) for job in page.rows] == ["4", "3", "2", "1", "0"]
    assert third.after is None
    assert page(newer=str(third.before)) == second
    assert page(newer=str(second.before)) == first
    assert page(newer=END).rows == [second.rows[1], third.rows[0]]


@pytest.mark.parametrize("value", ["abc", str(uuid4()), "1", ""])
def test_nonsense_shows_the_newest(value, sign_in, boss, ask):
    ask()

    assert len(sign_in(boss).get(reverse("phones:jobs"), {"older": value}).context["page"].rows) == 1


def test_who_has_no_jobs_yet_is_led_to_where_they_begin(sign_in, exporter, make_agent):
    main = [
        sign_in(user).get(reverse("phones:jobs")).content.decode().partition("<main")[2]
        for user in (exporter, make_agent())
    ]

    assert [f'href="{reverse("phones:export")}"' in page for page in main] == [True, False]
    assert not [page for page in main if f'href="{reverse("phones:import")}"' in page]
