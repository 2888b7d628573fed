"""Amending a call: who may, what follows, and what stays as it was filed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions, amendments
from callback.models import Amendment, Call, Tally
from config.models import BusinessType, Region
from phones import holds
from phones.models import Event, Phone, State


@pytest.fixture
def agent(make_agent):
    return make_agent("小李", modules=[Module.SHEET, Module.LOOKUP])


@pytest.fixture
def administrator(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def elsewhere(room):
    return Region.objects.in_order()[3]


@pytest.fixture
def file(agent, carrier, make_numbers, type_of, now):
    """``file(11)`` lets 小李 take a number and file the call."""

    def file(code=11, *, by=agent, at=now, batch=None, **options) -> Call:
        make_numbers(1, batch=batch)
        phone = actions.take(agent=by, carrier=carrier, now=at)
        arguments = {"order_region": None, "note": "", "request_id": uuid4(), **options}
        return actions.classify(
            agent=by, token=phone.token, type=type_of(code), now=at + timedelta(seconds=40), **arguments
        )

    return file


@pytest.fixture
def amend(agent, type_of, now):
    """``amend(call, 12)`` lets 小李 amend it, who has seen all amendments that there are."""

    def amend(call, code=12, **options) -> Amendment:
        arguments = {
            "type": type_of(code) if code else call.standing_type,
            "order_region": None,
            "note": "",
            "reason": "客户更正",
            "seen": call.amendments.count(),
            "request_id": uuid4(),
            "by": agent,
            "now": now + timedelta(hours=1),
        }
        return amendments.amend(call=call, **{**arguments, **options})

    return amend


def figures(agent) -> dict:
    """An agent's calls by code: as they were filed, and as they stand."""
    sums = Tally.objects.filter(agent=agent).values_list("type__code").annotate(Sum("filed"), Sum("standing"))
    return {code: (filed, standing) for code, filed, standing in sums}


def stands(call) -> tuple:
    call = Call.objects.get(pk=call.pk)
    return call.standing_type.code, call.standing_order_region, call.standing_note


# ── What an amendment does ───────────────────────────────────────────────────────────────────────────────────


def test_an_amended_call_stands_otherwise_and_stays_as_it_was_filed(file, amend, elsewhere):
    call = file(11, note="早上打")

    amend(call, 12, order_region=elsewhere, note="下午打")

    call.refresh_from_db()
    assert stands(call) == (12, elsewhere, "下午打")
    assert (call.type.code, call.order_region, call.note) == (11, None, "早上打")


def test_an_amendment_says_who_when_from_what_to_what_and_why(file, amend, agent, elsewhere, now):
    call = file(11, note="早上打")

    made = amend(call, 12, order_region=elsewhere, note="下午打", reason="听错了")

    made = Amendment.objects.get(pk=made.pk)
    assert (made.call, made.ordinal, made.by, made.at, made.reason) == (
        call,
        1,
        agent,
        now + timedelta(hours=1),
        "听错了",
    )
    assert (made.type_from.code, made.order_region_from, made.note_from) == (11, None, "早上打")
    assert (made.type_to.code, made.order_region_to, made.note_to) == (12, elsewhere, "下午打")


def test_a_number_in_the_reason_stays_with_the_amendment_and_is_masked_in_the_audit_log(file, amend):
    made = amend(file(11), 12, reason="客户换号，改打 139 0013 9000")

    assert Amendment.objects.get(pk=made.pk).reason == "客户换号，改打 139 0013 9000"
    assert AuditEntry.objects.get(action="call.amend").data["reason"] == "客户换号，改打 139****9000"


def test_i6_the_figures_follow_at_once_as_they_stand_and_stay_as_they_were_filed(file, amend, agent):
    call = file(11)
    file(11)

    amend(call, 28)

    assert figures(agent) == {11: (2, 1), 28: (0, 1)}


def test_amending_back_brings_the_figures_back(file, amend, agent, administrator):
    call = file(11)
    amend(call, 28)

    amend(Call.objects.get(pk=call.pk), 11, by=administrator)

    assert figures(agent) == {11: (1, 1), 28: (0, 0)}
    assert [made.ordinal for made in call.amendments.order_by("pk")] == [1, 2]


