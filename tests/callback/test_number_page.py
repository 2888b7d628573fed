"""A number's page, which tells its whole life, and the page on which one of its calls is amended."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.modules import Module
from callback import actions, amendments
from callback.models import Amendment, Call
from config.models import BusinessType, Region
from phones import exported, holds
from phones.cells import Page
from phones.models import Batch, Event, Exclusion, Job, Phone

SHEET = reverse("callback:sheet")


@pytest.fixture
def agent(make_agent):
    return make_agent("小李", modules=[Module.SHEET, Module.LOOKUP])


@pytest.fixture
def administrator(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(agent, sign_in):
    return sign_in(agent)


@pytest.fixture
def office(administrator, sign_in):
    return sign_in(administrator)


@pytest.fixture
def phone(make_numbers, make_batch, now) -> Phone:
    """A number that came in the day before."""
    [phone] = make_numbers(1, batch=make_batch(at=now - timedelta(days=1)))
    return phone


@pytest.fixture
def take(agent, carrier):
    return lambda at, *, by=agent: actions.take(agent=by, carrier=carrier, now=at)


@pytest.fixture
def classify(agent, type_of):
    """``classify(phone, 11, at)`` files the call of a number that was just taken."""

    def classify(phone, code, at, *, by=agent, **options) -> Call:
        filed = {"order_region": None, "note": "", "request_id": uuid4(), **options}
        return actions.classify(agent=by, token=phone.token, type=type_of(code), now=at, **filed)

    return classify


@pytest.fixture
def call(phone, take, classify, now) -> Call:
    return classify(take(now), 11, now + timedelta(minutes=1))


def number_url(phone) -> str:
    return reverse("callback:number", args=[getattr(phone, "pk", phone)])


def amend_url(call) -> str:
    return reverse("callback:amend", args=[getattr(call, "pk", call)])


def told(page) -> list[str]:
    """What a page tells of a life, the oldest first, as people read it."""
    text = page.content.decode() if hasattr(page, "content") else page
    life = re.search(r'<ol class="life">(.*?)</ol>', text, re.S)[1]
    moments = [" ".join(unescape(re.sub(r"<[^>]*>", " ", item)).split()) for item in life.split("</li>")[:-1]]
    return moments[::-1]


def form_of(call, **fields) -> dict:
    """What the amendment's form sends if only these fields are touched."""
    stands = {
        "type": call.standing_type_id,
        "order_region": call.standing_order_region_id or "",
        "note": call.standing_note,
        "reason": "客户更正",
        "seen": call.amendments.count(),
        "request_id": uuid4(),
    }
    return stands | fields


# ── The life of a number ─────────────────────────────────────────────────────────────────────────────────────


def test_a_life_is_told_from_the_import_to_the_last_call(office, phone, agent, call):
    life = told(office.get(number_url(phone)))

    assert life == [
        "2026-11-22 10:30 导入 泰山移动 、第 1 个 老张",
        "2026-11-23 10:30 领取 小李",
        "2026-11-23 10:31 已归类 11 早晚天气 小李 改归类",
    ]


def test_a_life_tells_how_each_hold_ended_and_why(office, phone, take, make_agent, administrator, now):
    other = make_agent("小王")
    minutes = (now + timedelta(minutes=minute) for minute in range(0, 90, 10))
    actions.skip(agent=other, token=take(next(minutes), by=other).token, reason="busy", now=next(minutes))
    take(next(minutes), by=other)
    actions.pause(agent=other, now=next(minutes))
    take(next(minutes), by=other)
    actions.free(agent=other, by=administrator, now=next(minutes))
    take(next(minutes), by=other)
    take(now + timedelta(days=1), by=make_agent("小赵"))

    life = told(office.get(number_url(phone)))

    words = ["导入", "领取", "跳过", "领取", "暂停", "领取", "管理员收回", "领取", "保留到期", "领取"]
    assert len(life) == len(words)
    assert all(word in moment for word, moment in zip(words, life, strict=True)), life
    assert "占线" in life[2]
    assert "老张" in life[6]
    assert "原在 小王 的回访单上" in life[6]
    assert "小赵" in life[9]


