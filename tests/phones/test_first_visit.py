"""The first visit: an empty system leads an administrator to the first batch, and then lets go."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.modules import Module
from config.models import BusinessType, Carrier, Room
from phones import first_visit, jobs
from phones.models import Batch, Job

PAGE = "/first-visit/"
HOME = "/"
ADVICE = "首次设置"


@pytest.fixture
def boss(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(boss, sign_in):
    return sign_in(boss)


@pytest.fixture
def steps(browser):
    """The steps that the page shows as done, and the one that is to be done now."""

    def steps() -> tuple[list[str], str]:
        shown = browser.get(PAGE).context["steps"]
        return [step.way.key for step in shown if step.done], next((step.way.key for step in shown if step.now), "")

    return steps


@pytest.fixture
def name_the_room(browser):
    def name_the_room(**fields):
        form = browser.get(PAGE).context["form"]
        shown = {"name": "", "lease_minutes": "30", "stamp": form["stamp"].value()}
        return browser.post(PAGE, shown | {"do": "room"} | fields)

    return name_the_room


# ── Who lands there ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_administrator_of_an_empty_system_lands_there(browser):
    assert browser.get(HOME).url == PAGE


def test_an_agent_of_an_empty_system_lands_at_the_desk(make_agent, sign_in):
    assert sign_in(make_agent("小李")).get(HOME).url == reverse("callback:sheet")


def test_a_deputy_is_not_led_through_what_only_administrators_may(make_agent, sign_in):
    deputy = sign_in(make_agent("小王", modules=[Module.OPERATORS]))

    assert deputy.get(HOME).url == reverse("accounts:operators")
    assert ADVICE not in deputy.get(reverse("accounts:operators")).content.decode()


@pytest.mark.parametrize("state", [Batch.State.READY, Batch.State.REVERTED])
def test_it_is_over_once_a_batch_has_come_in(browser, make_batch, state):
    make_batch(state=state)

    assert browser.get(HOME).url != PAGE
    assert "首次设置已结束" in browser.get(PAGE).content.decode()


@pytest.mark.parametrize("state", [Batch.State.LOADING, Batch.State.CANCELLED])
def test_a_batch_that_has_not_come_in_does_not_end_it(browser, make_batch, state):
    make_batch(state=state)

    assert browser.get(HOME).url == PAGE


def test_whoever_passes_it_over_is_not_led_there_again(browser):
    passed = browser.post(PAGE, {"do": "end"})

    assert passed.url == HOME
    assert browser.get(HOME).url != PAGE
    assert PAGE not in browser.get(reverse("config:carriers")).content.decode()
    assert PAGE in browser.get(reverse("config:settings")).content.decode()


def test_passing_it_over_twice_keeps_the_first_time(browser):
    browser.post(PAGE, {"do": "end"})
    before = Room.objects.get().first_visit_ended_at

    browser.post(PAGE, {"do": "end"})

    assert Room.objects.get().first_visit_ended_at == before


# ── The steps ────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_done_at_first_and_the_room_comes_first(steps):
    assert steps() == ([], "room")


def test_a_name_and_a_lease_end_the_first_step(name_the_room, steps):
    name_the_room(name="气象服务中心", lease_minutes="20")

    room = Room.objects.get()
    assert (room.name, room.lease_minutes) == ("气象服务中心", 20)
    assert steps() == (["room"], "carriers")


def test_a_room_without_a_name_goes_on_as_well(name_the_room, steps):
    name_the_room()

    assert steps() == (["room"], "carriers")


def test_what_is_refused_in_the_first_step_stands_beside_its_field(name_the_room):
    response = name_the_room(name="气象服务中心", lease_minutes="0")

    assert response.status_code == 422
    assert "lease_minutes" in response.context["form"].errors
    assert 'value="气象服务中心"' in response.content.decode()


def test_two_who_name_the_room_at_once_are_told(browser, name_the_room, make_administrator, sign_in):
    second = sign_in(make_administrator("老王"))
    stamp = second.get(PAGE).context["form"]["stamp"].value()
    name_the_room(name="气象服务中心")

    late = second.post(PAGE, {"do": "room", "name": "别的", "lease_minutes": "30", "stamp": stamp})

    assert late.status_code == 422
    assert "老张" in late.context["form"].changed
    assert Room.objects.get().name == "气象服务中心"


@pytest.mark.parametrize("step", first_visit.CONFIRMED)
def test_what_fits_as_it_is_is_confirmed_by_one_press(browser, steps, step):
    browser.post(PAGE, {"do": step})

    assert steps()[0] == [step]


@pytest.mark.parametrize(
    ("page", "step"), [("carriers", "carriers"), ("regions", "regions"), ("business_types", "types")]
)
def test_what_somebody_has_changed_needs_no_press(browser, steps, page, step):
    browser.post(reverse(f"config:{page}"), {"name": "新的", "codes": "valid"})

    assert steps()[0] == [step]


def test_a_step_with_nothing_enabled_is_not_done_and_says_so(browser, steps):
    browser.post(PAGE, {"do": "carriers"})
    Carrier.objects.update(enabled=False)

    refused = browser.post(PAGE, {"do": "carriers"}, follow=True)

    assert "carriers" not in steps()[0]
    assert "请启用一个，或新增一个" in refused.content.decode()


def test_an_agent_ends_the_step_of_the_operators(make_agent, steps):
    make_agent("小李")

    assert steps()[0] == ["operators"]


def test_all_six_lead_to_an_end(browser, name_the_room, make_agent, make_batch, steps):
    name_the_room(name="气象服务中心")
    for step in first_visit.CONFIRMED:
        browser.post(PAGE, {"do": step})
    make_agent("小李")
    make_batch()

    assert steps() == ([way.key for way in first_visit.WAYS], "")


def test_an_import_under_way_is_told(browser, boss):
    jobs.submit(kind=Job.Kind.IMPORT, by=boss, title="名单", now=timezone.now())

    assert "正在导入" in browser.get(PAGE).content.decode()


@pytest.mark.parametrize("do", ["operators", "import", "nonsense", "a\0b", "9" * 5000, ""])
def test_what_no_button_sends_changes_nothing(browser, steps, do):
    assert browser.post(PAGE, {"do": do}).url == PAGE
    assert steps() == ([], "room")
    assert Room.objects.get().first_visit_ended_at is None


# ── The way back ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "number"),
    [("config:settings", 1), ("config:carriers", 2), ("config:business_types", 4), ("accounts:operators_paste", 5)],
)
def test_the_pages_of_its_steps_say_which_step_it_is_and_lead_back(browser, page, number):
    response = browser.get(reverse(page))

    assert response.context["first_visit"].number == number
    assert f"第 {number} 步（共 6 步）" in response.content.decode()
    assert f'href="{PAGE}"' in response.content.decode()


def test_every_page_leads_back_by_the_menu(browser):
    page = browser.get(reverse("stats:audit"))

    assert page.context["first_visit"].number == 0
    assert f'href="{PAGE}"' in page.content.decode()


def test_the_passwords_lead_back_to_the_steps(browser):
    browser.post(reverse("accounts:operators_paste"), {"people": "李小雨\n王静"})

    page = browser.get(reverse("accounts:issued")).content.decode()

    assert f'href="{PAGE}"' in page
    assert page.count('class="slip"') == 2


def test_more_business_types_than_can_be_named_are_summed_up(browser):
    for code in (13, 14, 15):
        BusinessType.objects.create(code=code, name=f"第{code}种", position=code)

    [types] = [step.there for step in browser.get(PAGE).context["steps"] if step.way.key == "types"]

    assert types.endswith("等")
