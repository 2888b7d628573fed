"""Who is at work: what a request writes down about its operator, and what it must not cost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions, logins, presence
from accounts.models import User

# Where it is written down, whatever else a request does.
WRITES = 'UPDATE "accounts_user" SET "seen_at"'


@pytest.fixture
def agent(make_agent) -> User:
    return make_agent("小李")


@pytest.fixture
def browser(agent, sign_in) -> Client:
    return sign_in(agent)


@pytest.fixture
def who(make_administrator, now) -> dict:
    return {"by": make_administrator("老张"), "now": now, "address": "10.0.0.1"}


def seen(user: User):
    return User.objects.values_list("seen_at", flat=True).get(pk=user.pk)


def writes(press) -> int:
    with CaptureQueriesContext(connection) as asked:
        press()
    return sum(query["sql"].startswith(WRITES) for query in asked)


def poll(browser: Client):
    return browser.post("/sheet/hold/", {"token": "00000000-0000-0000-0000-000000000000"})


# ── Written down ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_is_seen(browser, agent):
    before = timezone.now()

    browser.get("/sheet/")

    assert before <= seen(agent) <= timezone.now()


@pytest.mark.parametrize("look", [lambda browser: browser.get("/sheet/"), poll])
def test_within_a_minute_it_is_written_down_once(browser, look):
    assert writes(lambda: look(browser)) == 1

    assert writes(lambda: look(browser)) == 0


def test_the_sheet_of_who_was_seen_asks_the_database_for_nothing_more(browser, agent, django_assert_num_queries):
    User.objects.filter(pk=agent.pk).update(seen_at=timezone.now())

    # Who it is: the session and the operator. What is asked for: the hold, and whether it was recalled.
    with django_assert_num_queries(4):
        poll(browser)


def test_after_a_minute_it_is_written_down_anew(browser, agent):
    browser.get("/sheet/")
    User.objects.filter(pk=agent.pk).update(seen_at=timezone.now() - timedelta(seconds=61))

    assert writes(lambda: poll(browser)) == 1
    assert timezone.now() - seen(agent) < timedelta(seconds=60)


def test_a_clock_that_was_put_back_keeps_nobody_online_for_ever(browser, agent):
    User.objects.filter(pk=agent.pk).update(seen_at=timezone.now() + timedelta(hours=1))

    browser.get("/sheet/")

    assert seen(agent) <= timezone.now()


@pytest.mark.parametrize("path", ["/healthz", "/login/", "/readyz"])
def test_pages_that_are_open_to_strangers_note_nobody(browser, agent, path):
    browser.get(path)

    assert seen(agent) is None


def test_who_has_a_one_time_password_is_seen_too(make_agent, sign_in):
    agent = make_agent("小王", must_change_password=True)

    sign_in(agent).get("/sheet/")

    assert seen(agent)


# ── Gone ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_logs_out_is_not_online(browser, agent):
    browser.get("/sheet/")

    browser.post("/logout/")

    assert seen(agent) is None


@pytest.mark.parametrize("shut_out", [actions.disable, logins.end_sessions])
def test_whose_sessions_are_ended_is_not_online(browser, agent, who, shut_out):
    browser.get("/sheet/")

    shut_out(user=agent, **who)

    assert seen(agent) is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"seen_at": None}, {"session_epoch": 7}])
def test_a_request_from_before_does_not_bring_back_who_is_gone(agent, change):
    seen_long_ago = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=agent.pk).update(seen_at=seen_long_ago)
    agent.refresh_from_db()
    User.objects.filter(pk=agent.pk).update(**change)

    presence.note(agent, now=timezone.now())

    assert seen(agent) == (None if "seen_at" in change else seen_long_ago)


@pytest.mark.parametrize(
    ("minutes", "is_active", "online"), [(0, True, True), (4, True, True), (6, True, False), (0, False, False)]
)
def test_online_is_who_was_seen_within_five_minutes(agent, now, minutes, is_active, online):
    agent.seen_at, agent.is_active = now - timedelta(minutes=minutes), is_active
    agent.save()

    assert presence.is_online(agent, now=now) == online
    assert User.objects.filter(presence.online(now), pk=agent.pk).exists() == online


def test_who_was_never_seen_is_not_online(agent, now):
    assert not presence.is_online(agent, now=now)


# ── It holds nobody up ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no locks of rows")
def test_a_row_that_somebody_is_changing_is_passed_by(agent, caplog):
    locked, done = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=agent.pk)
            locked.set()
            done.wait(30)
        connection.close()

    other = threading.Thread(target=change)
    other.start()
    locked.wait(30)
    with connection.cursor() as cursor:
        # Who waits at all fails, and that is on record.
        cursor.execute("SET lock_timeout = '1ms'")
    presence.note(agent, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    done.set()
    other.join()

    assert seen(agent) is None
    assert not caplog.records


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_no_writes_fails_no_page(agent, browser, caplog):
    with connection.cursor() as cursor:
        cursor.execute(
            "PRAGMA query_only = ON" if connection.vendor == "sqlite" else "SET default_transaction_read_only = on"
        )
    try:
        page = browser.get("/sheet/keys/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA query_only = OFF" if connection.vendor == "sqlite" else "RESET default_transaction_read_only"
            )

    assert page.status_code == 200
    assert "could not be written down" in caplog.text
