"""What paper is to the rest of the room: the sheet on the screen, a number's history, deletions, leases that end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from callback import actions, desk, desk_sql, paper, paper_results
from callback.models import Call
from config.models import BusinessType
from phones import holds, queue
from phones.models import Batch, Event, Job, PaperLine, Phone, State
from stats import balance

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_pieces")]


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def sheet(make_agent, make_numbers, print_sheet):
    """Four numbers on paper, and more in the queue."""
    make_numbers(9)
    return print_sheet(make_agent("小李"), 4)


# ── The screen ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agents_undo_takes_back_the_call_at_the_desk_though_a_line_was_keyed_in_since(
    sheet, call, key_in, make_administrator
):
    at_the_desk = call(sheet.agent, 11, at=timezone.now())
    key_in(sheet, 1, 28, by=make_administrator())

    actions.undo(agent=sheet.agent, call_id=at_the_desk.pk, now=timezone.now())

    assert Call.objects.standing().get().type.code == 28
    assert balance.examine().broken == []


def test_what_was_keyed_in_is_not_taken_back_at_the_desk(sheet, key_in):
    keyed = key_in(sheet, 1, 11)

    with pytest.raises(actions.TooLate):
        actions.undo(agent=sheet.agent, call_id=keyed.pk, now=timezone.now())
    look = desk_sql.look(
        agent_id=sheet.agent_id, day=keyed.day, phone_id=None, types=BusinessType.objects.all(), at_most=10
    )
    assert desk.last_call(look, timezone.now()) == {"last": keyed, "undo_left": 0}


def test_what_was_keyed_in_and_taken_back_does_not_stand_in_the_way_of_the_desks_undo(sheet, call, key_in):
    at_the_desk = call(sheet.agent, 11, at=timezone.now())
    key_in(sheet, 1, 28)
    paper_results.take_back(line=sheet.lines.get(line=1), by=sheet.agent, now=timezone.now())

    actions.undo(agent=sheet.agent, call_id=at_the_desk.pk, now=timezone.now())

    assert not Call.objects.standing().exists()


@pytest.mark.parametrize("how", ["recall", "lease_end", "free"])
def test_a_number_that_leaves_the_paper_is_no_news_on_the_screen(sheet, make_batch, how):
    held = Phone.objects.filter(paper=sheet).first()
    if how == "recall":
        holds.recall(held, batch=make_batch(kind=Batch.Kind.EXCLUDED), now=timezone.now())
    else:
        holds.give_back(held, kind=Event.Kind(how), by=None, now=timezone.now())

    assert desk.last_event(sheet.agent) is None


def test_a_line_has_no_result_from_the_screen_while_it_lies_on_paper(sheet, type_of):
    token = sheet.lines.get(line=1).token

    with pytest.raises(actions.NotHolder):
        actions.classify(
            agent=sheet.agent, token=token, type=type_of(11), order_region=None, note="", request_id=uuid4(),
            now=timezone.now(),
        )  # fmt: skip


def test_freeing_what_is_on_the_screen_leaves_the_paper_alone(sheet, carrier, make_administrator):
    taken = actions.take(agent=sheet.agent, carrier=carrier, now=timezone.now())

    actions.free(agent=sheet.agent, token=taken.token, by=make_administrator(), now=timezone.now())

    assert Phone.objects.filter(paper=sheet).count() == 4
    assert not Phone.objects.held_by(sheet.agent).exists()


# ── Leases ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sheet_takes_more_ended_numbers_than_one_sweep_gives_back(make_agent, make_numbers, print_sheet):
    make_numbers(2 * queue.SWEEP)
    ended = print_sheet(make_agent("小李"), 2 * queue.SWEEP, until=timezone.now() - timedelta(seconds=1))

    sheet = print_sheet(make_agent("小王"), 2 * queue.SWEEP)

    assert sheet.lines.count() == 2 * queue.SWEEP
    assert Event.objects.filter(kind=Event.Kind.LEASE_END, agent=ended.agent).count() == 2 * queue.SWEEP


def test_numbers_that_came_back_are_on_a_sheet_before_the_main_line(sheet, make_agent, print_sheet):
    paper.give_back(sheet=sheet, by=sheet.agent, now=timezone.now(), address=None)

    again = print_sheet(make_agent("小王"), 5)

    first = set(sheet.lines.values_list("number", flat=True))
    assert set(again.lines.filter(line__lte=4).values_list("number", flat=True)) == first
    assert again.lines.get(line=5).number not in first


# ── A number's history ───────────────────────────────────────────────────────────────────────────────────────


def test_the_history_names_sheet_and_line(sheet, key_in, sign_in, make_administrator):
    key_in(sheet, 3, 11)
    phone = sheet.lines.get(line=3).phone

    page = sign_in(make_administrator()).get(reverse("callback:number", args=[phone.pk])).content.decode()

    assert f"第 {sheet.pk} 号纸质单，第 3 行" in page


def test_a_number_on_paper_says_so_on_its_page(sheet, sign_in, make_administrator):
    phone = sheet.lines.get(line=2).phone

    page = sign_in(make_administrator()).get(reverse("callback:number", args=[phone.pk])).content.decode()

    assert "在纸质单上" in page
    assert "小李" in page
    assert f"第 {sheet.pk} 号纸质单，第 2 行" in page


def test_a_take_back_by_an_administrator_says_whose_call_it_was(sheet, key_in, make_administrator):
    boss = make_administrator()
    key_in(sheet, 1, 11)

    paper_results.take_back(line=sheet.lines.get(line=1), by=boss, now=timezone.now())

    event = Event.objects.get(kind=Event.Kind.UNDO)
    assert (event.by, event.agent) == (boss, sheet.agent)
    assert balance.examine().broken == []


# ── Deletion ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_on_paper_can_be_deleted_and_finds_its_lines_again(sheet, key_in, delete, restore):
    for line in range(1, 5):
        key_in(sheet, line, 28)
    before = list(PaperLine.objects.order_by("pk").values())

    job = delete()
    gone = list(PaperLine.objects.values_list("phone", flat=True))
    restore(job.archive)

    assert gone == [None] * 4
    assert list(PaperLine.objects.order_by("pk").values()) == before
    assert balance.examine().broken == []


def test_what_is_on_paper_is_not_deleted(sheet, delete):
    job = delete()

    assert (job.cursor["count"], job.cursor["skipped"]) == (5, {"held": 4})


@pytest.mark.parametrize(("days", "stays"), [(6, 4), (8, 0)])
def test_a_line_that_may_still_be_keyed_in_keeps_its_number_for_a_week(sheet, make_administrator, delete, days, stays):
    actions.free(agent=sheet.agent, by=make_administrator(), now=timezone.now() - timedelta(days=days))

    job = delete()

    assert job.state == Job.State.DONE
    assert Phone.objects.count() == stays


def test_after_its_number_was_deleted_nothing_can_be_keyed_in_for_a_line(sheet, key_in, make_administrator, delete):
    actions.free(agent=sheet.agent, by=make_administrator(), now=timezone.now() - timedelta(days=8))
    delete()

    with pytest.raises(paper_results.Gone):
        key_in(sheet, 1, 11)


def test_a_batch_with_numbers_on_paper_is_not_reverted(sheet):
    from phones import actions as phones_actions

    batch = Phone.objects.filter(paper=sheet).first().batch

    with pytest.raises(phones_actions.Taken):
        phones_actions.revert(batch=batch, by=User.objects.administrators().get(), reason="导错了", now=timezone.now())


def test_a_list_recalls_what_is_on_paper(sheet, key_in, make_batch):
    line = sheet.lines.get(line=2)
    listed = make_batch(kind=Batch.Kind.EXCLUDED)
    holds.recall(Phone.objects.get(pk=line.phone_id), batch=listed, now=timezone.now())

    call = key_in(sheet, 2, 11)

    phone = Phone.objects.get(pk=line.phone_id)
    assert (call.late, phone.state, phone.paper) == (True, State.EXCLUDED, None)
    assert Event.objects.get(kind=Event.Kind.RECALL).agent == sheet.agent
