"""The callback sheet as a browser meets it."""

import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import segno
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from callback import actions
from callback.models import Call
from config.models import BusinessType, Carrier, Region, Room
from phones import holds, queue, standing
from phones.models import Event, Phone, State

URL = reverse("callback:sheet")


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()
    cache.clear()


@pytest.fixture
def agent(make_agent):
    return make_agent("小李")


@pytest.fixture
def browser(agent, sign_in):
    return sign_in(agent)


def held(agent) -> Phone:
    return Phone.objects.held_by(agent).get()


def result(agent, code=11, **fields) -> dict:
    return {"token": held(agent).token, "request_id": uuid4(), "code": code, "order_region": "", "note": ""} | fields


def test_nothing_is_taken_by_looking(browser, make_numbers):
    make_numbers(2)

    page = browser.get(URL).content.decode()

    assert "开始回访" in page
    assert not Phone.objects.held().exists()


def test_a_start_brings_the_first_number(browser, agent, make_numbers):
    first, _ = make_numbers(2)

    page = browser.post(URL, {"take": "start"}, follow=True).content.decode()

    assert held(agent) == first
    assert f"tel:{first.number}" in page


def test_a_press_on_a_type_files_the_call_and_brings_the_next_number_in_one_request(browser, agent, make_numbers):
    first, second = make_numbers(2)
    browser.post(URL, {"take": "start"})

    page = browser.post(URL, result(agent), headers={"HX-Request": "true"}).content.decode()

    first.refresh_from_db()
    assert first.type.code == 11
    assert f"tel:{second.number}" in page
    assert "撤销" in page


def test_f20_a_plain_form_is_redirected_so_that_a_reload_sends_nothing(browser, agent, make_numbers):
    make_numbers(2)
    browser.post(URL, {"take": "start"})

    response = browser.post(URL, result(agent))

    assert (response.status_code, response.url) == (302, URL)


def test_a_reload_shows_the_same_number(browser, agent, make_numbers):
    make_numbers(3)
    browser.post(URL, {"take": "start"})

    page = browser.get(URL).content.decode()

    assert f"tel:{held(agent).number}" in page


def test_f21_a_second_tab_files_nothing_twice_and_says_what_was_filed(browser, agent, make_numbers):
    make_numbers(3)
    browser.post(URL, {"take": "start"})
    first_tab, second_tab = result(agent, 11), result(agent, 22)
    browser.post(URL, first_tab)

    page = browser.post(URL, second_tab, follow=True).content.decode()

    assert Call.objects.get().type.code == 11
    assert "已经归类为" in page


def test_a_request_that_is_sent_again_gets_the_first_answer(browser, agent, make_numbers):
    make_numbers(3)
    browser.post(URL, {"take": "start"})
    sent = result(agent, 11)
    browser.post(URL, sent, headers={"HX-Request": "true"})
    following = held(agent)

    again = browser.post(URL, sent, headers={"HX-Request": "true"})

    assert again.status_code == 200
    assert str(following.token) in again.content.decode()
    assert Call.objects.get().type.code == 11
    assert held(agent) == following


def test_f25_a_number_in_hand_is_shown_though_its_carrier_was_disabled(browser, agent, carrier, make_numbers):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    sent = result(agent, 11)
    browser.post(URL, sent, headers={"HX-Request": "true"})
    Carrier.objects.filter(pk=carrier.pk).update(enabled=False)

    again = browser.post(URL, sent, headers={"HX-Request": "true"})

    assert str(held(agent).token) in again.content.decode()


def test_a_sheet_that_is_opened_again_late_promises_no_time_that_has_passed(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    assert re.search(r"data-until>\d\d:\d\d<", browser.get(URL).content.decode())
    Phone.objects.held().update(expires_at=timezone.now() - timedelta(minutes=1))

    assert re.search("data-until>–<", browser.get(URL).content.decode())


def test_f25_a_type_that_was_disabled_meanwhile_is_refused_and_nothing_typed_is_lost(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    BusinessType.objects.filter(code=12).update(enabled=False)

    response = browser.post(URL, result(agent, 12, note="下午联系"))

    page = response.content.decode()
    assert response.status_code == 422
    assert "刚刚停用" in page
    assert "下午联系" in page
    assert held(agent)


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "11; DROP TABLE"},
        {"code": "99"},
        {"code": ""},
        {"token": "x"},
        {"request_id": ""},
        {"order_region": "9" * 30},
        {"order_region": "-1"},
        {"note": "长" * 201},
        {"note": "a\x00b"},
    ],
    ids=str,
)
def test_b62_nonsense_is_refused_with_words_and_files_nothing(browser, agent, make_numbers, fields):
    make_numbers(1)
    browser.post(URL, {"take": "start"})

    response = browser.post(URL, result(agent) | fields)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Call.objects.exists()
    assert held(agent)


