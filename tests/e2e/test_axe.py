"""Every page of a room at work, looked at by axe-core for WCAG 2.2 AA: both roles, both themes, screen and phone."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import PHONE, SCREEN, Site
from tests.e2e.test_desk_stands_still import to_a_number
from tests.e2e.test_pages import ADMINISTRATORS, AGENTS

pytestmark = pytest.mark.e2e

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# Pages that only a room at work has, or that tell of what is not there.
MORE = ["/numbers/1/", "/calls/1/amend/", "/phones/batches/2/", "/operators/2/", "/stats/team/?days=30"]
OPENED = [
    ("/sheet/", ".topbar details.menu > summary"),
    ("/stats/team/", "main details.menu > summary"),
    ("/phones/export/", "main details.menu > summary"),
    ("/carriers/", ".side details.menu > summary"),
    ("/operators/", "main details > summary"),
    ("/db/", "main details > summary"),
]
AS_SEEN = [(SCREEN, "light"), (SCREEN, "dark"), (PHONE, "light")]
# So high that no row is half under a head or a sum that stays in sight: a half link is too small to press.
HIGH = 3000


@pytest.fixture(scope="session")
def site(demo_site) -> Site:
    return demo_site


@pytest.fixture
def faults() -> Callable:
    """What axe finds on a page as it stands, a line each. Evaluated by the browser, so that the page's CSP stays on."""
    axe = Axe()

    def faults(page, where: str = "") -> list[str]:
        found = axe.run(page, options=RULES).response["violations"]
        place = where or page.url
        return [
            f"{place}: {rule['id']}: {node['target']} {node['html'][:200]}" for rule in found for node in rule["nodes"]
        ]

    return faults


def visit(page, address: str) -> None:
    page.set_viewport_size(page.viewport_size | {"height": HIGH})
    page.goto(address)
    forgive(page)


def forgive(page) -> None:
    """A browser tells of every answer from 400 on on its console; that is no complaint of ours."""
    page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]


@pytest.mark.parametrize(("viewport", "scheme"), AS_SEEN)
def test_axe_finds_nothing_on_any_page_of_an_administrator(log_in, faults, viewport, scheme):
    page = log_in("wangqiang", viewport=viewport, color_scheme=scheme)
    found = []

    for address in (*ADMINISTRATORS, *MORE):
        visit(page, address)
        found += faults(page, address)

    assert not found, "\n".join(found)


@pytest.mark.parametrize(("viewport", "scheme"), AS_SEEN)
def test_axe_finds_nothing_on_any_page_of_an_agent(log_in, faults, viewport, scheme):
    page = log_in("lixiaoyu", viewport=viewport, color_scheme=scheme)
    found = []

    for address in (*AGENTS, "/stats/mine/", "/stats/mine/calls/", "/lookup/"):
        visit(page, address)
        found += faults(page, address)

    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_the_login(open_browser, faults, scheme):
    page = open_browser(color_scheme=scheme)
    page.goto("/login/")
    found = faults(page, "login")
    page.get_by_label("用户名").fill("nobody")
    page.get_by_label("密码").fill("nothing-at-all")
    page.get_by_role("button", name="登录").click()
    page.get_by_role("alert").wait_for()

    found += faults(page, "login refused")
    forgive(page)

    assert not found, "\n".join(found)


@pytest.mark.parametrize(("viewport", "scheme"), AS_SEEN)
def test_axe_finds_nothing_on_the_sheet_in_a_call(log_in, faults, viewport, scheme):
    page = log_in("wangjing", viewport=viewport, color_scheme=scheme)
    to_a_number(page)
    found = faults(page, "held")
    page.locator("button[name=code]").last.click()
    page.locator("[data-undo]").wait_for()
    found += faults(page, "filed")
    for menu in (".qr", ".skip-menu", "#carrier-menu"):
        page.locator(f"{menu} > summary").click()
        found += faults(page, menu)
        page.keyboard.press("Escape")
    if viewport == SCREEN:
        page.keyboard.press("?")
        page.locator("#keys[open]").wait_for()
        found += faults(page, "keys")

    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_menus_that_are_open(log_in, faults, scheme):
    page = log_in("wangqiang", color_scheme=scheme)
    found = []

    for address, summaries in OPENED:
        visit(page, address)
        for place in range(page.locator(summaries).count()):
            summary = page.locator(summaries).nth(place)
            if summary.is_visible():
                summary.click()
                found += faults(page, f"{address}, menu {place}")
                page.keyboard.press("Escape")

    assert not found, "\n".join(found)