def test_i5_the_number_follows_the_call_that_is_its_result(file, amend, elsewhere):
    call = file(11)

    amend(call, 27, order_region=elsewhere, note="十二月起")

    phone = Phone.objects.get(pk=call.phone_id)
    assert (phone.type.code, phone.order_region, phone.note) == (27, elsewhere, "十二月起")
    assert (phone.state, phone.classified_at, phone.agent) == (State.CLASSIFIED, call.filed_at, call.agent)


def test_an_earlier_call_leaves_the_number_as_the_later_one_filed_it(file, amend, agent, carrier, type_of, now):
    first = file(11)
    requeue(first.phone_id, now)
    phone = actions.take(agent=agent, carrier=carrier, now=now + timedelta(minutes=5))
    second = actions.classify(
        agent=agent, token=phone.token, type=type_of(22), order_region=None, note="", request_id=uuid4(),
        now=now + timedelta(minutes=6),
    )  # fmt: skip

    amend(first, 12)

    assert second.phone_id == first.phone_id
    assert Phone.objects.get(pk=first.phone_id).type.code == 22
    assert figures(agent) == {11: (1, 0), 12: (0, 1), 22: (1, 1)}


def test_a_number_that_is_pending_again_stays_so(file, amend, agent, now):
    call = file(11)
    requeue(call.phone_id, now)

    amend(call, 12)

    phone = Phone.objects.get(pk=call.phone_id)
    assert (phone.state, phone.type) == (State.PENDING, None)
    assert stands(call)[0] == 12
    assert figures(agent) == {11: (1, 0), 12: (0, 1)}


def test_a_late_call_is_amended_and_its_number_does_not_follow(file, amend, agent, carrier, make_numbers, type_of, now):
    make_numbers(1)
    phone = actions.take(agent=agent, carrier=carrier, now=now)
    token = phone.token
    holds.give_back(phone, kind=Event.Kind.FREE, by=None, now=now)
    call = actions.classify(
        agent=agent, token=token, type=type_of(11), order_region=None, note="", request_id=uuid4(), now=now
    )
    assert call.late

    amend(call, 12)

    phone.refresh_from_db()
    assert (phone.state, phone.type) == (State.PENDING, None)
    assert figures(agent) == {11: (1, 0), 12: (0, 1)}


def test_a_call_of_a_deleted_number_is_amended(file, amend, agent, administrator):
    call = file(11)
    delete(call.phone_id)

    amend(call, 12, by=administrator)

    assert stands(call)[0] == 12
    assert figures(agent) == {11: (1, 0), 12: (0, 1)}


@pytest.mark.parametrize(("code", "carries"), [(12, True), (27, True), (22, False), (28, False)])
def test_only_valid_types_carry_an_order(file, amend, elsewhere, code, carries):
    call = file(11, order_region=elsewhere)

    amend(call, code, order_region=elsewhere)

    assert stands(call) == (code, elsewhere if carries else None, "")


def test_an_order_for_the_home_region_is_none(file, amend, region, elsewhere):
    call = file(11, order_region=elsewhere)

    amend(call, 11, order_region=call.region)

    assert stands(call) == (11, None, "")
    assert Phone.objects.get(pk=call.phone_id).region == call.region


def test_the_audit_log_holds_the_number_masked_and_what_was_said(file, amend, agent, elsewhere):
    call = file(11, note="回拨 13800138000")

    amend(call, 12, order_region=elsewhere, reason="听错了", address="192.0.2.7")

    entry = AuditEntry.objects.get(action="call.amend")
    assert (entry.by, entry.address, entry.object) == (agent, "192.0.2.7", f"199****{call.number[-4:]}")
    assert entry.data["reason"] == "听错了"
    assert entry.data["from"].startswith("11")
    assert entry.data["to"] == f"{BusinessType.objects.get(code=12)}, {elsewhere.name}"
    assert "13800138000" not in str(entry.data)


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [12, 21, 27, 28, 29])
def test_an_agent_amends_a_valid_result_to_any_type(file, amend, code):
    call = file(11)

    amend(call, code)

    assert stands(call)[0] == code


@pytest.mark.parametrize("code", [21, 22, 28, 29])
def test_an_agent_does_not_amend_what_is_not_valid(file, amend, code):
    call = file(code)

    with pytest.raises(amendments.NotOpen):
        amend(call, 11)

    assert not Amendment.objects.exists()


def test_what_stands_decides_and_not_what_was_filed(file, amend, administrator):
    call = file(22)
    amend(call, 11, by=administrator)

    amend(Call.objects.get(pk=call.pk), 12)

    assert stands(call)[0] == 12


