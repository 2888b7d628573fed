"""Filing a call, and what becomes of its number."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from callback import actions, desk_sql
from callback.models import Call, Tally
from config.models import BusinessType, Region
from phones import holds
from phones.models import Event, Phone, State


@pytest.fixture
def agent(make_agent):
    return make_agent("小李")


@pytest.fixture
def held(agent, carrier, make_numbers, now):
    """A number on 小李's sheet."""
    make_numbers(2)
    return actions.take(agent=agent, carrier=carrier, now=now)


@pytest.fixture
def classify(agent, type_of, now):
    def classify(phone_or_token, code=11, **options):
        token = getattr(phone_or_token, "token", phone_or_token)
        arguments = {"order_region": None, "note": "", "request_id": uuid4(), "now": now + timedelta(seconds=40)}
        return actions.classify(**{"agent": agent, "token": token, "type": type_of(code), **arguments, **options})

    return classify


def tallied(agent) -> dict:
    return {tally.type.code: (tally.filed, tally.standing) for tally in Tally.objects.filter(agent=agent)}


def test_a_filed_number_is_classified_and_free(classify, held, agent, now):
    call = classify(held, note="下午联系")

    held.refresh_from_db()
    assert (held.state, held.type.code, held.agent, held.note) == (State.CLASSIFIED, 11, agent, "下午联系")
    assert (held.holder, held.token, held.expires_at) == (None, None, None)
    assert (call.number, call.type.code, call.taken_at) == (held.number, 11, now)
    assert held.classified_at == call.filed_at


def test_a_call_is_counted_in_its_own_transaction(classify, held, agent):
    classify(held)

    assert tallied(agent) == {11: (1, 1)}
    day, types = Tally.objects.get().day, BusinessType.objects.all()
    look = desk_sql.look(agent_id=agent.pk, day=day, phone_id=held.pk, types=types, at_most=10)
    assert look.today == {"total": 1, "valid": 1, "booking": 0}
    assert (look.last_at_the_desk, look.called_before) == (look.recent[0].pk, True)


def test_b60_the_same_request_twice_is_one_call(classify, held, agent):
    request_id = uuid4()
    token = held.token

    first = classify(token, request_id=request_id)
    again = classify(token, request_id=request_id)

    assert again == first
    assert Call.objects.count() == 1
    assert tallied(agent) == {11: (1, 1)}


def test_a_second_result_for_the_same_hold_returns_the_first(classify, held):
    token = held.token

    first = classify(token, code=11)
    second = classify(token, code=22)

    assert second == first
    assert Call.objects.get().type.code == 11


def test_an_order_elsewhere_never_changes_the_home_region(classify, held):
    home = held.region
    elsewhere = Region.objects.exclude(pk=home.pk)[0]

    call = classify(held, order_region=elsewhere)

    held.refresh_from_db()
    assert (held.region, held.order_region, call.order_region) == (home, elsewhere, elsewhere)


def test_an_order_at_home_is_no_order_elsewhere(classify, held):
    call = classify(held, order_region=held.region)

    assert call.order_region is None


@pytest.mark.parametrize(("code", "ordered"), [(11, True), (27, True), (22, False), (28, False), (29, False)])
def test_only_valid_types_carry_an_order(classify, held, code, ordered):
    elsewhere = Region.objects.exclude(pk=held.region_id)[0]

    call = classify(held, code=code, order_region=elsewhere)

    assert bool(call.order_region) is ordered


def test_a_result_after_the_lease_is_filed_where_nobody_took_the_number(classify, held, now):
    call = classify(held, now=now + timedelta(hours=2))

    assert not call.late
    held.refresh_from_db()
    assert held.state == State.CLASSIFIED


def test_b61_a_result_after_another_agent_took_the_number_is_kept_as_late(
    classify, held, agent, make_agent, carrier, now, type_of
):
    token = held.token
    later = now + timedelta(minutes=31)
    other = make_agent("小王")
    taken = actions.take(agent=other, carrier=carrier, now=later)
    assert taken.number == held.number

    call = classify(token, now=later)

    taken.refresh_from_db()
    assert call.late
    assert (taken.state, taken.holder) == (State.HELD, other)
    assert tallied(agent) == {11: (1, 1)}


def test_f29_a_result_for_a_recalled_number_is_logged_and_the_number_stays_excluded(classify, held, make_batch, now):
    token = held.token
    holds.recall(Phone.objects.get(pk=held.pk), batch=make_batch(kind="excluded"), now=now)

    call = classify(token)

    held.refresh_from_db()
    assert call.late
    assert held.state == State.EXCLUDED


def test_b61_a_hold_that_was_never_the_agents_files_nothing(classify, held, make_agent):
    with pytest.raises(actions.NotHolder):
        classify(uuid4())
    with pytest.raises(actions.NotHolder):
        classify(held, agent=make_agent("小王"))

    assert not Call.objects.exists()


def test_b61_somebody_elses_request_id_files_nothing(classify, held, make_agent, carrier, now):
    request_id = uuid4()
    classify(held, request_id=request_id)
    other = make_agent("小王")
    phone = actions.take(agent=other, carrier=carrier, now=now)

    with pytest.raises(actions.NotHolder):
        classify(phone, agent=other, request_id=request_id)


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────────