@pytest.mark.parametrize(
    "press",
    [{"undo": "x"}, {"undo": "9" * 40}, {"skip": "nonsense"}, {"carrier": "0"}, {"carrier": "x"}, {"nothing": "1"}, {}],
    ids=str,
)
def test_a_press_that_means_nothing_changes_nothing(browser, agent, make_numbers, press):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    token = held(agent).token

    response = browser.post(URL, {"token": token, **press}, follow=True)

    assert response.status_code == 200
    assert held(agent).token == token


def test_undo_brings_the_number_back(browser, agent, make_numbers):
    first, _ = make_numbers(2)
    browser.post(URL, {"take": "start"})
    browser.post(URL, result(agent))

    page = browser.post(URL, {"undo": Call.objects.get().pk}, follow=True).content.decode()

    assert held(agent) == first
    assert "已撤销，号码回到您手里" in page


def test_a_skip_is_asked_for_its_reason(browser, agent, make_numbers):
    _, second = make_numbers(2)
    browser.post(URL, {"take": "start"})

    browser.post(URL, {"token": held(agent).token, "skip": "busy"})

    assert held(agent) == second
    assert Event.objects.get().reason == "busy"


def test_a_pause_frees_the_number_and_takes_none(browser, agent, make_numbers):
    make_numbers(2)
    browser.post(URL, {"take": "start"})

    page = browser.post(URL, {"pause": "1"}, follow=True).content.decode()

    assert not Phone.objects.held().exists()
    assert "开始回访" in page


def test_another_carrier_is_chosen_without_logging_in_again(browser, agent, make_numbers):
    other = Carrier.objects.in_order()[1]
    make_numbers(1)
    [phone] = make_numbers(1, carrier=other)
    browser.post(URL, {"take": "start"})

    browser.post(URL, {"carrier": other.pk})

    agent.refresh_from_db()
    assert held(agent) == phone
    assert agent.last_carrier == other


def test_an_empty_queue_says_who_holds_the_last_numbers_and_until_when(
    browser, make_agent, make_numbers, carrier, sign_in
):
    make_numbers(1)
    actions.take(agent=make_agent("小王"), carrier=carrier, now=timezone.now())

    page = browser.post(URL, {"take": "start"}, follow=True).content.decode()

    until = timezone.localtime(Phone.objects.get().expires_at)
    assert "暂时没有可领取的号码" in page
    assert f"{until:%H:%M}" in page


def test_an_empty_queue_says_when_the_next_appointment_is(browser, make_numbers):
    make_numbers(1, due_at=timezone.now() + timedelta(hours=2))

    page = browser.get(URL).content.decode()

    assert "预约号码" in page


def test_an_empty_queue_says_to_which_regions_the_agent_is_limited(make_agent, sign_in, make_numbers):
    here, there = Region.objects.in_order()[:2]
    make_numbers(1, region=there)
    agent = make_agent(region_ids=[here.pk])

    page = sign_in(agent).get(URL).content.decode()

    assert "您只负责" in page
    assert here.name in page


def test_a_recalled_number_turns_the_sheet_red_and_a_result_is_kept(browser, agent, make_numbers, make_batch):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    sent = result(agent)
    phone = held(agent)
    holds.recall(phone, batch=make_batch(kind="excluded"), now=timezone.now())

    page = browser.get(URL).content.decode()

    assert "请停止拨打" in page
    assert f"tel:{phone.number}" not in page
    browser.post(URL, sent)
    phone.refresh_from_db()
    assert Call.objects.get().late
    assert phone.state == State.EXCLUDED


