"""The checks of the books: each finds what it guards and nothing else, and says what; a room at work balances."""

import threading
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from accounts.models import AuditEntry
from callback import archives as archive_files
from callback import paper, paper_results
from callback.models import Amendment, Call, HourTally, Tally
from config.models import Region
from phones import holds
from phones.models import Archive, Batch, Event, Exclusion, Job, PaperLine, PaperSheet, Phone, State
from stats import balance, checks
from stats.checks.telling import Teller
from stats.moments import one_moment
from tests.stats.room import Room, live, settle

TRIGGERS = {
    "callback_call": "what_was_filed_never_changes",
    "callback_amendment": "an_amendment_never_changes",
    "phones_event": "an_event_never_changes",
    "accounts_auditentry": "the_audit_log_never_changes",
}


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.DATA_DIR, settings.ARCHIVE_DIR = tmp_path, tmp_path / "archives"


@pytest.fixture
def room_at_work(boss, xiaoli, xiaowang, carrier, region) -> Room:
    return Room(boss, [xiaoli, xiaowang], carrier, region)


@pytest.fixture
def settled(room_at_work) -> Room:
    settle(room_at_work)
    return room_at_work


@pytest.fixture
def let_go():
    """Take away what the database itself would forbid: checks, unique indexes, and that the log never changes."""
    sqlite = connection.vendor == "sqlite"

    def let_go(*, table: str = "", constraint: str = "", index: str = "") -> None:
        with connection.cursor() as cursor:
            if not sqlite:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if table:
                cursor.execute(f"DROP TRIGGER {TRIGGERS[table]}" + ("" if sqlite else f" ON {table}"))
            if index:
                cursor.execute(f"DROP INDEX {index}")
            if constraint and sqlite:
                cursor.execute("PRAGMA ignore_check_constraints = ON")
            elif constraint:
                cursor.execute(f"ALTER TABLE phones_phone DROP CONSTRAINT {constraint}")

    yield let_go
    if sqlite:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def broken(**options) -> dict[str, int]:
    """Which checks do not hold, and how many things of each."""
    return {name: answer.count for name, answer in balance.examine(**options).answers.items() if answer.count}


def said(name: str, **options) -> str:
    """What a check says of the first thing that does not hold."""
    with override("en"):
        answer = balance.examine(**options).answers[name]
        return Teller().broken(checks.BY_NAME[name], answer.faults[0])


def filed(code: int) -> Phone:
    """A number that stands under a type."""
    return Phone.objects.classified().filter(type__code=code).latest("pk")


# ── Books that balance ───────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_room_balances(room):
    assert broken() == {}


def test_a_room_where_everything_has_happened_once_balances(settled):
    assert broken(contents=True) == {}
    assert {event.kind for event in Event.objects.all()} >= {"undo", "free", "requeue", "delete", "restore"}
    assert Phone.objects.filter(suppressed=True).exists()
    assert Phone.objects.excluded().exists()


@pytest.mark.parametrize("seed", range(4))
def test_a_room_in_which_anything_happens_balances(room_at_work, seed):
    live(room_at_work, seed=seed)

    assert broken(contents=True) == {}
    assert Call.objects.count() > 5


def test_a_number_of_a_second_life_may_come_back_to_calls_of_the_first(room_at_work):
    [number] = numbers = room_at_work.numbers(1)
    room_at_work.bring_in(numbers)
    room_at_work.call(room_at_work.agents[0], 11)
    room_at_work.delete()
    room_at_work.bring_in(numbers)
    room_at_work.delete()

    room_at_work.restore(Archive.objects.latest("pk"))

    assert Call.objects.get().phone == Phone.objects.get(number=number, state=State.PENDING)
    assert broken() == {}


def test_a_list_that_is_loading_may_have_named_numbers_that_it_has_not_excluded_yet(settled):
    loading = Batch.objects.filter(kind=Batch.Kind.EXCLUDED).first()
    loading.pk, loading.state, loading.new_count = None, Batch.State.LOADING, 7
    loading.save()
    Exclusion.objects.create(batch=loading, phone=Phone.objects.pending().first())

    assert broken() == {}


# ── Each check finds what it guards ──────────────────────────────────────────────────────────────────────────


def test_a_number_in_another_batch(settled):
    first, second = Batch.objects.filter(kind=Batch.Kind.PENDING).order_by("pk")
    Phone.objects.filter(pk=Phone.objects.pending().filter(batch=first).latest("pk").pk).update(batch=second)

    assert broken() == {"batches": 2}
    assert said("batches").startswith(f"Batch {first.pk} 泰山移动: imported 20, but pending ")
    assert said("batches").endswith(" = 19")


