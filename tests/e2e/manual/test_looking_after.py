"""The manual's section 2.3, points 3 to 5: look after the work, amend results, export numbers."""

import re

import pytest
from openpyxl import load_workbook

from tests.e2e.conftest import to_the_file
from tests.e2e.manual.test_work import look_up, ready
from tests.e2e.test_desk import next_number

pytestmark = pytest.mark.e2e

SUMS = ["有效", "其中预订", "无效"]


def number_of(text: str) -> int:
    return int(text.replace(",", "").strip())


def total_of(page) -> int:
    """The grand total under the table of figures: the cell before the share."""
    return number_of(page.locator("table.tally tfoot td").nth(-2).inner_text())


def heads_of(page) -> list[str]:
    """The heads of the business types and of the sums beside them, without codes and arrows."""
    return [cell.inner_text().split()[0] for cell in page.locator("table.tally thead tr").nth(1).locator("th").all()]


def by_rows(page) -> list[list[int]]:
    """The figures of the table's rows, without the share."""
    rows = page.locator("table.tally tbody tr").all()
    return [[number_of(cell.inner_text()) for cell in row.locator("td").all()[:-1]] for row in rows]


# ── 3 Call statistics ────────────────────────────────────────────────────────────────────────────────────────


def test_2_3_3_call_statistics_tie_out_and_lead_to_their_numbers(administrator, figure):
    """3、管理员对回访员的工作及号码进行管理。 Figure 6."""
    page = administrator
    page.goto("/stats/team/")
    page.locator("nav.segments").get_by_role("link", name="本月", exact=True).click()
    page.wait_for_url(re.compile("days=month"))
    figure(page, "team")

    assert [head for head in heads_of(page) if head in SUMS] == SUMS
    rows = by_rows(page)
    sums = [number_of(cell.inner_text()) for cell in page.locator("table.tally tfoot td").all()[:-1]]
    assert [sum(column) for column in zip(*rows, strict=True)] == sums

    page.locator("table.tally tbody a.fig").first.click()
    page.get_by_role("heading", level=1, name="话务记录").wait_for()
    assert f"{rows[0][0]:,}" in page.locator("main h2").first.inner_text()


def test_2_1_2_3_the_numbers_behind_a_figure_are_exported(administrator, tmp_path):
    """2.3、话务统计：对回访员的工作进行统计，并可导出相应的回访号码。"""
    page = administrator
    page.goto("/stats/team/")
    page.locator("nav.segments").get_by_role("link", name="本月", exact=True).click()
    page.wait_for_url(re.compile("days=month"))
    figure = page.locator("table.tally tbody a.fig").first
    expected = number_of(figure.inner_text())
    figure.click()
    page.get_by_role("heading", level=1, name="话务记录").wait_for()

    path = to_the_file(page, "导出 Excel", tmp_path / "calls.xlsx")

    assert load_workbook(path).active.max_row == expected + 1


def test_2_3_3_the_table_itself_is_exported(administrator, tmp_path):
    page = administrator
    page.goto("/stats/team/")
    page.locator("nav.segments").get_by_role("link", name="本月", exact=True).click()
    page.wait_for_url(re.compile("days=month"))
    expected = total_of(page)

    with page.expect_download() as download:
        page.get_by_role("link", name="导出 Excel").click()
    download.value.save_as(tmp_path / "figures.xlsx")

    last = [cell.value for cell in list(load_workbook(tmp_path / "figures.xlsx").active.iter_rows())[-1]]
    assert expected in last


def test_2_3_3_statistics_hand_their_choice_to_the_export(administrator):
    page = administrator
    page.goto("/stats/team/")
    page.locator("nav.segments").get_by_role("link", name="本月", exact=True).click()
    page.wait_for_url(re.compile("days=month"))

    page.get_by_role("link", name="按同样条件导出号码").click()

    page.get_by_role("heading", level=1, name="电话导出").wait_for()
    assert page.get_by_label("开始日期").input_value().endswith("-01")