def test_a_recall_can_be_passed_over(browser, agent, make_numbers, make_batch):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    token = held(agent).token
    holds.recall(held(agent), batch=make_batch(kind="excluded"), now=timezone.now())

    page = browser.post(URL, {"take": "next", "seen": token}, follow=True).content.decode()

    assert "请停止拨打" not in page
    assert held(agent)


def test_an_open_sheet_is_told_how_its_hold_stands(browser, agent, make_numbers, make_batch):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    phone = held(agent)
    ask = lambda token: browser.post(reverse("callback:hold"), {"token": token}).json()["state"]  # noqa: E731

    assert ask(phone.token) == "held"
    holds.recall(held(agent), batch=make_batch(kind="excluded"), now=timezone.now())
    assert ask(phone.token) == "recalled"
    assert ask("nonsense") == ask(uuid4()) == "ended"


def test_an_open_sheet_asks_whether_its_hold_stands(browser, agent, client, make_numbers, make_batch):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    token = held(agent).token

    def ask(asked) -> int:
        standing.forget()
        # Nobody in particular is asked who they are: not even a login is needed, and nothing of one is looked at.
        return client.get(reverse("callback:held"), {"token": asked}).status_code

    assert ask(token) == 204
    assert ask("nonsense") == ask(uuid4()) == ask("") == 200
    holds.recall(held(agent), batch=make_batch(kind="excluded"), now=timezone.now())
    assert ask(token) == 200


def test_however_many_sheets_ask_the_database_is_asked_once(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    token = held(agent).token
    standing.forget()

    with CaptureQueriesContext(connection) as asked:
        answers = {browser.get(reverse("callback:held"), {"token": token}).status_code for _ in range(20)}

    assert answers == {204}
    # A machine that is busy elsewhere may take longer than a look lasts.
    assert 1 <= len(asked) < 20


def test_an_open_sheet_is_told_until_when_its_number_is_kept(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})

    answer = browser.post(reverse("callback:hold"), {"token": held(agent).token}).json()

    assert answer["until"] == f"{timezone.localtime(held(agent).expires_at):%H:%M}"


def test_the_code_to_scan_calls_the_held_number(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})

    code = browser.get(reverse("callback:qr"), {"token": held(agent).token})

    drawn = BytesIO()
    segno.make(f"tel:{held(agent).number}", error="m").save(drawn, kind="svg", scale=5, border=3, light="#fff")
    assert code["Content-Type"] == "image/svg+xml"
    assert code.content == drawn.getvalue()


@pytest.mark.parametrize("token", ["", "nonsense", str(uuid4())])
def test_there_is_no_code_for_a_number_that_is_not_held(browser, make_numbers, token):
    make_numbers(1)
    browser.post(URL, {"take": "start"})

    assert browser.get(reverse("callback:qr"), {"token": token}).status_code == 404


def test_the_code_of_another_agents_number_is_not_shown(browser, make_agent, sign_in, make_numbers):
    make_numbers(1)
    other = make_agent("小王")
    sign_in(other).post(URL, {"take": "start"})

    assert browser.get(reverse("callback:qr"), {"token": held(other).token}).status_code == 404


def test_a_press_on_call_opens_what_the_room_calls_with(browser, agent, room, make_numbers):
    Room.objects.update(call_address="sip:{number}@pbx.example")
    make_numbers(1)

    page = browser.post(URL, {"take": "start"}, follow=True).content.decode()

    assert f'href="sip:{held(agent).number}@pbx.example"' in page


def test_a_press_on_a_sheet_brings_the_sheet_without_the_page_around_it(browser, agent, make_numbers):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    of_the_sheet = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{URL}#main"}

    answer = browser.post(URL, result(agent), headers=of_the_sheet)

    page = answer.content.decode()
    assert answer["HX-Retarget"] == "#main"
    assert f"tel:{held(agent).number}" in page
    assert "<html" not in page
    assert 'id="carrier-menu" hx-swap-oob="true"' in page


def test_a_sheet_opened_from_another_page_is_a_whole_page(browser, make_numbers):
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "http://testserver/stats/mine/"}

    answer = browser.get(URL, headers=elsewhere)

    assert "HX-Retarget" not in answer
    assert "<html" in answer.content.decode()


