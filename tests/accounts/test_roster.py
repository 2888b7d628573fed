"""The list of operators: who is at work, and what each of them holds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.modules import Module
from callback import actions as desk
from callback import paper
from phones.models import Phone
from tests.buttons import offers


@pytest.fixture
def office(make_administrator, sign_in) -> Client:
    return sign_in(make_administrator("老张"))


@pytest.fixture
def take(carrier, make_numbers):
    """Let an agent take a number."""

    def take(agent: User) -> Phone:
        make_numbers(1)
        return desk.take(agent=agent, carrier=carrier, now=timezone.now())

    return take


def rows(client: Client, query: str = "") -> dict:
    return {row.operator.name: row for row in client.get(f"/operators/{query}").context["roster"].rows}


# ── Who is at work ───────────────────────────────────────────────────────────────────────────────────────────


def test_who_was_seen_lately_is_online(office, make_agent):
    make_agent("小李", seen_at=timezone.now() - timedelta(minutes=2))
    make_agent("小王", seen_at=timezone.now() - timedelta(hours=2))

    assert [name for name, row in rows(office).items() if row.online] == ["老张", "小李"]


def test_the_list_is_filtered_by_who_is_online(office, make_agent):
    make_agent("小李", seen_at=timezone.now())
    make_agent("小王")
    make_agent("小赵", is_active=False, seen_at=timezone.now())

    page = office.get("/operators/?state=online&role=agent")

    assert [row.operator.name for row in page.context["roster"].rows] == ["小李"]
    assert page.context["roster"].hidden == 2


# ── What is held ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_sees_what_each_holds_and_since_when(office, make_agent, take):
    agent = make_agent("小李")
    make_agent("小王")
    phone = take(agent)

    held = {name: row.held for name, row in rows(office).items()}

    hold = held["小李"].hold
    assert (held["小王"], hold.number, hold.since) == (None, phone.number, phone.taken_at)
    assert str(phone.token) in office.get("/operators/").content.decode()


def test_what_lies_on_paper_is_counted_beside_it(office, make_agent, make_numbers, carrier, take):
    agent, other = make_agent("小李"), make_agent("小王")
    make_numbers(6)
    at = timezone.now()
    for person, how_many in ((agent, 2), (other, 3)):
        paper.take_sheet(
            agent=person, carrier=carrier, how_many=how_many, until=at + timedelta(hours=8), request_id=uuid4(),
            by=person, now=at, address=None,
        )  # fmt: skip
    phone = take(agent)

    held = {name: row.held for name, row in rows(office).items()}
    page = office.get("/operators/").content.decode()

    assert (held["小李"].hold.number, held["小李"].on_paper) == (phone.number, 2)
    assert (held["小王"].hold, held["小王"].on_paper) == (None, 3)
    assert f'href="/paper/?agent={other.pk}"' in page


def test_it_is_freed_from_the_list_and_one_comes_back_to_it(office, make_agent, take):
    agent = make_agent("小李")
    phone = take(agent)
    address = "/operators/?q=小李&state=all"
    assert "state=all" in office.get(address).content.decode()

    page = office.post("/holds/", {"agent": agent.pk, "token": phone.token, "next": address})

    assert page.url == "/operators/?q=%E5%B0%8F%E6%9D%8E&state=all"
    assert not Phone.objects.held().exists()


def test_the_button_sends_one_back_to_the_list_as_it_was_filtered(office, make_agent, take):
    take(make_agent("小李"))

    page = office.get("/operators/?state=all&page=1").content.decode()

    assert '<input type="hidden" name="next" value="/operators/?state=all&amp;page=1">' in page


def test_the_page_of_an_operator_shows_it_too(office, make_agent, take):
    agent = make_agent("小李")
    phone = take(agent)

    page = office.get(f"/operators/{agent.pk}/")

    assert page.context["held"].hold.number == phone.number
    assert f'name="next" value="/operators/{agent.pk}/"' in page.content.decode()


def test_ids_beyond_a_thousand_are_sent_as_digits(office, make_agent, take):
    agent = make_agent("小李", pk=1_234_567)
    take(agent)

    page = office.get("/operators/").content.decode()

    assert 'name="agent" value="1234567"' in page
    assert offers(page, "disable", agent)
    assert 'value="disable 1234567 ' in page


def test_a_deputy_sees_no_number_and_no_button(make_agent, sign_in, take):
    phone = take(make_agent("小李"))
    deputy = sign_in(make_agent("小王", modules=[Module.SHEET, Module.OPERATORS]))

    page = deputy.get("/operators/").content.decode()
    one = deputy.get(f"/operators/{phone.holder_id}/").content.decode()

    assert not rows(deputy)["小李"].held
    for text in (page, one):
        assert "/holds/" not in text
        assert phone.number[-4:] not in text
        assert str(phone.token) not in text


def test_a_deputy_frees_nothing_by_hand(make_agent, sign_in, take):
    agent = make_agent("小李")
    phone = take(agent)
    deputy = sign_in(make_agent("小王", modules=[Module.SHEET, Module.OPERATORS]))

    response = deputy.post("/holds/", {"agent": agent.pk, "token": phone.token, "next": "/operators/"})

    assert response.status_code == 403
    assert Phone.objects.held().exists()


def test_a_page_of_holds_is_two_queries(office, make_agent, take):
    for number in range(8):
        take(make_agent(f"员工{number}"))

    with CaptureQueriesContext(connection) as asked:
        office.get("/operators/")

    assert len([query for query in asked if "phones_phone" in query["sql"]]) == 2
    assert len(asked) < 25


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil", "x"])
def test_one_comes_back_to_no_strange_place(office, make_agent, target):
    response = office.post("/holds/", {"agent": make_agent().pk, "token": uuid4(), "next": target})

    assert response.url == "/"