def test_2_1_3_2_an_agent_sees_its_own_statistics(log_in, figure):
    """3.2、回访统计：回访员对自己业务的统计。"""
    page = log_in("wangjing")
    page.goto("/stats/mine/")
    figure(page, "mine")
    before = total_of(page)

    number = ready(page)
    page.get_by_role("button", name=re.compile("未接通")).click()
    next_number(page, number)

    page.goto("/stats/mine/")
    assert total_of(page) == before + 1


# ── 4 Number lookup ──────────────────────────────────────────────────────────────────────────────────────────


def test_2_3_4_a_valid_result_is_amended_and_both_views_of_the_statistics_follow(log_in, administrator, figure):
    """4、回访单产生的有效用户，可以通过“电话查询”进行修改。其中预订也属于有效用户。"""
    page = log_in("zhaoming")
    number = ready(page)
    page.get_by_role("button", name=re.compile("预订")).click()
    next_number(page, number)

    def figures(view: str) -> dict[str, int]:
        administrator.goto(f"/stats/team/?by=day&view={view}")
        heads = heads_of(administrator)
        cells = administrator.locator("table.tally tfoot td").all()
        return dict(zip(heads, (number_of(cell.inner_text()) for cell in cells[: len(heads)]), strict=True))

    before = {view: figures(view) for view in ("filed", "standing")}
    look_up(page, number)
    page.get_by_role("link", name="改归类").first.click()
    page.get_by_label(re.compile("早晚天气")).check()
    page.get_by_label("原因").fill("客户回电改订")
    page.get_by_role("button", name="改归类", exact=True).click()
    page.wait_for_url(re.compile("/numbers/"))

    assert "客户回电改订" in page.locator("main").inner_text()
    figure(page, "number")
    after = {view: figures(view) for view in ("filed", "standing")}
    assert after["filed"] == before["filed"]
    assert after["standing"]["预订"] == before["standing"]["预订"] - 1
    assert after["standing"]["早晚天气"] == before["standing"]["早晚天气"] + 1


def test_2_1_3_3_a_number_is_found_by_its_last_four_digits(log_in, figure):
    """3.3、电话查询：回访员查询指定号码，并可修改几种号码的归类。"""
    page = log_in("wangjing")
    number = ready(page)
    page.get_by_role("button", name=re.compile("早晨天气")).click()
    next_number(page, number)

    page.goto("/lookup/")
    page.get_by_role("textbox", name="号码", exact=True).fill(number[-4:])
    page.get_by_role("button", name="查询", exact=True).click()
    page.get_by_text(number[-4:]).first.wait_for()

    page.goto("/lookup/")
    figure(page, "lookup")
    assert number not in page.url


# ── 5 Export ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_2_3_5_numbers_of_any_region_and_type_go_out_as_excel(administrator, figure, tmp_path):
    """5、管理员可以对任意地区的所有类型的电话号码进行号码导出，以文档Excel的形式保存。 Figure 7."""
    page = administrator
    page.goto("/phones/export/")
    page.locator("#id_region").select_option(label="岱岳区")
    page.locator("details.pick summary").click()
    page.locator("details.pick label", has_text="28 拒绝").locator("input").check()
    page.locator("details.pick label", has_text="27 预订").locator("input").check()
    page.get_by_role("button", name="查询", exact=True).click()
    page.wait_for_url(re.compile("region="))
    expected = number_of(re.search(r"[\d,]+", page.locator("main section h2").first.inner_text())[0])
    figure(page, "export")

    path = to_the_file(page, "导出 Excel", tmp_path / "numbers.xlsx")

    rows = [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows(min_row=2)]
    assert len(rows) == expected > 0
    assert {row[5] for row in rows} == {"28 拒绝", "27 预订"}


def test_2_1_2_2_given_numbers_are_looked_up_and_exported(administrator):
    """2.2、电话导出：查询或导出指定号码。"""
    page = administrator
    page.goto("/phones/export/list/")
    page.locator("textarea").fill("19900000001\n19900000002\n12345")
    page.get_by_role("button", name="使用这份名单").click()

    page.wait_for_url(re.compile("list="))
    assert page.locator("main tbody").first.locator("tr").count() == 2
