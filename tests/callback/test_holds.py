"""Who holds what: the page, and an administrator who frees a number."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions
from phones.models import Event, Phone, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(make_agent):
    return make_agent("小李")


@pytest.fixture
def administrator(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(administrator, sign_in):
    return sign_in(administrator)


@pytest.fixture
def held(agent, carrier, make_numbers, now):
    make_numbers(2)
    return actions.take(agent=agent, carrier=carrier, now=now)


def press(browser, agent, token):
    return browser.post("/holds/", {"agent": agent.pk, "token": token}, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_b63_the_page_says_who_holds_what(browser, held, agent):
    page = browser.get("/holds/")

    assert list(page.context["rows"]) == [held]
    assert agent.name in page.content.decode()
    assert str(held.token) in page.content.decode()


def test_without_holds_the_page_says_so(browser):
    page = browser.get("/holds/")

    assert page.status_code == 200
    assert "<table" not in page.content.decode()


@pytest.mark.parametrize(("minutes", "marked"), [(30, False), (-1, True)])
def test_a_hold_that_has_run_out_is_marked(browser, held, minutes, marked):
    Phone.objects.held().update(expires_at=timezone.now() + timedelta(minutes=minutes))

    assert ("chip warn" in browser.get("/holds/").content.decode()) == marked


def test_the_longest_held_come_first_and_no_more_than_a_page(browser, make_agent, carrier, make_numbers, now):
    make_numbers(3)
    monday = [actions.take(agent=make_agent(), carrier=carrier, now=now - timedelta(hours=hour)) for hour in range(3)]

    page = browser.get("/holds/")

    assert list(page.context["rows"]) == monday[::-1]
    assert page.context["total"] == 3


def test_many_holds_are_looked_up_in_few_queries(
    browser, make_agent, carrier, make_numbers, now, django_assert_max_num_queries
):
    make_numbers(8)
    for _ in range(8):
        actions.take(agent=make_agent(), carrier=carrier, now=now)
    # That numbers are seen here is on record from now on.
    browser.get("/holds/")

    with django_assert_max_num_queries(9):
        browser.get("/holds/")


def test_a_freed_number_is_pending_and_the_next_to_be_taken(browser, held, agent, make_agent, carrier):
    page = press(browser, agent, held.token)

    held.refresh_from_db()
    assert (held.state, held.holder) == (State.PENDING, None)
    assert agent.name in said(page)[0]
    assert actions.take(agent=make_agent("小王"), carrier=carrier, now=timezone.now()) == held


def test_it_is_on_record_without_the_number(browser, held, agent, administrator):
    press(browser, agent, held.token)

    event, entry = Event.objects.get(token=held.token), AuditEntry.objects.get(action="hold.free")
    assert (event.kind, event.by, event.agent) == (Event.Kind.FREE, administrator, agent)
    assert (entry.by, entry.data, entry.address) == (administrator, {"agent": agent.username}, "127.0.0.1")
    assert held.number not in entry.object
    assert entry.object.endswith(held.number[-4:])


def test_pressed_again_it_was_no_longer_held(browser, held, agent):
    press(browser, agent, held.token)

    page = press(browser, agent, held.token)

    assert len(said(page)) == 1
    assert (Event.objects.count(), AuditEntry.objects.filter(action="hold.free").count()) == (1, 1)


def test_what_the_agent_took_since_then_stays(browser, held, agent, carrier, now):
    actions.skip(agent=agent, token=held.token, reason="later", now=now)
    newer = actions.take(agent=agent, carrier=carrier, now=now)

    press(browser, agent, held.token)

    assert Phone.objects.held_by(agent).get() == newer
    assert not AuditEntry.objects.filter(action="hold.free").exists()


def test_another_agents_token_frees_nothing(browser, held, make_agent):
    press(browser, make_agent("小王"), held.token)

    assert Phone.objects.held().count() == 1


@pytest.mark.parametrize(("next_page", "back"), [("", "/holds/"), ("/operators/?state=all", "/operators/?state=all")])
def test_one_comes_back_to_where_one_was(browser, held, agent, next_page, back):
    response = browser.post("/holds/", {"agent": agent.pk, "token": held.token, "next": next_page})

    assert response.url == back


@pytest.mark.parametrize(
    "data", [{}, {"agent": "x"}, {"agent": 10**30, "token": uuid4()}, {"agent": 10**6, "token": uuid4()}]
)
def test_nonsense_frees_nothing(browser, held, data):
    page = browser.post("/holds/", data, follow=True)

    assert page.status_code == 200
    assert Phone.objects.held().count() == 1


def test_an_agent_who_is_disabled_is_freed_as_well(held, agent, administrator, now):
    agent.is_active = False
    agent.save()

    assert actions.free(agent=agent, by=administrator, now=now, token=held.token) == held


def test_only_administrators_free(held, agent, make_agent, sign_in):
    browser = sign_in(make_agent("小王", modules=list(Module)))

    response = press(browser, agent, held.token)

    assert response.status_code == 403
    assert Phone.objects.held().count() == 1


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_other_verbs_are_refused(browser, verb):
    assert getattr(browser, verb)("/holds/").status_code == 405


def test_a_look_frees_nothing(browser, held, agent):
    browser.get("/holds/", {"agent": agent.pk, "token": held.token})

    assert Phone.objects.held().count() == 1
