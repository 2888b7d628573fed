"""The pages of paper sheets: one is taken, printed, found again, and keyed in line by line."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import desk, paper, paper_results
from callback.models import Amendment, Call
from callback.paper_forms import end_of
from phones import holds, queue
from phones.models import Batch, Event, PaperSheet, Phone

SHEETS = reverse("callback:paper_sheets")


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def enter(sign_in):
    """``enter(sheet, "0742 11")`` posts one entry as the sheet's agent, or as somebody else."""

    def enter(sheet, entry, *, by=None, **fields):
        return sign_in(by or sheet.agent).post(page_of(sheet), {"entry": entry, **fields})

    return enter


def page_of(sheet) -> str:
    return reverse("callback:paper_sheet", args=[sheet.pk])


def print_of(sheet) -> str:
    return reverse("callback:paper_print", args=[sheet.pk])


def code(sheet, line) -> str:
    return paper.code_of(sheet.pk, line)


def test_an_agent_takes_a_sheet_prints_it_and_keys_a_result_in(sign_in, make_agent, make_numbers, carrier):
    agent = make_agent()
    make_numbers(5)
    browser = sign_in(agent)

    taken = browser.post(
        reverse("callback:paper_sheets"),
        {"agent": agent.pk, "carrier": carrier.pk, "how_many": 3, "until": "today", "request_id": uuid4()},
    )
    sheet = PaperSheet.objects.get()
    assert taken.url == reverse("callback:paper_print", args=[sheet.pk])
    assert paper.code_of(sheet.pk, 2)[2:] in browser.get(taken.url).content.decode()

    code = paper.code_of(sheet.pk, 2)
    keyed = browser.post(reverse("callback:paper_sheet", args=[sheet.pk]), {"entry": f"{code} 12"})

    assert keyed.status_code == 302
    assert Call.objects.get().type.code == 12


@pytest.mark.parametrize("typed", ["{0}12", "{0} 12", " {0}-12 ", "{0}/12"])
def test_code_and_type_may_be_typed_with_or_without_a_gap(sign_in, make_agent, make_numbers, print_sheet, typed):
    make_numbers(3)
    sheet = print_sheet(make_agent(), 3)
    entry = typed.format(paper.code_of(sheet.pk, 3))

    sign_in(sheet.agent).post(reverse("callback:paper_sheet", args=[sheet.pk]), {"entry": entry})

    assert Call.objects.get().number == sheet.lines.get(line=3).number


def test_full_width_digits_are_digits(sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    entry = f"{paper.code_of(sheet.pk, 1)}12".translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})

    sign_in(sheet.agent).post(reverse("callback:paper_sheet", args=[sheet.pk]), {"entry": entry})

    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    "entry",
    ["", "x", "0101", "999912", "0000 11", "12345678901234567890", "0742 99", "٠٧٤٢١١", "07\x0042 11", "2" * 41],
)
def test_nonsense_is_refused_beside_the_field_and_what_was_typed_stays(
    sign_in, make_agent, make_numbers, print_sheet, entry
):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)

    answer = sign_in(sheet.agent).post(
        reverse("callback:paper_sheet", args=[sheet.pk]), {"entry": entry, "note": "明天再打"}
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors["entry"]
    assert "明天再打" in answer.content.decode()
    assert not Call.objects.exists()


@pytest.mark.parametrize("name", ["paper_sheet", "paper_print"])
def test_b15_the_sheets_of_others_are_not_there(
    sign_in, make_agent, make_administrator, make_numbers, print_sheet, name
):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    address = reverse(f"callback:{name}", args=[sheet.pk])

    assert sign_in(make_agent("小王")).get(address).status_code == 404
    assert sign_in(make_administrator()).get(address).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"how_many": 0},
        {"how_many": 41},
        {"how_many": 2**64},
        {"agent": 2**64},
        {"carrier": 2**64},
        {"until": "for ever"},
        {"request_id": "x"},
    ],
)
def test_a_sheet_is_not_taken_by_nonsense(sign_in, make_administrator, make_agent, make_numbers, carrier, wrong):
    make_numbers(3)
    agent = make_agent()
    asked = {"agent": agent.pk, "carrier": carrier.pk, "how_many": 3, "until": "today", "request_id": uuid4()} | wrong

    answer = sign_in(make_administrator()).post(reverse("callback:paper_sheets"), asked)

    assert answer.status_code == 422
    assert not PaperSheet.objects.exists()


