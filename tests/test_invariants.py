"""Clocks that jump, locks that are held, transactions that never end: numbers go on, and the books balance."""

import random
import threading
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from callback import actions
from callback.models import Call, Tally
from phones.models import Phone
from tests.installations import address

pytestmark = pytest.mark.django_db(transaction=True)
needs_a_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one lock for all that write")


@pytest.fixture
def file_one(carrier, type_of):
    """Take the next number and file it, by a clock of one's own."""

    def file_one(agent, *, at, code=11, between=timedelta(0)) -> Call:
        phone = actions.take(agent=agent, carrier=carrier, now=at)
        return actions.classify(
            agent=agent, token=phone.token, type=type_of(code), order_region=None, note="", request_id=uuid4(),
            now=at + between,
        )  # fmt: skip

    return file_one


@pytest.mark.parametrize("seed", range(3))
def test_f18_numbers_and_figures_stand_though_the_clock_jumps_by_hours(
    file_one, make_agent, make_numbers, carrier, now, seed, record_property
):
    make_numbers(40)
    dice, agents = random.Random(seed), [make_agent("小李"), make_agent("小王")]
    clock = now
    for _each in range(30):
        clock += timedelta(minutes=dice.choice([-60, -1, 0, 1, 30, 31, 60]))
        agent = dice.choice(agents)
        if dice.random() < 0.3:
            actions.take(agent=agent, carrier=carrier, now=clock)
        else:
            file_one(agent, at=clock, between=timedelta(minutes=dice.choice([-60, 0, 29, 61])))

    call_command("verify", verbosity=0)
    held = Phone.objects.held()
    assert Call.objects.count() == sum(Tally.objects.values_list("filed", flat=True))
    assert held.count() == len(set(held.values_list("holder", flat=True)))
    assert len(set(Call.objects.values_list("token", flat=True))) == Call.objects.count()
    record_property("calls", Call.objects.count())


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Asia/Shanghai", "2026-11-23T23:59:59+08:00", "2026-11-23"),
        ("Asia/Shanghai", "2026-11-24T00:00:00+08:00", "2026-11-24"),
        ("Europe/Berlin", "2026-03-29T01:59:59+01:00", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T23:30:00+02:00", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25T00:30:00+02:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T23:30:00+01:00", "2026-10-25"),
    ],
)
def test_f18_a_call_belongs_to_the_rooms_day_also_at_midnight_and_when_summer_time_begins_or_ends(
    file_one, make_agent, make_numbers, settings, zone, moment, day
):
    settings.TIME_ZONE = zone
    make_numbers(1)

    with timezone.override(ZoneInfo(zone)):
        call = file_one(make_agent("小李"), at=datetime.fromisoformat(moment))

    assert str(call.day) == day
    assert str(Tally.objects.get().day) == day


@needs_a_server
def test_f13_a_row_that_somebody_holds_for_long_is_passed_by(make_agent, make_numbers, carrier):
    first, second, *_ = make_numbers(3)

    with psycopg.connect(address(settings.DATABASES["default"]["NAME"])) as other:
        other.execute("SELECT id FROM phones_phone WHERE id = %s FOR UPDATE", [first.pk])
        taken = actions.take(agent=make_agent("小李"), carrier=carrier, now=timezone.now())

    assert taken.number == second.number


def test_f13_who_waits_for_a_lock_gets_an_answer_once_it_is_free(file_one, make_agent, make_numbers):
    make_numbers(3)
    agent = make_agent("小李")
    calls, begun = [], threading.Event()

    def press() -> None:
        begun.set()
        calls.append(file_one(agent, at=timezone.now()))
        connection.close()

    with transaction.atomic():
        # On PostgreSQL the agent's own row, on SQLite the right to write.
        type(agent).objects.select_for_update().get(pk=agent.pk)
        waiting = threading.Thread(target=press)
        waiting.start()
        begun.wait()
        waiting.join(0.3)
        assert not calls
    waiting.join(30)

    assert len(calls) == 1


@needs_a_server
def test_f13_no_wait_for_a_lock_and_no_idle_transaction_lasts_for_ever():
    with connection.cursor() as cursor:
        limits = {}
        for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
            cursor.execute(f"SHOW {name}")
            limits[name] = cursor.fetchone()[0]

    assert limits == {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "10min"}


@needs_a_server
def test_f35_numbers_come_in_their_order_while_an_old_transaction_keeps_what_they_leave_behind(
    file_one, make_agent, make_numbers
):
    numbers = [phone.number for phone in make_numbers(150)]
    agent = make_agent("小李")

    with psycopg.connect(address(settings.DATABASES["default"]["NAME"])) as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        before = other.execute("SELECT count(*) FROM phones_phone WHERE state = 'pending'").fetchone()
        called = [file_one(agent, at=timezone.now()).number for _each in range(120)]
        after = other.execute("SELECT count(*) FROM phones_phone WHERE state = 'pending'").fetchone()

    assert called == numbers[:120]
    assert before == after == (150,)
