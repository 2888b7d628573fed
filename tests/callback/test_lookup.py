"""Finding a number: by the whole of it or by its last four digits, and only what one may see."""

from datetime import timedelta
from itertools import chain
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.modules import Module
from callback import actions, lookup
from callback.history import life_of
from callback.models import Call
from phones.models import Batch, Event, Phone

URL = reverse("callback:lookup")


@pytest.fixture
def agent(make_agent):
    return make_agent("小李", modules=[Module.SHEET, Module.LOOKUP])


@pytest.fixture
def browser(agent, sign_in):
    return sign_in(agent)


@pytest.fixture
def office(make_administrator, sign_in):
    return sign_in(make_administrator("老张"))


@pytest.fixture
def call_numbers(agent, carrier, make_batch, type_of):
    """``call_numbers("19900001234", …)`` brings numbers in and lets 小李 call each of them."""

    def call_numbers(*numbers: str, by=agent, code=11, at=None) -> list[Call]:
        bring_in(make_batch(), *numbers)
        calls = []
        for minute, _ in enumerate(numbers):
            now = (at or timezone.now()) + timedelta(minutes=minute)
            phone = actions.take(agent=by, carrier=carrier, now=now)
            filed = {"type": type_of(code), "order_region": None, "note": "", "request_id": uuid4()}
            calls.append(actions.classify(agent=by, token=phone.token, now=now, **filed))
        return calls

    return call_numbers


def bring_in(batch: Batch, *numbers: str) -> list[Phone]:
    return [
        Phone.objects.create(
            number=number, batch=batch, carrier=batch.carrier, region=batch.region, place=(batch.pk << 32) + ordinal
        )
        for ordinal, number in enumerate(numbers, 1)
    ]


def delete(phone: Phone) -> None:
    """What a deletion leaves of a number: its calls and events, without it."""
    Call.objects.filter(phone=phone).update(phone=None)
    Event.objects.filter(phone=phone).update(phone=None)
    phone.delete()


def asked(browser, query: str, **options) -> str:
    """The page that a question leads to."""
    return browser.post(URL, {"query": query}, follow=True, **options).content.decode()


# ── What is found ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "typed",
    [
        "19900001234",
        " 199 0000 1234 ",
        "+86 199-0000-1234",
        "008619900001234",
        "１９９００００１２３４",
        "19900001234.0",
    ],
)
def test_a_whole_number_leads_to_its_page_however_it_is_written(office, make_batch, typed):
    [phone] = bring_in(make_batch(), "19900001234")

    response = office.post(URL, {"query": typed})

    assert (response.status_code, response.url) == (302, reverse("callback:number", args=[phone.pk]))


@pytest.mark.parametrize("typed", ["1234", " 1234 ", "１２３４"])
def test_the_last_four_digits_find_every_number_that_ends_so(office, make_batch, typed):
    bring_in(make_batch(), "19900001234", "13900001234", "05388001234", "19900012340")

    page = asked(office, typed)

    assert page.count("1234</span></span></a>") == 3
    assert "共 3 条" in page


def test_four_digits_that_one_number_has_lead_to_its_page(office, make_batch):
    [phone, _] = bring_in(make_batch(), "19900001234", "19900001235")

    response = office.post(URL, {"query": "1234"})

    assert response.url == reverse("callback:number", args=[phone.pk])


def test_b27_no_address_holds_a_number_and_a_reload_shows_the_same(office, make_batch):
    bring_in(make_batch(), "19900001234", "13900001234")

    response = office.post(URL, {"query": "1234"})

    assert response.url == URL
    assert "共 2 条" in office.get(URL).content.decode()
    assert "共 2 条" in office.get(URL).content.decode()


def test_a_reset_forgets_what_was_asked(office, make_batch):
    bring_in(make_batch(), "19900001234", "13900001234")
    asked(office, "1234")

    office.post(URL, {"reset": "1", "query": "1234"})

    assert "共 " not in office.get(URL).content.decode()


def test_a_result_says_state_carrier_region_type_and_the_last_call(office, call_numbers, make_batch, now):
    bring_in(make_batch(), "13900001234")
    call_numbers("19900001234", at=now)

    page = asked(office, "1234")

    for word in ("已回访", "待回访", "中国移动", "泰山区", "11 早晚天气", "2026-11-23 10:30", "小李", "没有回访过"):
        assert word in page