def test_a_life_tells_an_undo_and_that_its_call_was_taken_back(office, phone, agent, take, classify, now):
    call = classify(take(now), 22, now + timedelta(minutes=1))
    again = actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(minutes=1, seconds=10))
    classify(again, 11, now + timedelta(minutes=2))

    life = told(office.get(number_url(phone)))

    assert len(life) == 5
    assert "已归类 22 空号" in life[2]
    assert "已撤销" in life[2]
    assert "撤销" in life[3]
    assert "已归类 11 早晚天气" in life[4]


def test_a_life_tells_a_recall_its_list_and_the_late_result(office, phone, take, classify, make_batch, now):
    held = take(now)
    token = held.token
    listed = make_batch(kind="excluded", name="请勿拨打")
    holds.recall(held, batch=listed, now=now + timedelta(minutes=1))
    Exclusion.objects.create(phone=phone, batch=listed)
    Batch.objects.filter(pk=listed.pk).update(at=now + timedelta(seconds=30))
    held.token = token
    classify(held, 11, now + timedelta(minutes=2))

    life = told(office.get(number_url(phone)))

    assert len(life) == 5
    assert "列入剔除名单" in life[2]
    assert "请勿拨打" in life[2]
    assert "请勿拨打" in life[3]
    assert "原在 小李 的回访单上" in life[3]
    assert "已归类 11 早晚天气" in life[4]
    assert "迟到" in life[4]


def test_a_life_tells_each_amendment(office, phone, call, administrator, type_of, now):
    elsewhere = Region.objects.in_order()[3]
    amendments.amend(
        call=call, type=type_of(12), order_region=elsewhere, note="下午打", reason="听错了", seen=0, request_id=uuid4(),
        by=administrator, now=now + timedelta(hours=1),
    )  # fmt: skip

    life = told(office.get(number_url(phone)))

    assert "现为 12 早晨天气" in life[2]
    for word in ("改归类", "11 早晚天气 → 12 早晨天气", "老张", "听错了", f"同归属 → {elsewhere.name}", "无 → 下午打"):
        assert word in life[3]


@pytest.mark.parametrize(
    ("kind", "word"), [("requeue", "重新回访"), ("lift", "解除剔除"), ("restore", "已恢复"), ("delete", "已删除")]
)
def test_a_life_tells_what_administrators_did_and_why(office, phone, administrator, now, kind, word):
    Event.objects.create(kind=kind, phone=phone, number=phone.number, at=now, by=administrator, reason="再打一轮")

    [_imported, done] = told(office.get(number_url(phone)))

    assert word in done
    assert "老张" in done
    assert "再打一轮" in done


def test_a_life_tells_the_exports_that_held_the_number_to_administrators_alone(
    office, browser, phone, call, administrator, now
):
    job = Job.objects.create(kind=Job.Kind.EXPORT, by=administrator, title="泰山区 已回访", finished_at=now)
    members = exported.Members(job)
    list(members.watch([Page([phone.pk])]))
    members.keep()

    assert [moment for moment in told(office.get(number_url(phone))) if "导出" in moment and "泰山区 已回访" in moment]
    assert "泰山区 已回访" not in browser.get(number_url(phone)).content.decode()


def test_an_earlier_life_of_the_number_belongs_to_it(office, call, make_batch, now):
    number = call.number
    delete(call.phone)
    batch = make_batch(name="第二批", at=now + timedelta(days=1))
    again = Phone.objects.create(
        number=number, batch=batch, carrier=batch.carrier, region=batch.region, place=(batch.pk << 32) + 7
    )

    life = told(office.get(number_url(again)))

    words = ["泰山移动", "领取", "11 早晚天气", "已删除", "第二批"]
    assert len(life) == len(words)
    assert all(word in moment for word, moment in zip(words, life, strict=True)), life
    assert "第 7 个" in life[-1]


def test_a_number_that_a_list_brought_is_told_once(office, make_batch, now):
    batch = make_batch(kind="excluded", name="请勿拨打")
    phone = Phone.objects.create(
        number="19900001234", batch=batch, carrier=batch.carrier, region=batch.region, state="excluded", place=1
    )
    Exclusion.objects.create(phone=phone, batch=batch)

    [moment] = told(office.get(number_url(phone)))

    assert "作为剔除导入" in moment


