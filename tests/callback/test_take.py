"""Taking the next number."""

from datetime import timedelta

import pytest

from callback import actions, supply
from config.models import Carrier, Region
from phones import queue
from phones.models import PLACES_A_BATCH, Batch, Event, Phone, State


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def take(carrier, now):
    def take(agent, *, on=None, at=None):
        phone = actions.take(agent=agent, carrier=on or carrier, now=at or now)
        return phone and phone.number

    return take


def test_the_first_number_of_the_oldest_batch_comes_first(make_agent, make_numbers, take):
    first, second = make_numbers(2)
    make_numbers(1)

    assert take(make_agent()) == first.number
    assert take(make_agent()) == second.number


def test_a_number_that_is_taken_is_held_for_half_an_hour(make_agent, make_numbers, take, now):
    [phone] = make_numbers(1)
    agent = make_agent()

    take(agent)

    phone.refresh_from_db()
    assert (phone.state, phone.holder, phone.taken_at) == (State.HELD, agent, now)
    assert phone.expires_at == now + timedelta(minutes=30)


def test_an_agent_who_holds_a_number_is_given_the_same_again(make_agent, make_numbers, take):
    make_numbers(2)
    agent = make_agent()

    assert take(agent) == take(agent)
    assert Phone.objects.held().count() == 1


def test_f23_a_hold_survives_the_agent_coming_back_after_its_end_where_nobody_took_it(
    make_agent, make_numbers, take, now
):
    make_numbers(2)
    agent = make_agent()
    number = take(agent)

    assert take(agent, at=now + timedelta(hours=5)) == number


def test_f33_a_lease_ends_inside_the_next_agents_take(make_agent, make_numbers, take, now):
    make_numbers(1)
    first, second = make_agent("小李"), make_agent("小王")
    number = take(first)

    assert take(second, at=now + timedelta(minutes=29)) is None
    assert take(second, at=now + timedelta(minutes=31)) == number
    ended = Event.objects.get()
    assert (ended.kind, ended.agent) == (Event.Kind.LEASE_END, first)


def test_what_comes_back_is_given_out_before_the_main_line(make_agent, make_numbers, take, now):
    *_, last = make_numbers(3)
    Phone.objects.filter(pk=last.pk).update(due_at=now)

    assert take(make_agent()) == last.number


def test_an_appointment_is_not_given_out_before_its_time(make_agent, make_numbers, take, now):
    [phone] = make_numbers(1, due_at=now + timedelta(hours=1))

    assert take(make_agent()) is None
    assert take(make_agent(), at=now + timedelta(hours=1)) == phone.number


def test_another_carriers_numbers_are_not_given_out(make_agent, make_numbers, take, carrier):
    other = Carrier.objects.exclude(pk=carrier.pk)[0]
    [phone] = make_numbers(1, carrier=other)

    assert take(make_agent()) is None
    assert take(make_agent(), on=other) == phone.number


def test_a_disabled_carrier_gives_nothing_out(make_agent, make_numbers, take, carrier):
    make_numbers(1)
    Carrier.objects.update(enabled=False)

    assert take(make_agent()) is None


@pytest.mark.parametrize("state", [State.EXCLUDED])
def test_an_excluded_number_is_never_given_out(make_agent, make_numbers, take, state):
    make_numbers(1, state=state)

    assert take(make_agent()) is None


def test_an_agent_limited_to_regions_gets_the_earliest_of_those(make_agent, make_numbers, take, room):
    here, there, elsewhere = Region.objects.in_order()[:3]
    make_numbers(1, region=elsewhere)
    [late] = make_numbers(1, region=here)
    [early] = make_numbers(1, region=there)
    Phone.objects.filter(pk=late.pk).update(place=early.place + 1)
    agent = make_agent(region_ids=[here.pk, there.pk])

    assert take(agent) == early.number
    assert take(make_agent(region_ids=[here.pk, there.pk])) == late.number
    assert take(make_agent(region_ids=[here.pk, there.pk])) is None


