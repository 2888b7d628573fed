"""What the new manual tells in 4.1 and 4.2: an empty system leads through its first visit, and is set up."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Site, opened

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """A HwCall that was started just now, in which nobody has done anything yet."""
    with opened(tmp_path_factory.mktemp("empty")) as site:
        yield site


@pytest.fixture
def administrator(log_in):
    return log_in("admin")


def test_4_1_the_first_login_leads_to_six_steps(administrator, figure):
    page = administrator

    page.wait_for_url("**/first-visit/")
    page.get_by_label("单位名称").fill("市气象服务中心")
    page.get_by_role("button", name="保存，下一步").click()
    page.locator("li[aria-current=step]").get_by_role("button", name="就用这些").wait_for()

    assert page.locator("ol.visit > li").count() == 6
    figure(page, "first-visit")
    page.get_by_role("link", name="首次设置").first.wait_for()


def test_4_2_the_settings_show_what_the_call_button_opens_before_they_are_saved(administrator, figure):
    page = administrator
    page.goto("/settings/")

    page.get_by_label("软电话（sip:）").check()
    page.get_by_role("button", name="看看“拨打”打开什么").click()
    page.locator("code.address", has_text="sip:").wait_for()

    page.goto("/settings/")
    assert page.locator("code.address").inner_text().startswith("tel:")
    figure(page, "settings")