def test_a_skip_moves_a_number_and_its_place_in_the_list_is_not_told_wrong(office, phone, agent, take, now):
    actions.skip(agent=agent, token=take(now).token, reason="later", now=now)

    assert "第 " not in told(office.get(number_url(phone)))[0]


def test_the_page_says_how_the_number_stands(office, phone, take, classify, now):
    elsewhere = Region.objects.in_order()[3]
    classify(take(now), 27, now, order_region=elsewhere, note="<b>下午</b>")

    page = office.get(number_url(phone)).content.decode()

    for word in ("已回访", phone.carrier.name, phone.region.name, "27 预订", elsewhere.name, "&lt;b&gt;下午&lt;/b&gt;"):
        assert word in page
    assert reverse("phones:batch", args=[phone.batch_id]) in page


def test_who_holds_the_number_and_until_when_is_told(office, phone, take, now):
    held = take(now)

    page = office.get(number_url(phone)).content.decode()

    assert "持有人" in page
    assert f"{timezone.localtime(held.expires_at):%H:%M}" in page


def test_an_excluded_number_leads_an_administrator_to_lifting(office, browser, phone, call):
    Phone.objects.filter(pk=phone.pk).update(suppressed=True)

    lifting = reverse("phones:exclusions")

    page = office.get(number_url(phone)).content.decode()
    assert f'action="{lifting}"' in page
    assert office.post(lifting, {"number": phone.number}).status_code == 200
    assert lifting not in browser.get(number_url(phone)).content.decode()


def test_a_number_that_does_not_fit_a_page_of_many_years_is_cut_and_says_so(office, phone, agent, administrator, now):
    Event.objects.bulk_create(
        Event(kind="pause", phone=phone, number=phone.number, at=now + timedelta(minutes=n), by=agent)
        for n in range(501)
    )

    page = office.get(number_url(phone)).content.decode()

    assert "只列出最近 500 次" in page
    assert len(told(page)) == 501


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_sees_the_numbers_that_it_called(browser, call):
    assert browser.get(number_url(call.phone_id)).status_code == 200


def test_an_agent_sees_a_number_that_it_called_in_an_earlier_life(browser, call, make_batch):
    number, batch = call.number, make_batch()
    delete(call.phone)
    again = Phone.objects.create(number=number, batch=batch, carrier=batch.carrier, region=batch.region, place=1)

    assert browser.get(number_url(again)).status_code == 200


@pytest.mark.parametrize("page", ["number", "amend"])
def test_b15_what_an_agent_did_not_call_is_not_there(page, browser, phone, take, classify, make_agent, now):
    other = make_agent("小王")
    call = classify(take(now, by=other), 11, now, by=other)

    address = amend_url(call) if page == "amend" else number_url(phone)

    assert browser.get(address).status_code == 404
    assert browser.post(amend_url(call), form_of(call, type=call.type_id)).status_code == 404


@pytest.mark.parametrize("pk", [0, 10**9, 2**63 - 1, 2**63, 2**64, 10**30])
def test_what_nobody_has_is_not_there(office, browser, pk):
    for client in (office, browser):
        assert client.get(number_url(pk)).status_code == 404
        assert client.get(amend_url(pk)).status_code == 404
        assert client.post(amend_url(pk), {"type": "1"}).status_code == 404


def test_a_number_of_an_import_that_is_not_ready_has_no_page(office, phone):
    Batch.objects.update(state=Batch.State.LOADING)

    assert office.get(number_url(phone)).status_code == 404


def test_each_sees_a_button_at_the_calls_that_it_may_amend(
    office, browser, phone, take, classify, make_agent, now, type_of
):
    valid = classify(take(now), 11, now)
    requeue(phone, now)
    invalid = classify(take(now + timedelta(hours=1)), 28, now + timedelta(hours=1))
    requeue(phone, now)
    other = make_agent("小王")
    others = classify(take(now + timedelta(hours=2), by=other), 12, now + timedelta(hours=2), by=other)

    def amendable(client) -> set[int]:
        page = client.get(number_url(phone)).content.decode()
        return {call.pk for call in (valid, invalid, others) if amend_url(call) in page}

    assert amendable(browser) == {valid.pk}
    assert amendable(office) == {valid.pk, invalid.pk, others.pk}


