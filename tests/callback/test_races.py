"""Two people at once, and many more: nobody gets what another has, and nothing is counted twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from callback import actions, paper
from callback.models import Call, Tally
from phones.models import Phone, State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once():
    """Run one function for each of some arguments, all starting at the same moment, each on its own connection."""

    def run(function, arguments):
        barrier = threading.Barrier(len(arguments))

        def one(argument):
            try:
                barrier.wait()
                return function(argument)
            finally:
                connection.close()

        with ThreadPoolExecutor(len(arguments)) as pool:
            return list(pool.map(one, arguments))

    return run


def test_i10_twenty_agents_taking_at_once_get_twenty_numbers(at_once, make_agent, make_numbers, carrier):
    make_numbers(20)
    agents = [make_agent(f"回访员{n}") for n in range(20)]

    taken = at_once(lambda agent: actions.take(agent=agent, carrier=carrier, now=timezone.now()), agents)

    assert len({phone.number for phone in taken}) == 20


def test_b64_where_there_are_fewer_numbers_than_agents_each_number_goes_to_one(
    at_once, make_agent, make_numbers, carrier
):
    make_numbers(5)
    agents = [make_agent(f"回访员{n}") for n in range(12)]

    taken = at_once(lambda agent: actions.take(agent=agent, carrier=carrier, now=timezone.now()), agents)

    numbers = [phone.number for phone in taken if phone]
    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == 5


def test_b63_one_agent_in_ten_tabs_holds_one_number(at_once, make_agent, make_numbers, carrier):
    make_numbers(10)
    agent = make_agent()

    taken = at_once(lambda _: actions.take(agent=agent, carrier=carrier, now=timezone.now()), range(10))

    assert len({phone.number for phone in taken}) == 1
    assert Phone.objects.held().count() == 1


def test_b60_the_same_result_from_five_tabs_at_once_is_one_call(at_once, make_agent, make_numbers, carrier, type_of):
    make_numbers(1)
    agent = make_agent()
    phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
    request_id = uuid4()
    kind = type_of(11)

    def classify(_):
        return actions.classify(
            agent=agent,
            token=phone.token,
            type=kind,
            order_region=None,
            note="",
            request_id=request_id,
            now=timezone.now(),
        )

    calls = at_once(classify, range(5))

    assert len({call.pk for call in calls}) == 1
    assert Call.objects.count() == 1
    assert Tally.objects.get().filed == 1


def test_b60_a_press_that_comes_five_times_at_once_is_one_call_and_one_next_number(
    at_once, make_agent, make_numbers, carrier, type_of
):
    make_numbers(9)
    agent, kind = make_agent(), type_of(11)
    token = actions.take(agent=agent, carrier=carrier, now=timezone.now()).token
    filed = {"token": token, "type": kind, "order_region": None, "note": "", "request_id": uuid4()}

    answers = at_once(
        lambda _: actions.classify_and_take(agent=agent, carrier=carrier, now=timezone.now(), **filed), range(5)
    )

    assert len({call.pk for call, _next in answers}) == 1
    assert len({phone.number for _call, phone in answers}) == 1
    assert Phone.objects.held().count() == 1


def test_presses_of_a_room_bring_every_number_to_one_agent(at_once, make_agent, make_numbers, carrier, type_of):
    make_numbers(60)
    agents, kind = [make_agent(f"回访员{n}") for n in range(6)], type_of(29)

    def shift(agent):
        phone, seen = actions.take(agent=agent, carrier=carrier, now=timezone.now()), []
        while phone:
            seen.append(phone.number)
            filed = {"token": phone.token, "type": kind, "order_region": None, "note": "", "request_id": uuid4()}
            _call, phone = actions.classify_and_take(agent=agent, carrier=carrier, now=timezone.now(), **filed)
        return seen

    seen = [number for numbers in at_once(shift, agents) for number in numbers]

    assert len(seen) == len(set(seen)) == Call.objects.count() == 60
    assert sum(Tally.objects.values_list("filed", flat=True)) == 60


def test_b64_a_shift_of_agents_files_every_number_once(at_once, make_agent, make_numbers, carrier, type_of):
    make_numbers(60)
    agents = [make_agent(f"回访员{n}") for n in range(6)]
    kind = type_of(29)

    def shift(agent):
        filed = 0
        while phone := actions.take(agent=agent, carrier=carrier, now=timezone.now()):
            actions.classify(
                agent=agent,
                token=phone.token,
                type=kind,
                order_region=None,
                note="",
                request_id=uuid4(),
                now=timezone.now(),
            )
            filed += 1
        return filed

    filed = at_once(shift, agents)

    assert sum(filed) == 60
    assert Call.objects.count() == Call.objects.values("number").distinct().count() == 60
    assert Phone.objects.filter(state=State.CLASSIFIED).count() == 60
    assert sum(Tally.objects.values_list("filed", flat=True)) == 60


def test_one_request_id_from_four_agents_at_once_is_one_call(at_once, make_agent, make_numbers, carrier, type_of):
    make_numbers(4)
    agents = [make_agent(f"回访员{n}") for n in range(4)]
    tokens = {agent.pk: actions.take(agent=agent, carrier=carrier, now=timezone.now()).token for agent in agents}
    request_id, kind = uuid4(), type_of(11)

    def classify(agent):
        try:
            return actions.classify(
                agent=agent,
                token=tokens[agent.pk],
                type=kind,
                order_region=None,
                note="",
                request_id=request_id,
                now=timezone.now(),
            )
        except actions.NotHolder:
            return None

    filed = [call for call in at_once(classify, agents) if call]

    assert len(filed) == 1
    assert Phone.objects.held().count() == 3


def test_i1_sheets_and_screens_taken_at_once_never_share_a_number(at_once, make_agent, make_numbers, carrier):
    make_numbers(60)
    agents = [make_agent(f"回访员{n}") for n in range(12)]

    def take(agent):
        now = timezone.now()
        if agent.pk % 2:
            return [actions.take(agent=agent, carrier=carrier, now=now).number]
        sheet = paper.take_sheet(
            agent=agent,
            carrier=carrier,
            how_many=8,
            until=now + timedelta(hours=8),
            request_id=uuid4(),
            by=agent,
            now=now,
            address=None,
        )
        return list(sheet.lines.values_list("number", flat=True))

    taken = [number for numbers in at_once(take, agents) for number in numbers]

    assert len(taken) == len(set(taken)) == Phone.objects.held().count() == 6 + 6 * 8
