"""Imports: what comes in, what is left as it was, and that it happens whole or not at all."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry
from callback import actions as desk
from callback.models import Call
from config.models import Carrier
from phones import actions, imports, job_kinds, jobs, turns
from phones.models import PLACES_A_BATCH, Batch, Event, Exclusion, Job, Phone, State, Upload

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time: there is nothing to race for"
)


def numbers(how_many, first=1):
    return [f"1980{serial:07}" for serial in range(first, first + how_many)]


def states(batch=None):
    phones = Phone.objects.filter(batch=batch) if batch else Phone.objects.all()
    return phones.states()


def sums_tie_out():
    return all(
        batch.new_count == Phone.objects.filter(batch=batch).count() + batch.deleted_count and batch.entries_tie_out
        for batch in Batch.objects.exclude(state=Batch.State.CANCELLED)
    )


# ── 待回访 ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_new_numbers_become_pending_in_the_order_of_the_file(bring_in):
    batch = bring_in("19900000003", "19900000001", "19900000002")

    places = list(Phone.objects.order_by("place").values_list("number", "place"))
    assert places == [
        ("19900000003", batch.pk * PLACES_A_BATCH + 1),
        ("19900000001", batch.pk * PLACES_A_BATCH + 2),
        ("19900000002", batch.pk * PLACES_A_BATCH + 3),
    ]
    assert states() == {State.PENDING: 3}


def test_i7_a_batch_says_what_came_in(bring_in, carrier, region):
    batch = bring_in("199 0000 0001", "19900000001", "测试", "19900000002", name="泰山移动_11月")

    assert (batch.entry_count, batch.new_count, batch.repeated_count, batch.rejected_count) == (4, 2, 1, 1)
    assert (batch.name, batch.carrier, batch.region, batch.state) == ("泰山移动_11月", carrier, region, "ready")
    assert batch.entries_tie_out
    assert (batch.file_name, len(batch.sha256), batch.first_place) == ("名单.txt", 64, None)


def test_known_numbers_are_left_as_they_are_and_counted_by_state(
    bring_in, make_numbers, make_agent, carrier, type_of, now
):
    make_numbers(4)
    pending, held, classified, _other = Phone.objects.order_by("place")
    agent = make_agent()
    desk.take(agent=agent, carrier=carrier, now=now)
    first = Phone.objects.held().get()
    desk.classify(
        agent=agent, token=first.token, type=type_of(11), order_region=None, note="", request_id=first.token, now=now
    )
    desk.take(agent=agent, carrier=carrier, now=now)
    before = list(Phone.objects.order_by("pk").values())

    batch = bring_in(*(phone.number for phone in (pending, held, classified)), "19911111111")

    assert list(Phone.objects.exclude(batch=batch).order_by("pk").values()) == before
    assert batch.known_counts == {"pending": 1, "held": 1, "classified": 1}
    assert batch.new_count == 1


def test_known_numbers_of_another_carrier_or_region_are_reported(bring_in, make_numbers, other_region, carrier):
    other = Carrier.objects.in_order()[1]
    [elsewhere] = make_numbers(1, region=other_region)
    [of_another] = make_numbers(1, carrier=other)

    batch = bring_in(elsewhere.number, of_another.number, "19911111111")

    assert (batch.other_region_count, batch.other_carrier_count) == (1, 1)
    of_another.refresh_from_db()
    assert of_another.carrier == other


def test_an_excluded_number_is_not_brought_back(bring_in, exclude):
    exclude("19900000001")

    batch = bring_in("19900000001", "19900000002")

    assert Phone.objects.get(number="19900000001").state == State.EXCLUDED
    assert batch.known_counts == {"excluded": 1}


def test_the_same_list_again_brings_nothing_new(bring_in):
    bring_in(*numbers(20))

    with pytest.raises(actions.NothingToImport):
        bring_in(*numbers(20))
    again = bring_in(*numbers(21))

    assert (again.new_count, again.known_counts) == (1, {"pending": 20})


def test_a_long_list_comes_in_whole(bring_in, monkeypatch):
    monkeypatch.setattr(imports, "SPAN", 100)
    monkeypatch.setattr(turns, "PIECE_ROWS", 100)

    batch = bring_in(*numbers(1050))

    assert batch.new_count == Phone.objects.count() == 1050


def test_an_import_is_on_record(bring_in):
    batch = bring_in("19900000001")

    entry = AuditEntry.objects.get(action="import.done")
    assert (entry.by, entry.count, entry.object, entry.data["batch"]) == (batch.by, 1, batch.name, batch.pk)
    assert AuditEntry.objects.filter(action="import.confirm").count() == 1


def test_after_the_import_only_the_rejected_rows_are_kept(bring_in, upload_dir):
    bring_in("19900000001", "没有")

    kept = [path.name for path in upload_dir.glob("*/**/*") if path.is_file()]
    assert kept == ["rejected.jsonl"]


# ── Confirming ───────────────────────────────────────────────────────────────────────────────────────────────


def test_confirmed_twice_it_is_one_job_and_one_batch(check, confirm, work):
    upload = check(*numbers(5))

    first, second = confirm(upload), confirm(upload)
    work()
    third = confirm(upload)

    assert first == second == third
    assert Batch.objects.count() == 1


def test_a_list_that_is_not_checked_yet_cannot_be_confirmed(send, confirm):
    with pytest.raises(actions.NotChecked):
        confirm(send("19900000001"))


def test_an_import_that_was_cancelled_can_be_confirmed_anew(check, confirm, work, now):
    upload = check(*numbers(5))
    cancelled = confirm(upload)
    jobs.cancel(job=cancelled, by=upload.by, now=now)

    again = confirm(upload)
    work()

    assert again != cancelled
    assert Phone.objects.count() == 5


# ── Cancel, and what dies on the way ─────────────────────────────────────────────────────────────────────────


class Interrupted(BaseException):
    """Stands for a worker's death at a place of the test's choosing."""


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_cancelled_anywhere_the_system_is_as_before(
    at, kind, check, confirm, work, interrupt, make_numbers, monkeypatch
):
    monkeypatch.setattr(imports, "SPAN", 10)
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    known = make_numbers(3)
    before = list(Phone.objects.order_by("pk").values())
    job = confirm(check(*numbers(30), *(phone.number for phone in known)), kind)
    interrupt(jobs.Cancelled, at)

    work()

    job.refresh_from_db()
    if job.state == Job.State.CANCELLED:
        assert list(Phone.objects.order_by("pk").values()) == before
        assert not Batch.objects.filter(upload__isnull=False).exists()
        assert not Exclusion.objects.exists()
    else:
        # An excluding list goes forward only once numbers have left the queue; a short list has an end.
        assert job.state == Job.State.DONE
        assert Phone.objects.count() == 33
    assert not Batch.objects.filter(state=Batch.State.LOADING).exists()
    assert sums_tie_out()


@pytest.mark.parametrize("at", range(2, 14, 2))
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_f26_a_worker_that_dies_anywhere_leaves_work_that_the_next_one_completes(
    at, kind, check, confirm, work, interrupt, make_numbers, monkeypatch
):
    monkeypatch.setattr(imports, "SPAN", 10)
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    known = make_numbers(3)
    job = confirm(check(*numbers(30), *(phone.number for phone in known)), kind)
    interrupt(Interrupted, at)
    try:
        work()
    except Interrupted:
        Job.objects.filter(pk=job.pk).update(heartbeat_at=None)
        if connection.in_atomic_block:
            transaction.rollback()

    work()

    batch = Batch.objects.get(upload__isnull=False)
    assert (batch.new_count, batch.known_counts) == (30, {"pending": 3})
    assert Phone.objects.count() == 33
    assert sums_tie_out()
    if kind == "excluded":
        assert states() == {State.EXCLUDED: 33}
        assert Exclusion.objects.filter(batch=batch).count() == 33


@pytest.mark.parametrize("at", range(2, 18, 2))
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_killed_anywhere_and_cancelled_then_it_is_all_there_or_all_gone(
    at, kind, check, confirm, work, interrupt, make_numbers, monkeypatch, now
):
    monkeypatch.setattr(imports, "SPAN", 10)
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    known = make_numbers(3)
    before = states()
    job = confirm(check(*(phone.number for phone in known), *numbers(30)), kind)
    interrupt(Interrupted, at)
    with suppress(Interrupted):
        work()
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(heartbeat_at=None)
    jobs.cancel(job=job, by=job.by, now=now)

    work()

    job.refresh_from_db()
    if job.state == Job.State.CANCELLED:
        assert (states(), Exclusion.objects.count()) == (before, 0)
        assert Phone.objects.exclude(due_at=None).count() == 0
    else:
        assert job.state == Job.State.DONE
        assert states() == {kind: 33}
    assert not Batch.objects.filter(state=Batch.State.LOADING).exists()
    assert sums_tie_out()


def test_a_list_that_a_dead_worker_left_does_not_stand_in_the_way_of_another(
    check, confirm, work, interrupt, monkeypatch, now
):
    monkeypatch.setattr(imports, "SPAN", 10)
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    dead = confirm(check(*numbers(30)), "excluded", name="第一")
    interrupt(Interrupted, 6)
    with pytest.raises(Interrupted):
        work()
    confirm(check(*numbers(30)), "excluded", name="第二")
    work()
    Job.objects.filter(pk=dead.pk).update(heartbeat_at=None)
    jobs.cancel(job=dead, by=dead.by, now=now)

    work()

    dead.refresh_from_db()
    assert dead.state == Job.State.CANCELLED
    assert states() == states(Batch.objects.get(name="第二")) == {State.EXCLUDED: 30}
    assert sums_tie_out()


def test_what_a_dead_import_left_is_removed_by_the_next(check, confirm, work, interrupt, monkeypatch, now):
    monkeypatch.setattr(imports, "SPAN", 10)
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    dead = confirm(check(*numbers(30)), name="第一")
    interrupt(Interrupted, 5)
    with pytest.raises(Interrupted):
        work()
    monkeypatch.undo()
    upload = check(*numbers(10, first=21))
    job = confirm(upload, name="第二")

    jobs.perform(jobs.take(now=timezone.now()), imports.run)
    Job.objects.filter(pk=dead.pk).update(heartbeat_at=None)
    work()

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert Batch.objects.get(name="第二", state="ready").new_count == 10
    assert Batch.objects.get(name="第一", state="ready").new_count == 20
    assert Phone.objects.count() == 30
    assert sums_tie_out()


def test_f26_while_it_loads_nothing_of_it_is_handed_out_or_counted(
    check, confirm, interrupt, make_agent, carrier, monkeypatch
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    monkeypatch.setattr(imports, "SPAN", 10)
    confirm(check(*numbers(30)))
    agent = make_agent()
    seen = []
    tell = jobs.Progress.tell

    def looking(self, **fields):
        tell(self, **fields)
        seen.append(ThreadPoolExecutor(1).submit(look).result())

    def look():
        try:
            return desk.take(agent=agent, carrier=carrier, now=timezone.now()), Phone.objects.counted().count()
        finally:
            connection.close()

    if connection.vendor == "sqlite":
        monkeypatch.setattr(jobs.Progress, "tell", looking)
    job = jobs.take(now=timezone.now())
    jobs.perform(job, imports.run)

    assert all(found == (None, 0) for found in seen)
    assert desk.take(agent=agent, carrier=carrier, now=timezone.now()).number == "19800000001"


# ── 剔除 ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def a_number_of_each_state(make_numbers, make_agent, carrier, type_of, now):
    """Three numbers: classified, held, pending; and the agent who holds one."""
    make_numbers(3)
    agent = make_agent()
    first = desk.take(agent=agent, carrier=carrier, now=now)
    desk.classify(
        agent=agent, token=first.token, type=type_of(29), order_region=None, note="", request_id=first.token, now=now
    )
    held = desk.take(agent=agent, carrier=carrier, now=now)
    pending = Phone.objects.pending().get()
    return first, held, pending, agent


def test_a_list_excludes_what_it_names(exclude, a_number_of_each_state):
    classified, held, pending, _agent = a_number_of_each_state

    batch = exclude(classified.number, held.number, pending.number, "19911111111")

    found = {phone.number: (phone.state, phone.suppressed) for phone in Phone.objects.all()}
    assert found == {
        classified.number: (State.CLASSIFIED, True),
        held.number: (State.EXCLUDED, False),
        pending.number: (State.EXCLUDED, False),
        "19911111111": (State.EXCLUDED, False),
    }
    assert batch.known_counts == {"pending": 1, "held": 1, "classified": 1}
    assert batch.new_count == 1
    assert Exclusion.objects.filter(batch=batch).count() == 4


def test_a_number_on_a_sheet_is_recalled(exclude, a_number_of_each_state):
    _classified, held, _pending, agent = a_number_of_each_state

    batch = exclude(held.number)

    event = Event.objects.get(kind=Event.Kind.RECALL)
    assert (event.agent, event.token, event.batch, event.number) == (agent, held.token, batch, held.number)
    assert event.taken_at == held.taken_at
    held.refresh_from_db()
    assert (held.holder, held.token, held.expires_at) == (None, None, None)


def test_a_result_for_a_recalled_number_is_logged_and_the_number_stays_excluded(
    exclude, a_number_of_each_state, type_of, new_id, now
):
    _classified, held, _pending, agent = a_number_of_each_state
    exclude(held.number)

    call = desk.classify(
        agent=agent, token=held.token, type=type_of(11), order_region=None, note="", request_id=new_id(), now=now
    )

    held.refresh_from_db()
    assert (call.late, held.state) == (True, State.EXCLUDED)


def test_a_number_that_comes_back_is_excluded_too(exclude, a_number_of_each_state, now):
    _classified, held, _pending, agent = a_number_of_each_state
    desk.pause(agent=agent, now=now)

    exclude(held.number)

    held.refresh_from_db()
    assert (held.state, held.due_at) == (State.EXCLUDED, None)


def test_two_lists_may_name_the_same_number(exclude):
    exclude("19900000001")

    second = exclude("19900000001")

    assert second.known_counts == {"excluded": 1}
    assert Exclusion.objects.count() == 2


def test_a_long_list_of_excluded_numbers_comes_in_whole(exclude, make_numbers, monkeypatch):
    monkeypatch.setattr(turns, "PIECE_ROWS", 40)
    known = make_numbers(200)

    batch = exclude(*numbers(100), *(phone.number for phone in known))

    assert (batch.new_count, batch.known_counts) == (100, {"pending": 200})
    assert states() == {State.EXCLUDED: 300}
    assert sums_tie_out()


# ── Two at once ──────────────────────────────────────────────────────────────────────────────────────────────


def in_threads(*functions):
    def one(function):
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(one, function) for function in functions]]


def perform_next():
    job = jobs.take(now=timezone.now())
    kind = job_kinds.of(job)
    jobs.perform(job, kind.run, kind.undo)


@on_postgresql
def test_f27_two_imports_at_once_of_overlapping_lists_share_the_numbers(check, confirm):
    uploads = check(*numbers(2000)), check(*reversed(numbers(2000, first=1001)))
    for upload, name in zip(uploads, "甲乙", strict=True):
        confirm(upload, name=name)

    in_threads(perform_next, perform_next)

    assert Phone.objects.count() == 3000
    assert sorted(Batch.objects.values_list("new_count", flat=True)) == [1000, 2000]
    assert Job.objects.filter(state=Job.State.DONE, kind=Job.Kind.IMPORT).count() == 2
    assert sums_tie_out()


@on_postgresql
def test_a_number_that_comes_in_from_elsewhere_meanwhile_is_known(check, confirm, make_batch):
    job = confirm(check(*numbers(50)))
    elsewhere = make_batch(name="别处")
    there = threading.Event()

    def bring_one():
        with transaction.atomic():
            Phone.objects.create(
                number=numbers(50)[25], batch=elsewhere, place=1, carrier=elsewhere.carrier, region=elsewhere.region
            )
            there.set()
            time.sleep(0.5)

    def do_the_import():
        there.wait()
        perform_next()

    in_threads(bring_one, do_the_import)

    job.refresh_from_db()
    assert job.state == Job.State.DONE
    batch = Batch.objects.get(pk=job.cursor["batch"])
    assert (batch.new_count, batch.known_counts) == (49, {"pending": 1})


def ids_of(numbers):
    return list(Phone.objects.filter(number__in=numbers).order_by("pk").values_list("pk", flat=True))


@on_postgresql
def test_while_a_list_excludes_what_it_is_through_with_is_locked_no_more(
    check, confirm, make_numbers, make_agent, carrier, now, monkeypatch
):
    monkeypatch.setattr(turns, "PIECE_ROWS", 10)
    known = [phone.number for phone in make_numbers(40)]
    held = desk.take(agent=make_agent(), carrier=carrier, now=now)
    job = confirm(check(*known, *numbers(10)), Batch.Kind.EXCLUDED)
    seen = []
    tell = jobs.Progress.tell

    def looking(self, *, done=None, **fields):
        tell(self, done=done, **fields)
        if done and self._told["stage"] == "write":
            seen.append((done, ThreadPoolExecutor(1).submit(look, done).result()))

    def look(done):
        """Lock all that was written down, or of the second half on what was applied, without waiting for anybody."""
        try:
            through = known[: done * 2 - (0 if done <= 25 else 50)]
            with transaction.atomic():
                rows = Phone.objects.filter(pk__in=ids_of(through)).order_by("pk").select_for_update(nowait=True)
                return [phone.state for phone in rows]
        finally:
            connection.close()

    monkeypatch.setattr(jobs.Progress, "tell", looking)
    perform_next()

    job.refresh_from_db()
    assert (job.state, job.error_data) == (Job.State.DONE, {})
    # The last word is that of the stage that opens the batch.
    assert [(done, len(found)) for done, found in seen[:9]] == [
        (5, 10), (10, 20), (15, 30), (20, 40), (25, 40), (30, 10), (35, 20), (40, 30), (45, 40),
    ]  # fmt: skip
    assert set(seen[7][1]) == {State.EXCLUDED}
    assert Batch.objects.get(pk=job.cursor["batch"]).known_counts == {"pending": 39, "held": 1}
    held.refresh_from_db()
    assert held.state == State.EXCLUDED


@pytest.mark.parametrize("kind", ["pending", "excluded"])
@pytest.mark.parametrize("end", [None, jobs.Cancelled, jobs.Failed])
def test_no_table_is_left_of_an_import_that_has_ended(end, kind, check, confirm, work, interrupt):
    job = confirm(check(*numbers(10)), kind)
    if end:
        interrupt(end if end is jobs.Cancelled else end("no_space"), 4)

    work()

    job.refresh_from_db()
    assert job.state == {None: "done", jobs.Cancelled: "cancelled", jobs.Failed: "failed"}[end]
    look = {
        "sqlite": "SELECT name FROM sqlite_temp_master WHERE name = 'staging'",
        "postgresql": "SELECT relname FROM pg_class WHERE relname IN ('staging', 'sifted')",
    }
    with connection.cursor() as cursor:
        cursor.execute(look[connection.vendor])
        assert cursor.fetchall() == []


@on_postgresql
@pytest.mark.parametrize("run", range(3))
def test_b57_agents_work_on_while_a_list_excludes_their_numbers(
    run, check, confirm, make_numbers, make_agent, carrier, type_of
):
    make_numbers(400)
    agents = [make_agent(f"回访员{serial}") for serial in range(4)]
    everything = list(Phone.objects.order_by("place").values_list("number", flat=True))
    job = confirm(check(*everything), Batch.Kind.EXCLUDED)
    kind = type_of(11)
    done = threading.Event()

    def shift(agent):
        filed = 0
        while not done.is_set():
            phone = desk.take(agent=agent, carrier=carrier, now=timezone.now())
            if phone is None:
                break
            call = desk.classify(
                agent=agent, token=phone.token, type=kind, order_region=None, note="",
                request_id=phone.token, now=timezone.now(),
            )  # fmt: skip
            filed += 1
            assert call.pk
        return filed

    def do_the_import():
        perform_next()
        done.set()

    filed = sum(found for found in in_threads(do_the_import, *(lambda a=a: shift(a) for a in agents)) if found)

    job.refresh_from_db()
    assert job.state == Job.State.DONE, (job.error, job.error_data)
    assert not Phone.objects.pending().exists()
    assert not Phone.objects.held().exists()
    assert not Phone.objects.classified().filter(suppressed=False).exists()
    assert Exclusion.objects.count() == 400
    assert Call.objects.count() == filed
    recalled = Event.objects.filter(kind=Event.Kind.RECALL).count()
    batch = Batch.objects.get(pk=job.cursor["batch"])
    assert batch.known_counts.get("held", 0) == recalled
    assert sums_tie_out()
    assert Upload.objects.get().batch == batch