def test_numbers_of_a_cancelled_import(settled, make_batch):
    pending = Phone.objects.pending().latest("pk")
    pending.batch = make_batch(state=Batch.State.CANCELLED, new_count=9, deleted_count=8)
    pending.save()

    assert broken() == {"batches": 2}


def test_a_number_in_another_region(settled):
    elsewhere = Region.objects.in_order()[1]
    Phone.objects.filter(pk=Phone.objects.pending().latest("pk").pk).update(region=elsewhere)

    assert broken() == {"places": 2}
    assert "imported" in said("places")


def test_entries_that_do_not_add_up(settled):
    batch = Batch.objects.filter(kind=Batch.Kind.PENDING).earliest("pk")
    Batch.objects.filter(pk=batch.pk).update(entry_count=25)

    assert broken() == {"entries": 1}
    assert said("entries") == (
        f"Batch {batch.pk} 泰山移动: entries 25, but new 20 + known 0 + repeated 2 + not a number 0 = 22"
    )


@pytest.mark.parametrize("figure", ["filed", "standing"])
def test_a_tally_that_says_too_much(settled, figure):
    tally = Tally.objects.filter(type__code=11).latest("pk")
    Tally.objects.filter(pk=tally.pk).update(**{figure: 5})

    assert broken() == {"tallies": 1}
    assert said("tallies").startswith(f"{tally.day}, {tally.agent.name} ({tally.agent.username}), ")


def test_a_tally_that_is_missing(settled):
    Tally.objects.filter(type__code=11, standing=1).delete()

    assert broken() == {"tallies": 1}
    assert said("tallies").endswith("by the call log 1 as filed and 1 as it stands, in the statistics 0 and 0")


@pytest.mark.parametrize("figure", ["filed", "valid"])
def test_an_hour_that_says_too_much(settled, figure):
    tally = HourTally.objects.filter(valid__gt=0).latest("pk")
    HourTally.objects.filter(pk=tally.pk).update(**{"filed": 50, figure: 50})

    assert broken() == {"hours": 1}
    assert said("hours").startswith(f"The hour from {timezone.localtime(tally.hour_at):%Y-%m-%d %H}:00:00, ")


def test_an_hour_that_is_missing(settled):
    HourTally.objects.all().delete()

    missing = broken()

    assert set(missing) == {"hours"}
    assert said("hours").endswith("by the hour 0, 0, 0, 0")


def test_a_classified_number_without_its_call(settled):
    phone = filed(11)
    Phone.objects.filter(pk=phone.pk).update(classified_at=phone.classified_at - timedelta(seconds=1))

    assert broken() == {"classified": 1}
    assert said("classified").startswith("Number 199****")
    assert "no call that counts" in said("classified")


def test_a_classified_number_that_was_requeued_since(settled):
    phone = filed(11)
    Event.objects.create(kind=Event.Kind.REQUEUE, phone=phone, number=phone.number, at=timezone.now())

    assert broken() == {"classified": 1}
    assert "re-queued" in said("classified")


@pytest.mark.parametrize(
    ("field", "part"), [("agent", "agent"), ("type", "type"), ("order_region", "order region"), ("note", "note")]
)
def test_a_result_that_differs_from_its_call(settled, type_of, field, part):
    phone = filed(11)
    other = {
        "agent": next(agent for agent in settled.agents if agent != phone.agent),
        "type": type_of(12),
        "order_region": Region.objects.in_order()[3],
        "note": "别的",
    }
    Phone.objects.filter(pk=phone.pk).update(**{field: other[field]})

    assert broken() == {"results": 1}
    assert f"differs from its call: {part}. " in said("results")


def test_a_number_without_a_result_whose_call_counts(settled):
    phone = filed(11)
    nothing = dict.fromkeys(("type", "agent", "classified_at", "order_region"))
    Phone.objects.filter(pk=phone.pk).update(state=State.EXCLUDED, suppressed=False, **nothing)

    assert broken() == {"unclassified": 1}
    assert " and not re-queued since, but stands as Excluded" in said("unclassified")


def test_an_excluded_number_that_no_list_names(settled):
    Phone.objects.filter(pk=Phone.objects.pending().latest("pk").pk).update(state=State.EXCLUDED, due_at=None)

    assert broken() == {"exclusions": 1}
    assert "on no exclusion list" in said("exclusions")


