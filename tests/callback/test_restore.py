"""Restored: what was deleted comes back as it was, and finds its calls and its history again."""

from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from callback import actions, amendments, archives, maintenance, restores
from callback.models import Call, Tally
from phones import exports, jobs, queue, sentences
from phones.filters import PhoneFilter
from phones.models import Archive, Batch, Event, Job, Phone, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_pieces")]

# A gzip stream begins so.
MAGIC = b"\x1f\x8b\x08"


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def rows_of():
    """All rows of a table, as the database has them."""

    def rows_of(model):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY id")  # noqa: S608
            return cursor.fetchall()

    return rows_of


@pytest.fixture
def busy_room(make_numbers, make_agent, call, carrier):
    """Numbers in all states that can be deleted, with calls, skips and pauses; returns their agent."""
    make_numbers(9)
    agent = make_agent("小李")
    call(agent, 11, note="下午打，别太早")
    call(agent, 28)
    call(agent, 21)
    phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
    actions.skip(agent=agent, token=phone.token, reason="busy", now=timezone.now())
    actions.take(agent=agent, carrier=carrier, now=timezone.now())
    actions.pause(agent=agent, now=timezone.now())
    return agent


def test_b65_all_rows_are_as_they_were_byte_for_byte(busy_room, delete, restore, rows_of, books_balance):
    phones, calls, batches = rows_of(Phone), rows_of(Call), rows_of(Batch)
    archive = delete().archive
    assert not Phone.objects.exists()

    job = restore(archive)

    assert (job.state, job.cursor["count"], job.cursor["skipped"]) == (Job.State.DONE, 9, {})
    assert rows_of(Phone) == phones
    assert rows_of(Call) == calls
    assert rows_of(Batch) == batches
    assert books_balance()


def test_calls_and_events_lead_to_their_numbers_again_and_nothing_was_counted_anew(
    busy_room, delete, restore, rows_of, boss
):
    tallies = rows_of(Tally)
    archive = delete().archive

    job = restore(archive, reason="客户又续约了")

    assert rows_of(Tally) == tallies
    assert not Call.objects.filter(phone=None).exists()
    assert not Event.objects.filter(phone=None).exists()
    assert all(event.phone.number == event.number for event in Event.objects.select_related("phone"))
    back = Event.objects.filter(kind=Event.Kind.RESTORE)
    assert {(event.by, event.reason, event.job) for event in back} == {(boss, "客户又续约了", job)}
    assert back.count() == 9


def test_a_number_whose_call_was_amended_meanwhile_stands_as_its_call_does(
    busy_room, delete, restore, boss, type_of, books_balance
):
    call = Call.objects.get(type__code=11)
    archive = delete().archive
    amendments.amend(
        call=call, type=type_of(12), order_region=None, note="改成早晨", reason="客户来电", seen=0, request_id=uuid4(),
        by=boss, now=timezone.now(), address=None,
    )  # fmt: skip

    restore(archive)

    call.refresh_from_db()
    assert (call.phone.type, call.phone.note) == (type_of(12), "改成早晨")
    assert books_balance()


def test_restored_numbers_are_called_again_in_their_old_place(busy_room, delete, restore, make_agent, carrier):
    first = Phone.objects.pending().exclude(due_at=None).get()
    archive = delete().archive

    restore(archive)

    assert actions.take(agent=make_agent("小王"), carrier=carrier, now=timezone.now()) == first


def test_it_is_on_record_with_its_count(busy_room, delete, restore, boss):
    archive = delete().archive

    job = restore(archive, reason="删错了")

    entry = AuditEntry.objects.get(action="numbers.restore")
    assert (entry.by, entry.count, entry.address) == (boss, 9, "10.0.0.7")
    assert entry.data == {"job": str(job.pk), "reason": "删错了", "archive": archive.pk, "skipped": {}}
    archive.refresh_from_db()
    assert (archive.restored_count, archive.restored_at is not None) == (9, True)