def test_an_agent_cannot_take_a_sheet_for_somebody_else_by_a_changed_form(sign_in, make_agent, make_numbers, carrier):
    make_numbers(3)
    other = make_agent("小王", modules=[Module.SHEET])
    asked = {"agent": other.pk, "carrier": carrier.pk, "how_many": 3, "until": "today", "request_id": uuid4()}

    assert sign_in(make_agent()).post(reverse("callback:paper_sheets"), asked).status_code == 422
    assert not PaperSheet.objects.exists()


# ── Taking ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(carrier):
    """What the form that takes a sheet sends."""

    def asked(agent, **fields):
        sent = {"agent": agent.pk, "carrier": carrier.pk, "how_many": 3, "until": "today", "request_id": uuid4()}
        return sent | fields

    return asked


def test_a_sheet_that_is_shorter_says_so(sign_in, make_agent, make_numbers, asked):
    make_numbers(2)
    agent = make_agent()

    page = sign_in(agent).post(SHEETS, asked(agent), follow=True)

    assert [str(message) for message in page.context["messages"]] == ["只剩 2 个号码，这张单相应短一些。"]


def test_where_there_is_no_number_the_form_says_so_and_keeps_what_was_chosen(sign_in, make_agent, asked):
    agent = make_agent()

    page = sign_in(agent).post(SHEETS, asked(agent, how_many=17))

    assert page.status_code == 422
    assert "没有可领取的号码" in page.content.decode()
    assert 'value="17"' in page.content.decode()


def test_who_has_two_hundred_numbers_on_paper_gets_no_more(sign_in, make_agent, make_numbers, print_sheet, asked):
    make_numbers(paper.MOST_AT_ONCE + 5)
    agent = make_agent()
    for _sheet in range(paper.MOST_AT_ONCE // paper.MOST):
        print_sheet(agent, paper.MOST)

    page = sign_in(agent).post(SHEETS, asked(agent, how_many=1))

    assert "纸质单上已有 200 个号码，最多 200 个" in page.content.decode()
    assert Phone.objects.held().count() == 200


def test_a_form_that_was_sent_for_somebody_else_asks_for_one_more_press(
    sign_in, make_agent, make_administrator, make_numbers, asked
):
    make_numbers(9)
    office, request_id = sign_in(make_administrator()), uuid4()
    first, second = make_agent("小李"), make_agent("小王")
    office.post(SHEETS, asked(first, request_id=request_id))

    refused = office.post(SHEETS, asked(second, request_id=request_id))
    office.post(SHEETS, asked(second, request_id=refused.context["form"]["request_id"].value()))

    assert refused.status_code == 422
    assert [sheet.agent for sheet in PaperSheet.objects.order_by("pk")] == [first, second]


def test_the_same_form_sent_twice_leads_to_the_same_sheet(sign_in, make_agent, make_numbers, asked):
    make_numbers(9)
    agent = make_agent()
    browser, sent = sign_in(agent), asked(agent)

    answers = [browser.post(SHEETS, sent).url for _press in range(2)]

    assert answers == [print_of(PaperSheet.objects.get())] * 2


@pytest.mark.parametrize(("until", "kept"), [("today", "2026-11-24 00:00"), ("tomorrow", "2026-11-24 12:00")])
def test_it_is_kept_until_the_end_of_the_day_or_the_next_noon_by_the_rooms_clock(now, until, kept):
    assert f"{timezone.localtime(end_of(until, now)):%Y-%m-%d %H:%M}" == kept


def test_an_administrator_sees_the_sheets_of_all_and_of_one_agent(
    sign_in, make_agent, make_administrator, make_numbers, print_sheet
):
    make_numbers(4)
    first, second = print_sheet(make_agent("小李"), 2), print_sheet(make_agent("小王"), 2)
    office = sign_in(make_administrator())

    def shown(address: str) -> list[PaperSheet]:
        return [sheet for sheet, _far in office.get(address).context["sheets"]]

    assert shown(SHEETS) == [second, first]
    assert shown(f"{SHEETS}?agent={first.agent_id}") == [first]


def test_an_agent_sees_its_own_sheets_alone_whoever_the_address_names(sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(4)
    own, other = print_sheet(make_agent("小李"), 2), print_sheet(make_agent("小王"), 2)

    page = sign_in(own.agent).get(f"{SHEETS}?agent={other.agent_id}")

    assert [sheet for sheet, _far in page.context["sheets"]] == [own]


# ── Finding and printing ─────────────────────────────────────────────────────────────────────────────────────


def test_a_sheet_is_opened_by_its_number(sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)

    assert sign_in(sheet.agent).get(f"{SHEETS}?sheet={sheet.pk}").url == page_of(sheet)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "999", str(2**64), "9" * 400, "\u0661", "%00"])
