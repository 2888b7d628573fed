"""Every page, as administrator and as agent, in both languages and themes, on a screen and on a phone."""

import re

import pytest

from tests.e2e.conftest import PHONE, SCREEN

pytestmark = pytest.mark.e2e

ADMINISTRATORS = [
    "/home/",
    "/wall/",
    "/stats/hours/",
    "/stats/batches/1/",
    "/carriers/",
    "/carriers/1/",
    "/business-types/",
    "/business-types/1/",
    "/regions/",
    "/regions/1/",
    "/settings/",
    "/first-visit/",
    "/phones/import/",
    "/phones/batches/",
    "/phones/batches/1/",
    "/phones/export/",
    "/phones/export/list/",
    "/jobs/",
    "/holds/",
    "/stats/team/",
    "/stats/team/calls/",
    "/stats/mine/",
    "/stats/mine/calls/",
    "/lookup/",
    "/db/",
    "/audit/",
    "/audit/logins/",
    "/balance/",
    "/phones/exclusions/",
    "/operators/",
    "/operators/new/",
    "/operators/paste/",
    "/operators/1/",
    "/operators/2/reset/",
    "/filters/",
    "/password/",
    "/sheet/",
    "/sheet/keys/",
    "/paper/",
    "/manual/",
    "/nowhere/",
]
AGENTS = ["/sheet/", "/sheet/keys/", "/paper/", "/manual/", "/password/", "/jobs/", "/carriers/"]
# Words that are the same in Chinese: names, formats, keys, what agents have typed, the switch to the other language.
KNOWN_WORDS = {
    *(
        "HwCall",
        "English",
        "Excel",
        "CSV",
        "csv",
        "xlsx",
        "xls",
        "ods",
        "txt",
        "GB",
        "MB",
        "KB",
        "bytes",
        # What the start page advises: a command, and where it is told of.
        *("manage", "py", "backup", "docs"),
        "HTTP",
        "UTF",
        "SHA",
    ),
    # What soft phones and addresses are called, and the files that the manual names.
    *(
        "tel",
        "sip",
        "callto",
        "number",
        "pbx",
        "example",
        "MicroSIP",
        "Linphone",
        "operations",
        "md",
        "http",
        "web",
        "db",
    ),
    *("Esc", "Ctrl", "mm", "dd", "yyyy", "admin", "lixiaoyu", "wangjing", "op", "qwer"),
}


def look_at(page, address: str, *, expected: int = 200) -> None:
    response = page.goto(address)
    assert response.status == expected, address
    if expected != 200:
        # The browser tells of every 403 and 404 on its console; that is no complaint of ours.
        page.complaints[:] = [said for said in page.complaints if "Failed to load resource" not in said]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{address} scrolls sideways by {width} pixels"


@pytest.mark.parametrize(("viewport", "scheme"), [(SCREEN, "light"), (SCREEN, "dark"), (PHONE, "light")])
def test_every_page_of_an_administrator_in_chinese(log_in, room, picture, viewport, scheme):
    page = log_in("admin", viewport=viewport, color_scheme=scheme)

    for address in ADMINISTRATORS:
        look_at(page, address, expected=404 if address == "/nowhere/" else 200)
        name = address.strip("/").replace("/", "-")
        picture(page, f"{name}-{'phone' if viewport == PHONE else scheme}")
        # Numbers of jobs and fingerprints of files have letters in them, and are no words.
        text = re.sub(r"(?<![0-9A-Za-z])[0-9a-f]{8,}(?![0-9A-Za-z])", "", page.locator("body").inner_text())
        words = set(re.findall(r"[A-Za-z]{2,}", text))
        assert words <= KNOWN_WORDS, f"{address} says {sorted(words - KNOWN_WORDS)}"


@pytest.mark.parametrize("viewport", [SCREEN, PHONE])
def test_every_page_of_an_administrator_in_english(log_in, room, picture, viewport):
    page = log_in("admin", viewport=viewport)
    page.context.add_cookies([{"name": "hwcall_language", "value": "en", "url": room.url}])

    for address in ADMINISTRATORS:
        look_at(page, address, expected=404 if address == "/nowhere/" else 200)
        name = address.strip("/").replace("/", "-")
        picture(page, f"{name}-en{'-phone' if viewport == PHONE else ''}")


@pytest.mark.parametrize("viewport", [SCREEN, PHONE])
def test_every_page_of_an_agent(log_in, room, viewport):
    page = log_in("wangjing", viewport=viewport)

    for address in AGENTS:
        look_at(page, address, expected=403 if address == "/carriers/" else 200)


def test_b13_nothing_is_shown_after_a_logout(log_in, room):
    page = log_in("wangjing")
    page.goto("/sheet/")
    page.locator("details.who summary").click()
    page.get_by_role("button", name="退出").click()
    page.get_by_label("用户名").wait_for()

    page.go_back()

    page.get_by_label("用户名").wait_for()


def test_the_manual_stands_at_the_chapter_of_the_page_at_once(administrator):
    administrator.goto("/paper/")
    with administrator.context.expect_page() as opened:
        administrator.locator("a[href*='/manual/#']:visible").first.click()
    manual = opened.value

    manual.wait_for_load_state("load")
    manual.wait_for_timeout(200)

    top = manual.locator(":target").bounding_box()["y"]
    assert 0 <= top < 100