@pytest.mark.parametrize("code", [11, 21, 28, 29])
def test_an_administrator_amends_any_result(file, amend, administrator, code):
    call = file(code)

    amend(call, 12, by=administrator)

    assert stands(call)[0] == 12


def test_b15_another_agents_call_is_not_there(file, amend, make_agent):
    call = file(11, by=make_agent("小王"))

    with pytest.raises(amendments.NotThere):
        amend(call, 12)


def test_a_call_that_was_taken_back_is_not_there(file, amend, agent, administrator, now):
    call = file(11)
    actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))

    for by in (agent, administrator):
        with pytest.raises(amendments.NotThere):
            amend(call, 12, by=by)


@pytest.mark.parametrize("change", [{"modules": [Module.SHEET]}, {"is_active": False}])
def test_an_agent_who_lost_the_module_meanwhile_amends_nothing(file, amend, agent, change):
    call = file(11)
    type(agent).objects.filter(pk=agent.pk).update(**change)

    with pytest.raises(PermissionDenied):
        amend(call, 12)


def test_where_nothing_changes_nothing_is_written(file, amend, agent):
    call = file(11)

    with pytest.raises(amendments.NothingChanged):
        amend(call, 11)

    assert not Amendment.objects.exists()
    assert not AuditEntry.objects.filter(action="call.amend").exists()


def test_an_order_that_an_invalid_type_cannot_carry_is_no_change(file, amend, administrator, elsewhere):
    call = file(22)

    with pytest.raises(amendments.NothingChanged):
        amend(call, 22, by=administrator, order_region=elsewhere)


@pytest.mark.parametrize("gone", [{"enabled": False}, {"retired_at": timezone.now()}])
def test_a_type_that_is_not_offered_can_be_kept_but_not_chosen(file, amend, gone):
    call, other = file(12), file(11)
    kept = BusinessType.objects.get(code=12)
    BusinessType.objects.filter(pk=kept.pk).update(**gone)

    amend(call, None, note="后来说的")

    assert stands(call) == (12, None, "后来说的")
    with pytest.raises(amendments.NotOffered):
        amend(other, None, type=kept)


def test_who_has_not_seen_the_last_amendment_is_told_so(file, amend, administrator):
    call = file(11)
    amend(call, 12, by=administrator)

    with pytest.raises(amendments.Changed):
        amend(call, 28, seen=0)

    assert stands(call)[0] == 12


def test_the_same_request_again_is_the_same_amendment(file, amend, agent):
    call, request_id = file(11), uuid4()
    first = amend(call, 28, request_id=request_id)

    again = amend(call, 28, request_id=request_id, seen=0)

    assert again == first
    assert Amendment.objects.count() == 1
    assert figures(agent) == {11: (1, 0), 28: (0, 1)}


def test_the_request_of_another_amendment_makes_none(file, amend, administrator):
    call, other, request_id = file(11), file(11), uuid4()
    amend(call, 12, request_id=request_id)

    with pytest.raises(amendments.Changed):
        amend(other, 12, request_id=request_id)
    with pytest.raises(amendments.Changed):
        amend(call, 28, request_id=request_id, by=administrator)

    assert stands(other)[0] == 11


def test_an_amended_call_is_not_taken_back(file, amend, agent, now):
    call = file(11)
    amend(call, 12, now=now + timedelta(seconds=45))

    with pytest.raises(actions.TooLate):
        actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=50))


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def at_once():
    """Run some functions, all starting at the same moment, each on its own connection; what each returned or raised."""

    def run(*functions):
        barrier = threading.Barrier(len(functions))

        def one(function):
            try:
                barrier.wait()
                return function()
            except (amendments.Changed, amendments.NotThere, actions.TooLate) as error:
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(one, functions))

    return run


ROUNDS = 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deleted", [False, True])
def test_of_two_who_amend_at_once_the_second_is_told(at_once, file, amend, agent, administrator, deleted):
    for _ in range(ROUNDS):
        call = file(11)
        if deleted:
            delete(call.phone_id)

        made = at_once(partial(amend, call, 12, seen=0), partial(amend, call, 28, seen=0, by=administrator))

        [done] = [one for one in made if isinstance(one, Amendment)]
        assert [type(one) for one in made if one != done] == [amendments.Changed]
        assert stands(call)[0] == done.type_to.code
        assert deleted or Phone.objects.get(pk=call.phone_id).type == done.type_to
    assert sum(standing for _filed, standing in figures(agent).values()) == ROUNDS


