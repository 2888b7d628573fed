"""Deleted: numbers leave the stock for an archive, and what was done with them stays."""

import gzip
import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from callback import actions, archives, deletions, piecework
from callback.models import Call, Tally
from phones import holds, jobs, queue, sentences, turns
from phones.models import Archive, Batch, Event, Exclusion, Job, Phone, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_pieces")]


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def as_they_are():
    """All rows of the stock, as they are."""
    return lambda: list(Phone.objects.order_by("pk").values())


def test_pending_and_classified_numbers_go(make_numbers, make_agent, call, delete, books_balance):
    make_numbers(8)
    agent = make_agent("小李")
    for code in (11, 21, 28, 29):
        call(agent, code)

    job = delete()

    assert (job.state, job.cursor["count"], job.cursor["skipped"]) == (Job.State.DONE, 8, {})
    assert not Phone.objects.exists()
    assert books_balance()


def test_a_batch_goes_and_the_others_stay(make_numbers, delete, books_balance):
    gone, stays = make_numbers(4), make_numbers(4)

    delete(batch=gone[0].batch_id)

    assert list(Phone.objects.order_by("pk")) == stays
    assert books_balance()


def test_calls_statistics_and_history_stay(make_numbers, make_agent, call, delete, boss, carrier):
    make_numbers(5)
    agent = make_agent("小李")
    for _ in range(4):
        call(agent, 28)
    actions.take(agent=agent, carrier=carrier, now=timezone.now())
    actions.pause(agent=agent, now=timezone.now())
    calls, tallies = Call.objects.order_by("pk"), list(Tally.objects.order_by("pk").values())
    before = [{**row, "phone_id": None} for row in calls.values()]
    numbers = {*Phone.objects.values_list("number", flat=True)}

    job = delete(reason="合同到期")

    assert list(calls.values()) == before
    assert list(Tally.objects.order_by("pk").values()) == tallies
    assert Event.objects.get(kind=Event.Kind.PAUSE).phone is None
    gone = Event.objects.filter(kind=Event.Kind.DELETE)
    assert {(event.phone, event.by, event.reason, event.job) for event in gone} == {(None, boss, "合同到期", job)}
    assert (gone.count(), {event.number for event in gone}) == (5, numbers)


def test_excluded_and_suppressed_numbers_stay(make_numbers, make_agent, make_batch, call, delete, books_balance):
    phones = make_numbers(4)
    sealed = call(make_agent("小李"), 28).phone
    listed = make_batch(name="勿扰", kind=Batch.Kind.EXCLUDED)
    Exclusion.objects.bulk_create(Exclusion(phone=phone, batch=listed) for phone in (sealed, phones[3]))
    Phone.objects.filter(pk=sealed.pk).update(suppressed=True)
    Phone.objects.filter(pk=phones[3].pk).update(state=State.EXCLUDED)

    job = delete()

    assert job.cursor["count"] == 2
    assert {*Phone.objects.values_list("pk", flat=True)} == {sealed.pk, phones[3].pk}
    assert books_balance()


def test_f28_a_number_on_a_sheet_is_left_out_and_its_call_is_filed(
    make_numbers, make_agent, delete, carrier, type_of, books_balance
):
    make_numbers(4)
    agent = make_agent("小李")
    held = actions.take(agent=agent, carrier=carrier, now=timezone.now())

    job = delete()

    assert (job.cursor["count"], job.cursor["skipped"]) == (3, {"held": 1})
    call = actions.classify(
        agent=agent, token=held.token, type=type_of(11), order_region=None, note="", request_id=uuid4(),
        now=timezone.now(),
    )  # fmt: skip
    assert (call.late, call.phone_id, Phone.objects.get().state) == (False, held.pk, State.CLASSIFIED)
    assert books_balance()


