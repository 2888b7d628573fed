"""A server that fails, and another login in the same browser: what was pressed or keyed in stays, and is filed."""

import re

import pytest

from phones.numbers import mask
from tests.e2e.test_desk import next_number, to_a_number

pytestmark = pytest.mark.e2e

# The browser tells of each answer that is no 200; that such answers come is what these tests are about.
EXPECTED = ("403", "Failed to load resource", "Fetch API cannot load", "htmx:responseError", "htmx:afterRequest")


@pytest.fixture
def other_tab(site):
    """Another tab of a page's browser, in which its agent logs out, and in again."""

    class Tab:
        def __init__(self, page, username: str) -> None:
            self.page, self.username = page.context.new_page(), username

        def log_out(self) -> None:
            self.page.goto("/password/")
            self.page.goto("/sheet/")
            self.page.locator(".who > summary").click()
            self.page.locator("form[action='/logout/'] button").click()
            self.page.wait_for_url("**/login/")

        def log_in(self) -> None:
            self.page.get_by_label("用户名").fill(self.username)
            self.page.get_by_label("密码").fill(site.passwords[self.username])
            self.page.get_by_role("button", name="登录").click()
            self.page.wait_for_url(lambda url: "/login/" not in url)

    return Tab


@pytest.fixture
def set_sheet(administrator):
    """Let an administrator give an agent the sheet, or take it away."""

    def set_sheet(username: str, *, allowed: bool) -> None:
        page = administrator
        page.goto("/operators/")
        page.get_by_role("row", name=username).get_by_role("link").first.click()
        page.locator("input[name=modules][value=sheet]").set_checked(allowed)
        page.locator("main form .btn-primary").first.click()
        page.get_by_role("status").first.wait_for()

    return set_sheet


def forgive(page) -> None:
    page.complaints[:] = [said for said in page.complaints if not any(words in said for words in EXPECTED)]


def without_polls(page) -> None:
    """Let the sheet believe that its hold stands: what it notices by itself within two seconds is not at work here."""
    held = {"state": "held", "until": "18:00"}
    page.route("**/sheet/held/**", lambda route: route.fulfill(status=204))
    page.route("**/sheet/hold/", lambda route: route.fulfill(json=held))


def filed(page, number: str) -> str:
    row = page.locator(".recent tbody tr").first.inner_text()
    assert mask(number) in re.sub(r"\s", "", row)
    return row


def test_a_result_that_was_pressed_after_a_login_elsewhere_is_kept_and_filed(log_in, room, other_tab):
    page = log_in("lixiaoyu")
    number = to_a_number(page)
    without_polls(page)
    tab, asked = other_tab(page, "lixiaoyu"), []
    tab.log_out()
    tab.log_in()
    page.route("**/sheet/", lambda route: asked.append(route) if route.request.method == "GET" else route.continue_())

    page.keyboard.press("b")
    page.keyboard.type("问价格")
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    page.get_by_text("还没有保存").wait_for()
    page.unroute("**/sheet/")
    for route in asked:
        route.continue_()

    next_number(page, number)
    assert "早晨天气" in filed(page, number)
    forgive(page)


def test_f23_a_result_that_was_pressed_after_a_logout_is_filed_once_one_is_in_again(log_in, room, other_tab, picture):
    page = log_in("lixiaoyu")
    number = to_a_number(page)
    tab = other_tab(page, "lixiaoyu")
    tab.log_out()

    page.keyboard.press("2")
    page.get_by_text("您在这里已退出登录").wait_for()
    picture(page, "sheet-logged-out")
    assert re.sub(r"\D", "", page.locator("#number").inner_text()) == number
    tab.log_in()

    next_number(page, number)
    assert "早晨天气" in filed(page, number)
    forgive(page)


def test_a_sheet_that_stands_open_keeps_its_number_after_a_login_elsewhere(log_in, room, other_tab):
    page = log_in("lixiaoyu")
    page.clock.install()
    to_a_number(page)
    tab = other_tab(page, "lixiaoyu")
    tab.log_out()
    tab.log_in()

    with page.expect_response(lambda answer: "/sheet/hold/" in answer.url and answer.ok):
        # The lease is prolonged each minute.
        page.clock.fast_forward(61_000)

    forgive(page)


def test_f38_a_result_that_the_server_could_not_take_is_kept_and_sent_again(log_in, room):
    page = log_in("lixiaoyu")
    number = to_a_number(page)
    page.route("**/sheet/", lambda route: route.fulfill(status=503, body="away"), times=1)

    page.keyboard.press("2")
    page.get_by_text("还没有保存").wait_for()

    next_number(page, number)
    assert "早晨天气" in filed(page, number)
    forgive(page)


def test_who_may_not_call_any_more_is_told_so_and_nothing_is_sent_on(log_in, room, administrator, set_sheet):
    page = log_in("wangjing")
    to_a_number(page)
    without_polls(page)
    set_sheet("wangjing", allowed=False)

    page.keyboard.press("2")

    page.get_by_role("heading", name="您没有打开这个页面的权限").wait_for()
    set_sheet("wangjing", allowed=True)
    forgive(page)


def test_what_is_keyed_in_from_paper_after_a_login_elsewhere_is_filed(log_in, room, other_tab):
    page = log_in("lixiaoyu")
    page.goto("/paper/")
    page.get_by_label("号码个数").fill("2")
    page.get_by_role("button", name="领取并打印").click()
    page.wait_for_url("**/print/")
    codes = [re.sub(r"\D", "", code) for code in page.locator("td.code").all_inner_texts()]
    page.get_by_role("link", name="录入结果").click()
    page.wait_for_function("() => document.activeElement.name === 'entry'")
    tab = other_tab(page, "lixiaoyu")
    tab.log_out()
    tab.log_in()

    page.keyboard.type(f"{codes[0]}11")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("1 .*还没有保存")).wait_for()

    page.locator("#keyed .strip.filed", has_text="早晚天气").wait_for()
    assert page.get_by_text(re.compile("还没有保存")).is_hidden()
    forgive(page)


def test_enter_in_the_order_region_goes_back_to_the_keys(log_in, room):
    page = log_in("lixiaoyu")
    number = to_a_number(page)

    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#order-region option:checked").inner_text()
    page.keyboard.press("Enter")

    page.wait_for_function("() => document.activeElement.id === 'number'")
    assert page.locator("#order-region option:checked").inner_text() == chosen
    page.keyboard.press("1")
    next_number(page, number)
    filed(page, number)
