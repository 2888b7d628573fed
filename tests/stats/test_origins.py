"""A list of calls leads back to precisely the table that it was opened from."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts import tables
from stats import origins

TODAY = timezone.localdate()
MONTH = f"start={TODAY - timedelta(days=30)}&end={TODAY + timedelta(days=1)}"
# Each is a table with something chosen: days by name or by date, what narrows down, how it is shown.
CHOSEN = [
    "",
    "days=today",
    "days=week&by=both&sort=-total",
    f"{MONTH}&view=standing&sort=-share&by=day",
    "days=month&by=both&page=2",
]


@pytest.fixture(autouse=True)
def calls(desk, xiaoli, xiaowang, type_of):
    """Calls of today, by the real clock: so the days that have a name have some."""
    for agent in (xiaoli, xiaowang):
        for code in (11, 28):
            desk.file(agent, type_of(code), at=timezone.now())


def way_back(page) -> str:
    [address] = re.findall(
        r'<a class="btn btn-quiet" href="([^"]*)"><svg[^>]*>.*?</svg>返回统计', page.content.decode()
    )
    return unescape(address)


def figures_of(page) -> list[str]:
    return [
        unescape(address) for address in re.findall(r'class="fig" href="([^"]*/calls/[^"]*)"', page.content.decode())
    ]


@pytest.mark.parametrize("query", CHOSEN)
@pytest.mark.parametrize("page", ["/stats/team/", "/stats/mine/"])
def test_every_figure_leads_to_a_list_that_leads_back(sign_in, office, xiaoli, page, query):
    browser = office if "team" in page else sign_in(xiaoli)
    # Rows of one's own are days, whatever the address says.
    known = query if "team" in page else re.sub(r"&?by=\w+", "", query)
    address = f"{page}?{query}" if query else page

    figures = figures_of(browser.get(address))

    assert len(figures) > 4
    for figure in figures[:4] + figures[-4:]:
        back, _mark, said = way_back(browser.get(figure)).partition("?")
        assert back == page
        assert sorted(said.split("&")) == sorted(known.split("&"))


def test_who_was_chosen_is_still_chosen(office, xiaoli):
    [figure, *_others] = figures_of(office.get(f"/stats/team/?agent={xiaoli.pk}&by=day"))

    assert set(way_back(office.get(figure)).partition("?")[2].split("&")) == {f"agent={xiaoli.pk}", "by=day"}


def test_the_way_back_outlives_the_order_the_page_and_the_size_of_the_list(office, monkeypatch):
    monkeypatch.setattr(tables, "USUAL_SIZE", 1)
    table = "/stats/team/?days=week&sort=-total"
    figure = max(figures_of(office.get(table)), key=lambda each: "type" not in each)

    page = office.get(figure)
    content = page.content.decode()
    turned = office.get("/stats/team/calls/" + page.context["pager"].next)
    [ordered] = [unescape(each) for each in re.findall(r'href="(\?[^"]*order=oldest[^"]*)"', content)]

    for each in (page, turned, office.get(f"/stats/team/calls/{ordered}")):
        assert set(way_back(each).partition("?")[2].split("&")) == {"days=week", "sort=-total"}


def test_from_the_hours_one_comes_back_to_the_hours(office):
    page = office.get("/stats/hours/?days=week")

    for figure in figures_of(page):
        assert way_back(office.get(figure)) == "/stats/hours/?days=week"


def test_a_list_that_was_opened_by_itself_leads_to_the_table_with_the_same_conditions(office, sign_in, xiaoli):
    asked = f"start={TODAY}&end={TODAY}&agent={xiaoli.pk}"

    assert way_back(office.get(f"/stats/team/calls/?{asked}&type=valid&view=standing")) == (
        f"/stats/team/?{asked}&view=standing"
    )
    assert way_back(office.get(f"/stats/team/calls/?{asked}&hour=9")) == f"/stats/hours/?{asked}"
    assert way_back(sign_in(xiaoli).get(f"/stats/mine/calls/?{asked}&type=valid")) == (
        f"/stats/mine/?start={TODAY}&end={TODAY}"
    )
    assert way_back(office.get("/stats/team/calls/?start=x")) == "/stats/team/"


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example",
        "mine?days=week",
        "team",
        "team?",
        "team?next=//evil.example&x=1",
        "?",
        "/",
        "team?days=" + "x" * 2000,
        "team?" + "a=1&" * 600,
    ],
)
def test_whatever_the_address_says_it_leads_to_a_table(office, back):
    page = office.get("/stats/team/calls/", {"start": TODAY, "end": TODAY, "back": back})

    assert page.status_code == 200
    assert way_back(page) in ("/stats/team/", f"/stats/team/?start={TODAY}&end={TODAY}")


def test_what_is_written_into_the_address_stays_text(office):
    page = office.get("/stats/team/calls/", {"start": TODAY, "back": 'team?sort="><script>alert(1)</script>'})

    assert "<script>alert" not in page.content.decode()


def test_a_very_long_choice_is_not_dragged_along(rf):
    request = rf.get("/stats/team/", {"sort": "x" * 2000})

    assert origins.origin("team", request.GET) == {"back": "team"}


def test_too_many_exports_lead_back_to_the_list_with_its_way_back(office, monkeypatch):
    monkeypatch.setattr("phones.files.OPEN_LIMIT", 0)
    table = "/stats/team/?days=week"
    [figure, *_others] = figures_of(office.get(table))
    form = office.get(figure)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.content.decode()))

    refused = office.post("/stats/team/calls/export/", {**hidden, "format": "csv"})

    assert way_back(office.get(refused.url)) == table