def test_a_suppressed_number_that_no_list_names(settled):
    Phone.objects.filter(pk=filed(22).pk).update(suppressed=True)

    assert broken() == {"exclusions": 1}


@pytest.mark.parametrize("state", [State.PENDING, State.HELD, State.CLASSIFIED])
def test_a_number_that_a_list_names_and_that_is_not_excluded(settled, state):
    phone = Phone.objects.filter(state=state, suppressed=False).latest("pk")
    listed = Batch.objects.get(kind=Batch.Kind.EXCLUDED)
    Exclusion.objects.create(batch=listed, phone=phone)

    assert broken() == {"exclusions": 1}
    assert f"is on the exclusion list {listed.pk} " in said("exclusions")


def test_an_agent_with_two_numbers(settled, let_go):
    let_go(index="agent_holds_one_number")
    Phone.objects.held().update(holder=settled.agents[0])

    assert broken() == {"holders": 1}
    assert said("holders") == f"小李 ({settled.agents[0].username}) has 2 numbers on the sheet at once"


@pytest.mark.parametrize("field", ["holder", "token", "taken_at", "expires_at"])
def test_half_a_hold(settled, let_go, field):
    let_go(constraint="only_held_numbers_have_a_holder")
    Phone.objects.filter(pk=Phone.objects.held().latest("pk").pk).update(**{field: None})

    assert broken() == {"holds": 1}


@pytest.mark.parametrize("field", ["holder", "token", "expires_at"])
def test_something_of_a_hold_that_is_over(settled, let_go, field):
    left = {"holder": settled.agents[0], "token": uuid4(), "expires_at": timezone.now()}
    let_go(constraint="only_held_numbers_have_a_holder")
    Phone.objects.filter(pk=Phone.objects.pending().latest("pk").pk).update(**{field: left[field]})

    assert broken() == {"holds": 1}
    assert "is Pending, but still carries the agent" in said("holds")


def test_a_hold_that_has_its_result_already(settled):
    token = Call.objects.latest("pk").token
    Phone.objects.filter(pk=Phone.objects.held().latest("pk").pk).update(token=token)

    assert broken() == {"tokens": 1}
    assert "its result is filed already" in said("tokens")


def test_a_hold_that_has_ended(settled):
    token = uuid4()
    Event.objects.create(kind=Event.Kind.SKIP, number="19900000001", at=timezone.now(), token=token)
    Phone.objects.filter(pk=Phone.objects.held().latest("pk").pk).update(token=token)

    assert broken() == {"tokens": 1}
    assert "skipped, given back or recalled already" in said("tokens")


def test_an_amendment_that_is_missing(settled, let_go):
    let_go(table="callback_amendment")
    Amendment.objects.update(ordinal=2)

    assert broken() == {"amendments": 1}
    assert "one is missing" in said("amendments")


@pytest.mark.parametrize("change", ["type_from", "order_region_from", "note_from"])
def test_an_amendment_that_does_not_begin_where_the_call_stood(settled, let_go, type_of, change):
    other = {"type_from": type_of(11), "order_region_from": Region.objects.in_order()[2], "note_from": "别的"}
    let_go(table="callback_amendment")
    Amendment.objects.update(**{change: other[change]})

    assert broken() == {"amendments": 1}
    assert "does not take up" in said("amendments")


def test_a_second_amendment_that_does_not_go_on_from_the_first(settled, let_go):
    call = Amendment.objects.get().call
    settled.amend(call, 11)
    assert broken() == {}
    let_go(table="callback_amendment")
    Amendment.objects.filter(ordinal=1).update(note_to="别的")

    assert broken() == {"amendments": 1}
    assert "amendment 2 does not take up" in said("amendments")


def test_a_call_that_does_not_stand_as_its_last_amendment_says(settled, let_go, type_of):
    let_go(table="callback_amendment")
    Amendment.objects.update(type_to=type_of(12))

    assert broken() == {"amendments": 1}
    assert "does not stand as its last amendment (1)" in said("amendments")


def test_a_call_that_stands_otherwise_without_an_amendment(settled):
    Call.objects.filter(late=True).update(standing_note="别的")

    assert broken() == {"unamended": 1}


def test_a_call_taken_back_without_an_event(settled):
    Event.objects.filter(kind=Event.Kind.UNDO).delete()

    assert broken() == {"withdrawn": 1}
    assert said("withdrawn").endswith("calls taken back 1, but by the number's history 0")


