"""Reverts: a batch goes back whole, or stays whole; and no number is lost on the way."""

import threading
from contextlib import nullcontext, suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions as desk
from callback import maintenance
from phones import actions, jobs, lifting, reverts, turns
from phones.filters import PhoneFilter
from phones.models import Batch, Event, Exclusion, Job, Phone, State
from tests.phones.test_imports import in_threads, numbers, on_postgresql, sums_tie_out

pytestmark = pytest.mark.django_db(transaction=True)


def state_of(number):
    return Phone.objects.values_list("state", "suppressed").get(number=number)


def test_a_batch_that_nobody_touched_goes_back_whole(bring_in, revert):
    kept = bring_in("19911111111")
    batch = bring_in(*numbers(30))

    job = revert(batch)

    batch.refresh_from_db()
    assert (job.state, batch.state, batch.deleted_count) == (Job.State.DONE, Batch.State.REVERTED, 30)
    assert list(Phone.objects.values_list("batch", flat=True)) == [kept.pk]
    assert sums_tie_out()


def test_a_revert_is_on_record_with_its_reason(bring_in, revert):
    batch = bring_in("19900000001")

    revert(batch, reason="客户给错了名单")

    entry = AuditEntry.objects.get(action="batch.revert")
    assert (entry.count, entry.data["reason"], entry.by) == (1, "客户给错了名单", batch.by)


def test_a_batch_of_which_a_number_was_taken_stays(bring_in, make_agent, carrier, now):
    batch = bring_in(*numbers(3))
    agent = make_agent()
    desk.take(agent=agent, carrier=carrier, now=now)
    desk.pause(agent=agent, now=now)

    with pytest.raises(actions.Taken) as refusal:
        actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)

    assert refusal.value.count == 1


def test_a_number_taken_before_the_job_begins_keeps_the_batch(bring_in, make_agent, carrier, work, now):
    batch = bring_in(*numbers(30))
    before = list(Phone.objects.order_by("pk").values_list("number", "place"))
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    desk.take(agent=make_agent(), carrier=carrier, now=now)

    work()

    job.refresh_from_db()
    assert (job.state, job.error, job.error_data) == (Job.State.FAILED, "batch_taken", {"count": 1})
    assert list(Phone.objects.order_by("pk").values_list("number", "place")) == before
    assert sums_tie_out()


def test_asked_for_twice_it_is_one_job(bring_in, now):
    batch = bring_in(*numbers(3))

    first, second = (actions.revert(batch=batch, by=batch.by, reason="导错了", now=now) for _ in range(2))

    assert first == second


def test_a_batch_goes_back_only_once(bring_in, revert, now):
    batch = bring_in(*numbers(3))
    revert(batch)

    with pytest.raises(actions.NotReady):
        actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)


def test_what_a_list_excludes_stays_excluded(bring_in, exclude, revert):
    batch = bring_in(*numbers(5))
    exclude(numbers(1)[0])

    revert(batch)

    batch.refresh_from_db()
    assert list(Phone.objects.values_list("number", "state")) == [(numbers(1)[0], State.EXCLUDED)]
    assert batch.deleted_count == 4
    assert sums_tie_out()


@pytest.fixture
def delete(make_administrator, work, settings, tmp_path):
    """Delete the numbers of a batch, or some of them, in data maintenance."""
    settings.RESULT_DIR, settings.ARCHIVE_DIR = tmp_path / "results", tmp_path / "archives"

    def delete(batch: Batch, *, count: int, **query) -> Job:
        by = make_administrator("李主任")
        chosen = PhoneFilter({"batch": str(batch.pk), **query}, user=by)
        assert chosen.is_valid(), chosen.errors
        job = maintenance.change_numbers(
            kind=Job.Kind.DELETE, chosen=chosen, count=count, reason="清理", request_id=uuid4(), by=by,
            now=timezone.now(),
        )  # fmt: skip
        work()
        return Job.objects.get(pk=job.pk)

    return delete


