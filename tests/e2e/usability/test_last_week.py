"""A manager answers who was best last week, at what hours, and which numbers are behind it, on paper."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator

from tests.e2e.conftest import PICTURES, Site
from tests.e2e.manual.test_looking_after import number_of
from tests.e2e.usability.hands import Hands

pytestmark = pytest.mark.e2e

# The browser's own window asks once more before it prints.
IN_THE_WINDOW = "Enter"


@pytest.fixture(scope="session")
def site(demo_site) -> Site:
    """A room with a week behind it."""
    return demo_site


@dataclass(frozen=True)
class Best:
    """The first row of the table: whose it is, how many valid calls, how many in all."""

    name: str
    valid: int
    total: int

    @classmethod
    def on(cls, page) -> "Best":
        row = page.locator("table.tally tbody tr").first
        valid, _booked, _invalid, total = (number_of(cell) for cell in row.locator("td.sub").all_inner_texts())
        return cls(row.locator("th").inner_text(), valid, total)


def last_week(page) -> str:
    """The days of the week before this one, as a page's head says them."""
    today = date.fromisoformat(page.evaluate("new Date().toLocaleDateString('sv', {timeZone: 'Asia/Shanghai'})"))
    monday = today - timedelta(days=today.weekday() + 7)
    return f"{monday}–{monday + timedelta(days=6)}"


def head_of(page) -> str:
    return page.locator(".page-head .hint").first.inner_text()


def shares(page) -> list[float]:
    """The valid share of each agent, from the first row down."""
    return [float(text.removesuffix("%")) for text in page.locator("table.tally tbody td:last-child").all_inner_texts()]


def follow(hands: Hands, link: Locator, address: str) -> None:
    """Press something, and wait for the page that it leads to."""
    hands.click(link)
    with hands.waiting():
        hands.page.wait_for_url(re.compile(address))
        hands.page.locator(".htmx-request").wait_for(state="detached")


def print_it(hands: Hands, name: str) -> int:
    """Print the page by its button; how many sheets of paper it takes."""
    hands.click(hands.page.get_by_role("button", name="打印", exact=True))
    hands.press(IN_THE_WINDOW)
    paper = hands.page.pdf(path=PICTURES / f"{name}.pdf", prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", paper))


def who(hands: Hands) -> Best:
    """Who was best last week, by the share of valid calls: on one sheet of paper."""
    page = hands.page
    follow(hands, page.locator("nav.side").get_by_role("link", name="话务统计", exact=True), "/stats/team/")
    follow(hands, page.get_by_role("navigation", name="常用日期").get_by_role("link", name="上周"), "days=last_week")
    follow(hands, page.locator("table.tally thead").get_by_role("link", name="有效率"), "sort=-share")
    page.locator("th[aria-sort=descending]").wait_for()
    assert print_it(hands, "usability-who") == 1
    assert head_of(page) == last_week(page)
    assert shares(page) == sorted(shares(page), reverse=True)
    return Best.on(page)


def which_numbers(hands: Hands, best: Best) -> None:
    """The numbers behind the best one's valid calls, all on paper."""
    page = hands.page
    follow(hands, page.locator("table.tally tbody tr").first.locator("td.sub a.fig").first, "/calls/")
    hands.click(page.locator(".page-size").get_by_role("button", name="200", exact=True))
    with hands.waiting():
        page.locator(".page-size button[aria-current]", has_text="200").wait_for()
    print_it(hands, "usability-which-numbers")
    assert page.locator("main tbody tr").count() == best.valid
    assert {best.name, last_week(page)} < set(head_of(page).split("·"))


def at_what_hours(hands: Hands, best: Best) -> None:
    """When the best one reached people, by weekday and hour."""
    page = hands.page
    follow(hands, page.get_by_role("link", name="返回统计"), "sort=-share")
    follow(hands, page.locator("table.tally tbody").get_by_role("link", name=best.name, exact=True), "agent=")
    follow(hands, page.get_by_role("link", name="时段与走势"), "/stats/hours/")
    page.locator(".heat-table").wait_for()
    print_it(hands, "usability-at-what-hours")
    assert head_of(page).startswith(last_week(page))
    assert number_of(page.locator(".heat-table tfoot td:last-child small").inner_text()) == best.total


def test_a_manager_tells_who_was_best_last_week_at_what_hours_and_by_which_numbers(log_in, begin_task):
    page = log_in("wangqiang")
    page.goto("/home/")
    hands = begin_task("A manager: who was best last week, at what hours, by which numbers; all of it on paper", page)

    best = who(hands)
    which_numbers(hands, best)
    at_what_hours(hands, best)
    hands.rest()

    # Three or four ways to a page each, with its print button; and 200 rows a page.
    assert (hands.keys, hands.clicks, hands.typed) == (3, 11, 0)