def test_f29_a_number_whose_result_may_still_come_in_is_left_out(make_numbers, make_agent, delete, carrier, type_of):
    make_numbers(2)
    agent = make_agent("小李")
    held = actions.take(agent=agent, carrier=carrier, now=timezone.now())
    actions.free(agent=agent, by=agent, now=timezone.now())

    job = delete()

    assert (job.cursor["count"], job.cursor["skipped"]) == (1, {"awaited": 1})
    late = actions.classify(
        agent=agent, token=held.token, type=type_of(11), order_region=None, note="", request_id=uuid4(),
        now=timezone.now(),
    )  # fmt: skip
    assert (late.late, late.phone_id) == (True, held.pk)
    # Now that it is there, nothing stands in the way.
    assert delete().cursor["count"] == 1


def test_a_result_that_did_not_come_within_the_hour_is_not_waited_for(make_numbers, make_agent, delete, carrier):
    make_numbers(1)
    agent = make_agent("小李")
    long_ago = timezone.now() - timedelta(hours=2)
    actions.take(agent=agent, carrier=carrier, now=long_ago)
    holds.give_back(Phone.objects.get(), kind=Event.Kind.LEASE_END, by=None, now=long_ago)

    assert delete().cursor["count"] == 1


def test_what_no_longer_fits_the_filter_when_its_piece_comes_is_left_out(
    make_numbers, make_agent, ask, work, call, monkeypatch
):
    make_numbers(3)
    agent = make_agent("小李")
    job = ask(Job.Kind.DELETE, state=State.PENDING)
    tell = jobs.Progress.tell

    def meanwhile(self, *, stage=None, **fields):
        if stage == "delete":
            call(agent, 11)
        tell(self, stage=stage, **fields)

    monkeypatch.setattr(jobs.Progress, "tell", meanwhile)
    work()

    job.refresh_from_db()
    assert (job.cursor["count"], job.cursor["skipped"]) == (2, {"changed": 1})
    assert Phone.objects.get().state == State.CLASSIFIED


def test_the_archive_holds_the_rows_as_they_were(make_numbers, make_agent, call, delete, as_they_are, boss):
    make_numbers(7)
    agent = make_agent("小李")
    call(agent, 11, note="下午打")
    call(agent, 29)
    before = as_they_are()

    job = delete(reason="合同到期")

    archive = Archive.objects.get()
    assert (archive.job, archive.by, archive.reason, archive.count) == (job, boss, "合同到期", 7)
    assert job.cursor["archive"] == archive.pk
    path = archives.verify(archive)
    assert [row for rows in archives.read(path, 100) for row in rows] == before


def test_nobody_else_on_the_machine_can_read_it(make_numbers, delete, folders):
    make_numbers(1)

    delete()

    [path] = (folders / "archives").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_any_program_that_unpacks_can_read_it(make_numbers, delete, folders):
    [phone] = make_numbers(1)

    delete()

    [path] = (folders / "archives").iterdir()
    columns, row = (json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines())
    assert dict(zip(columns["columns"], row, strict=True))["number"] == phone.number


def test_i8_it_is_on_record_once_with_its_true_count(make_numbers, make_agent, delete, boss, carrier):
    make_numbers(3)
    actions.take(agent=make_agent("小李"), carrier=carrier, now=timezone.now())

    job = delete(reason="合同到期", carrier=carrier.pk)

    entry = AuditEntry.objects.get(action="numbers.delete")
    assert (entry.by, entry.count, entry.address, entry.object) == (boss, 2, "10.0.0.7", carrier.name)
    assert entry.data == {
        "job": str(job.pk),
        "reason": "合同到期",
        "filter": {"carrier": str(carrier.pk)},
        "skipped": {"held": 1},
        "sha256": Archive.objects.get().sha256,
    }


def test_where_all_are_on_sheets_there_is_no_archive(make_numbers, make_agent, delete, carrier, folders):
    make_numbers(1)
    actions.take(agent=make_agent("小李"), carrier=carrier, now=timezone.now())

    job = delete()

    assert (job.state, job.cursor["count"], job.cursor["archive"]) == (Job.State.DONE, 0, None)
    assert not Archive.objects.exists()
    assert not [*(folders / "archives").iterdir()]