def take_and_file(agent, carrier, type, now) -> Phone:
    phone = desk.take(agent=agent, carrier=carrier, now=now)
    desk.classify(
        agent=agent, token=phone.token, type=type, order_region=None, note="", request_id=phone.token, now=now
    )
    return phone


@pytest.fixture
def with_a_number_in_an_archive(bring_in, delete, make_agent, carrier, type_of, now):
    """A batch of which the only number that was taken lies in an archive; returns both."""
    batch = bring_in(*numbers(3))
    take_and_file(make_agent(), carrier, type_of(28), now)
    archive = delete(batch, count=1, state=State.CLASSIFIED).archive
    batch.refresh_from_db()
    return batch, archive


def test_a_batch_with_numbers_in_an_archive_stays_so_that_they_can_come_back(with_a_number_in_an_archive, now):
    batch, _archive = with_a_number_in_an_archive

    with pytest.raises(actions.Archived) as refusal:
        actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)

    assert refusal.value.count == 1


def test_once_restored_a_number_that_was_taken_keeps_the_batch(with_a_number_in_an_archive, work, now):
    batch, archive = with_a_number_in_an_archive
    maintenance.restore(archive=archive, reason="删错了", by=batch.by, request_id=uuid4(), now=timezone.now())
    work()

    with pytest.raises(actions.Taken):
        actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)


def test_once_restored_a_batch_that_nobody_took_goes_back_with_its_true_count(bring_in, delete, revert, work):
    batch = bring_in(*numbers(4))
    archive = delete(batch, count=4).archive
    maintenance.restore(archive=archive, reason="删错了", by=batch.by, request_id=uuid4(), now=timezone.now())
    work()

    revert(batch)

    batch.refresh_from_db()
    assert (batch.state, batch.deleted_count) == (Batch.State.REVERTED, 4)
    assert AuditEntry.objects.get(action="batch.revert").count == 4


def test_numbers_deleted_before_the_job_begins_keep_the_batch(bring_in, delete, work, now):
    batch = bring_in(*numbers(4))
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=timezone.now() + timedelta(seconds=1))

    delete(batch, count=4)

    job.refresh_from_db()
    assert (job.state, job.error, job.error_data) == (Job.State.FAILED, "batch_deleted", {"count": 4})
    assert Batch.objects.get(pk=batch.pk).state == Batch.State.READY
    assert sums_tie_out()


def test_a_list_goes_back_though_numbers_that_came_with_it_lie_in_an_archive(
    exclude, delete, revert, work, make_agent, carrier, type_of, now
):
    listed = exclude(*numbers(2))
    lifting.lift(number=numbers(1)[0], by=listed.by, reason="客户又同意了", now=now)
    take_and_file(make_agent(), carrier, type_of(11), now + timedelta(minutes=1))
    archive = delete(listed, count=1).archive

    revert(listed)
    maintenance.restore(archive=archive, reason="删错了", by=listed.by, request_id=uuid4(), now=timezone.now())
    work()

    assert list(Phone.objects.values_list("number", "state")) == [(numbers(1)[0], State.CLASSIFIED)]
    assert sums_tie_out()


