"""From one number to the next in a real browser: what is equal stays, and what was done to the last number is gone."""

import pytest

from phones.numbers import mask
from tests.e2e.test_desk import begin, listening, next_number, number_on

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(log_in, room):
    page = log_in("wangjing")
    page.goto("/sheet/")
    if page.locator("button[name=take]").count():
        begin(page)
    listening(page)
    page.evaluate("() => { document.querySelector('.types').seen = true }")
    return page


def press(page, key: str) -> str:
    before = number_on(page)
    page.keyboard.press(key)
    return next_number(page, before)


def test_types_stay_and_the_last_call_comes_in_at_the_top(page):
    filed = [number_on(page), press(page, "o"), press(page, "1")]
    number = press(page, "i")

    assert page.evaluate("() => document.querySelector('.types').seen")
    rows = page.locator(".recent tbody tr")
    shown = [rows.nth(i).locator("td").nth(1).inner_text().replace(" ", "") for i in range(3)]
    assert shown == [mask(number) for number in filed[::-1]]
    assert page.locator("#number").inner_text().replace(" ", "") == number
    assert page.locator("[data-hold]").get_attribute("data-hold") == page.locator("[name=token]").input_value()


def test_nothing_of_the_last_number_is_left_for_the_next(page):
    page.locator("#order-region").select_option(index=1)
    page.locator("#note").fill("下午再打")
    page.keyboard.press("Escape")
    page.locator(".skip-menu summary").click()
    page.locator(".skip-menu button").first.focus()
    page.keyboard.press("Escape")

    press(page, "1")

    assert page.locator("#note").input_value() == ""
    assert page.locator("#order-region").input_value() == ""
    assert page.locator(".is-down, .desk-foot details[open]").count() == 0
    # Its clock begins anew, and the strip counts its own seconds.
    assert page.locator("[data-since]").inner_text() in ("0:00", "0:01")
    assert int(page.locator("[data-undo-seconds]").inner_text()) >= 18


def test_a_skip_closes_its_menu(page):
    before = number_on(page)
    page.keyboard.press("s")
    page.locator(".skip-menu button").first.click()
    next_number(page, before)

    assert page.locator("details[open]").count() == 0
    assert page.evaluate("() => document.activeElement.id") == "number"


def test_enter_after_a_press_with_the_mouse_files_nothing_more(page):
    before = number_on(page)
    page.locator("button[name=code][value='28']").click()
    number = next_number(page, before)

    page.keyboard.press("Enter")
    page.wait_for_timeout(600)

    assert number_on(page) == number
    assert page.evaluate("() => document.activeElement.id") == "number"


def move(page, code: int, where: int) -> None:
    """Move a type up (0) or down (1) in its group."""
    page.goto("/business-types/")
    row = page.locator("tr", has=page.locator("td", has_text=str(code)))
    with page.expect_response(lambda answer: "/business-types/" in answer.url and answer.request.method == "POST"):
        row.locator("button.step").nth(where).click()


def test_types_that_have_changed_their_order_stand_so_after_the_next_press(page, administrator):
    order = "() => Array.from(document.querySelectorAll('.types button'), (type) => type.value).slice(0, 3)"
    before = page.evaluate(order)
    move(administrator, before[0], 1)

    press(page, "o")

    assert page.evaluate(order) == [before[1], before[0], before[2]]
    # And from there on these stay.
    page.evaluate("() => { document.querySelector('.types').seen = true }")
    press(page, "o")
    assert page.evaluate("() => document.querySelector('.types').seen")
    move(administrator, before[0], 0)
