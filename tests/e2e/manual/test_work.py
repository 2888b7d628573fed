"""The manual's section 2.3: import, call, look after the work, amend, export, in its order and words."""

import re
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.e2e.conftest import confirm
from tests.e2e.test_desk import begin, next_number, number_on

pytestmark = pytest.mark.e2e


def workbook(folder: Path, numbers: list[str]) -> Path:
    """A list as it lies on an office's desktop: header, names, some rows that are no numbers."""
    book = Workbook()
    book.active.append(["序号", "手机号码", "姓名"])
    for ordinal, number in enumerate(numbers, 1):
        book.active.append([ordinal, number, f"用户{ordinal}"])
    path = folder / "泰山区_11月.xlsx"
    book.save(path)
    return path


def bring_in(page, path: Path, **chosen) -> None:
    page.goto("/phones/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="检查号码").click()
    confirm(page, **chosen)


def ready(page) -> str:
    """The number on the sheet, taken if none is; the sheet listens again."""
    page.goto("/sheet/")
    page.wait_for_timeout(450)
    return begin(page) if page.get_by_role("button", name=re.compile("开始回访")).count() else number_on(page)


# ── 1 Import ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_2_3_1_numbers_come_in_are_checked_and_can_be_called(administrator, figure, tmp_path):
    """1、管理员通过“电话导入”将号码导入系统；图4需选择“地区”和“运营商”，导入后，即可对号码进行回访。"""
    page = administrator
    numbers = [f"1395380{ordinal:04}" for ordinal in range(1, 41)]
    page.goto("/phones/import/")
    figure(page, "import")

    page.locator("input[type=file]").set_input_files(workbook(tmp_path, [*numbers, "1395380", "见备注", numbers[0]]))
    page.get_by_role("button", name="检查号码").click()
    page.locator("#region").wait_for()
    figure(page, "import-check")
    confirm(page, region="东平县", name="东平县_11月")

    assert "东平县_11月" in page.locator("main").inner_text()
    look_up(page, numbers[0])
    assert "待回访" in page.locator("main").inner_text()


def look_up(page, number: str) -> None:
    """Find one number by 电话查询 and open its page."""
    page.goto("/lookup/")
    page.get_by_role("textbox", name="号码", exact=True).fill(number)
    page.get_by_role("button", name="查询", exact=True).click()
    page.wait_for_url(re.compile("/numbers/"))


def test_2_3_1_excluded_makes_pending_numbers_excluded(administrator, tmp_path):
    """如勾选“用户状态”的“剔除”，导入后将使“待回访”的手机号变为“剔除”。"""
    page = administrator
    bring_in(page, workbook(tmp_path, ["13953810001", "13953810002"]), region="宁阳县")

    bring_in(page, workbook(tmp_path, ["13953810001"]), region="宁阳县", excluded=True)

    look_up(page, "13953810001")
    assert "剔除" in page.locator("main").inner_text()
    look_up(page, "13953810002")
    assert "剔除" not in page.locator("main").inner_text()


def test_2_3_1_a_number_that_is_excluded_while_it_is_called_turns_its_sheet_red(log_in, administrator, tmp_path):
    agent = log_in("wangjing")
    number = ready(agent)

    bring_in(administrator, workbook(tmp_path, [number]), excluded=True)

    agent.get_by_text("请停止拨打").wait_for(timeout=5_000)


# ── 2 Call ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_2_3_2_an_agent_calls_and_files(log_in, figure):
    """2、回访员根据“回访单”显示的号码打电话，打完后归类。 Figure 5."""
    page = log_in("lixiaoyu")
    before = ready(page)

    page.get_by_role("button", name=re.compile("早晚天气")).click()

    assert next_number(page, before) != before
    figure(page, "sheet")


def test_2_3_2_codes_11_to_20_and_21_to_26_are_free_27_can_go_28_and_29_are_fixed(administrator):
    """11-20规定为有效的业务、21-26为无效的业务，可以随意调整；27为预订，可调整或去掉；28-29为固定的无效业务，不可调整。"""
    page = administrator
    page.goto("/business-types/")

    def buttons(name: str) -> set[str]:
        row = page.locator("tbody tr", has=page.get_by_role("rowheader", name=name, exact=True))
        return {button.inner_text() for button in row.locator("button, a").all()}

    for name in ("早晨天气", "停机", "预订"):
        assert any("停用" in words for words in buttons(name)), name
    for name in ("拒绝", "未接通"):
        assert not any(re.search("停用|删除|改名|编辑", words) for words in buttons(name)), name


def test_2_3_2_a_renamed_business_type_is_on_the_sheet_at_once(administrator, log_in):
    """其中的“早晚天气”、“早晨天气”可以在“业务管理”处编辑，编辑后请重新登陆 -- here nobody has to."""
    agent = log_in("zhaoming")
    ready(agent)
    page = administrator
    page.goto("/business-types/")
    page.locator("tbody tr", has=page.get_by_role("rowheader", name="生活指数", exact=True)).get_by_role("link").click()
    page.wait_for_url(re.compile(r"/business-types/\d+/"))

    page.locator("main form").get_by_label("名称", exact=True).fill("生活气象指数")
    if page.locator("input[name=choice]").count():
        page.locator("input[name=choice][value=spelling]").check()
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("生活气象指数").first.wait_for()

    agent.reload()
    agent.get_by_role("button", name=re.compile("生活气象指数")).wait_for()


def test_2_3_2_a_service_for_another_region_is_ordered_from_the_list(log_in):
    """如要定购异地的业务，请选择地区列表中的地区。"""
    page = log_in("liufang")
    before = ready(page)
    home = page.locator("#order-region option").first.inner_text()
    elsewhere = next(
        text for option in page.locator("#order-region option").all()[1:] if (text := option.inner_text()) not in home
    )

    page.locator("#order-region").select_option(label=elsewhere)
    page.get_by_role("button", name=re.compile("早晨天气")).click()
    next_number(page, before)

    look_up(page, before)
    assert elsewhere in page.locator("main").inner_text()
