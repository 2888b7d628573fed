"""An administrator imports a list as offices get it, and can explain each row that was not taken."""

import re
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.e2e.test_desk import begin
from tests.e2e.usability import messy

pytestmark = pytest.mark.e2e

CARRIER = "中国联通"
CALLER = "qianjin"


@pytest.fixture
def before(site, administrator, import_numbers) -> None:
    """What the room has known since earlier lists, and somebody who is free to call."""
    import_numbers(messy.KNOWN)
    import_numbers(messy.EXCLUDED, excluded=True)
    administrator.goto("/operators/paste/")
    administrator.locator("textarea").fill(f"钱进 {CALLER}")
    administrator.locator("main form .btn-primary").click()
    site.passwords[CALLER] = administrator.locator(".secret").inner_text()


def rows_of(page) -> list[list[str]]:
    rows = page.locator("table.import-rows tbody tr").all()
    return [[cell.inner_text().strip() for cell in row.locator("td").all()] for row in rows]


def figures_of(page) -> dict[str, int]:
    rows = page.locator("table.import-sum tbody tr").all()
    return {row.locator("th").inner_text().strip(): int(row.locator("td").first.inner_text()) for row in rows}


def show(hands, tab: str) -> list[list[str]]:
    """The rows under one of the check's heads."""
    page = hands.page
    hands.click(page.locator("nav.tabs").get_by_role("link", name=re.compile(tab)))
    with hands.waiting():
        page.locator("nav.tabs a[aria-current=page]", has_text=tab).wait_for()
    return rows_of(page)


def explained(rows: list[list[Any]]) -> dict[int, tuple[str, str]]:
    """Reason and advice of each row, by its number in the list."""
    return {int(row[0]): (row[2], row[3]) for row in rows}


def downloaded(hands, path) -> list[list[Any]]:
    """The rejected rows as the file has them that is made for whoever has to correct them."""
    with hands.waiting(), hands.page.expect_download() as download:
        hands.click(hands.page.get_by_role("link", name=re.compile("失败原因")))
    download.value.save_as(path)
    return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows(min_row=2)]


def check(hands, path) -> None:
    """Bring the list before the check, from wherever the administrator is."""
    page = hands.page
    hands.click(page.locator("nav.side").get_by_role("link", name="电话导入", exact=True))
    page.get_by_role("heading", level=1, name="电话导入").wait_for()
    hands.drag_in(page.locator("#file"), path)
    hands.click(page.get_by_role("button", name="检查号码"))
    with hands.waiting():
        page.locator("#region").wait_for(timeout=30_000)


def test_an_administrator_imports_a_messy_list_and_can_explain_each_rejected_row(
    before, administrator, log_in, begin_task, tmp_path, picture
):
    page = administrator
    path, bad = messy.write(tmp_path)
    page.goto("/home/")
    hands = begin_task("An administrator: import a messy list, explain each row that was not taken", page)

    check(hands, path)
    picture(page, "usability-messy-list", whole=True)
    found = figures_of(page)
    on_the_page = explained(rows_of(page))
    in_the_file = explained(downloaded(hands, tmp_path / "rejected.xlsx"))
    repeated = show(hands, "文件内重复")
    known = show(hands, "系统已有")
    excluded = show(hands, "已剔除")
    healed = show(hands, "已自动整理")
    hands.click(page.get_by_role("button", name="导入 9 个号码"))
    with hands.waiting():
        page.locator("#job-chip", has_text="完成").wait_for()
    hands.rest()

    assert (hands.keys, hands.typed) == (0, 0)
    # The menu, the file, the check; the rejected rows as a file, four other heads to look under; the import.
    assert hands.clicks == 3 + 1 + 4 + 1
    assert found == {"新号码": 9, "系统已有": 2, "已剔除": 1, "文件内重复": 2, "不是号码": len(bad)}
    assert on_the_page == {row: (line.reason, line.to_do) for row, line in bad.items()}
    assert in_the_file == on_the_page
    assert {(row[1], row[2]) for row in repeated} == {(messy.FIRST, "5")}
    assert {(row[1], row[2]) for row in known} == {(number, "待回访") for number in messy.KNOWN}
    assert {row[1] for row in excluded} == set(messy.EXCLUDED)
    assert {row[2] for row in healed} > set(messy.TWO_IN_ONE)
    assert begin(log_in(CALLER, carrier=CARRIER)) == messy.FIRST
