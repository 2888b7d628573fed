"""Numbers on paper: the same rules as at the desk. No number twice, none lost."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import AuditEntry
from callback import actions, paper, paper_results
from callback.models import Call, HourTally, Tally
from phones import holds, queue
from phones.models import Batch, Event, PaperSheet, Phone, State
from stats import balance


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


def test_a_sheet_takes_the_next_numbers_in_their_order(make_agent, make_numbers, print_sheet):
    phones = make_numbers(5)

    sheet = print_sheet(make_agent(), 3)

    assert list(sheet.lines.order_by("line").values_list("line", "number")) == [
        (line, phone.number) for line, phone in enumerate(phones[:3], start=1)
    ]
    assert Phone.objects.states() == {State.HELD: 3, State.PENDING: 2}


def test_an_agent_has_a_number_on_the_screen_besides_the_paper(make_agent, make_numbers, print_sheet, carrier, now):
    phones = make_numbers(3)
    agent = make_agent()
    print_sheet(agent, 2)

    taken = actions.take(agent=agent, carrier=carrier, now=timezone.now())

    assert taken.number == phones[2].number


def test_a_sheet_is_shorter_where_fewer_numbers_are_left(make_agent, make_numbers, print_sheet):
    make_numbers(2)

    assert print_sheet(make_agent(), 5).lines.count() == 2


def test_where_nothing_is_left_there_is_no_sheet(make_agent, room, print_sheet):
    with pytest.raises(paper.NoneLeft):
        print_sheet(make_agent(), 5)

    assert not PaperSheet.objects.exists()


def test_the_same_form_twice_is_one_sheet(make_agent, make_numbers, print_sheet, new_id):
    make_numbers(10)
    agent, request_id = make_agent(), new_id()

    first = print_sheet(agent, 3, request_id=request_id)
    second = print_sheet(agent, 3, request_id=request_id)

    assert first == second
    assert Phone.objects.held().count() == 3


def test_an_agent_who_is_limited_to_regions_gets_these_on_paper_too(
    make_agent, make_numbers, print_sheet, region, carrier
):
    from config.models import Region

    other = Region.objects.exclude(pk=region.pk).first()
    make_numbers(3)
    make_numbers(2, region=other)

    sheet = print_sheet(make_agent(region_ids=[other.pk]), 5)

    assert set(Phone.objects.held().values_list("region", flat=True)) == {other.pk}
    assert sheet.lines.count() == 2


def test_a_result_is_the_agents_call_and_says_who_keyed_it_in(
    make_agent, make_administrator, make_numbers, print_sheet, key_in
):
    make_numbers(3)
    agent, boss = make_agent(), make_administrator()
    sheet = print_sheet(agent, 3, by=boss)

    call = key_in(sheet, 2, 11, by=boss)

    line = sheet.lines.get(line=2)
    assert (call.agent, call.number, call.late) == (agent, line.number, False)
    assert line.keyed_by == boss
    assert line.phone.state == State.CLASSIFIED
    assert Tally.objects.get().filed == HourTally.objects.get().valid == 1


def test_the_same_result_twice_is_one_call_and_another_one_is_refused(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)

    first = key_in(sheet, 1, 11)

    assert key_in(sheet, 1, 11) == first
    with pytest.raises(paper_results.AlreadyKeyed):
        key_in(sheet, 1, 28)
    assert Call.objects.count() == 1


def test_what_is_not_keyed_in_goes_back_inside_the_next_take(make_agent, make_numbers, print_sheet, carrier):
    [phone] = make_numbers(1)
    agent = make_agent()
    print_sheet(agent, 1)

    tomorrow = timezone.now() + timedelta(hours=9)
    taken = actions.take(agent=make_agent("小王"), carrier=carrier, now=tomorrow)

    assert taken.number == phone.number
    event = Event.objects.get()
    assert (event.kind, event.agent) == (Event.Kind.LEASE_END, agent)


def test_a_result_keyed_in_after_the_end_is_a_late_call(make_agent, make_numbers, print_sheet, key_in, carrier):
    [phone] = make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    tomorrow = timezone.now() + timedelta(hours=9)
    actions.take(agent=make_agent("小王"), carrier=carrier, now=tomorrow)

    call = key_in(sheet, 1, 11, at=tomorrow)

    phone.refresh_from_db()
    assert call.late
    assert phone.state == State.HELD
    assert balance.examine().broken == []


def test_a_result_for_a_number_that_was_excluded_meanwhile_counts_and_the_number_stays_excluded(
    make_agent, make_batch, make_numbers, print_sheet, key_in
):
    [phone] = make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    listed = make_batch(kind=Batch.Kind.EXCLUDED)
    held = Phone.objects.get(pk=phone.pk)
    holds.recall(held, batch=listed, now=timezone.now())

    call = key_in(sheet, 1, 11)

    phone.refresh_from_db()
    assert call.late
    assert phone.state == State.EXCLUDED


def test_what_was_just_keyed_in_can_be_taken_back_and_keyed_in_anew(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    key_in(sheet, 1, 11)

    paper_results.take_back(line=sheet.lines.get(), by=sheet.agent, now=timezone.now())
    again = key_in(sheet, 1, 28)

    assert Call.objects.standing().get() == again
    assert again.phone.type.code == 28
    assert Tally.objects.get(type=again.type).filed == 1
    assert balance.examine().broken == []


def test_after_twenty_seconds_nothing_is_taken_back(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    call = key_in(sheet, 1, 11)

    with pytest.raises(actions.TooLate):
        paper_results.take_back(line=sheet.lines.get(), by=sheet.agent, now=call.filed_at + timedelta(seconds=21))


def test_a_number_that_was_suppressed_meanwhile_is_excluded_by_the_take_back(
    make_agent, make_numbers, print_sheet, key_in
):
    [phone] = make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    key_in(sheet, 1, 11)
    Phone.objects.update(suppressed=True)

    paper_results.take_back(line=sheet.lines.get(), by=sheet.agent, now=timezone.now())

    phone.refresh_from_db()
    assert (phone.state, phone.paper) == (State.EXCLUDED, None)


def test_a_sheet_that_is_given_back_frees_what_is_open_and_has_no_results_any_more(
    make_agent, make_numbers, print_sheet, key_in
):
    make_numbers(3)
    sheet = print_sheet(make_agent(), 3)
    key_in(sheet, 1, 11)

    given = paper.give_back(sheet=sheet, by=sheet.agent, now=timezone.now(), address=None)

    assert given == 2
    assert Phone.objects.states() == {State.PENDING: 2, State.CLASSIFIED: 1}
    with pytest.raises(paper_results.GivenBack):
        key_in(sheet, 2, 11)
    assert AuditEntry.objects.get(action="paper.give_back").count == 2


def test_f24_an_agent_who_is_shut_out_frees_the_paper_and_an_administrator_keys_in_what_was_called(
    make_agent, make_administrator, make_numbers, print_sheet, key_in
):
    make_numbers(3)
    agent, boss = make_agent(), make_administrator()
    make_administrator("另一位")
    sheet = print_sheet(agent, 3)

    accounts.disable(user=agent, by=boss, now=timezone.now(), address=None)
    call = key_in(sheet, 1, 11, by=boss)

    assert Phone.objects.states() == {State.PENDING: 3}
    assert (call.late, call.agent) == (True, agent)


def test_nobody_takes_or_keys_in_for_others(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(3)
    agent, other = make_agent(), make_agent("小王")
    sheet = print_sheet(agent, 1)

    with pytest.raises(PermissionDenied):
        print_sheet(agent, 1, by=other)
    with pytest.raises(PermissionDenied):
        key_in(sheet, 1, 11, by=other)
    with pytest.raises(PermissionDenied):
        paper.give_back(sheet=sheet, by=other, now=timezone.now(), address=None)


def test_the_books_count_what_is_on_paper_as_held(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(5)
    sheet = print_sheet(make_agent(), 3)
    key_in(sheet, 3, 28)

    assert balance.examine().broken == []


@pytest.mark.parametrize("sheet", [1, 7, 218, 99_999])
def test_a_code_finds_any_wrong_digit_any_swap_and_the_lines_of_the_sheets_nearby(sheet):
    codes = {line: paper.code_of(sheet, line) for line in range(1, paper.MOST + 1)}
    right = set(codes.values())

    for code in right:
        for place in range(4):
            wrong = {code[:place] + digit + code[place + 1 :] for digit in "0123456789"} - {code}
            assert not wrong & right
        for place in range(3):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or swapped not in right
    for nearby in range(1, 90):
        assert not right & {paper.code_of(sheet + nearby, line) for line in codes}
