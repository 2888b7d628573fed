"""Re-queued: refused and not connected numbers become pending again, and what was filed stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from callback import actions, maintenance
from callback.models import Call, Tally
from config.models import Region
from phones import jobs, queue, sentences
from phones.models import Batch, Event, Exclusion, Job, Phone, State

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_pieces")]


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def seal(make_batch):
    """A list names a number that is classified already."""

    def seal(phone):
        Exclusion.objects.create(phone=phone, batch=make_batch(name="勿扰", kind=Batch.Kind.EXCLUDED))
        Phone.objects.filter(pk=phone.pk).update(suppressed=True)

    return seal


def test_only_refused_and_not_connected_numbers_become_pending_again(make_numbers, make_agent, call, requeue):
    make_numbers(5)
    agent = make_agent("小李")
    calls = {code: call(agent, code) for code in (11, 21, 27, 28, 29)}

    job = requeue()

    assert (job.state, job.cursor["count"], job.done) == (Job.State.DONE, 2, 2)
    states = dict(Phone.objects.values_list("number", "state"))
    assert {code: states[call.number] for code, call in calls.items()} == {
        11: State.CLASSIFIED, 21: State.CLASSIFIED, 27: State.CLASSIFIED, 28: State.PENDING, 29: State.PENDING,
    }  # fmt: skip


def test_a_requeued_number_stands_in_the_come_back_line_as_if_never_called(make_numbers, make_agent, call, requeue):
    [phone] = make_numbers(1)
    call(make_agent("小李"), 28, note="没空")
    before = timezone.now()

    requeue()

    phone.refresh_from_db()
    assert (phone.state, phone.type, phone.order_region, phone.agent, phone.classified_at, phone.note) == (
        State.PENDING, None, None, None, None, "",
    )  # fmt: skip
    assert before <= phone.due_at <= timezone.now()


def test_it_is_the_next_to_be_taken_before_what_was_never_called(make_numbers, make_agent, call, requeue, carrier):
    make_numbers(2)
    agent = make_agent("小李")
    first = call(agent, 29)

    requeue()

    assert actions.take(agent=agent, carrier=carrier, now=timezone.now()).number == first.number


def test_calls_and_statistics_stay_and_each_number_has_a_line_in_its_history(
    make_numbers, make_agent, call, requeue, boss
):
    make_numbers(4)
    agent = make_agent("小李")
    for _ in range(4):
        call(agent, 28)
    calls, tallies = list(Call.objects.order_by("pk").values()), list(Tally.objects.order_by("pk").values())

    job = requeue(reason="旺季再打一次")

    assert list(Call.objects.order_by("pk").values()) == calls
    assert list(Tally.objects.order_by("pk").values()) == tallies
    events = Event.objects.filter(kind=Event.Kind.REQUEUE)
    assert {(event.by, event.reason, event.job, event.number) for event in events} == {
        (boss, "旺季再打一次", job, number) for number in Phone.objects.values_list("number", flat=True)
    }
    assert events.count() == 4


def test_a_sealed_number_is_never_requeued(make_numbers, make_agent, call, requeue, seal):
    make_numbers(2)
    agent = make_agent("小李")
    sealed, free = call(agent, 28), call(agent, 28)
    seal(sealed.phone)

    job = requeue()

    assert job.cursor["count"] == 1
    assert Phone.objects.get(pk=sealed.phone_id).state == State.CLASSIFIED
    assert Phone.objects.get(pk=free.phone_id).state == State.PENDING


def test_the_filter_says_which_numbers(make_numbers, make_agent, make_batch, call, requeue, region):
    north = Region.objects.in_order()[1]
    make_numbers(1, region=region)
    make_numbers(1, region=north)
    agent = make_agent("小李")
    here, there = call(agent, 28), call(agent, 28)

    requeue(region=north.pk, type=there.type_id)

    assert Phone.objects.get(pk=here.phone_id).state == State.CLASSIFIED
    assert Phone.objects.get(pk=there.phone_id).state == State.PENDING


def test_what_no_longer_fits_when_its_piece_comes_is_left_out_and_counted(
    make_numbers, make_agent, call, ask, work, seal, type_of, monkeypatch
):
    make_numbers(6)
    agent = make_agent("小李")
    phones = [call(agent, 28).phone for _ in range(6)]
    job = ask(Job.Kind.REQUEUE)
    tell = jobs.Progress.tell

    def meanwhile(self, *, stage=None, **fields):
        # They are noted down by now.
        if stage == "requeue":
            Phone.objects.filter(pk=phones[0].pk).update(type=type_of(11))
            seal(phones[1])
            Phone.objects.filter(pk=phones[2].pk).delete()
        tell(self, stage=stage, **fields)

    Call.objects.filter(phone=phones[2]).update(phone=None)
    monkeypatch.setattr(jobs.Progress, "tell", meanwhile)
    work()

    job.refresh_from_db()
    assert (job.state, job.cursor["count"]) == (Job.State.DONE, 3)
    assert job.cursor["skipped"] == {"changed": 2, "listed": 1}
    assert Phone.objects.pending().count() == 3
    assert AuditEntry.objects.get(action="numbers.requeue").count == 3


def test_a_count_that_has_changed_stops_it_before_anything_is_done(make_numbers, make_agent, call, ask, work):
    make_numbers(2)
    agent = make_agent("小李")
    call(agent, 28)
    job = ask(Job.Kind.REQUEUE)
    call(agent, 29)

    work()

    job.refresh_from_db()
    assert (job.state, job.error, job.error_data) == (
        Job.State.FAILED, "selection_changed", {"expected": 1, "count": 2},
    )  # fmt: skip
    assert Phone.objects.classified().count() == 2
    assert not AuditEntry.objects.filter(action__startswith="numbers.").exists()


def test_i8_it_is_on_record_once_with_its_true_count(make_numbers, make_agent, call, requeue, boss):
    make_numbers(2)
    agent = make_agent("小李")
    call(agent, 28)
    call(agent, 29)

    job = requeue(reason="再试一次")

    entry = AuditEntry.objects.get(action="numbers.requeue")
    assert (entry.by, entry.count, entry.address) == (boss, 2, "10.0.0.7")
    assert entry.data == {"job": str(job.pk), "reason": "再试一次", "filter": {}, "skipped": {}}


def test_a_cancel_before_the_first_piece_leaves_all_as_it_is(make_numbers, make_agent, call, ask, work, boss):
    make_numbers(1)
    call(make_agent("小李"), 28)
    job = ask(Job.Kind.REQUEUE)
    taken = jobs.take(now=timezone.now())
    jobs.cancel(job=taken, by=boss, now=timezone.now())
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)

    work()

    job.refresh_from_db()
    assert (job.state, job.cursor) == (Job.State.CANCELLED, {})
    assert Phone.objects.classified().count() == 1


def test_a_cancel_after_the_first_piece_comes_too_late(make_numbers, make_agent, call, ask, work, monkeypatch):
    make_numbers(8)
    agent = make_agent("小李")
    for _ in range(8):
        call(agent, 28)
    job = ask(Job.Kind.REQUEUE)
    no_return = jobs.Progress.point_of_no_return

    def cancelled(self, *, passed=True):
        no_return(self, passed=passed)
        if passed:
            self._why = jobs.Cancelled

    monkeypatch.setattr(jobs.Progress, "point_of_no_return", cancelled)
    work()

    job.refresh_from_db()
    assert (job.state, job.cursor["count"]) == (Job.State.DONE, 8)


@pytest.mark.parametrize("piece", [2, 3])
def test_where_it_breaks_off_what_is_done_stays_and_is_on_record(
    make_numbers, make_agent, call, ask, work, interrupt, piece
):
    make_numbers(8)
    agent = make_agent("小李")
    for _ in range(8):
        call(agent, 28)
    job = ask(Job.Kind.REQUEUE)
    interrupt(RuntimeError("the disk"), piece=piece)

    work()

    done = 3 * (piece - 1)
    job.refresh_from_db()
    assert (job.state, job.error, job.error_data["count"]) == (Job.State.FAILED, "requeue_broke_off", done)
    assert job.error_data["incident"] in sentences.sentence(job.error, job.error_data)
    assert Phone.objects.pending().count() == Event.objects.filter(kind=Event.Kind.REQUEUE).count() == done
    assert AuditEntry.objects.get(action="numbers.requeue").count == done


def test_where_the_first_piece_fails_nothing_is_done(make_numbers, make_agent, call, ask, work, interrupt):
    make_numbers(1)
    call(make_agent("小李"), 28)
    job = ask(Job.Kind.REQUEUE)
    interrupt(RuntimeError("the disk"), piece=1)

    work()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "unexpected")
    assert Phone.objects.classified().count() == 1
    assert not AuditEntry.objects.filter(action="numbers.requeue").exists()


def test_the_same_form_twice_is_one_job(make_numbers, make_agent, call, ask, new_id):
    make_numbers(1)
    call(make_agent("小李"), 28)
    request_id = new_id()

    assert ask(Job.Kind.REQUEUE, request_id=request_id) == ask(Job.Kind.REQUEUE, request_id=request_id)
    assert Job.objects.count() == 1


def test_who_is_no_administrator_cannot_ask_for_it(make_numbers, make_agent, ask):
    make_numbers(1)

    with pytest.raises(maintenance.PermissionDenied):
        ask(Job.Kind.REQUEUE, by=make_agent("小李"))


def test_who_is_no_administrator_any_more_when_it_begins_gets_nothing_done(
    make_numbers, make_agent, call, ask, work, boss
):
    make_numbers(1)
    call(make_agent("小李"), 28)
    job = ask(Job.Kind.REQUEUE)
    User.objects.filter(pk=boss.pk).update(is_active=False)

    work()

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "not_administrator")
    assert Phone.objects.classified().count() == 1


def test_what_was_noted_down_is_removed_at_the_end(make_numbers, make_agent, call, requeue, folders):
    make_numbers(1)
    call(make_agent("小李"), 28)

    requeue()

    assert not [path for path in (folders / "results").rglob("*") if path.is_file()]


def test_the_days_of_the_filter_are_those_of_the_classification(make_numbers, make_agent, call, requeue):
    make_numbers(2)
    agent = make_agent("小李")
    old, new = (call(agent, 28, at=timezone.now() - timedelta(days=days)) for days in (40, 2))

    requeue(end=(timezone.localdate() - timedelta(days=30)).isoformat())

    assert Phone.objects.get(pk=old.phone_id).state == State.PENDING
    assert Phone.objects.get(pk=new.phone_id).state == State.CLASSIFIED