def test_a_number_that_is_in_the_system_again_is_left_as_it_is(
    make_numbers, make_batch, delete, restore, books_balance
):
    phones = make_numbers(4)
    archive = delete().archive
    again = make_batch(name="又来了", new_count=1, entry_count=1)
    new = Phone.objects.create(
        number=phones[1].number, batch=again, carrier=again.carrier, region=again.region, place=10**15
    )

    job = restore(archive)

    assert (job.cursor["count"], job.cursor["skipped"]) == (3, {"there": 1})
    assert Phone.objects.get(number=phones[1].number) == new
    archive.refresh_from_db()
    assert (archive.restored_count, archive.count) == (3, 4)
    assert books_balance()


def test_numbers_of_a_batch_that_was_reverted_meanwhile_are_left_out(make_numbers, delete, restore, books_balance):
    gone = make_numbers(2)
    make_numbers(1)
    archive = delete().archive
    Batch.objects.filter(pk=gone[0].batch_id).update(state=Batch.State.REVERTED)

    job = restore(archive)

    assert (job.cursor["count"], job.cursor["skipped"]) == (1, {"reverted": 2})
    assert books_balance()


def test_old_calls_and_a_number_that_was_imported_anew_stand_side_by_side(
    make_numbers, make_batch, make_agent, call, delete
):
    [phone] = make_numbers(1)
    agent = make_agent("小李")
    old = call(agent, 11)
    delete()
    again = make_batch(name="又来了", new_count=1, entry_count=1)
    Phone.objects.create(number=phone.number, batch=again, carrier=again.carrier, region=again.region, place=10**15)

    new = call(agent, 21, at=timezone.now())

    old.refresh_from_db()
    assert (old.phone, old.number) == (None, new.number)
    assert new.phone.batch == again


def test_what_was_deleted_once_more_comes_back_from_the_newest_archive_alone(
    make_numbers, delete, restore, books_balance
):
    make_numbers(4)
    first = delete().archive
    restore(first)
    second = delete().archive
    Archive.objects.filter(pk=first.pk).update(restored_count=2)

    job = restore(first)
    assert (job.cursor["count"], job.cursor["skipped"]) == (0, {"newer": 4})

    assert restore(second).cursor["count"] == 4
    assert books_balance()


def test_an_archive_whose_numbers_are_all_back_is_not_restored_again(make_numbers, delete, restore):
    make_numbers(2)
    archive = delete().archive
    restore(archive)

    with pytest.raises(maintenance.AllBack):
        restore(archive)


