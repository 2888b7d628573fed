"""The wall board on its screen: it keeps itself up to date, and says when it cannot."""

import pytest

pytestmark = pytest.mark.e2e


def test_the_board_asks_again_by_itself_and_says_when_it_grows_old(administrator, picture):
    page = administrator
    page.goto("/wall/")
    with page.expect_response("**/wall/board/") as answer:
        pass
    assert answer.value.status == 200
    page.locator("#board h1").wait_for()

    page.context.set_offline(True)
    page.locator("#board-is-old").wait_for()
    picture(page, "wall-old")
    page.context.set_offline(False)
    page.locator("#board-is-old").wait_for(state="hidden")

    # The browser and htmx tell of what they could not reach; that is no complaint of ours.
    expected = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    page.complaints[:] = [said for said in page.complaints if not any(word in said for word in expected)]


def test_the_board_is_reached_from_the_start_page_and_left_again(administrator):
    page = administrator
    page.goto("/home/")

    page.get_by_role("link", name="大屏看板").first.click()
    page.locator("#board").wait_for()
    dark = page.locator("html").get_attribute("data-bs-theme")
    page.get_by_role("link", name="浅色").click()
    page.wait_for_url("**/wall/?theme=light")
    light = page.locator("html").get_attribute("data-bs-theme")
    page.get_by_role("link", name="返回").click()

    page.wait_for_url(lambda url: "/wall/" not in url)
    assert (dark, light) == ("dark", "light")