def test_b66_a_count_that_has_changed_stops_it_before_anything_is_done(make_numbers, ask, work, folders):
    make_numbers(2)
    job = ask(Job.Kind.DELETE)
    make_numbers(1)

    work()

    job.refresh_from_db()
    assert (job.error, job.error_data) == ("selection_changed", {"expected": 2, "count": 3})
    assert Phone.objects.count() == 3
    assert not [path for path in folders.rglob("*") if path.is_file() and path.name != "turn.lock"]


def test_as_many_other_numbers_stop_it_before_anything_is_done(make_numbers, ask, work):
    numbers = make_numbers(2)
    job = ask(Job.Kind.DELETE, mark=sum(phone.pk for phone in numbers))
    numbers[0].delete()
    make_numbers(1)

    work()

    job.refresh_from_db()
    assert job.error == "selection_swapped"
    assert Phone.objects.count() == 2


def test_a_filter_whose_region_is_gone_stops_it(make_numbers, ask, work, room):
    make_numbers(1)
    job = ask(Job.Kind.DELETE)
    job.arguments["filter"] = {"region": "999"}
    job.save()

    work()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "export_choice_gone")
    assert Phone.objects.count() == 1


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_where_it_breaks_off_all_is_put_back(
    make_numbers, make_agent, call, ask, work, interrupt, as_they_are, folders, books_balance, piece
):
    make_numbers(8)
    agent = make_agent("小李")
    for code in (11, 28, 29):
        call(agent, code)
    before, calls = as_they_are(), list(Call.objects.order_by("pk").values())
    job = ask(Job.Kind.DELETE)
    interrupt(RuntimeError("the disk"), piece=piece)

    work()

    done = 3 * (piece - 1)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "deletion_undone" if done else "unexpected")
    assert as_they_are() == before
    assert list(Call.objects.order_by("pk").values()) == calls
    assert books_balance()
    assert not Archive.objects.exists()
    assert not [*(folders / "archives").iterdir()]
    counts = [*AuditEntry.objects.filter(action__startswith="numbers.").values_list("action", "count")]
    assert counts == ([("numbers.delete", done), ("numbers.restore", done)] if done else [])


def test_what_came_in_again_before_it_could_be_put_back_stays_in_the_archive(
    make_numbers, make_batch, ask, work, interrupt, books_balance, monkeypatch
):
    first = make_numbers(5)[0]
    job = ask(Job.Kind.DELETE)
    interrupt(RuntimeError("the disk"), piece=2)
    kept = turns.kept
    seen = []

    def meanwhile(tell):
        seen.append(tell)
        if len(seen) == 2:
            again = make_batch(name="又来了", new_count=1, entry_count=1)
            Phone.objects.create(
                number=first.number, batch=again, carrier=again.carrier, region=again.region, place=10**15
            )
        return kept(tell)

    monkeypatch.setattr(turns, "kept", meanwhile)
    work()

    job.refresh_from_db()
    assert job.error == "deletion_undone_in_part"
    assert (job.error_data["count"], job.error_data["left"]) == (2, 1)
    archive = Archive.objects.get()
    assert (archive.count, archive.restored_count) == (3, 2)
    assert archives.verify(archive)
    assert books_balance()


def test_a_full_disk_leaves_all_as_it_was(make_numbers, ask, work, as_they_are, monkeypatch):
    make_numbers(2)
    before = as_they_are()
    job = ask(Job.Kind.DELETE)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    work()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "disk_full")
    assert as_they_are() == before


def test_a_deletion_that_was_given_up_is_put_back(make_numbers, ask, work, as_they_are, interrupt):
    make_numbers(8)
    before = as_they_are()
    job = ask(Job.Kind.DELETE)
    # As if the worker had died after the first piece, for the third time.
    interrupt(jobs.Stopped(), piece=2)
    taken = jobs.take(now=timezone.now())
    jobs.perform(taken, deletions.run, deletions.undo)
    assert Phone.objects.count() == 5
    Job.objects.filter(pk=job.pk).update(attempts=jobs.ATTEMPTS)

    work()

    job.refresh_from_db()
    assert (job.state, job.error, job.error_data["count"]) == (Job.State.FAILED, "deletion_undone", 3)
    assert job.error_data["incident"] in sentences.sentence(job.error, job.error_data)
    assert as_they_are() == before


