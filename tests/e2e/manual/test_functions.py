"""The manual's section 2.1: four groups and ten modules, in its order and words, and that each does what it says."""

import re

import pytest

pytestmark = pytest.mark.e2e

GROUPS = {
    "业务配置": ["运营商管理", "业务管理", "地区配置"],
    "电话管理": ["电话导入", "电话导出", "话务统计"],
    "电话回访": ["回访单", "回访统计", "电话查询"],
    "系统维护": ["操作员"],
}


def menu(page) -> dict[str, list[str]]:
    """The menu's groups with their items, as they stand on the page."""
    found: dict[str, list[str]] = {}
    for line in page.locator("nav.side > h2, nav.side > a.item").all():
        if line.evaluate("element => element.tagName") == "H2":
            found[line.inner_text()] = []
        elif found:
            found[list(found)[-1]].append(line.inner_text())
    return found


def test_the_menu_has_the_manuals_groups_and_modules_in_its_order(administrator):
    administrator.goto("/carriers/")

    found = menu(administrator)

    assert list(found) == list(GROUPS)
    assert {title: items[: len(GROUPS[title])] for title, items in found.items()} == GROUPS


@pytest.mark.parametrize("module", [module for modules in GROUPS.values() for module in modules])
def test_each_module_opens_from_the_menu(administrator, module):
    administrator.goto("/carriers/")

    administrator.locator("nav.side").get_by_role("link", name=module, exact=True).click()

    administrator.get_by_role("heading", level=1, name=module, exact=True).wait_for(state="attached")


def take_away(page, name: str) -> None:
    """Delete what was just added and nobody uses."""
    row = page.locator("tbody tr", has=page.get_by_role("rowheader", name=re.compile(name)))
    row.get_by_role("button", name=re.compile("删除")).click()
    page.get_by_text("已删除").wait_for()
    row.wait_for(state="detached")


def test_2_1_1_1_carriers_are_configured(administrator):
    page = administrator
    page.goto("/carriers/")

    page.locator("main form").get_by_label("名称", exact=True).fill("联通气象")
    page.get_by_role("button", name="新增", exact=True).click()

    take_away(page, "联通气象")


def test_2_1_1_2_business_types_are_configured(administrator):
    page = administrator
    page.goto("/business-types/")

    page.locator("main form").get_by_label("名称", exact=True).fill("完成")
    page.get_by_role("button", name="新增", exact=True).click()

    assert "拒绝" in page.locator("main").inner_text()
    take_away(page, "完成")


def test_2_1_1_3_regions_are_configured(administrator):
    page = administrator
    page.goto("/regions/")

    page.locator("main form").get_by_label("名称", exact=True).fill("高新区")
    page.get_by_role("button", name="新增", exact=True).click()

    take_away(page, "高新区")


def test_2_1_4_1_operators_are_managed(administrator, figure):
    page = administrator
    page.goto("/operators/new/")

    page.get_by_label("用户名").fill("sunwei")
    page.get_by_label("姓名").fill("孙伟")
    page.get_by_role("button", name="新增操作员", exact=True).click()

    page.locator(".secret").wait_for()
    page.goto("/operators/?q=sunwei")
    page.get_by_role("rowheader", name="孙伟").wait_for()
    page.goto("/operators/")
    figure(page, "operators")