def test_it_can_be_repeated_where_something_was_left_out(make_numbers, make_batch, delete, restore, books_balance):
    phones = make_numbers(3)
    archive = delete().archive
    again = make_batch(name="又来了", new_count=1, entry_count=1)
    Phone.objects.create(number=phones[0].number, batch=again, carrier=again.carrier, region=again.region, place=10**15)
    restore(archive)
    Phone.objects.filter(batch=again).delete()
    Batch.objects.filter(pk=again.pk).update(new_count=0)

    job = restore(archive)

    assert (job.cursor["count"], job.cursor["skipped"]) == (1, {"there": 2})
    archive.refresh_from_db()
    assert archive.restored_count == 3
    assert books_balance()


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda path: path.unlink(), "archive_missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "archive_damaged"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "archive_damaged"),
        (lambda path: path.write_bytes(b""), "archive_damaged"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_restores_nothing(make_numbers, delete, restore, harm, error):
    make_numbers(2)
    archive = delete().archive
    harm(archives.path_of(archive.file))

    job = restore(archive)

    assert (job.state, job.error) == (Job.State.FAILED, error)
    assert not Phone.objects.exists()
    assert not AuditEntry.objects.filter(action="numbers.restore").exists()


def damage(archive: Archive, *, member: int) -> None:
    """Spoil one of the file's members so that its fingerprint does not tell: the disk has told it wrong at once."""
    path = archives.path_of(archive.file)
    members = path.read_bytes().split(MAGIC)[1:]
    members[member] = members[member][:20] + b"\0" * (len(members[member]) - 20)
    path.write_bytes(b"".join(MAGIC + data for data in members))
    Archive.objects.filter(pk=archive.pk).update(sha256=archives.digest(path))


@pytest.mark.parametrize("member", [0, 2])
def test_a_file_with_a_member_that_cannot_be_read_restores_nothing(make_numbers, delete, restore, member):
    make_numbers(9)
    archive = delete().archive
    damage(archive, member=member)

    job = restore(archive)

    assert (job.state, job.error) == (Job.State.FAILED, "archive_damaged")
    assert not Phone.objects.exists()
    assert not AuditEntry.objects.filter(action="numbers.restore").exists()


def test_an_archive_that_holds_less_than_was_deleted_restores_nothing(make_numbers, delete, restore):
    make_numbers(2)
    archive = delete().archive
    Archive.objects.filter(pk=archive.pk).update(count=3)

    job = restore(archive)

    assert (job.state, job.error) == (Job.State.FAILED, "archive_damaged")
    assert not Phone.objects.exists()


def test_a_file_that_goes_bad_under_way_says_how_many_are_back(
    make_numbers, delete, boss, interrupt, work, new_id, books_balance
):
    make_numbers(9)
    archive = delete().archive
    job = maintenance.restore(archive=archive, reason="删错了", by=boss, request_id=new_id(), now=timezone.now())
    interrupt(jobs.Stopped(), piece=2)
    jobs.perform(jobs.take(now=timezone.now()), restores.run, restores.undo)
    damage(archive, member=2)

    work()

    job.refresh_from_db()
    assert (job.state, job.error, job.error_data["count"]) == (Job.State.FAILED, "archive_broke_off", 6)
    assert AuditEntry.objects.get(action="numbers.restore").count == Phone.objects.count() == 6
    assert "已恢复 6 个号码" in sentences.sentence(job.error, job.error_data)
    assert books_balance()


def test_asked_for_twice_it_is_one_job(make_numbers, delete, boss, make_administrator, new_id):
    make_numbers(1)
    archive = delete().archive

    def ask(by):
        return maintenance.restore(archive=archive, reason="删错了", by=by, request_id=new_id(), now=timezone.now())

    assert ask(boss) == ask(make_administrator("李主任"))


@pytest.mark.parametrize("piece", [2, 3])
def test_where_it_breaks_off_what_is_back_stays_and_the_rest_can_be_restored(
    busy_room, delete, restore, interrupt, rows_of, piece
):
    phones = rows_of(Phone)
    archive = delete().archive
    interrupt(RuntimeError("the disk"), piece=piece)

    job = restore(archive)

    done = 3 * (piece - 1)
    assert (job.state, job.error, job.error_data["count"]) == (Job.State.FAILED, "restore_broke_off", done)
    assert job.error_data["incident"] in sentences.sentence(job.error, job.error_data)
    assert Phone.objects.count() == done
    archive.refresh_from_db()
    assert archive.restored_count == AuditEntry.objects.get(action="numbers.restore").count == done
    assert restore(archive).cursor["count"] == 9 - done
    assert rows_of(Phone) == phones


def test_an_export_that_held_a_number_is_found_again(make_numbers, delete, restore, boss, work, settings, folders):
    from phones.exported import exports_of

    [phone] = make_numbers(1)
    settings.UPLOAD_DIR = folders / "uploads"
    chosen = PhoneFilter({}, user=boss)
    assert chosen.is_valid()
    made = exports.submit(
        chosen=chosen, by=boss, file_format="csv", language="zh-hans", address=None, now=timezone.now()
    )
    work()

    restore(delete().archive)

    assert list(exports_of(Phone.objects.get(number=phone.number).pk)) == [made]


def test_held_numbers_never_come_out_of_an_archive(make_numbers, make_agent, delete, carrier):
    make_numbers(3)
    actions.take(agent=make_agent("小李"), carrier=carrier, now=timezone.now())

    archive = delete().archive

    rows = [row for rows in archives.read(archives.verify(archive), 100) for row in rows]
    assert {row["state"] for row in rows} == {State.PENDING}


def test_a_cancel_before_the_first_piece_restores_nothing(make_numbers, delete, boss, work, new_id):
    make_numbers(1)
    archive = delete().archive
    job = maintenance.restore(archive=archive, reason="删错了", by=boss, request_id=new_id(), now=timezone.now())
    jobs.cancel(job=jobs.take(now=timezone.now()), by=boss, now=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)

    work()

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert not Phone.objects.exists()