@pytest.mark.parametrize("at", range(1, 10))
def test_a_worker_that_dies_anywhere_leaves_one_line_in_the_history_of_each_number_that_stays(
    at, bring_in, exclude, work, interrupt, monkeypatch, now
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    monkeypatch.setattr(reverts, "SPAN", 10)
    batch = bring_in(*numbers(30))
    kept = numbers(30)[::6]
    exclude(*kept)
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    interrupt(KeyboardInterrupt, at)
    with suppress(KeyboardInterrupt):
        work()
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(heartbeat_at=None)

    work()

    told = Event.objects.filter(kind=Event.Kind.REVERT, batch=batch, job=job, reason="导错了")
    assert sorted(told.values_list("phone__number", flat=True)) == kept
    assert AuditEntry.objects.get(action="batch.revert").count == 25
    assert sums_tie_out()


@pytest.mark.parametrize("at", range(1, 12))
def test_cancelled_anywhere_the_batch_is_all_there_or_all_gone(at, bring_in, work, interrupt, monkeypatch, now):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    monkeypatch.setattr(reverts, "SPAN", 10)
    batch = bring_in(*numbers(30))
    before = list(Phone.objects.order_by("pk").values())
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    interrupt(jobs.Cancelled, at)

    work()

    job.refresh_from_db()
    batch.refresh_from_db()
    after = list(Phone.objects.order_by("pk").values())
    if job.state == Job.State.CANCELLED:
        assert after == before
        assert batch.state == Batch.State.READY
    else:
        assert after == []
    assert sums_tie_out()


@pytest.mark.parametrize("at", range(1, 10))
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_a_worker_that_dies_anywhere_leaves_a_revert_that_the_next_one_completes(
    at,
    kind,
    bring_in,
    work,
    interrupt,
    monkeypatch,
    now,
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    monkeypatch.setattr(reverts, "SPAN", 10)
    batch = bring_in(*numbers(30), kind=kind)
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    interrupt(KeyboardInterrupt, at)
    try:
        work()
    except KeyboardInterrupt:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=None)

    work()

    batch.refresh_from_db()
    assert (batch.state, batch.deleted_count) == (Batch.State.REVERTED, 30)
    assert not Phone.objects.exists()
    assert AuditEntry.objects.filter(action="batch.revert").count() == 1


@pytest.mark.parametrize("at", range(1, 13))
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_killed_anywhere_and_cancelled_then_the_batch_is_all_there_or_all_gone(
    at, kind, bring_in, work, interrupt, monkeypatch, now
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    monkeypatch.setattr(reverts, "SPAN", 10)
    batch = bring_in(*numbers(30), kind=kind)
    before = list(Phone.objects.order_by("pk").values())
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    interrupt(KeyboardInterrupt, at)
    with suppress(KeyboardInterrupt):
        work()
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(heartbeat_at=None)
    jobs.cancel(job=job, by=job.by, now=now)

    work()

    job.refresh_from_db()
    after = list(Phone.objects.order_by("pk").values())
    assert after == (before if job.state == Job.State.CANCELLED else [])
    assert Exclusion.objects.count() == (30 if after and kind == "excluded" else 0)
    assert sums_tie_out()


def test_a_list_that_a_dead_worker_left_does_not_stand_in_the_way_of_a_revert(
    bring_in, check, confirm, revert, work, interrupt, monkeypatch
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    batch = bring_in(*numbers(30))
    left = confirm(check(*numbers(30)), "excluded")
    interrupt(KeyboardInterrupt, 5)
    with suppress(KeyboardInterrupt):
        work()

    job = revert(batch)
    Job.objects.filter(pk=left.pk, state=Job.State.RUNNING).update(heartbeat_at=None)
    work()

    left.refresh_from_db()
    assert (job.state, left.state) == (Job.State.DONE, Job.State.DONE)
    assert Phone.objects.states() == {State.EXCLUDED: 30}
    assert sums_tie_out()


@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_only_an_administrator_takes_an_exclusion_list_back(kind, bring_in, make_agent, now):
    batch = bring_in(*numbers(3), kind=kind)
    agent = make_agent(modules=[Module.IMPORT])

    with pytest.raises(actions.NotForAgents) if kind == "excluded" else nullcontext():
        actions.revert(batch=batch, by=agent, reason="导错了", now=now)

    assert Job.objects.filter(kind=Job.Kind.REVERT).exists() == (kind == "pending")


# ── Lists that exclude ───────────────────────────────────────────────────────────────────────────────────────


def test_a_list_taken_back_lets_its_numbers_go(bring_in, exclude, revert):
    bring_in(*numbers(3))
    excluding = exclude(*numbers(2), "19911111111")

    revert(excluding)

    assert Phone.objects.states() == {State.PENDING: 3}
    assert Phone.objects.exclude(due_at=None).count() == 2
    assert not Exclusion.objects.exists()
    assert sums_tie_out()


def test_a_number_that_another_list_names_stays_excluded(bring_in, exclude, revert):
    bring_in("19900000001")
    first, second = exclude("19900000001"), exclude("19900000001")

    revert(first)
    between = state_of("19900000001")
    revert(second)

    assert between == (State.EXCLUDED, False)
    assert state_of("19900000001") == (State.PENDING, False)


def test_a_number_that_only_lists_brought_goes_with_the_last_of_them(exclude, revert):
    first, second = exclude("19911111111"), exclude("19911111111")

    revert(first)
    assert state_of("19911111111") == (State.EXCLUDED, False)
    revert(second)

    first.refresh_from_db()
    assert not Phone.objects.exists()
    assert (first.deleted_count, first.state) == (1, Batch.State.REVERTED)
    assert sums_tie_out()


def test_a_number_of_a_reverted_import_does_not_come_back(bring_in, exclude, revert):
    batch = bring_in(*numbers(2))
    excluding = exclude(*numbers(1))
    revert(batch)

    revert(excluding)

    assert not Phone.objects.exists()
    assert sums_tie_out()


def test_a_classified_number_is_no_longer_suppressed(make_numbers, exclude, revert, make_agent, carrier, type_of, now):
    make_numbers(1)
    agent = make_agent()
    phone = desk.take(agent=agent, carrier=carrier, now=now)
    desk.classify(
        agent=agent, token=phone.token, type=type_of(28), order_region=None, note="", request_id=phone.token, now=now
    )
    excluding = exclude(phone.number)

    revert(excluding)

    assert state_of(phone.number) == (State.CLASSIFIED, False)


def test_a_recalled_number_is_pending_again_and_its_history_stays(
    make_numbers, exclude, revert, make_agent, carrier, now
):
    make_numbers(1)
    phone = desk.take(agent=make_agent(), carrier=carrier, now=now)
    excluding = exclude(phone.number)

    revert(excluding)

    assert state_of(phone.number) == (State.PENDING, False)
    assert Event.objects.filter(kind=Event.Kind.RECALL, phone=phone).exists()
    again = desk.take(agent=make_agent(), carrier=carrier, now=timezone.now() + timedelta(seconds=1))
    assert again.number == phone.number


# ── At once ──────────────────────────────────────────────────────────────────────────────────────────────────


@on_postgresql
@pytest.mark.parametrize("run", range(3))
def test_while_agents_take_a_batch_goes_back_whole_or_stays_whole(run, bring_in, make_agent, carrier, now):
    batch = bring_in(*numbers(300))
    job = actions.revert(batch=batch, by=batch.by, reason="导错了", now=now)
    agents = [make_agent(f"回访员{serial}") for serial in range(3)]
    ready = threading.Barrier(4)

    def take(agent):
        ready.wait()
        return desk.take(agent=agent, carrier=carrier, now=timezone.now())

    def go_back():
        ready.wait()
        taken = jobs.take(now=timezone.now())
        jobs.perform(taken, reverts.run)

    in_threads(go_back, *(lambda a=a: take(a) for a in agents))

    job.refresh_from_db()
    held = Phone.objects.held().count()
    if job.state == Job.State.DONE:
        assert (held, Phone.objects.count()) == (0, 0)
    else:
        assert job.error == "batch_taken"
        assert Phone.objects.count() == 300
    assert sums_tie_out()
    assert connection.vendor == "postgresql"


def test_the_page_says_why_a_batch_with_numbers_in_an_archive_stays(
    with_a_number_in_an_archive, make_administrator, sign_in
):
    batch, _archive = with_a_number_in_an_archive
    browser = sign_in(make_administrator("老张"))

    shown = browser.get(f"/phones/batches/{batch.pk}/")
    pressed = browser.post(f"/phones/batches/{batch.pk}/", {"reason": "导错了"})

    assert "有 1 个号码已在数据管理里删除" in shown.content.decode()
    assert 'name="reason"' not in shown.content.decode()
    assert pressed.status_code == 422
    assert "请先从存档恢复" in str(pressed.context["form"].non_field_errors())
    assert not Job.objects.filter(kind=Job.Kind.REVERT).exists()
