"""What was filed, amended, done or noted stays as it was written, whoever asks the database to change it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import audit
from accounts.models import AuditEntry
from callback import actions
from callback.models import Amendment, Call
from phones.models import Event


@pytest.fixture
def agent(make_agent):
    return make_agent()


@pytest.fixture
def call(agent, carrier, make_numbers, type_of, now) -> Call:
    make_numbers(2)
    phone = actions.take(agent=agent, carrier=carrier, now=now)
    return actions.classify(
        agent=agent, token=phone.token, type=type_of(11), order_region=None, note="", request_id=uuid4(),
        now=now + timedelta(minutes=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"note": "别的"},
        {"number": "19900000099"},
        {"filed_at": F("taken_at")},
        {"day": "2026-01-01"},
        {"late": True},
        {"order_region": 2},
        {"request_id": uuid4()},
    ],
)
def test_what_was_filed_never_changes(call, change):
    with pytest.raises(IntegrityError, match="what_was_filed_never_changes"), transaction.atomic():
        Call.objects.update(**change)


def test_a_call_can_be_withdrawn_amended_and_lose_its_number(call, now, type_of):
    changed = Call.objects.update(withdrawn_at=now, phone=None, standing_type=type_of(12), standing_note="后来")

    assert changed == 1


def test_an_amendment_never_changes(call, agent, now, type_of):
    Amendment.objects.create(
        call=call, ordinal=1, request_id=uuid4(), by=agent, at=now, reason="听错了", type_from=type_of(11),
        type_to=type_of(12),
    )  # fmt: skip

    with pytest.raises(IntegrityError, match="an_amendment_never_changes"), transaction.atomic():
        Amendment.objects.update(reason="别的")


def test_an_amendment_needs_a_reason_and_its_own_ordinal(call, agent, now, type_of):
    given = {"call": call, "by": agent, "at": now, "type_from": type_of(11), "type_to": type_of(12)}
    Amendment.objects.create(**given, ordinal=1, request_id=uuid4(), reason="听错了")

    with pytest.raises(IntegrityError), transaction.atomic():
        Amendment.objects.create(**given, ordinal=1, request_id=uuid4(), reason="又听错了")
    with pytest.raises(IntegrityError, match="amendment_has_a_reason"), transaction.atomic():
        Amendment.objects.create(**given, ordinal=2, request_id=uuid4(), reason="")


def test_an_event_never_changes_but_may_lose_its_number(call, agent, carrier, now):
    phone = actions.take(agent=agent, carrier=carrier, now=now)
    actions.skip(agent=agent, token=phone.token, reason="busy", now=now)

    Event.objects.update(phone=None)
    with pytest.raises(IntegrityError, match="an_event_never_changes"), transaction.atomic():
        Event.objects.update(at=now - timedelta(days=1))


def test_b69_the_audit_log_never_changes(agent):
    audit.record(by=agent, action="login", about="小李")

    with pytest.raises(IntegrityError, match="the_audit_log_never_changes"), transaction.atomic():
        AuditEntry.objects.update(action="logout")