def test_what_comes_back_respects_the_limit_to_regions(make_agent, make_numbers, take, now, room):
    here, there = Region.objects.in_order()[:2]
    make_numbers(1, region=there, due_at=now)

    assert take(make_agent(region_ids=[here.pk])) is None


def test_numbers_of_a_batch_that_is_loading_are_not_given_out(make_agent, make_batch, make_numbers, take):
    batch = make_batch(state=Batch.State.LOADING)
    Batch.objects.filter(pk=batch.pk).update(first_place=batch.pk * PLACES_A_BATCH)
    make_numbers(1, batch=batch)

    assert take(make_agent()) is None

    Batch.objects.filter(pk=batch.pk).update(state=Batch.State.READY, first_place=None)
    assert take(make_agent()) is not None


def test_a_skipped_number_goes_behind_all_others(make_agent, make_numbers, take, now):
    first, second, third = make_numbers(3)
    agent = make_agent()
    seen = []

    for _ in range(4):
        seen.append(take(agent))
        held = Phone.objects.held_by(agent).get()
        actions.skip(agent=agent, token=held.token, reason="later", now=now)

    assert seen == [first.number, second.number, third.number, first.number]


def test_a_batch_that_comes_in_after_a_skip_stands_behind_the_skipped_number(make_agent, make_numbers, take, now):
    [first] = make_numbers(1)
    agent = make_agent()
    take(agent)
    actions.skip(agent=agent, token=Phone.objects.get(pk=first.pk).token, reason="later", now=now)
    make_numbers(1)

    assert take(agent) == first.number


def test_i10_an_older_batch_behind_the_floor_is_still_found(make_agent, make_batch, make_numbers, take):
    older = make_batch()
    make_numbers(200)
    for _ in range(3):
        take(make_agent())
    [hidden] = make_numbers(1, batch=older)
    Phone.objects.pending().exclude(pk=hidden.pk).update(state=State.EXCLUDED)

    assert take(make_agent()) == hidden.number


def test_an_operator_without_the_sheet_takes_nothing(make_agent, make_numbers, carrier, now):
    make_numbers(1)
    agent = make_agent(modules=[])

    with pytest.raises(actions.NotAllowed):
        actions.take(agent=agent, carrier=carrier, now=now)


def test_a_disabled_agent_takes_nothing(make_agent, make_numbers, carrier, now):
    make_numbers(1)
    agent = make_agent(is_active=False)

    with pytest.raises(actions.NotAllowed):
        actions.take(agent=agent, carrier=carrier, now=now)


def test_a_limit_to_regions_does_not_hide_what_a_floor_has_passed(make_agent, make_numbers, take, room):
    here, there = Region.objects.in_order()[:2]
    limited = {"region_ids": [here.pk, there.pk]}
    early, *_ = make_numbers(3, region=here)
    make_numbers(200, region=there)
    for _ in range(3):
        take(make_agent(**limited))
    Phone.objects.held().update(state=State.PENDING, holder=None, token=None, expires_at=None)
    Phone.objects.exclude(pk=early.pk).update(state=State.EXCLUDED)

    assert take(make_agent(**limited)) == early.number


@pytest.mark.parametrize("hidden", ["loading", "reverting"])
def test_the_sheet_promises_no_number_that_a_take_would_not_give(
    make_agent, make_batch, make_numbers, carrier, now, hidden
):
    batch = make_batch()
    make_numbers(2, batch=batch)
    if hidden == "loading":
        Batch.objects.filter(pk=batch.pk).update(state="loading", first_place=batch.pk * PLACES_A_BATCH)
    else:
        Phone.objects.filter(batch=batch).update(place=-1)
    agent = make_agent()

    assert supply.line(agent, carrier, now).left == 0
    assert actions.take(agent=agent, carrier=carrier, now=now) is None


def test_a_long_queue_is_counted_up_to_a_bound(make_agent, make_numbers, carrier, now, monkeypatch):
    monkeypatch.setattr(supply, "MOST", 5)
    make_numbers(7)

    line = supply.line(make_agent(), carrier, now)

    assert (line.left, line.more) == (5, True)