def test_after_a_pause_the_sheet_says_when_and_that_the_number_went_back(browser, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})

    page = browser.post(URL, {"pause": "1"}, follow=True).content.decode()

    assert f"{timezone.localtime():%H:%M} 暂停" in page


def test_a_call_after_a_pause_is_the_latest_news(browser, agent, make_numbers):
    make_numbers(1)
    browser.post(URL, {"take": "start"})
    browser.post(URL, {"pause": "1"})
    browser.post(URL, {"take": "start"})

    page = browser.post(URL, result(agent), follow=True).content.decode()

    assert "暂停，号码" not in page


def test_an_empty_queue_offers_the_carriers_that_have_numbers_by_key(browser, make_numbers):
    other = Carrier.objects.in_order()[1]
    make_numbers(1, carrier=other)

    page = browser.get(URL).content.decode()

    assert re.search(rf'name="carrier" value="{other.pk}" data-key="1"', page)


def test_every_key_stands_on_a_page_of_its_own(browser):
    page = browser.get(reverse("callback:keys")).content.decode()

    keys = set(re.findall(r'<kbd class="key">([^<]+)</kbd>', page))
    assert keys >= {*"12QWUIODCMABSPZ?", "↵", "Esc"}


def test_an_agent_without_the_sheet_is_refused(make_agent, sign_in):
    assert sign_in(make_agent(modules=[])).get(URL).status_code == 403


def test_b29_a_note_with_markup_is_shown_as_text(browser, agent, make_numbers):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    BusinessType.objects.filter(code=11).update(name="<img src=x onerror=alert(1)>")

    page = browser.post(URL, result(agent, note="<script>alert(1)</script>"), follow=True).content.decode()

    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_every_key_of_the_sheet_is_told_once(browser, agent, make_numbers):
    make_numbers(1)
    page = browser.post(URL, {"take": "start"}, follow=True).content.decode()

    keys = re.findall(r'data-key="([^"]+)"', page)

    assert len(keys) == len(set(keys))


@pytest.mark.django_db(transaction=True)
def test_a_call_and_the_next_number_are_a_handful_of_statements(browser, agent, make_numbers):
    make_numbers(30)
    browser.post(URL, {"take": "start"})
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{URL}"}
    browser.post(URL, result(agent), headers=headers)
    sent = result(agent, 12, note="下周再打")
    before = held(agent).number

    # Its session, its operator, the room; the agent's row, the hold's end, the call, the take; what the sheet shows.
    # On SQLite, where a statement is a call of a function, the tallies are two of their own.
    with CaptureQueriesContext(connection) as captured:
        browser.post(URL, sent, headers=headers)
    asked = [query["sql"] for query in captured if not re.match("BEGIN|COMMIT", query["sql"])]
    assert len(asked) <= (8 if connection.vendor == "postgresql" else 10), asked
    assert held(agent).number != before
    assert list(Call.objects.values_list("type__code", "note")) == [(11, ""), (12, "下周再打")]


def test_after_a_take_back_the_call_before_it_is_not_offered(browser, agent, make_numbers):
    make_numbers(3)
    browser.post(URL, {"take": "start"})
    browser.post(URL, result(agent))
    browser.post(URL, result(agent))
    browser.post(URL, {"undo": Call.objects.order_by("-pk")[0].pk}, follow=True)

    page = browser.get(URL).content.decode()

    assert 'name="undo"' not in page


def test_a_late_result_is_told_why_it_is_late(browser, agent, make_numbers, make_batch):
    make_numbers(2)
    browser.post(URL, {"take": "start"})
    sent = result(agent)
    holds.recall(held(agent), batch=make_batch(kind="excluded"), now=timezone.now())

    page = browser.post(URL, sent, follow=True).content.decode()

    assert "刚刚被剔除" in page
    assert "保留时间已到" not in page


def test_b06_an_operator_who_loses_the_sheet_in_the_middle_is_refused_and_not_failed(browser, agent, monkeypatch):
    def refuse(**_):
        raise actions.NotAllowed

    monkeypatch.setattr(actions, "take", refuse)

    assert browser.post(URL, {"take": "start"}).status_code == 403