def test_a_number_that_is_no_sheets_gives_words_beside_the_field(sign_in, make_agent, number):
    page = sign_in(make_agent()).get(f"{SHEETS}?sheet={number}")

    assert page.status_code in (400, 422)


def test_the_sheet_of_somebody_else_is_refused_in_the_same_words_as_none(
    sign_in, make_agent, make_numbers, print_sheet
):
    make_numbers(1)
    sheet = print_sheet(make_agent("小李"), 1)
    browser = sign_in(make_agent("小王"))

    others, none = (browser.get(f"{SHEETS}?sheet={number}") for number in (sheet.pk, sheet.pk + 1))

    assert others.context["find"].errors == none.context["find"].errors


def test_an_address_beyond_all_numbers_is_not_there(sign_in, make_agent):
    browser = sign_in(make_agent())

    assert browser.get(f"/paper/{2**64}/").status_code == 404
    assert browser.get(f"/paper/{2**64}/print/").status_code == 404


def test_each_print_is_on_record_with_who_and_how_many_but_without_numbers(
    sign_in, make_agent, make_administrator, make_numbers, print_sheet
):
    [phone] = make_numbers(1)
    sheet, boss = print_sheet(make_agent(), 1), make_administrator()

    sign_in(boss).get(print_of(sheet))

    entry = AuditEntry.objects.get(action="paper.print")
    assert (entry.by, entry.object, entry.count, entry.data) == (
        boss, str(sheet.pk), 1, {"agent": sheet.agent.username}
    )  # fmt: skip
    assert phone.number not in f"{AuditEntry.objects.values_list('object', 'data')}"


def test_the_paper_has_whose_it_is_until_when_and_the_whole_numbers(
    sign_in, make_agent, make_numbers, print_sheet, room
):
    room.name = "市气象服务中心"
    room.save()
    make_numbers(2)
    sheet = print_sheet(make_agent("小李"), 2)

    page = sign_in(sheet.agent).get(print_of(sheet)).content.decode()

    for words in ("小李", "中国移动", "市气象服务中心", f"第 {sheet.pk} 号单"):
        assert words in page
    for line in sheet.lines.all():
        assert "".join(f"<span>{part}</span>" for part in ("199", line.number[3:7], line.number[7:])) in page


# ── Keying in ────────────────────────────────────────────────────────────────────────────────────────────────


def test_note_and_order_region_can_be_keyed_in_too(enter, make_agent, make_numbers, print_sheet, other_region):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)

    enter(sheet, f"{code(sheet, 1)}11", note="下午再打", order_region=other_region.pk)

    call = Call.objects.get()
    assert (call.note, call.order_region) == ("下午再打", other_region)


def test_the_code_of_another_sheet_is_refused(enter, make_agent, make_numbers, print_sheet):
    make_numbers(4)
    agent = make_agent()
    first, second = print_sheet(agent, 2), print_sheet(agent, 2)

    page = enter(first, f"{code(second, 1)} 11")

    assert page.status_code == 422
    assert f"不是第 {first.pk} 号单的编码" in page.content.decode()
    assert not Call.objects.exists()


def test_a_type_that_is_disabled_is_refused(enter, make_agent, make_numbers, print_sheet, type_of):
    make_numbers(1)
    sheet, disabled = print_sheet(make_agent(), 1), type_of(12)
    disabled.enabled = False
    disabled.save()

    assert enter(sheet, f"{code(sheet, 1)}12").status_code == 422
    assert not Call.objects.exists()


def test_a_late_result_is_told_to_be_one(sign_in, make_agent, make_numbers, print_sheet, make_batch):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    holds.recall(Phone.objects.get(paper=sheet), batch=make_batch(kind=Batch.Kind.EXCLUDED), now=timezone.now())
    browser = sign_in(sheet.agent)
    assert "期间已被剔除，请勿拨打" in browser.get(page_of(sheet)).content.decode()

    page = browser.post(page_of(sheet), {"entry": f"{code(sheet, 1)}11"}, follow=True)

    assert [str(message) for message in page.context["messages"]] == [desk.late_words(Call.objects.get())]


