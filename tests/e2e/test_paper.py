"""Paper in a real browser: a sheet is taken and printed, and thirty results are keyed in by the keyboard alone."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import PHONE, SCREEN
from tests.e2e.test_axe import RULES

pytestmark = pytest.mark.e2e

# What one result takes: four digits of the line, two of the business type, and Enter.
PRESSES = 7


@pytest.fixture
def take_sheet(room):
    """Take a sheet by the pages; the browser then shows it as it goes to the printer."""

    def take_sheet(page, how_many: int) -> list[str]:
        page.goto("/paper/")
        page.get_by_label("号码个数").fill(str(how_many))
        page.get_by_role("button", name="领取并打印").click()
        page.wait_for_url("**/print/")
        return [re.sub(r"\D", "", code) for code in page.locator("td.code").all_inner_texts()]

    return take_sheet


def open_to_key_in(page) -> None:
    page.get_by_role("link", name="录入结果").click()
    page.wait_for_url(re.compile(r"/paper/\d+/$"))
    page.wait_for_function("() => document.activeElement.name === 'entry'")


def left_open(page, count: int) -> None:
    page.wait_for_function(
        "count => document.querySelector('#open-count').textContent.includes(` ${count} `)", arg=count
    )


def sizes(pdf: bytes) -> list[tuple[int, int]]:
    """The size of each page of a PDF, in points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def test_thirty_results_are_keyed_in_without_waiting_and_none_is_lost(log_in, take_sheet, picture):
    page = log_in("lixiaoyu")
    codes = take_sheet(page, 31)
    open_to_key_in(page)
    begun, presses = time.monotonic(), 0

    for ordinal, code in enumerate(codes[:30]):
        entry = code + ("11", "28", "29")[ordinal % 3]
        page.keyboard.type(entry)
        page.keyboard.press("Enter")
        presses += len(entry) + 1
    left_open(page, 1)

    print(f"30 results in {presses} presses and {time.monotonic() - begun:.1f} s")
    assert presses == 30 * PRESSES
    assert page.locator("#keyed tbody .dot.valid").count() >= 10
    assert page.locator("#refused .strip").count() == 0
    picture(page, "paper-keyed-in")
    page.reload()
    left_open(page, 1)


def test_what_is_refused_stays_in_sight_while_one_types_on_and_can_be_corrected(log_in, take_sheet, picture):
    page = log_in("lixiaoyu")
    codes = take_sheet(page, 5)
    open_to_key_in(page)

    for entry in (f"{codes[0]} 28", "0000 11", f"{codes[0]} 12", f"{codes[1]} 11"):
        page.keyboard.type(entry)
        page.keyboard.press("Enter")
    left_open(page, 3)
    wrong, other = page.locator("#refused .strip").all()
    assert "0000 11" in wrong.inner_text()
    assert "28 拒绝" in other.inner_text()
    picture(page, "paper-refused")

    other.get_by_role("button", name="改为 12 早晨天气").click()
    page.locator("#keyed .strip", has_text="12 早晨天气").wait_for()
    wrong.get_by_role("button", name="放回重输").click()

    assert page.get_by_label("编码和业务种类").input_value() == "0000 11"
    assert page.locator("#refused .strip").count() == 0
    left_open(page, 3)


def test_what_was_typed_while_the_network_was_away_is_filed_once_it_is_back(log_in, take_sheet):
    page = log_in("lixiaoyu")
    codes = take_sheet(page, 4)
    open_to_key_in(page)

    page.context.set_offline(True)
    for code in codes[:3]:
        page.keyboard.type(f"{code}29")
        page.keyboard.press("Enter")
    page.get_by_text(re.compile("3 .*还没有保存")).wait_for()
    page.context.set_offline(False)
    left_open(page, 1)

    assert page.get_by_text(re.compile("还没有保存")).is_hidden()
    page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]


def test_without_script_each_line_is_a_form_and_the_cursor_is_back_in_the_field(log_in, take_sheet):
    page = log_in("lixiaoyu", java_script_enabled=False)
    page.goto("/paper/")
    page.get_by_label("号码个数").fill("2")
    page.get_by_role("button", name="领取并打印").click()
    codes = [re.sub(r"\D", "", code) for code in page.locator("td.code").all_inner_texts()]
    page.get_by_role("link", name="录入结果").click()

    for entry in (f"{codes[0]}11", f"{codes[0]}28"):
        page.get_by_label("编码和业务种类").fill(entry)
        page.keyboard.press("Enter")

    page.get_by_text("这一行已经归类为 11 早晚天气").wait_for()
    assert page.get_by_label("编码和业务种类").input_value() == f"{codes[0]}28"
    page.get_by_role("button", name="改为 28 拒绝").click()
    page.locator(".strip", has_text="28 拒绝").wait_for()
    page.complaints[:] = [said for said in page.complaints if "422" not in said]


@pytest.mark.parametrize(("language", "scheme"), [("zh-hans", "light"), ("en", "dark")])
def test_a_full_sheet_is_one_page_of_a4_black_on_white(log_in, take_sheet, picture, room, language, scheme):
    page = log_in("wangjing", color_scheme=scheme)
    page.context.add_cookies([{"name": "hwcall_theme", "value": scheme, "url": room.url}])
    take_sheet(page, 40)
    page.context.add_cookies([{"name": "hwcall_language", "value": language, "url": room.url}])
    page.reload()

    pdf = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1055})

    assert sizes(pdf) == [(595, 842)]
    sheet = page.locator(".paper")
    assert sheet.evaluate("sheet => [getComputedStyle(sheet).color, getComputedStyle(sheet).backgroundColor]") == [
        "rgb(0, 0, 0)",
        "rgb(255, 255, 255)",
    ]
    picture(page, f"paper-printed-{language}")


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(SCREEN, "light"), (SCREEN, "dark"), (PHONE, "light"), (PHONE, "dark")]
)
def test_axe_finds_nothing_on_the_pages_of_a_sheet(log_in, take_sheet, viewport, scheme):
    page = log_in("wangjing", viewport=viewport, color_scheme=scheme)
    codes = take_sheet(page, 3)
    found = Axe().run(page, options=RULES).response["violations"]
    open_to_key_in(page)
    for entry in (f"{codes[0]}11", "0000 11"):
        page.keyboard.type(entry)
        page.keyboard.press("Enter")
    page.locator("#refused .strip").wait_for()

    found += Axe().run(page, options=RULES).response["violations"]

    assert [(rule["id"], node["html"][:160]) for rule in found for node in rule["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
