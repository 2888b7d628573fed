"""What the new manual tells in 7: a sheet of paper is taken and printed, and its results are keyed in."""

import re

import pytest

from tests.e2e.test_paper import left_open, open_to_key_in

pytestmark = pytest.mark.e2e


def test_7_numbers_are_called_from_paper_and_keyed_in_by_their_codes(log_in, figure):
    page = log_in("lixiaoyu")
    page.goto("/sheet/")
    page.get_by_role("link", name="用纸质单回访").click()
    page.get_by_label("号码个数").fill("20")
    page.get_by_role("button", name="领取并打印").click()
    page.wait_for_url("**/print/")
    codes = [re.sub(r"\D", "", code) for code in page.locator("td.code").all_inner_texts()]
    figure(page, "paper-sheet")

    open_to_key_in(page)
    for code, type in zip(codes[:3], ("11", "29", "27"), strict=True):
        page.keyboard.type(f"{code} {type}")
        page.keyboard.press("Enter")
    left_open(page, 17)

    figure(page, "paper-key-in")
    page.get_by_role("button", name="退回 17 个号码").click()
    page.get_by_text("已退回", exact=True).first.wait_for()
