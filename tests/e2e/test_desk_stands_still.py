"""The sheet with all nineteen types, in each of its states: it fits the screen, and nothing on it moves."""

import os
import re
import subprocess
import sys

import pytest

from tests.e2e.conftest import PHONE, ROOT, Site

pytestmark = pytest.mark.e2e

# What a browser leaves of a screen of 1366 by 768.
SMALL = {"width": 1366, "height": 625}
ALL_TYPES = """
from config.models import BusinessType
for code in range(11, 30):
    current = BusinessType.objects.current().filter(code=code)
    current.update(enabled=True) or BusinessType.objects.create(code=code, name=f"种类{code}", position=code)
"""
RECALL = """
from django.utils import timezone
from phones import holds
from phones.models import Batch, Phone
holds.recall(Phone.objects.get(number="{number}"), batch=Batch.objects.first(), now=timezone.now())
"""
ALL_TOMORROW = """
from datetime import timedelta
from django.utils import timezone
from phones.models import Phone
tomorrow = timezone.now() + timedelta(days=1)
Phone.objects.filter(carrier__name="中国联通", state="pending").update(due_at=tomorrow)
"""
PLACES = """() => {
    const places = {};
    for (const part of document.querySelectorAll("#number, .type, .desk-foot")) {
        const box = part.getBoundingClientRect();
        // The number itself may be wider or narrower than the last.
        places[part.value || part.className] = part.id ? [box.x, box.y] : [box.x, box.y, box.width, box.height];
    }
    return places;
}"""


@pytest.fixture(scope="session")
def site(demo_site) -> Site:
    tell(demo_site, ALL_TYPES)
    return demo_site


def tell(site: Site, code: str) -> None:
    """Do in the room's data what no page does at one press."""
    environment = os.environ | {"HWCALL_DATA": str(site.data)}
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment, check=True)


def to_a_number(page) -> None:
    """A number on the sheet that can be called and filed, also where a recalled one stands there."""
    page.goto("/sheet/")
    if page.locator("button[name=take]").count():
        page.locator("button[name=take]").click()
    page.locator(".held a[href^='tel:']").wait_for()
    page.wait_for_timeout(450)


def fits(page) -> bool:
    """Whether nothing scrolls; on a phone the day's figures stand below, and what is pressed above them."""
    size = page.viewport_size
    width, height = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    if size == PHONE:
        height = max((box[1] + box[3] for box in page.evaluate(PLACES).values() if len(box) == 4), default=0)
    return width == size["width"] and height <= size["height"]


@pytest.mark.parametrize("viewport", [SMALL, PHONE], ids=["small screen", "phone"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_sheet_fits_in_each_state_and_nothing_on_it_moves(log_in, site, viewport, language):
    page = log_in("zhaoming", viewport=viewport)
    page.context.add_cookies([{"name": "hwcall_language", "value": language, "url": site.url}])
    to_a_number(page)
    assert fits(page)
    places = page.evaluate(PLACES)
    assert len(places) == 21

    page.locator("button[name=code][value='29']").click()
    page.locator("[data-undo]").wait_for()
    assert fits(page)
    assert page.evaluate(PLACES) == places

    page.wait_for_timeout(450)
    page.locator("button[name=undo]").click()
    page.locator(".strip.note").wait_for()
    assert fits(page)
    assert page.evaluate(PLACES) == places

    number = page.locator(".held a[href^='tel:']").get_attribute("href").removeprefix("tel:")
    tell(site, RECALL.format(number=number))
    page.locator(".held.recalled").wait_for()
    assert fits(page)
    assert page.evaluate(PLACES) == places | {"desk-foot": page.evaluate(PLACES)["desk-foot"]}
    page.wait_for_timeout(450)
    page.locator("button[name=take][value=next]").click()
    page.locator(".held a[href^='tel:']").wait_for()
    page.wait_for_timeout(450)

    page.locator("button[name=pause]").click()
    page.locator("#start").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    assert page.locator("#start").bounding_box()["y"] < viewport["height"] / 2


@pytest.mark.parametrize("viewport", [SMALL, PHONE], ids=["small screen", "phone"])
def test_a_result_that_is_not_saved_yet_moves_nothing(log_in, site, viewport):
    page = log_in("zhaoming", viewport=viewport)
    to_a_number(page)
    places = page.evaluate(PLACES)

    page.context.set_offline(True)
    page.locator("button[name=code][value='11']").click()
    page.locator(".strip.warn").wait_for()

    assert fits(page)
    assert page.evaluate(PLACES) == places
    page.context.set_offline(False)
    page.locator("[data-undo]").wait_for()
    # The browser tells on its console that it was offline; that is what this test is about.
    expected = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    page.complaints[:] = [said for said in page.complaints if not any(words in said for words in expected)]


def test_a_sheet_without_a_number_fits_and_its_keys_change_the_carrier(log_in, site):
    tell(site, ALL_TOMORROW)
    page = log_in("liufang", viewport=SMALL, carrier="中国联通")
    page.goto("/sheet/")
    if page.locator("button[name=pause]").count():
        page.wait_for_timeout(450)
        page.locator("button[name=pause]").click()
    page.locator("[data-look-again]").wait_for()
    assert fits(page)
    page.wait_for_timeout(450)

    page.keyboard.press("1")

    page.get_by_text(re.compile("中国移动有")).wait_for()


def test_every_digit_of_a_number_is_as_wide_as_the_others(log_in, site):
    page = log_in("zhaoming")
    to_a_number(page)

    widths = page.evaluate("""() => {
        const line = document.createElement("span");
        document.getElementById("number").append(line);
        return Array.from("0123456789", (digit) => {
            line.textContent = digit.repeat(20);
            return line.getBoundingClientRect().width;
        });
    }""")

    assert len(set(widths)) == 1
