"""Sheets of paper taken, keyed in and recalled at the same moment: no number twice, and none lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from callback import actions, paper, paper_results
from callback.models import Call, Tally
from phones import queue
from phones.models import Event, PaperLine, PaperSheet, Phone, State
from stats import balance
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def print_sheet(carrier):
    def print_sheet(agent, how_many, *, request_id=None, until=None) -> PaperSheet:
        now = timezone.now()
        return paper.take_sheet(
            agent=agent, carrier=carrier, how_many=how_many, until=until or now + timedelta(hours=8),
            request_id=request_id or uuid4(), by=agent, now=now, address=None,
        )  # fmt: skip

    return print_sheet


@pytest.fixture
def key_in(type_of):
    def key_in(line, code, *, by=None) -> Call:
        return paper_results.key_in(
            line=line, type=type_of(code), order_region=None, note="", by=by or line.sheet.agent, now=timezone.now()
        )

    return key_in


def test_sheets_and_screens_at_once_share_the_numbers_and_no_number_twice(
    make_agent, make_numbers, print_sheet, carrier
):
    make_numbers(60)
    on_paper = [make_agent(f"纸{n}") for n in range(4)]
    on_screens = [make_agent(f"屏{n}") for n in range(6)]

    answers = at_once(
        *(lambda agent=agent: print_sheet(agent, 12) for agent in on_paper),
        *(lambda agent=agent: actions.take(agent=agent, carrier=carrier, now=timezone.now()) for agent in on_screens),
    )

    assert [answer for answer in answers if isinstance(answer, Exception) or answer is None] == []
    numbers = [*PaperLine.objects.values_list("number", flat=True), *(phone.number for phone in answers[4:])]
    assert len(numbers) == len(set(numbers)) == 54
    assert Phone.objects.states() == {State.HELD: 54, State.PENDING: 6}
    assert balance.examine().broken == []


def test_where_there_are_too_few_the_sheets_are_shorter_and_every_number_is_on_one(
    make_agent, make_numbers, print_sheet
):
    make_numbers(10)
    agents = [make_agent(f"纸{n}") for n in range(5)]

    answers = at_once(*(lambda agent=agent: print_sheet(agent, 6) for agent in agents))

    assert {type(answer) for answer in answers} <= {PaperSheet, paper.NoneLeft}
    assert len(set(PaperLine.objects.values_list("number", flat=True))) == PaperLine.objects.count() == 10


def test_one_form_sent_from_six_tabs_is_one_sheet(make_agent, make_numbers, print_sheet):
    make_numbers(40)
    agent, request_id = make_agent(), uuid4()

    sheets = at_once(*(lambda: print_sheet(agent, 5, request_id=request_id) for _tab in range(6)))

    assert {sheet.pk for sheet in sheets} == {PaperSheet.objects.get().pk}
    assert Phone.objects.held().count() == 5


def test_one_form_sent_for_two_agents_at_once_takes_one_sheet(make_agent, make_administrator, make_numbers, carrier):
    make_numbers(20)
    boss, request_id, now = make_administrator(), uuid4(), timezone.now()
    agents = [make_agent("小李"), make_agent("小王")]

    answers = at_once(
        *(
            lambda agent=agent: paper.take_sheet(
                agent=agent, carrier=carrier, how_many=5, until=now + timedelta(hours=1), request_id=request_id,
                by=boss, now=now, address=None,
            )
            for agent in agents
        )
    )  # fmt: skip

    assert sorted(type(answer).__name__ for answer in answers) == ["PaperSheet", "SentBefore"]
    assert Phone.objects.held().count() == 5


def test_one_line_keyed_in_from_four_browsers_at_once_is_one_call(
    make_agent, make_administrator, make_numbers, print_sheet, key_in
):
    make_numbers(1)
    agent, boss = make_agent(), make_administrator()
    line = print_sheet(agent, 1).lines.select_related("sheet__agent").get()

    answers = at_once(*(lambda by=by: key_in(line, 11, by=by) for by in (agent, boss, agent, boss)))

    assert {answer.pk for answer in answers} == {Call.objects.get().pk}
    assert Tally.objects.get().filed == 1


def test_the_lines_of_a_sheet_keyed_in_at_once_are_all_filed(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(12)
    sheet = print_sheet(make_agent(), 12)
    lines = list(sheet.lines.select_related("sheet__agent"))

    at_once(*(lambda line=line: key_in(line, 28) for line in lines))

    assert Call.objects.filter(late=False).count() == 12
    assert Tally.objects.get().filed == 12
    assert Phone.objects.states() == {State.CLASSIFIED: 12}


def test_a_lease_that_ends_while_a_result_is_keyed_in_brings_one_call_and_loses_no_number(
    make_agent, make_numbers, print_sheet, key_in, carrier
):
    make_numbers(4)
    sheet = print_sheet(make_agent(), 4, until=timezone.now() - timedelta(seconds=1))
    lines = list(sheet.lines.select_related("sheet__agent"))
    takers = [make_agent(f"屏{n}") for n in range(4)]

    at_once(
        *(lambda line=line: key_in(line, 11) for line in lines),
        *(lambda agent=agent: actions.take(agent=agent, carrier=carrier, now=timezone.now()) for agent in takers),
    )

    calls = dict(Call.objects.values_list("number", "late"))
    assert len(calls) == 4
    for phone in Phone.objects.all():
        assert (phone.state == State.CLASSIFIED) is not calls[phone.number]
    assert balance.examine().broken == []


def test_a_sheet_given_back_while_it_is_keyed_in_has_a_call_or_a_free_number_for_each_line(
    make_agent, make_numbers, print_sheet, key_in
):
    make_numbers(8)
    sheet = print_sheet(make_agent(), 8)
    lines = list(sheet.lines.select_related("sheet__agent"))

    at_once(
        lambda: paper.give_back(sheet=sheet, by=sheet.agent, now=timezone.now(), address=None),
        *(lambda line=line: key_in(line, 11) for line in lines),
    )

    states = Phone.objects.states()
    assert states.get(State.CLASSIFIED, 0) == Call.objects.count()
    assert states.get(State.PENDING, 0) == Event.objects.filter(kind=Event.Kind.PAUSE).count()
    assert sum(states.values()) == 8
    assert balance.examine().broken == []


def test_a_line_taken_back_and_keyed_in_at_once_ends_in_one_of_the_two(make_agent, make_numbers, print_sheet, key_in):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    line = sheet.lines.select_related("sheet__agent").get()
    key_in(line, 11)

    at_once(
        lambda: paper_results.take_back(line=line, by=sheet.agent, now=timezone.now()),
        lambda: key_in(line, 11),
    )

    standing = Call.objects.standing().count()
    assert Phone.objects.states() == ({State.CLASSIFIED: 1} if standing else {State.HELD: 1})
    assert balance.examine().broken == []