def test_a_worker_that_is_stopped_goes_on_where_it_was(make_numbers, ask, work, interrupt, books_balance):
    make_numbers(8)
    job = ask(Job.Kind.DELETE)
    interrupt(jobs.Stopped(), piece=2)
    work()

    job.refresh_from_db()
    assert (job.state, job.cursor["count"], job.attempts) == (Job.State.DONE, 8, 1)
    numbers = [row["number"] for rows in archives.read(archives.verify(job.archive), 100) for row in rows]
    assert len(numbers) == len({*numbers}) == 8
    assert books_balance()


def test_a_cancel_before_the_first_piece_leaves_all_as_it_is(make_numbers, ask, work, boss, folders):
    make_numbers(1)
    job = ask(Job.Kind.DELETE)
    taken = jobs.take(now=timezone.now())
    jobs.cancel(job=taken, by=boss, now=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)

    work()

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert Phone.objects.count() == 1
    assert not Event.objects.exists()


def test_nobody_imports_or_reverts_while_it_lasts(make_numbers, ask, work, monkeypatch):
    make_numbers(4)
    ask(Job.Kind.DELETE)
    met = []

    def refuse():
        raise TimeoutError

    def other():
        turn = turns.pieces if turns.in_pieces() else turns.whole
        try:
            with turn(refuse):
                met.append("came in")
        except TimeoutError:
            met.append("waits")
        finally:
            connection.close()

    keep = turns.keep

    def meanwhile(job, cursor):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        keep(job, cursor)

    monkeypatch.setattr(turns, "keep", meanwhile)
    work()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()

    assert met == ["waits", "waits", "came in"]


def test_a_job_that_failed_gives_the_turn_up(make_numbers, ask, work, interrupt):
    make_numbers(1)
    ask(Job.Kind.DELETE)
    interrupt(RuntimeError("the disk"), piece=1)
    work()

    def refuse():
        raise TimeoutError

    def other():
        with turns.kept(refuse):
            got.append(True)
        connection.close()

    got = []
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert got == [True]


def test_f28_agents_at_work_meanwhile_are_never_given_a_deleted_number_and_lose_no_call(
    make_numbers, make_agent, ask, work, carrier, type_of, books_balance, monkeypatch
):
    monkeypatch.setattr(piecework, "ROWS", 20)
    monkeypatch.setattr(turns, "LONG_PAUSE_SECONDS", 0.02)
    make_numbers(400)
    kind, agents = type_of(11), [make_agent(f"回访员{n}") for n in range(4)]
    job = ask(Job.Kind.DELETE)
    all_at_work = threading.Barrier(len(agents) + 1)
    filed, failures = [], []

    def shift(agent):
        try:
            phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
            all_at_work.wait()
            while phone:
                call = actions.classify(
                    agent=agent, token=phone.token, type=kind, order_region=None, note="", request_id=uuid4(),
                    now=timezone.now(),
                )  # fmt: skip
                filed.append((call.pk, call.late))
                phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=shift, args=[agent]) for agent in agents]
    for thread in threads:
        thread.start()
    all_at_work.wait()
    work()
    for thread in threads:
        thread.join()

    job.refresh_from_db()
    deleted = Event.objects.filter(kind=Event.Kind.DELETE).count()
    assert (failures, job.state) == ([], Job.State.DONE)
    assert len(filed) >= len(agents)
    assert {pk for pk, _late in filed} == {*Call.objects.values_list("pk", flat=True)}
    assert not [pk for pk, late in filed if late]
    assert sum(Tally.objects.values_list("filed", flat=True)) == len(filed)
    assert deleted == job.cursor["count"] == Archive.objects.get().count
    assert Phone.objects.count() == 400 - deleted
    assert books_balance()
