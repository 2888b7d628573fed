"""The main road as a new user walks it: log in, three real-looking lists in, two agents call, the numbers go out."""

import csv
import re
from pathlib import Path

import pytest
import python_calamine
from openpyxl import Workbook, load_workbook

from tests.e2e.conftest import confirm, to_the_batch
from tests.e2e.test_desk import begin, next_number, number_on

pytestmark = pytest.mark.e2e


def old_workbook(folder: Path) -> Path:
    """A list as Excel 2003 wrote it: numbers as numeric cells, a header, a column before them."""
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for column, header in enumerate(("序号", "手机号码", "姓名")):
        sheet.write(0, column, header)
    for row in range(1, 301):
        sheet.write(row, 0, row)
        sheet.write(row, 1, float(13805380000 + row))
        sheet.write(row, 2, f"用户{row}")
    path = folder / "泰山区移动.xls"
    book.save(str(path))
    return path


def text_list(folder: Path) -> Path:
    """A list from a switch: GBK, a number a line, some broken."""
    lines = ["电话号码", *(f"1386380{row:04}" for row in range(200)), "1990000", "见备注", "13863800001"]
    path = folder / "岱岳区.txt"
    path.write_bytes("\r\n".join(lines).encode("gbk"))
    return path


def new_workbook(folder: Path) -> Path:
    """Ten thousand rows as people keep them: a title, a header, spaces and dashes in the numbers, other columns."""
    book = Workbook()
    sheet = book.active
    sheet.append(["2026 年 11 月外呼名单"])
    sheet.append(["姓名", "联系电话", "备注"])
    for row in range(10_000):
        number = f"1356{row:07}"
        written = (number, f"{number[:3]} {number[3:7]} {number[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}")
        sheet.append([f"用户{row}", written[row % 3], ""])
    path = folder / "新泰市名单.xlsx"
    book.save(path)
    return path


def check(page, path: Path) -> None:
    page.goto("/phones/import/")
    page.locator("#file").set_input_files(path)
    page.locator("main form .btn-primary").first.click()
    page.locator("#region").wait_for(timeout=30_000)


def figure(page, label: str) -> int:
    row = page.locator("tr", has=page.get_by_role("rowheader", name=label, exact=True)).first
    return int(row.locator("td").first.inner_text().replace(",", ""))


def test_three_lists_come_in_and_the_check_page_tells_the_truth(administrator, tmp_path, picture):
    page = administrator

    check(page, old_workbook(tmp_path))
    assert (figure(page, "新号码"), figure(page, "合计")) == (300, 300)
    assert page.locator("#region option:checked").inner_text() == "泰山区"
    assert "中国移动" in page.locator("#carrier option:checked").inner_text()
    confirm(page, region="泰山区")

    check(page, text_list(tmp_path))
    assert (figure(page, "新号码"), figure(page, "文件内重复"), figure(page, "不是号码")) == (200, 1, 2)
    picture(page, "import-check")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("失败原因|下载全部")).click()
    download.value.save_as(tmp_path / "rejected.xlsx")
    rows = [[cell.value for cell in row] for row in load_workbook(tmp_path / "rejected.xlsx").active.iter_rows()]
    assert {str(row[1]) for row in rows} >= {"1990000", "见备注"}
    confirm(page, region="岱岳区")

    check(page, new_workbook(tmp_path))
    assert figure(page, "新号码") == 10_000
    confirm(page, region="新泰市")
    picture(page, "batch")
    assert "10,000" in page.locator("main").inner_text()


def test_the_same_list_again_brings_nothing_new(administrator, tmp_path):
    page = administrator
    check(page, old_workbook(tmp_path))

    assert figure(page, "新号码") == 0
    assert page.locator("input[name=kind][value=pending]").is_disabled()


def test_numbers_go_out_as_they_stand(log_in, room, import_numbers, picture, tmp_path):
    import_numbers(["0538 8001234", "0538-8005678"], region="东平县")
    agent = log_in("lixiaoyu")
    number = begin(agent) if agent.get_by_role("button", name=re.compile("开始回访")).count() else number_on(agent)
    agent.wait_for_timeout(450)
    agent.locator("#note").fill("=1+1")
    elsewhere = "东平县" if "肥城市" in agent.locator(".held-foot").inner_text() else "肥城市"
    agent.locator("#order-region").select_option(label=elsewhere)
    agent.locator("button[name=code][value='11']").click()
    next_number(agent, number)

    page = log_in("admin")
    page.goto("/phones/export/")
    picture(page, "export")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=re.compile("导出 Excel")).click()
    download.value.save_as(tmp_path / "numbers.xlsx")
    book = load_workbook(tmp_path / "numbers.xlsx")
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    [line] = [row for row in rows if row[0] == number]
    assert "=1+1" in line
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert "05388001234" in {row[0] for row in rows}
    again = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "numbers.xlsx")).get_sheet_by_index(0).to_python()
    assert len(again) == len(rows)


def test_numbers_go_out_as_csv_without_formulas(log_in, room):
    page = log_in("admin")
    page.goto("/phones/export/")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name=re.compile("导出 CSV")).click()

    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) > 300
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]


def test_a_batch_of_which_nothing_was_taken_is_reverted(administrator, import_numbers):
    import_numbers(["13905380001", "13905380002"], region="宁阳县")
    page = administrator
    page.locator("input[name=reason], textarea[name=reason]").fill("导错了")
    page.get_by_role("button", name=re.compile("撤回整个批次|撤回")).last.click()

    to_the_batch(page)
    page.get_by_text("已撤回").first.wait_for()


def test_the_language_is_switched_and_remembered(open_browser, site):
    page = open_browser()
    page.goto("/login/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"

    page.get_by_role("button", name="English").click()
    page.get_by_label("Password").wait_for()
    page.goto("/login/")

    assert page.locator("html").get_attribute("lang") == "en"


def test_the_theme_follows_the_system_and_the_switch(open_browser):
    page = open_browser(color_scheme="dark")
    page.goto("/login/")

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_an_import_works_without_script(log_in, room):
    page = log_in("admin", java_script_enabled=False)
    page.goto("/phones/import/")
    page.locator("#numbers").fill("13605380001")
    page.locator("main form .btn-primary").first.click()

    confirm(page, region="肥城市")