def test_nobody_is_said_to_have_a_number_that_has_only_gone_back(enter, make_agent, make_numbers, print_sheet):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    queue.give_back_ended(sheet.expires_at + timedelta(seconds=1))

    enter(sheet, f"{code(sheet, 1)}11")

    assert desk.late_words(Call.objects.get()) == "号码保留时间已到，已放回队列。您的结果作为迟到记录保存。"


def test_a_line_that_was_given_back_says_why_nothing_is_filed(enter, sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(2)
    sheet = print_sheet(make_agent(), 2)
    sign_in(sheet.agent).post(page_of(sheet), {"give_back": "1"})

    page = enter(sheet, f"{code(sheet, 1)}11")

    assert "已经手工退回" in page.content.decode()
    assert Event.objects.filter(kind=Event.Kind.PAUSE).count() == 2


def test_what_was_keyed_in_last_is_taken_back_by_its_button(enter, sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(2)
    sheet = print_sheet(make_agent(), 2)
    enter(sheet, f"{code(sheet, 2)}28")
    browser = sign_in(sheet.agent)
    last = browser.get(page_of(sheet)).context["last"]

    browser.post(page_of(sheet), {"take_back": last.row.pk})

    assert not Call.objects.standing().exists()
    assert browser.get(page_of(sheet)).context["open_count"] == 2


def test_the_line_of_another_sheet_is_not_taken_back(enter, sign_in, make_agent, make_numbers, print_sheet):
    make_numbers(2)
    own, other = print_sheet(make_agent("小李"), 1), print_sheet(make_agent("小王"), 1)
    enter(other, f"{code(other, 1)}28")

    answer = sign_in(own.agent).post(page_of(own), {"take_back": other.lines.get().pk})

    assert answer.status_code == 302
    assert Call.objects.standing().count() == 1


def test_the_script_gets_the_part_that_has_changed_or_the_refusal_alone(enter, make_agent, make_numbers, print_sheet):
    make_numbers(2)
    sheet = print_sheet(make_agent(), 2)

    filed, refused = enter(sheet, f"{code(sheet, 1)}11", part=1), enter(sheet, "0000 11", part=1, note="<b>记</b>")

    assert filed.status_code == refused.status_code == 200
    assert "<html" not in filed.content.decode() + refused.content.decode()
    assert (filed.has_header("HwCall-Refused"), refused.has_header("HwCall-Refused")) == (False, True)
    assert "&lt;b&gt;记&lt;/b&gt;" in refused.content.decode()


# ── Correcting ───────────────────────────────────────────────────────────────────────────────────────────────


def test_another_result_for_a_line_is_offered_as_a_correction(enter, make_agent, make_numbers, print_sheet):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    enter(sheet, f"{code(sheet, 1)}28")

    page = enter(sheet, f"{code(sheet, 1)}11")

    assert page.status_code == 422
    assert "这一行已经归类为 28 拒绝" in page.content.decode()
    assert "改为 11 早晚天气" in page.content.decode()
    assert Call.objects.standing().get().type.code == 28


def test_within_its_seconds_a_line_is_filed_anew(enter, make_agent, make_numbers, print_sheet):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    enter(sheet, f"{code(sheet, 1)}28", note="没听清")

    enter(sheet, f"{code(sheet, 1)}11", correct=1)

    call = Call.objects.standing().get()
    assert (call.type.code, call.note, call.phone.type.code) == (11, "没听清", 11)
    assert Call.objects.count() == 2
    assert not Amendment.objects.exists()


def test_later_it_is_amended(enter, make_agent, make_numbers, print_sheet, key_in):
    make_numbers(1)
    agent = make_agent(modules=[Module.SHEET, Module.LOOKUP])
    sheet = print_sheet(agent, 1)
    key_in(sheet, 1, 11, at=timezone.now() - timedelta(minutes=1))

    enter(sheet, f"{code(sheet, 1)}12", correct=1)

    amendment = Amendment.objects.get()
    assert (amendment.by, amendment.type_to.code) == (agent, 12)
    assert amendment.reason == f"录入有误：第 {sheet.pk} 号单第 1 行"
    assert Call.objects.get().phone.type.code == 12


@pytest.mark.parametrize(("filed", "modules"), [(28, [Module.SHEET, Module.LOOKUP]), (11, [Module.SHEET])])
def test_what_an_agent_may_not_amend_stays_and_the_page_says_who_can(
    enter, make_agent, make_numbers, print_sheet, key_in, filed, modules
):
    make_numbers(1)
    sheet = print_sheet(make_agent(modules=modules), 1)
    key_in(sheet, 1, filed, at=timezone.now() - timedelta(minutes=1))

    page = enter(sheet, f"{code(sheet, 1)}12", correct=1)

    assert "管理员可以改归类" in page.content.decode()
    assert Call.objects.get().standing_type.code == filed


def test_an_administrator_corrects_any_line_at_any_time(
    enter, make_agent, make_administrator, make_numbers, print_sheet, key_in
):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    key_in(sheet, 1, 28, at=timezone.now() - timedelta(days=3))

    enter(sheet, f"{code(sheet, 1)}11", correct=1, by=make_administrator())

    assert Call.objects.get().standing_type.code == 11


def test_a_correction_sent_twice_is_one(enter, make_agent, make_administrator, make_numbers, print_sheet, key_in):
    make_numbers(1)
    sheet, boss = print_sheet(make_agent(), 1), make_administrator()
    key_in(sheet, 1, 28, at=timezone.now() - timedelta(minutes=1))

    for _press in range(2):
        enter(sheet, f"{code(sheet, 1)}11", correct=1, by=boss)

    assert Amendment.objects.count() == 1


@pytest.mark.parametrize("filed", [11, 21])
def test_the_home_region_of_a_number_and_a_region_of_what_is_invalid_say_nothing_else(
    enter, make_agent, make_administrator, make_numbers, print_sheet, key_in, region, other_region, filed
):
    make_numbers(1)
    sheet, boss = print_sheet(make_agent(), 1), make_administrator()
    key_in(sheet, 1, filed, at=timezone.now() - timedelta(minutes=1))
    entered = {"order_region": (region if filed == 11 else other_region).pk}

    again = enter(sheet, f"{code(sheet, 1)}{filed}", by=boss, **entered)
    corrected = enter(sheet, f"{code(sheet, 1)}{filed}", by=boss, correct=1, **entered)

    assert (again.status_code, corrected.status_code) == (302, 302)
    assert not Amendment.objects.exists()


def test_the_home_region_takes_an_order_for_another_one_back(
    enter, make_agent, make_administrator, make_numbers, print_sheet, region, other_region
):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    enter(sheet, f"{code(sheet, 1)}11", order_region=other_region.pk)

    enter(sheet, f"{code(sheet, 1)}11", by=make_administrator(), correct=1, order_region=region.pk)

    assert Call.objects.standing().get().standing_order_region is None


def test_a_line_whose_number_was_excluded_when_its_result_was_taken_back_is_over(
    enter, make_agent, make_numbers, print_sheet, key_in
):
    make_numbers(1)
    sheet = print_sheet(make_agent(), 1)
    key_in(sheet, 1, 28)
    Phone.objects.update(suppressed=True)
    paper_results.take_back(line=sheet.lines.get(), by=sheet.agent, now=timezone.now())

    for correct in ({}, {"correct": 1}):
        assert "这一行已不能归类" in enter(sheet, f"{code(sheet, 1)}11", **correct).content.decode()
    assert not Call.objects.standing().exists()


# ── Where else it is told ────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_holds_tells_how_many_are_on_paper(
    sign_in, make_agent, make_administrator, make_numbers, print_sheet
):
    make_numbers(3)
    print_sheet(make_agent(), 3)

    assert "另有 3 个在纸质单上" in sign_in(make_administrator()).get("/holds/").content.decode()


def test_the_start_page_reminds_of_what_is_still_to_be_keyed_in(sign_in, make_agent, make_numbers, print_sheet, key_in):
    make_numbers(5)
    sheet = print_sheet(make_agent(), 3)
    key_in(sheet, 1, 11)

    assert "纸质单上 2 个待录入" in sign_in(sheet.agent).get("/sheet/").content.decode()


def test_an_empty_queue_does_not_blame_others_for_what_lies_on_ones_own_paper(
    sign_in, make_agent, make_numbers, print_sheet
):
    make_numbers(3)
    sheet = print_sheet(make_agent(), 3)

    page = sign_in(sheet.agent).get("/sheet/")

    assert page.context["shortage"].held == 0
    assert "纸质单上 3 个待录入" in page.content.decode()
