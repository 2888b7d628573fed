"""The desk in a real browser: two agents at once, keys, reloads, tabs, a recall, a network that goes away."""

import re

import pytest

pytestmark = pytest.mark.e2e


def number_on(page) -> str:
    """The number on a sheet, as digits; waits until there is one."""
    link = page.locator(".held a[href^='tel:']")
    link.wait_for()
    return link.get_attribute("href").removeprefix("tel:")


def begin(page) -> str:
    page.goto("/sheet/")
    page.get_by_role("button", name=re.compile("开始回访")).click()
    return number_on(page)


def next_number(page, before: str) -> str:
    page.wait_for_function(
        "before => { const link = document.querySelector('.held a[href^=\"tel:\"]');"
        " return link && link.getAttribute('href') !== 'tel:' + before }",
        arg=before,
    )
    # The sheet is deaf for a moment after a number has come, so that a double press files nothing twice.
    page.wait_for_timeout(450)
    return number_on(page)


def test_two_agents_at_once_never_get_the_same_number(log_in, room):
    first, second = log_in("lixiaoyu"), log_in("wangjing")
    seen = [begin(first), begin(second)]

    for _ in range(4):
        for page in (first, second):
            before = number_on(page)
            page.get_by_role("button", name=re.compile("未接通")).click()
            seen.append(next_number(page, before))

    assert len(seen) == len(set(seen))


def test_a_shift_by_keyboard_alone(log_in, room, picture):
    page = log_in("lixiaoyu")
    page.goto("/sheet/")
    page.wait_for_timeout(450)
    if page.get_by_role("button", name=re.compile("开始回访")).count():
        page.keyboard.press("Enter")
    number = number_on(page)

    for key in ("1", "q", "o", "i", "u", "2"):
        page.wait_for_timeout(450)
        page.keyboard.press(key)
        number = next_number(page, number)

    picture(page, "sheet")
    assert page.locator(".recent tbody tr").count() >= 6


def test_typing_a_note_presses_no_key_and_enter_files_nothing(log_in, room):
    page = log_in("lixiaoyu")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)
    page.wait_for_timeout(450)

    page.keyboard.press("b")
    page.keyboard.type("12 qwer 下午")
    page.keyboard.press("Enter")

    assert number_on(page) == number
    assert page.locator("#note").input_value() == "12 qwer 下午"
    page.keyboard.press("1")
    next_number(page, number)


def test_undo_brings_the_number_back_by_its_key(log_in, room):
    page = log_in("lixiaoyu")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)
    page.wait_for_timeout(450)
    page.keyboard.press("w")
    next_number(page, number)

    page.keyboard.press("z")

    page.get_by_text("号码回到您手里").wait_for()
    assert number_on(page) == number


def test_the_number_stays_through_a_reload_a_second_tab_and_a_new_login(log_in, room, open_browser, site):
    page = log_in("lixiaoyu")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)

    page.reload()
    assert number_on(page) == number
    tab = page.context.new_page()
    tab.goto("/sheet/")
    assert number_on(tab) == number
    again = log_in("lixiaoyu")
    again.goto("/sheet/")
    assert number_on(again) == number


def test_a_second_tab_that_files_the_same_number_is_told_what_was_filed(log_in, room):
    page = log_in("lixiaoyu")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)
    tab = page.context.new_page()
    tab.goto("/sheet/")
    page.wait_for_timeout(450)
    page.keyboard.press("1")
    next_number(page, number)

    # The other tab looks by itself and shows the new number as well.
    next_number(tab, number)
    assert number_on(tab) == number_on(page)


def test_the_sheet_says_so_when_a_list_excludes_its_number(log_in, room, import_numbers):
    page = log_in("wangjing")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)

    import_numbers([number], excluded=True)

    page.get_by_text("请停止拨打").wait_for(timeout=5_000)
    assert page.locator(".held a[href^='tel:']").count() == 0
    page.wait_for_timeout(450)
    page.keyboard.press("Enter")
    assert next_number(page, number) != number


def test_a_result_is_kept_and_repeated_while_the_network_is_away(log_in, room):
    page = log_in("lixiaoyu")
    number = begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)
    page.wait_for_timeout(450)
    page.context.set_offline(True)
    page.keyboard.press("2")
    page.get_by_text("还没有保存").wait_for()
    assert page.locator(".type:not([disabled])").count() == 1

    page.context.set_offline(False)

    next_number(page, number)
    # The browser tells on its console that it was offline; that is what this test is about.
    expected = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    page.complaints[:] = [said for said in page.complaints if not any(words in said for words in expected)]
    recent = page.locator(".recent tbody tr").first
    assert number in recent.inner_text().replace(" ", "").replace("\n", "")
    assert "早晨天气" in recent.inner_text()


def test_the_sheet_fits_a_small_screen_without_scrolling(log_in, room):
    page = log_in("lixiaoyu", viewport={"width": 1366, "height": 625})
    if page.get_by_role("button", name=re.compile("开始回访")).count():
        begin(page)

    height, width = page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")

    assert (height, width) == (625, 1366)


def test_calling_works_without_script(log_in, room):
    page = log_in("wangjing", java_script_enabled=False)
    page.goto("/sheet/")
    start = page.get_by_role("button", name=re.compile("开始回访"))
    if start.count():
        start.click()
    number = number_on(page)

    page.locator("button[name=code][value='29']").click()

    assert number_on(page) != number
    page.locator("button[name=undo]").click()
    assert number_on(page) == number
    page.locator("button[name=pause]").click()
    start.wait_for()
