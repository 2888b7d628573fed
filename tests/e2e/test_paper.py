"""Calling from paper: a sheet that is one page of A4, and thirty results keyed in without a hand leaving the keys."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_thirty_results_are_keyed_in_as_fast_as_they_are_typed(log_in, room, picture):
    page = log_in("lixiaoyu")
    page.goto("/paper/")
    page.get_by_label("号码个数").fill("40")
    page.get_by_role("button", name="领取并打印").click()
    page.wait_for_url(re.compile("/print/$"))
    codes = [re.sub(r"\s", "", code) for code in page.locator("td.code").all_inner_texts()]
    assert len(codes) >= 31
    pages = len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4")))
    assert pages == 1
    picture(page, "paper-print")

    page.get_by_role("link", name="录入结果").click()
    entry = page.get_by_label("编码和业务种类")
    expect(entry).to_be_focused()
    page.wait_for_load_state("load")
    presses = 0
    for line, code in enumerate(codes[:30]):
        typed = code + ("11" if line % 3 else "29")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        presses += len(typed) + 1
    page.keyboard.type(codes[1][:2] + codes[0][2:] + "11")
    page.keyboard.press("Enter")

    expect(page.locator("#open-count")).to_contain_text(f"{len(codes) - 30} 行", timeout=30_000)
    expect(page.locator("#refused .strip")).to_contain_text("有一位数字不对")
    expect(page.locator("#keyed .dot.valid")).to_have_count(20)
    assert presses == 30 * 7
    picture(page, "paper-key-in")


def test_a_sheet_works_without_script(log_in, room):
    page = log_in("lixiaoyu", java_script_enabled=False)
    page.goto("/paper/")
    page.get_by_label("号码个数").fill("2")
    page.get_by_role("button", name="领取并打印").click()
    code = re.sub(r"\s", "", page.locator("td.code").first.inner_text())
    page.get_by_role("link", name="录入结果").click()

    page.get_by_label("编码和业务种类").fill(f"{code} 12")
    page.keyboard.press("Enter")
    expect(page.locator("#open-count")).to_contain_text("1 行")
    page.get_by_role("button", name="撤销").click()

    expect(page.locator("#open-count")).to_contain_text("2 行")