def test_taking_back_brings_number_and_agent_to_where_they_were(classify, held, agent, now):
    call = classify(held, note="错了")

    phone = actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    call.refresh_from_db()
    assert (phone.state, phone.holder, phone.taken_at) == (State.HELD, agent, now)
    assert (phone.type, phone.note) == (None, "")
    assert call.withdrawn_at
    assert Event.objects.get(kind=Event.Kind.UNDO).phone == phone
    assert tallied(agent) == {11: (0, 0)}


def test_a_number_taken_since_makes_way(classify, held, agent, carrier, make_agent, now):
    call = classify(held)
    following = actions.take(agent=agent, carrier=carrier, now=now)

    actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    following.refresh_from_db()
    assert following.state == State.PENDING
    assert Phone.objects.held_by(agent).get().pk == held.pk
    assert actions.take(agent=make_agent("小王"), carrier=carrier, now=now + timedelta(minutes=1)) == following


def test_after_twenty_seconds_it_is_too_late(classify, held, agent, now):
    call = classify(held, now=now)

    with pytest.raises(actions.TooLate):
        actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=21))


def test_taking_back_twice_is_taking_back_once(classify, held, agent, now):
    call = classify(held)

    for _ in range(2):
        actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    assert tallied(agent) == {11: (0, 0)}
    assert Event.objects.filter(kind=Event.Kind.UNDO).count() == 1


def test_only_the_last_call_can_be_taken_back(classify, held, agent, carrier, now):
    first = classify(held)
    classify(actions.take(agent=agent, carrier=carrier, now=now))

    with pytest.raises(actions.TooLate):
        actions.undo(agent=agent, call_id=first.pk, now=now + timedelta(seconds=50))


def test_another_agents_call_cannot_be_taken_back(classify, held, make_agent, now):
    call = classify(held)

    with pytest.raises(actions.TooLate):
        actions.undo(agent=make_agent("小王"), call_id=call.pk, now=now + timedelta(seconds=50))


def test_a_number_that_a_list_named_meanwhile_is_excluded_when_taken_back(classify, held, agent, now):
    call = classify(held)
    Phone.objects.filter(pk=held.pk).update(suppressed=True)

    phone = actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    assert (phone.state, phone.holder) == (State.EXCLUDED, None)


def test_the_taken_back_number_can_be_filed_again(classify, held, agent, now):
    call = classify(held, code=22)
    phone = actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    classify(phone, code=11)

    assert tallied(agent) == {22: (0, 0), 11: (1, 1)}
    assert Call.objects.standing().get().type.code == 11


# ── Skip, pause, free, renew ─────────────────────────────────────────────────────────────────────────────────


def test_a_skip_needs_its_hold(held, agent, now):
    actions.skip(agent=agent, token=uuid4(), reason="later", now=now)

    held.refresh_from_db()
    assert held.state == State.HELD


def test_a_pause_gives_the_number_to_the_next_agent(held, agent, make_agent, carrier, now):
    actions.pause(agent=agent, now=now)

    assert actions.take(agent=make_agent("小王"), carrier=carrier, now=now) == held
    assert Event.objects.get().kind == Event.Kind.PAUSE


def test_an_administrator_frees_a_number(held, agent, make_administrator, now):
    administrator = make_administrator()

    actions.free(agent=agent, by=administrator, now=now)

    held.refresh_from_db()
    event = Event.objects.get()
    assert held.state == State.PENDING
    assert (event.kind, event.by, event.agent) == (Event.Kind.FREE, administrator, agent)


def test_an_open_sheet_keeps_its_number(held, agent, now):
    assert actions.renew(agent=agent, token=held.token, now=now + timedelta(minutes=20))

    held.refresh_from_db()
    assert held.expires_at == now + timedelta(minutes=50)


def test_a_hold_that_has_ended_is_not_renewed(held, agent, now):
    token = held.token
    actions.pause(agent=agent, now=now)

    assert not actions.renew(agent=agent, token=token, now=now)


@pytest.mark.parametrize("give_up", ["skip", "pause"])
def test_a_hold_that_the_agent_gave_up_has_no_result_any_more(classify, held, agent, now, give_up):
    token = held.token
    if give_up == "skip":
        actions.skip(agent=agent, token=token, reason="later", now=now)
    else:
        actions.pause(agent=agent, now=now)

    with pytest.raises(actions.NotHolder):
        classify(token)

    assert not Call.objects.exists()


@pytest.fixture
def nothing_is_taken(db):
    """The database refuses to hold any number: its disk is full, or a lock is not to be had."""
    refuse = "CREATE TRIGGER refuse BEFORE UPDATE OF state ON phones_phone "
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"{refuse} WHEN NEW.state = 'held' BEGIN SELECT RAISE(ABORT, 'no'); END")
        else:
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
                f"{refuse} FOR EACH ROW WHEN (NEW.state = 'held') EXECUTE FUNCTION refuse()"
            )


def test_a_take_that_fails_takes_no_result_with_it(held, agent, carrier, type_of, now, nothing_is_taken):
    filed = {"token": held.token, "type": type_of(11), "order_region": None, "note": "", "request_id": uuid4()}

    call, following = actions.classify_and_take(agent=agent, carrier=carrier, now=now, **filed)

    assert (Call.objects.get(), following) == (call, None)
    assert tallied(agent) == {11: (1, 1)}
    held.refresh_from_db()
    assert held.state == State.CLASSIFIED