def test_nothing_found_says_what_to_do(office, browser, room):
    assert "请核对数字" in asked(office, "19900001234")
    assert "其他号码请管理员查" in asked(browser, "1234")


def test_a_number_of_an_import_that_is_not_ready_is_not_found(office, make_batch):
    bring_in(make_batch(state=Batch.State.LOADING), "19900001234")

    assert "没有符合条件的号码" in asked(office, "19900001234")
    assert "没有符合条件的号码" in asked(office, "1234")


@pytest.mark.parametrize(
    "query", ["123", "12345", "一二三四", "abcd", "", "  ", "1234 5678", "a" * 61, "9" * 10**6, "12\x0034"]
)
def test_what_is_no_number_is_refused_beside_the_field(office, room, query):
    response = office.post(URL, {"query": query})

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


# ── Who finds what ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", ["19900001234", "1234"])
def test_an_agent_finds_what_it_called_itself(browser, call_numbers, query):
    [call] = call_numbers("19900001234")

    response = browser.post(URL, {"query": query})

    assert response.url == reverse("callback:number", args=[call.phone_id])


@pytest.mark.parametrize("query", ["19900001234", "1234"])
def test_an_agent_does_not_find_what_others_called_or_nobody(browser, call_numbers, make_agent, make_batch, query):
    call_numbers("19900001234", by=make_agent("小王"))
    bring_in(make_batch(), "13900001234")

    assert "没有符合条件的号码" in asked(browser, query)


def test_an_agent_sees_who_called_its_number_last(browser, call_numbers, make_agent, carrier, type_of, now):
    [first, _second] = call_numbers("19900001234", "13900001234", at=now)
    Phone.objects.filter(pk=first.phone_id).update(
        state="pending", type=None, agent=None, classified_at=None, due_at=now
    )
    other = make_agent("小王")
    phone = actions.take(agent=other, carrier=carrier, now=now + timedelta(days=1))
    filed = {"type": type_of(22), "order_region": None, "note": "", "request_id": uuid4()}
    actions.classify(agent=other, token=phone.token, now=now + timedelta(days=1), **filed)

    page = asked(browser, "1234")

    assert "小王" in page
    assert "2026-11-24 10:30" in page


# ── Deleted numbers ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["browser", "office"])
@pytest.mark.parametrize("query", ["19900001234", "1234"])
def test_a_deleted_number_is_told_where_it_was_asked_for(request, call_numbers, who, query):
    [call] = call_numbers("19900001234")
    delete(call.phone)

    page = asked(request.getfixturevalue(who), query)

    assert "号码已不在库中" in page
    assert "11 早晚天气" in page
    assert reverse("callback:amend", args=[call.pk]) in page


def test_a_deleted_number_that_another_called_is_not_told(browser, call_numbers, make_agent):
    [call] = call_numbers("19900001234", by=make_agent("小王"))
    delete(call.phone)

    assert "没有符合条件的号码" in asked(browser, "19900001234")


def test_a_deleted_number_that_was_never_called_is_found_by_the_whole_of_it(office, make_administrator, now):
    Event.objects.create(
        kind=Event.Kind.DELETE, number="19900001234", at=now, by=make_administrator("老王"), reason="客户要求"
    )

    page = asked(office, "19900001234")

    assert "号码已不在库中" in page
    assert "客户要求" in page


def test_among_others_a_deleted_number_is_a_button_that_asks_for_it(office, call_numbers, make_batch):
    [call] = call_numbers("19900001234")
    delete(call.phone)
    bring_in(make_batch(), "13900001234")

    page = asked(office, "1234")

    assert "共 2 条" in page
    assert "已删除" in page
    assert 'name="query" value="19900001234"' in page


def test_a_number_that_came_in_again_is_found_once(office, browser, call_numbers, make_batch):
    [call] = call_numbers("19900001234")
    delete(call.phone)
    [again] = bring_in(make_batch(), "19900001234")

    for client in (office, browser):
        assert client.post(URL, {"query": "1234"}).url == reverse("callback:number", args=[again.pk])


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────