def test_an_event_of_taking_back_without_its_call(settled):
    phone = filed(11)
    Event.objects.create(
        kind=Event.Kind.UNDO, phone=phone, number=phone.number, at=timezone.now(), by=settled.agents[0]
    )

    assert broken() == {"withdrawn": 1}


@pytest.mark.parametrize("action", ["numbers.requeue", "numbers.delete", "numbers.restore"])
def test_a_deed_that_is_not_on_record(settled, action):
    AuditEntry.objects.filter(action=action).delete()

    assert broken() == {"deeds": 1}
    assert said("deeds").endswith("numbers changed 1, but by the audit log 0, in lines 0")


def test_a_deed_that_is_on_record_twice(settled):
    entry = AuditEntry.objects.get(action="numbers.delete")
    entry.pk = None
    entry.save()

    assert broken() == {"deeds": 1}


def test_a_deed_that_is_on_record_with_another_count(settled, let_go):
    let_go(table="accounts_auditentry")
    AuditEntry.objects.filter(action="numbers.requeue").update(count=3)

    assert broken() == {"deeds": 1}
    assert said("deeds").endswith("numbers changed 1, but by the audit log 3, in lines 1")


def test_a_deed_that_is_under_way_has_no_line_yet(settled):
    AuditEntry.objects.filter(action="numbers.requeue").delete()
    Job.objects.filter(kind=Job.Kind.REQUEUE).update(state=Job.State.RUNNING)

    assert broken() == {}


@pytest.mark.parametrize("field", ["count", "restored_count"])
def test_an_archive_with_another_count(settled, field):
    assert Archive.objects.update(**{"count": 2, field: 2 if field == "count" else 0}) == 1

    assert broken() == {"archives": 1}


def test_a_deletion_without_an_archive(settled):
    Archive.objects.all().delete()

    assert broken() == {"archives": 1}
    assert "there is no archive" in said("archives")


def test_batches_that_have_lost_fewer_numbers_than_were_deleted(settled):
    Event.objects.create(kind=Event.Kind.DELETE, number="19900000001", at=timezone.now())

    assert broken() == {"gone": 1}


def test_an_archive_whose_file_is_gone(settled):
    archive_files.path_of(Archive.objects.get().file).unlink()

    assert broken() == {"files": 1}
    assert said("files").startswith("The file of archive")


def test_an_archive_whose_file_was_altered_is_found_where_files_are_read(settled):
    with archive_files.path_of(Archive.objects.get().file).open("ab") as file:
        file.write(b"x")

    assert broken() == {}
    assert broken(contents=True) == {"files": 1}


# ── Numbers on paper ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sheet(room_at_work) -> PaperSheet:
    """A sheet of four lines: one keyed in, one taken back, one whose lease has ended, and one still open."""
    room_at_work.bring_in(room_at_work.numbers(6))
    sheet = room_at_work.print_sheet(room_at_work.agents[0], 4)
    first, second, third, _fourth = sheet.lines.select_related("sheet__agent").order_by("line")
    room_at_work.key_in(first, 11)
    room_at_work.key_in(second, 28)
    paper_results.take_back(line=second, by=sheet.agent, now=timezone.now())
    held = Phone.objects.get(paper=sheet, pk=third.phone_id)
    holds.give_back(held, kind=Event.Kind.LEASE_END, by=None, now=timezone.now())
    return sheet


def test_a_sheet_of_which_half_is_keyed_in_balances(sheet):
    assert broken() == {}
    assert balance.examine().answers["paper"].figures == {"held": 2, "lines": 4, "keyed": 1}


def test_a_sheet_balances_while_its_numbers_are_deleted_and_once_they_are_restored(sheet, room_at_work):
    paper.give_back(sheet=sheet, by=sheet.agent, now=timezone.now(), address=None)
    job = room_at_work.delete()
    gone = PaperLine.objects.filter(phone=None).count()
    assert broken(contents=True) == {}

    room_at_work.restore(job.archive)

    # One of them went back by the end of its lease: its result may still come, so it has stayed.
    assert gone == 3
    assert not PaperLine.objects.filter(phone=None).exists()
    assert broken(contents=True) == {}


def test_a_number_on_paper_whose_line_names_another_one(sheet):
    PaperLine.objects.filter(line=4).update(phone=sheet.lines.get(line=3).phone)

    assert broken() == {"paper": 1}
    assert said("paper").endswith(f" is on paper sheet {sheet.pk}, but on none of its open lines")