# ── Amending ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_goes_back_to_the_number_and_says_what_stands(browser, call, type_of):
    response = browser.post(amend_url(call), form_of(call, type=type_of(12).pk, note=" 下午打 "), follow=True)

    call.refresh_from_db()
    assert response.redirect_chain == [(number_url(call.phone_id), 302)]
    assert (call.standing_type.code, call.standing_note) == (12, "下午打")
    assert f"现为 {call.standing_type}" in response.content.decode()


def test_the_form_shows_what_stands_and_what_was_filed(browser, call, type_of, agent):
    browser.post(amend_url(call), form_of(call, type=type_of(27).pk, note="下午打"))

    page = browser.get(amend_url(call)).content.decode()

    assert re.search(rf'name="type" id="type-{type_of(27).pk}" value="{type_of(27).pk}" checked', page)
    assert page.count(" checked") == 1
    for word in ("27 预订", "11 早晚天气", 'value="下午打"', 'name="seen" value="1"', "以前的改归类", "客户更正"):
        assert word in page


def test_every_enabled_type_can_be_chosen_in_its_group(browser, call):
    BusinessType.objects.filter(code=21).update(enabled=False)

    page = browser.get(amend_url(call)).content.decode()

    groups = re.findall(r"<legend>.*?</span>(.*?)</legend>(.*?)</fieldset>", page, re.S)
    codes = {title: [int(code) for code in re.findall(r'for="type-\d+">(\d\d) ', group)] for title, group in groups}
    assert codes == {"有效": [11, 12], "预订": [27], "无效": [22, 28, 29]}


def test_a_retired_type_that_stands_can_be_kept(browser, call, type_of):
    BusinessType.objects.filter(code=11).update(retired_at=timezone.now())

    browser.post(amend_url(call), form_of(call, note="后来说的"))

    call.refresh_from_db()
    assert (call.standing_type.code, call.standing_note) == (11, "后来说的")


def test_a_disabled_order_region_that_stands_can_be_kept(browser, phone, take, classify, now):
    elsewhere = Region.objects.in_order()[3]
    call = classify(take(now), 11, now, order_region=elsewhere)
    Region.objects.filter(pk=elsewhere.pk).update(enabled=False)

    browser.post(amend_url(call), form_of(call, note="后来说的"))

    call.refresh_from_db()
    assert (call.standing_order_region, call.standing_note) == (elsewhere, "后来说的")


def test_the_second_of_two_is_told_what_the_first_did_and_loses_nothing(office, browser, call, type_of):
    stale = form_of(call, type=type_of(28).pk, note="别打了", reason="客户来电")
    office.post(amend_url(call), form_of(call, type=type_of(12).pk))

    response = browser.post(amend_url(call), stale)

    page = response.content.decode()
    assert response.status_code == 409
    assert "老张 在" in page
    assert "现为 12 早晨天气" in page
    assert 'value="别打了"' in page
    assert 'value="客户来电"' in page
    assert re.search(rf'value="{type_of(28).pk}" checked', page)
    call.refresh_from_db()
    assert call.standing_type.code == 12


def test_who_has_looked_again_sends_once_more(office, browser, call, type_of):
    stale = form_of(call, type=type_of(28).pk)
    office.post(amend_url(call), form_of(call, type=type_of(12).pk))
    page = browser.post(amend_url(call), stale).content.decode()

    fresh = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "request_id")}
    browser.post(amend_url(call), stale | fresh)

    call.refresh_from_db()
    assert call.standing_type.code == 28


def test_an_agent_whose_call_is_not_valid_any_more_is_told_who_can_amend_it(office, browser, call, type_of):
    stale = form_of(call, note="别打了")
    office.post(amend_url(call), form_of(call, type=type_of(28).pk))

    response = browser.post(amend_url(call), stale)

    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="别打了"' in page
    assert '<button class="btn btn-plain" disabled>' in page
    assert "可以请管理员改" in page
    assert browser.post(amend_url(call), stale | {"seen": 1}).status_code == 422
    assert "您不能改这次归类" in browser.get(amend_url(call)).content.decode()


def test_sent_twice_it_is_one_amendment(browser, call, type_of):
    sent = form_of(call, type=type_of(28).pk)

    for _ in range(2):
        assert browser.post(amend_url(call), sent).status_code == 302

    assert Amendment.objects.count() == 1


