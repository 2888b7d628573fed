"""Jobs: who does them, how they end, and what becomes of them when their worker does not."""

import os
import signal
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry
from phones import jobs, sentences
from phones.models import Job

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(jobs, "PULSE_SECONDS", 0.02)


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def ask(boss, now):
    return lambda kind=Job.Kind.EXPORT, **arguments: jobs.submit(kind=kind, by=boss, title="一份", **arguments)


def finish(job, progress):
    progress.finish()


def go_on(progress, until=10.0):
    """Work for a while, telling of it as a handler does."""
    end = time.monotonic() + until
    while time.monotonic() < end:
        progress.tell(done=1, total=2)
        time.sleep(0.005)
    raise AssertionError("nobody stopped it")


def fall_silent():
    Job.objects.update(heartbeat_at=timezone.now() - LONG_AGO)


def take():
    return jobs.take(now=timezone.now())


def test_a_job_is_taken_done_and_ended(ask):
    ask()

    jobs.perform(take(), finish)

    job = Job.objects.get()
    assert (job.state, job.attempts) == ("done", 1)
    assert job.created_at <= job.started_at <= job.finished_at


def test_the_oldest_is_taken_first(ask):
    first, _second = ask(), ask()

    assert take() == first


def test_a_job_that_somebody_does_is_left_to_them(ask):
    ask()
    take()

    assert take() is None


def test_f33_a_dead_workers_job_is_taken_up(ask):
    ask()
    take()
    fall_silent()

    job = take()

    assert (job.attempts, job.state) == (2, "running")


def test_f37_a_job_that_brings_down_its_worker_is_set_aside(ask):
    ask()
    for _attempt in range(jobs.ATTEMPTS):
        take()
        fall_silent()
    done = []

    jobs.perform(take(), lambda job, progress: done.append(job), lambda job, progress: done.append("undone"))

    job = Job.objects.get()
    assert (job.state, job.error) == ("failed", "gave_up")
    assert done == ["undone"]
    assert take() is None