@pytest.mark.django_db(transaction=True)
def test_two_calls_of_one_agent_amended_at_once_both_count(at_once, file, amend, agent, administrator, make_batch):
    for _ in range(ROUNDS):
        batch = make_batch()
        first, second = file(11, batch=batch), file(27, batch=batch)

        at_once(partial(amend, first, 12), partial(amend, second, 12, by=administrator))

    assert figures(agent) == {11: (ROUNDS, 0), 27: (ROUNDS, 0), 12: (0, 2 * ROUNDS)}


@pytest.mark.django_db(transaction=True)
def test_the_same_amendment_from_five_tabs_at_once_is_one(at_once, file, amend, agent):
    call, request_id = file(11), uuid4()

    made = at_once(*[partial(amend, call, 28, seen=0, request_id=request_id)] * 5)

    assert len({one.pk for one in made}) == 1
    assert figures(agent) == {11: (1, 0), 28: (0, 1)}


@pytest.mark.django_db(transaction=True)
def test_a_call_is_amended_or_taken_back_but_never_both(at_once, file, amend, agent, administrator, now):
    for turn in range(ROUNDS):
        at = now + timedelta(minutes=turn)
        call = file(11, at=at)
        soon = at + timedelta(seconds=50)

        amended, taken_back = at_once(
            partial(amend, call, 12, seen=0, by=administrator, now=soon),
            partial(actions.undo, agent=agent, call_id=call.pk, now=soon),
        )

        call.refresh_from_db()
        phone = Phone.objects.get(pk=call.phone_id)
        if isinstance(amended, Amendment):
            assert isinstance(taken_back, actions.TooLate)
            assert (call.withdrawn_at, phone.type.code) == (None, 12)
        else:
            assert isinstance(amended, amendments.NotThere)
            assert (call.withdrawn_at, phone.type) == (soon, None)
            actions.skip(agent=agent, token=phone.token, reason="later", now=soon)
    standing = Call.objects.filter(withdrawn_at=None).count()
    assert sum(count for _filed, count in figures(agent).values()) == standing


@pytest.mark.django_db(transaction=True)
def test_a_requeue_at_the_same_moment_leaves_number_and_figures_in_step(at_once, file, amend, agent, now):
    for turn in range(ROUNDS):
        call = file(11, at=now + timedelta(minutes=turn))

        made, _ = at_once(partial(amend, call, 28, seen=0), partial(requeue, call.phone_id, now + timedelta(days=1)))

        phone = Phone.objects.get(pk=call.phone_id)
        assert isinstance(made, Amendment)
        assert (phone.state, phone.type, phone.note) == (State.PENDING, None, "")
        assert stands(call)[0] == 28
    assert figures(agent) == {11: (ROUNDS, 0), 28: (0, ROUNDS)}


@pytest.mark.django_db(transaction=True)
def test_a_deletion_at_the_same_moment_loses_no_amendment(at_once, file, amend, agent):
    for _ in range(ROUNDS):
        call = file(11)

        made, _none = at_once(partial(amend, call, 28, seen=0), partial(delete, call.phone_id))

        if isinstance(made, amendments.Changed):
            made = amend(call, 28, seen=0)
        assert stands(call)[0] == 28
        assert Call.objects.get(pk=call.pk).phone_id is None
    assert figures(agent) == {11: (ROUNDS, 0), 28: (0, ROUNDS)}


def requeue(phone_id: int, now) -> None:
    """What a re-queue does to a number: locked first, it becomes pending again, and its calls stay."""
    with transaction.atomic():
        phone = Phone.objects.select_for_update().get(pk=phone_id)
        phone.state, phone.due_at, phone.note = State.PENDING, now, ""
        phone.type = phone.order_region = phone.agent = phone.classified_at = None
        phone.save()
        Event.objects.create(kind=Event.Kind.REQUEUE, phone=phone, number=phone.number, at=now)


def delete(phone_id: int) -> None:
    """What a deletion does to a number: locked first, its calls and events are cut off from it, and it goes."""
    with transaction.atomic():
        phone = Phone.objects.select_for_update().get(pk=phone_id)
        Call.objects.filter(phone=phone).update(phone=None)
        Event.objects.filter(phone=phone).update(phone=None)
        phone.delete()