def test_a_keyed_line_without_a_call(sheet):
    PaperLine.objects.filter(line=1).update(token=uuid4())

    assert broken() == {"paper": 1}
    assert said("paper").startswith(f"Line 1 of paper sheet {sheet.pk}, number 199")


def test_an_open_line_whose_number_is_nowhere(sheet):
    PaperLine.objects.filter(line=3).update(token=uuid4())

    assert broken() == {"paper": 1}
    assert said("paper").endswith("is open, but the number is neither on paper nor given back")


def test_a_number_on_paper_whose_result_is_filed_is_told_with_its_agent(sheet):
    Phone.objects.filter(pk=sheet.lines.get(line=4).phone_id).update(token=Call.objects.standing().get().token)

    assert broken()["tokens"] == 1
    assert f"on the sheet of {sheet.agent.name} ({sheet.agent.username})" in said("tokens")


@pytest.mark.parametrize("both", [True, False])
def test_a_number_that_is_on_the_screen_and_on_paper_or_on_neither(sheet, let_go, both):
    let_go(constraint="only_held_numbers_have_a_holder")
    change = {"holder": sheet.agent} if both else {"paper": None}
    Phone.objects.filter(pk=sheet.lines.get(line=4).phone_id).update(**change)

    assert broken()["holds"] == 1


# ── How it is told ───────────────────────────────────────────────────────────────────────────────────────────


def test_no_two_checks_have_one_name():
    assert len(checks.BY_NAME) == len(checks.ALL) == 20


def test_every_topic_has_a_name_that_a_job_can_tell():
    assert all(len(topic.name) <= Job._meta.get_field("stage").max_length for topic in checks.TOPICS)


def test_twenty_are_shown_and_all_are_counted(make_numbers):
    make_numbers(30, state="excluded")

    answer = balance.examine().answers["exclusions"]

    assert (answer.count, len(answer.faults)) == (30, 20)


def test_numbers_come_masked_unless_they_are_wanted_whole(make_numbers):
    [phone] = make_numbers(1, state="excluded")

    assert balance.examine().answers["exclusions"].faults[0]["number"] == f"199****{phone.number[-4:]}"
    assert balance.examine(whole_numbers=True).answers["exclusions"].faults[0]["number"] == phone.number


def test_names_that_are_gone_are_told_by_their_ids():
    with override("en"):
        words = Teller().broken(checks.BY_NAME["holders"], {"agent": 2**70, "numbers": 2})

    assert words.startswith("#118059162071741130")


# ── At the terminal ──────────────────────────────────────────────────────────────────────────────────────────


def verify(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify", *options, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_a_line_for_each_check_and_ends_with_nought(settled):
    code, out = verify("--files")

    assert code == 0
    assert len(out.splitlines()) == len(checks.ALL) + 1
    assert "imported 26 = pending" in out
    assert out.endswith("The books balance.\n")


def test_the_command_says_what_does_not_balance_and_ends_with_one(make_numbers):
    [*_others, last] = make_numbers(25, state="excluded")

    code, out = verify()

    assert code == 1
    assert "WRONG Excluded numbers: 25" in out
    assert "… and 5 more" in out
    assert "Number 199****0001 is excluded or sealed" in out
    assert out.endswith("The books do not balance.\n")
    assert last.number not in out


def test_the_command_shows_whole_numbers_where_they_are_asked_for(make_numbers):
    make_numbers(1, state="excluded")

    assert "199 0000 0001" in verify("--numbers")[1]


def test_a_quiet_command_says_nothing_of_what_balances(room, make_numbers):
    assert verify("--quiet") == (0, "")

    make_numbers(1, state="excluded")
    code, out = verify("--quiet")
    assert (code, len(out.splitlines())) == (1, 2)


# ── As of one moment ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_a_writer_writes_while_the_books_are_examined_and_is_not_seen(room):
    def write() -> None:
        try:
            Region.objects.create(name="新区", position=99)
        finally:
            connection.close()

    with one_moment():
        before = Region.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=10)
        held_up = writer.is_alive()
        seen = Region.objects.count()

    writer.join()
    assert not held_up
    assert seen == before
    assert Region.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_all_checks_see_the_same_moment(settled):
    left = []

    def meddle(topic: str) -> None:
        if topic == "tallies":
            writer = threading.Thread(target=lambda: (Tally.objects.all().delete(), connection.close()))
            writer.start()
            writer.join(timeout=20)
            left.append(writer.is_alive())

    books = balance.examine(tell=meddle)

    assert left == [False]
    assert books.broken == []
    assert balance.examine().broken == ["tallies"]
