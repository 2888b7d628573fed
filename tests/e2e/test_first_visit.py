"""The first visit as its owner walks it: from the one-time password of an empty system to an agent's first number."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import PHONE, SCREEN, Site, change_password, confirm, opened

pytestmark = pytest.mark.e2e

A4_AT_96_DPI = {"width": 794, "height": 1123}


@pytest.fixture
def empty(tmp_path) -> Iterator[Site]:
    """A HwCall that was started just now, for this test alone."""
    with opened(tmp_path / "data") as site:
        yield site


@pytest.fixture
def enter(chromium, empty):
    """A browser in which somebody has logged in and chosen a password of their own."""
    contexts = []

    def enter(username: str, **options):
        context = chromium.new_context(base_url=empty.url, locale="zh-CN", **({"viewport": SCREEN} | options))
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto("/login/")
        page.locator("[name=username]").fill(username)
        page.locator("[name=password]").fill(empty.passwords[username])
        page.get_by_text("中国移动", exact=True).click()
        page.locator("main form .btn-primary").click()
        page.wait_for_url(lambda url: "/login/" not in url)
        if "/password/" in page.url:
            change_password(page, empty, username)
        return page

    yield enter
    for context in contexts:
        context.close()


def now(page):
    """The step that is to be done now."""
    return page.locator("li[aria-current=step]")


def walk(page) -> dict[str, str]:
    """All six steps; who has an account then, and with which password."""
    page.wait_for_url("**/first-visit/")
    now(page).locator("[name=name]").fill("气象服务中心")
    now(page).get_by_role("button", name="保存，下一步").click()
    now(page).get_by_text("运营商", exact=True).wait_for()
    now(page).get_by_role("button", name="就用这些").click()
    now(page).get_by_text("地区", exact=True).wait_for()
    now(page).get_by_role("link", name="修改地区").click()
    page.locator("[name=name]").fill("高新区")
    page.get_by_role("button", name="新增").click()
    page.locator("th", has_text="高新区").wait_for()
    page.get_by_role("link", name="回到步骤").click()
    now(page).get_by_text("业务种类", exact=True).wait_for()
    now(page).get_by_role("button", name="就用这些").click()
    now(page).get_by_role("link", name="粘贴名单批量新增").click()
    page.locator("textarea").fill("李小雨\n王静")
    page.locator("main form .btn-primary").click()
    page.locator(".secret").first.wait_for()
    issued = {row.locator("td").first.inner_text(): row.locator(".secret").inner_text() for row in rows(page)}
    page.get_by_role("link", name="回到步骤").click()
    now(page).get_by_role("link", name="选择文件").click()
    page.locator("#numbers").fill("\n".join(f"199{number:08}" for number in range(20)))
    page.locator("main form .btn-primary").first.click()
    confirm(page)
    return issued


def rows(page):
    return page.locator("tbody tr").all()


def test_six_steps_lead_from_an_empty_system_to_the_first_number(empty, enter):
    boss = enter("admin")

    empty.passwords |= walk(boss)

    boss.goto("/")
    assert "/first-visit/" not in boss.url
    agent = enter("op001")
    agent.get_by_role("button", name=re.compile("开始回访")).click()
    agent.locator("#number").wait_for()


def test_the_steps_are_walked_without_a_script_on_a_phone(empty, enter):
    boss = enter("admin", java_script_enabled=False, viewport=PHONE)

    boss.wait_for_url("**/first-visit/")
    now(boss).get_by_role("button", name="保存，下一步").click()
    now(boss).get_by_role("button", name="就用这些").click()
    now(boss).get_by_role("button", name="就用这些").click()
    now(boss).get_by_role("button", name="就用这些").click()
    now(boss).get_by_role("link", name="粘贴名单批量新增").wait_for()
    boss.get_by_role("button", name="跳过首次设置").click()

    assert "/first-visit/" not in boss.url
    boss.goto("/")
    assert "/first-visit/" not in boss.url


def test_the_slips_fit_on_paper_ten_to_a_sheet(empty, enter, picture):
    boss = enter("admin", viewport=A4_AT_96_DPI)
    boss.goto("/operators/paste/")
    boss.locator("textarea").fill("\n".join(f"回访员{number}" for number in range(10)))
    boss.locator("main form .btn-primary").click()
    boss.locator(".secret").first.wait_for()

    boss.emulate_media(media="print")

    assert boss.locator(".slip").count() == 10
    assert boss.locator(".slip").first.is_visible()
    assert not boss.locator("table").is_visible()
    assert not boss.locator(".side").is_visible()
    picture(boss, "slips-on-paper", whole=True)
    assert pages(boss.pdf(format="A4", print_background=False)) == 1


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