def test_a_call_of_a_deleted_number_goes_back_to_where_it_was_found(browser, call, type_of):
    delete(call.phone)

    response = browser.post(amend_url(call), form_of(call, type=type_of(12).pk), follow=True)

    page = response.content.decode()
    assert response.redirect_chain == [(reverse("callback:lookup"), 302)]
    assert "号码已不在库中" in page
    assert "11 早晚天气 → 12 早晨天气" in " ".join(told(page))


def test_a_call_that_was_taken_back_has_no_page(office, browser, agent, call, now):
    actions.undo(agent=agent, call_id=call.pk, now=now + timedelta(seconds=65))

    for client in (office, browser):
        assert client.get(amend_url(call)).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reason": ""},
        {"reason": "  \u200b "},
        {"reason": "长" * 201},
        {"note": "长" * 201},
        {"note": "9" * 10**6},
        {"note": "a\x00b"},
        {"type": ""},
        {"type": "x"},
        {"type": "0"},
        {"type": str(2**64)},
        {"type": "9" * 5000},
        {"order_region": "x"},
        {"order_region": "-1"},
        {"order_region": str(2**64)},
        {"seen": ""},
        {"seen": "x"},
        {"seen": "-1"},
        {"seen": str(2**64)},
        {"request_id": ""},
        {"request_id": "x"},
        {"request_id": "a\x00b"},
    ],
    ids=lambda fields: ", ".join(f"{name}={value[:20]!r}" for name, value in fields.items()) or "nothing changed",
)
def test_nonsense_is_refused_with_words_and_amends_nothing(browser, call, fields):
    response = browser.post(amend_url(call), form_of(call) | fields)

    assert response.status_code == 422
    assert "bad-text" in response.content.decode()
    assert not Amendment.objects.exists()


def test_an_empty_form_is_refused(browser, call):
    assert browser.post(amend_url(call), {}).status_code == 422


def test_a_disabled_type_is_refused_beside_its_field(browser, call, type_of):
    BusinessType.objects.filter(code=12).update(enabled=False)

    response = browser.post(amend_url(call), form_of(call, type=type_of(12).pk))

    assert "刚刚停用" in response.context["form"].errors["type"][0]


def test_b29_what_people_wrote_is_shown_as_text(browser, call):
    page = browser.post(
        amend_url(call), form_of(call, note="<img src=x>", reason="<script>alert(1)</script>"), follow=True
    ).content.decode()

    assert "<img src=x" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# ── From the sheet ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_calls_lead_to_their_numbers_for_who_has_the_lookup(browser, call):
    assert number_url(call.phone_id) in browser.get(SHEET).content.decode()


def test_the_last_calls_lead_nowhere_without_the_lookup_or_the_number(browser, sign_in, make_agent, call, agent):
    delete(call.phone)
    assert "/numbers/" not in browser.get(SHEET).content.decode()

    agent.modules = [Module.SHEET]
    agent.save()
    assert "/numbers/" not in browser.get(SHEET).content.decode()


def test_who_takes_back_too_late_is_told_where_to_amend(browser, agent, call):
    page = browser.post(SHEET, {"undo": call.pk}, follow=True).content.decode()
    assert "可以在电话查询里改归类" in page

    agent.modules = [Module.SHEET]
    agent.save()
    page = browser.post(SHEET, {"undo": call.pk}, follow=True).content.decode()
    assert "可以请管理员改归类" in page


def requeue(phone: Phone, now) -> None:
    """What a re-queue makes of a number: pending again, and its calls stay."""
    Phone.objects.filter(pk=phone.pk).update(
        state="pending", due_at=now, type=None, order_region=None, agent=None, classified_at=None, note=""
    )


def delete(phone: Phone) -> None:
    """What a deletion leaves of a number: its calls and events, without it."""
    at = phone.calls.latest("filed_at").filed_at + timedelta(minutes=1)
    Event.objects.create(kind=Event.Kind.DELETE, phone=phone, number=phone.number, at=at, by=phone.batch.by)
    Call.objects.filter(phone=phone).update(phone=None)
    Event.objects.filter(phone=phone).update(phone=None)
    phone.delete()