def test_two_workers_never_do_the_same_job(ask):
    how_many = 12
    for _ in range(how_many):
        ask()
    taken, barrier = [], threading.Barrier(6)

    def work():
        barrier.wait()
        try:
            while job := take():
                taken.append(job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == how_many


def test_progress_is_seen_while_the_works_transaction_is_open(ask):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: its handlers work in short transactions, see the next test")
    ask()
    seen = []

    def handler(job, progress):
        with transaction.atomic():
            Job.objects.filter(pk=None).update(title="x")
            progress.tell(stage="write", done=3, total=9)
            seen.append(look_from_elsewhere(job, until=3))
            progress.finish()

    jobs.perform(take(), handler)

    assert seen == [("write", 3, 9)]


def test_progress_is_seen_between_the_works_transactions(ask):
    ask()
    seen = []

    def handler(job, progress):
        progress.tell(stage="write", done=3, total=9)
        seen.append(look_from_elsewhere(job, until=3))
        progress.finish()

    jobs.perform(take(), handler)

    assert seen == [("write", 3, 9)]


def look_from_elsewhere(job, until):
    """The job's progress as another connection sees it, once ``until`` are done."""
    found = []

    def look():
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            state = Job.objects.values_list("stage", "done", "total").get(pk=job.pk)
            if state[1] == until:
                found.append(state)
                break
            time.sleep(0.01)
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found and found[0]


def test_cancel_before_anybody_began_ends_it_on_the_spot(ask, boss):
    job = ask()

    jobs.cancel(job=job, by=boss, now=timezone.now())

    assert Job.objects.get().state == "cancelled"
    assert take() is None


def test_a_cancel_is_on_record_once(ask, boss):
    job = ask()
    jobs.take(now=timezone.now())

    for _each in range(2):
        jobs.cancel(job=job, by=boss, now=timezone.now())

    entry = AuditEntry.objects.get(action="job.cancel")
    assert (entry.by, entry.object, entry.data["job"]) == (boss, "一份", str(job.pk))


def test_past_the_point_of_no_return_a_cancel_is_not_heard(ask, boss):
    ask()

    def handler(job, progress):
        progress.point_of_no_return()
        jobs.cancel(job=job, by=boss, now=timezone.now())
        with pytest.raises(AssertionError, match="nobody stopped it"):
            go_on(progress, until=0.3)
        progress.finish()

    jobs.perform(take(), handler)

    assert Job.objects.get().state == "done"


@pytest.mark.parametrize("reason", ["lost", "stopped"])
def test_past_the_point_of_no_return_a_worker_still_leaves(ask, reason):
    ask()
    stopping, left = threading.Event(), []

    def handler(job, progress):
        progress.point_of_no_return()
        if reason == "stopped":
            stopping.set()
        else:
            Job.objects.update(attempts=7)
        try:
            go_on(progress)
        except (jobs.Lost, jobs.Stopped) as told:
            left.append(type(told).__name__.lower())
            raise

    jobs.perform(take(), handler, stopping=stopping)

    assert left == [reason]


def test_cancel_during_the_work_stops_it_and_undoes_it(ask, boss):
    ask()
    undone = []

    def handler(job, progress):
        jobs.cancel(job=job, by=boss, now=timezone.now())
        go_on(progress)

    jobs.perform(take(), handler, lambda job, progress: undone.append(job.pk))

    job = Job.objects.get()
    assert job.state == "cancelled"
    assert undone == [job.pk]


def test_cancel_of_what_was_begun_and_given_back_is_the_workers_to_undo(ask, boss):
    job, stopping, undone = ask(), threading.Event(), []
    stopping.set()
    jobs.perform(take(), lambda job, progress: go_on(progress), stopping=stopping)

    jobs.cancel(job=job, by=boss, now=timezone.now())
    jobs.perform(take(), lambda job, progress: go_on(progress), lambda job, progress: undone.append(job.pk))

    assert Job.objects.get().state == "cancelled"
    assert undone == [job.pk]


def test_cancel_after_the_end_changes_nothing(ask, boss):
    job = ask()
    jobs.perform(take(), finish)

    jobs.cancel(job=job, by=boss, now=timezone.now())

    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == ("done", False)


def test_a_worker_that_ends_gives_its_job_back(ask):
    ask()
    stopping, undone = threading.Event(), []

    def handler(job, progress):
        stopping.set()
        go_on(progress)

    jobs.perform(take(), handler, lambda job, progress: undone.append(job), stopping)

    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert not undone
    assert take() == job


def test_a_stalled_worker_that_wakes_up_is_told_to_leave(ask):
    ask()
    stalled = take()
    fall_silent()
    take()
    raised = []

    def handler(job, progress):
        try:
            go_on(progress)
        except jobs.Lost as lost:
            raised.append(lost)
            raise

    jobs.perform(stalled, handler)

    job = Job.objects.get()
    assert len(raised) == 1
    assert (job.state, job.attempts, job.done) == ("running", 2, 0)


def test_a_stalled_worker_cannot_finish_what_is_anothers(ask):
    ask()
    stalled = take()
    fall_silent()
    take()

    with transaction.atomic(), pytest.raises(jobs.Lost):
        jobs.Progress(stalled).finish(result="mine")

    job = Job.objects.get()
    assert (job.state, job.result) == ("running", "")


def test_a_stalled_worker_that_fails_undoes_nothing_of_anothers(ask):
    ask()
    stalled = take()
    fall_silent()
    take()
    undone = []

    def handler(job, progress):
        raise RuntimeError("the file is gone")

    jobs.perform(stalled, handler, lambda job, progress: undone.append(job))

    assert Job.objects.get().state == "running"
    assert not undone


def test_what_cannot_be_done_says_why(ask):
    ask()

    def handler(job, progress):
        raise jobs.Failed("too_large", size=3)

    jobs.perform(take(), handler)

    job = Job.objects.get()
    assert (job.state, job.error, job.error_data) == ("failed", "too_large", {"size": 3})


def test_a_fault_of_ours_gets_a_number_that_the_log_knows(ask, caplog):
    ask()

    def handler(job, progress):
        raise ZeroDivisionError

    jobs.perform(take(), handler)

    job = Job.objects.get()
    assert (job.state, job.error) == ("failed", "unexpected")
    assert job.error_data["incident"] in {getattr(record, "incident", None) for record in caplog.records}


def incidents(caplog) -> list[str]:
    return [record.incident for record in caplog.records if hasattr(record, "incident")]


def test_a_job_that_is_given_up_has_a_number_that_the_log_knows(ask, caplog):
    ask()
    for _ in range(jobs.ATTEMPTS):
        take()
        fall_silent()

    jobs.perform(take(), finish)

    job = Job.objects.get()
    assert job.error == "gave_up"
    assert [job.error_data["incident"]] == incidents(caplog)
    assert job.error_data["incident"] in sentences.sentence(job.error, job.error_data)


def test_an_undo_that_has_words_of_its_own_keeps_the_number(ask, caplog):
    ask()

    def handler(job, progress):
        raise ZeroDivisionError

    def undo(job, progress):
        progress.finish(state=Job.State.FAILED, error="deletion_undone", error_data={"count": 3, "left": 0})

    jobs.perform(take(), handler, undo)

    job = Job.objects.get()
    assert (job.error, job.error_data["count"]) == ("deletion_undone", 3)
    assert [job.error_data["incident"]] == incidents(caplog)
    assert job.error_data["incident"] in sentences.sentence(job.error, job.error_data)


def test_a_plain_refusal_has_no_number(ask, caplog):
    ask()

    def handler(job, progress):
        raise jobs.Failed("too_large", size=3, limit=2)

    jobs.perform(take(), handler)

    job = Job.objects.get()
    assert not incidents(caplog)
    assert "错误编号" not in sentences.sentence(job.error, job.error_data)


def fail(job, progress):
    raise OSError("no space left on device")


def test_an_undo_that_fails_is_tried_again_by_whoever_takes_the_job_up(ask, caplog):
    ask()
    jobs.perform(take(), fail, fail)
    fall_silent()
    assert Job.objects.get().state == "running"
    undone = []

    jobs.perform(take(), fail, lambda job, progress: undone.append(job))

    job = Job.objects.get()
    assert len(undone) == 1
    assert (job.state, job.error) == ("failed", "unexpected")
    assert job.error_data["incident"] == incidents(caplog)[-1]


def test_an_undo_that_never_succeeds_is_left_as_it_is_with_a_number(ask, caplog):
    ask()

    for _ in range(jobs.UNDO_ATTEMPTS):
        jobs.perform(take(), fail, fail)
        fall_silent()

    job = Job.objects.get()
    assert take() is None
    assert (job.state, job.error) == ("failed", "left_over")
    assert job.error_data["incident"] == incidents(caplog)[-1]


def test_a_cancelled_job_whose_undo_fails_is_no_cancelled_one(ask, boss, now):
    ask()

    for _ in range(jobs.UNDO_ATTEMPTS):
        job = take()
        jobs.cancel(job=job, by=boss, now=now)
        jobs.perform(Job.objects.get(), go_on, fail)
        fall_silent()

    assert Job.objects.get().error == "left_over"


def test_progress_never_exceeds_itself(ask):
    ask()

    def handler(job, progress):
        progress.tell(done=12, total=9)
        time.sleep(0.2)
        progress.tell()
        progress.finish()

    jobs.perform(take(), handler)

    job = Job.objects.get()
    assert (job.state, job.done, job.total) == ("done", 9, 9)


def test_a_worker_is_known_to_live_by_what_it_does(ask):
    now = timezone.now()
    ask()
    assert not jobs.worker_lives(now=now)

    take()
    assert jobs.worker_lives(now=timezone.now())

    fall_silent()
    assert not jobs.worker_lives(now=timezone.now())

    jobs.perform(take(), finish)
    assert jobs.worker_lives(now=timezone.now())
    assert not jobs.worker_lives(now=timezone.now() + LONG_AGO)


def test_a_worker_that_is_told_to_stop_while_it_waits_stops():
    """A lock that a signal's handler and the thread beneath it both want would hold the worker up for ever."""
    stop = jobs.Stop()
    signal.signal(signal.SIGUSR1, lambda *_: stop.set())
    ended = []

    def knock():
        while not ended:
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.001)

    knocking = threading.Thread(target=knock)
    knocking.start()
    for _ in range(200):
        stop.wait(0.001)
    ended.append(True)
    knocking.join()
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)

    assert stop.is_set()