def read_all(query: str, reader) -> list[list[str]]:
    """The numbers of each page, asked for one after the other."""
    pages, place = [], lookup.Place(size=2)
    while True:
        found = lookup.find(query, reader=reader, place=place)
        pages.append([hit.number for hit in found.hits])
        if not found.after:
            return pages
        place = lookup.Place(after=found.after, size=2)


def read_back(query: str, reader) -> list[list[str]]:
    """The same from the last page on."""
    place, before = lookup.Place(size=2), ""
    while after := lookup.find(query, reader=reader, place=place).after:
        place = lookup.Place(after=after, size=2)
    pages = []
    while True:
        found = lookup.find(query, reader=reader, place=place)
        pages.insert(0, [hit.number for hit in found.hits])
        if not (before := found.before):
            return pages
        place = lookup.Place(before=before, size=2)


@pytest.mark.parametrize("deleted", [0, 1, 3, 5, 7])
def test_each_number_stands_on_one_page(agent, make_administrator, call_numbers, deleted):
    numbers = [f"1990{n:03}1234" for n in range(7)]
    for call in call_numbers(*numbers)[:deleted]:
        delete(call.phone)

    for reader in (agent, make_administrator()):
        pages = read_all("1234", reader)

        assert sorted(chain(*pages)) == numbers
        assert [len(page) for page in pages] == [2, 2, 2, 1]
        assert read_back("1234", reader) == pages


def test_an_agent_sees_what_it_called_last_at_the_front(agent, call_numbers):
    call_numbers("19900001234", "13900001234", "18900001234")

    assert read_all("1234", agent) == [["18900001234", "13900001234"], ["19900001234"]]


@pytest.mark.parametrize("after", ["x", "n", "c-1", "n9" * 40, "n" + "9" * 30, "c999999999999999999", "n٣", "'; --"])
def test_a_page_that_nobody_can_ask_for_is_some_page(office, browser, call_numbers, after):
    call_numbers("19900001234", "13900001234")

    for client in (office, browser):
        asked(client, "1234")
        assert client.get(URL, {"after": after}).status_code == 200
        assert client.get(URL, {"before": after}).status_code == 200


# ── Indexes ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def crowd(call_numbers, make_batch):
    """Thousands of numbers that were called, half of them deleted since, among which the database must find some."""
    [call] = call_numbers("19900001234")
    batch = make_batch()
    stock = {"batch": batch, "carrier": batch.carrier, "region": batch.region}
    numbers = [f"13{n % 2}0{n:07}" for n in range(8000)]
    Phone.objects.bulk_create(Phone(number=number, place=n, **stock) for n, number in enumerate(numbers) if n % 2)
    ids = dict(Phone.objects.values_list("number", "pk"))
    values = {field.attname: getattr(call, field.attname) for field in Call._meta.concrete_fields} | {"id": None}
    Call.objects.bulk_create(
        Call(**values | {"request_id": uuid4(), "token": uuid4(), "number": number, "phone_id": ids.get(number)})
        for number in numbers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan(find) -> str:
    """How the database goes about all that is asked of it meanwhile."""
    with CaptureQueriesContext(connection) as meanwhile:
        find()
    told = []
    with connection.cursor() as cursor:
        for query in meanwhile.captured_queries:
            cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {query['sql']}")
            told += [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join(told)


def reads_all(plan: str) -> bool:
    tables = ("phones_phone", "callback_call")
    return any(f"SCAN {table}" in plan or f"Seq Scan on {table}" in plan for table in tables)


def test_an_administrator_finds_endings_by_their_index(crowd, make_administrator):
    reader = make_administrator()

    told = plan(lambda: lookup.find("1234", reader=reader))

    assert "phone_last_four" in told
    assert "call_last_four" in told
    assert not reads_all(told)


@pytest.mark.parametrize("query", ["1234", "19900001234"])
def test_an_agent_finds_what_it_called_by_its_index(crowd, agent, query):
    told = plan(lambda: lookup.find(query, reader=agent))

    assert "call_last_four" in told
    assert not reads_all(told)


@pytest.mark.parametrize("number", ["19900001234", "13000001234", "13900000000"])
def test_a_whole_number_and_its_life_are_found_without_reading_a_table(crowd, make_administrator, number):
    reader = make_administrator()

    def look():
        found = lookup.find(number, reader=reader)
        life_of(number, found.only and found.only.phone, reader=reader)

    assert not reads_all(plan(look))
