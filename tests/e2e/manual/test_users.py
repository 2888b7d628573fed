"""The manual's section 2.2: administrators and agents, and how each comes in."""

import pytest

pytestmark = pytest.mark.e2e


def test_an_agent_chooses_the_carrier_and_lands_on_the_callback_sheet(log_in):
    """2.2: 回访员一般只分配“回访单”这个模块，登陆后直接进入此模块；登陆时可以选择中国移动、中国电信、中国联通之一。"""
    page = log_in("gaomin", carrier="中国电信")

    assert page.url.endswith("/sheet/")
    assert "中国电信" in page.locator("header").inner_text()
    assert page.locator("nav.side").count() == 0


def test_the_login_page_offers_the_three_carriers(open_browser, figure):
    """Figure 1."""
    page = open_browser()
    page.goto("/login/")

    offered = [label.inner_text() for label in page.locator("fieldset .segments label").all()]
    assert offered == ["中国移动", "中国电信", "中国联通"]
    figure(page, "login")


def test_the_carrier_is_changed_on_the_sheet_without_a_new_login(log_in):
    page = log_in("machao")
    page.locator("header details.menu").first.locator("summary").click()
    page.locator("header").get_by_role("button", name="中国联通").click()

    page.get_by_text("中国联通").first.wait_for()
    assert "/login/" not in page.url


def test_an_agent_has_no_other_module(log_in):
    page = log_in("gaomin")

    for address in ("/carriers/", "/phones/import/", "/phones/export/", "/stats/team/", "/operators/", "/lookup/"):
        assert page.goto(address).status == 403
    page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]


def test_an_administrator_can_use_every_module(administrator, figure):
    """Figure 2."""
    page = administrator
    addresses = [link.get_attribute("href") for link in page.locator("nav.side a.item").all()]

    assert len(addresses) >= 10
    for address in addresses:
        assert page.goto(address).status == 200
    page.goto("/phones/batches/")
    figure(page, "modules")
