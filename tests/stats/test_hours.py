"""Calls by the hour: the sums, the best hours, the trend, and their page."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from accounts.modules import Module
from callback.models import HourTally
from config.models import Carrier
from stats import best_hours, hours
from stats.hours import Sums
from stats.trend import trend

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)
PAGE = "/stats/hours/"


def an_hour(weekday: int, hour: int, calls: int, connected: int, *, weeks_ago: int = 0, valid: int = 0):
    """The hour of a weekday and how many of its calls were connected."""
    return MONDAY + timedelta(days=weekday - 7 * weeks_ago, hours=hour), Sums(calls, valid, 0, calls - connected)


def a_week(*, best: int = 50) -> dict[datetime, Sums]:
    """Monday to Friday, 9 to 12, half of 200 calls connected; on Tuesday at 10, ``best`` of a hundred."""
    found = dict(an_hour(weekday, hour, 200, 100) for weekday in range(5) for hour in (9, 10, 11))
    return found | dict([an_hour(1, 10, 200, 2 * best)])


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


def tally(agent, hour_at, **counts) -> HourTally:
    carrier = counts.pop("carrier", None) or Carrier.objects.in_order()[0]
    return HourTally.objects.create(hour_at=hour_at, agent=agent, carrier=carrier, **counts)


# ── Sums ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_hour_belongs_to_the_day_on_which_it_begins_by_the_rooms_clock(xiaoli):
    midnight = tally(xiaoli, MONDAY, filed=1)
    tally(xiaoli, MONDAY - timedelta(hours=1), filed=1)
    last = tally(xiaoli, MONDAY + timedelta(hours=23), filed=1)
    tally(xiaoli, MONDAY + timedelta(hours=24), filed=1)

    assert set(hours.on_days(MONDAY.date(), MONDAY.date())) == {midnight, last}


def test_hours_are_summed_over_agents_and_carriers_and_an_hour_taken_back_is_none(xiaoli, xiaowang):
    at = MONDAY + timedelta(hours=9)
    tally(xiaoli, at, filed=5, valid=3, booking=1, not_connected=2)
    tally(xiaowang, at, filed=2, not_connected=1, carrier=Carrier.objects.in_order()[1])
    tally(xiaoli, at + timedelta(hours=1), filed=0)

    assert hours.by_hour(HourTally.objects.all()) == {at: Sums(7, 3, 1, 3)}


def test_the_hours_of_the_room_are_what_was_filed_in_them(desk, xiaoli, type_of, now):
    for code, minutes in ((11, 0), (27, 5), (29, 10), (28, 45)):
        desk.file(xiaoli, type_of(code), at=now + timedelta(minutes=minutes))
    desk.take_back(desk.file(xiaoli, type_of(11), at=now + timedelta(minutes=50)))

    found = hours.by_hour(hours.on_days(now.date(), now.date()))

    assert hours.by_hour_of_day(found) == {10: Sums(3, 2, 1, 1), 11: Sums(1, 0, 0, 0)}


# ── The best hours ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_weeks_are_folded_into_one():
    found = best_hours.week(dict([an_hour(0, 9, 40, 10), an_hour(0, 9, 60, 40, weeks_ago=1), an_hour(6, 8, 1, 1)]))

    assert [line.hour for line in found.lines] == [8, 9]
    assert found.lines[1].cells[0].sums == Sums(100, 0, 0, 50)
    assert found.lines[1].all.sums == found.days[0].sums == Sums(100, 0, 0, 50)
    assert found.days[6].sums == Sums(1, 0, 0, 0)
    assert found.all == Sums(101, 0, 0, 50)


def test_an_hour_that_stands_out_is_said():
    found = best_hours.week(a_week(best=80))

    assert (found.best.weekday, found.best.hour) == (1, 10)
    assert found.worst is None
    with override("en"):
        assert best_hours.words(found)[0] == (
            "Most people are reached on Tuesday 10:00–11:00: 80.0% (160 of 200 calls)."
        )


def test_the_worst_hour_is_said_as_well():
    found = best_hours.week(a_week(best=20))

    assert found.best is None
    assert (found.worst.weekday, found.worst.hour) == (1, 10)


def test_a_difference_that_may_be_chance_is_called_so():
    found = best_hours.week(a_week(best=55))

    assert (found.best, found.worst) == (None, None)
    with override("en"):
        assert best_hours.words(found)[0] == "No hour stands out: what differs may be chance."


def test_few_calls_say_nothing_however_many_of_them_were_connected():
    found = best_hours.week(a_week() | dict([an_hour(5, 9, best_hours.FEW - 1, best_hours.FEW - 1)]))

    saturday = found.lines[0].cells[5]
    assert (saturday.few, saturday.tone) == (True, 0)
    assert found.best is None


def test_where_all_hours_have_few_calls_the_page_says_that():
    found = best_hours.week(dict([an_hour(0, 9, 5, 5)]))

    with override("en"):
        assert best_hours.words(found) == ["No hour has 30 calls yet: too few to say when people are reached best."]


def test_the_more_are_reached_the_stronger_an_hour_is_painted():
    shares = dict(an_hour(0, 8 + step, 100, 20 + 15 * step) for step in range(5))

    assert [line.cells[0].tone for line in best_hours.week(shares).lines] == [1, 2, 3, 4, 5]


def test_shares_that_hardly_differ_are_painted_alike():
    shares = dict([an_hour(0, 8, 1000, 500), an_hour(0, 9, 1000, 510)])

    assert {line.cells[0].tone for line in best_hours.week(shares).lines} == {3}


@pytest.mark.parametrize(("calls", "connected"), [(30, 0), (30, 30), (1_000_000, 500_000)])
def test_the_interval_holds_the_share_and_stays_a_share(calls, connected):
    low, high = best_hours.interval(Sums(calls, 0, 0, calls - connected))

    assert -0.001 <= low <= 100 * connected / calls <= high <= 100.001


# ── The trend ────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_day_with_calls_is_a_point_and_one_without_is_none():
    found = dict([an_hour(0, 9, 40, 30, valid=10), an_hour(0, 10, 10, 10, valid=10), an_hour(2, 9, 10, 5)])

    line = trend(found, MONDAY.date(), MONDAY.date() + timedelta(days=3))

    assert [(point.name, point.calls, point.valid, point.connected, point.few) for point in line.points] == [
        ("2026-11-23", 50, 40, 80, False),
        ("2026-11-25", 10, 0, 50, True),
    ]
    assert len(line.labels) == 4
    assert len(line.valid.split()) == len(line.connected.split()) == 2


def test_a_higher_share_is_a_higher_point_within_the_drawing():
    found = dict([an_hour(0, 9, 100, 90, valid=10), an_hour(1, 9, 100, 90, valid=80)])

    low, high = trend(found, MONDAY.date(), MONDAY.date() + timedelta(days=1)).points

    assert 0 < float(high.valid_y) < float(low.valid_y) < 178


def test_no_share_is_above_a_hundred_and_the_scale_says_so():
    found = dict([an_hour(0, 9, 10, 10, valid=9)])

    assert trend(found, MONDAY.date(), MONDAY.date()).ticks[-1].text == "100%"


def test_a_year_goes_by_month():
    found = dict([an_hour(0, 9, 100, 90, valid=10), an_hour(0, 9, 100, 90, weeks_ago=30, valid=10)])

    line = trend(found, date(2025, 11, 24), date(2026, 11, 23))

    assert (line.unit, [point.name for point in line.points]) == ("month", ["2026-04", "2026-11"])


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_shows_the_last_four_weeks(browser, xiaoli):
    page = browser.get(PAGE).context

    assert (page["form"].last - page["form"].first).days == 27
    assert page["form"].last == page["form"].today


def test_the_page_counts_what_was_chosen(browser, xiaoli, xiaowang):
    carrier = Carrier.objects.in_order()[1]
    at = MONDAY + timedelta(hours=9)
    tally(xiaoli, at, filed=40, carrier=carrier)
    tally(xiaoli, at, filed=3)
    tally(xiaowang, at, filed=5, carrier=carrier)
    chosen = {"start": "2026-11-23", "end": "2026-11-23", "agent": xiaoli.pk, "carrier": carrier.pk}

    page = browser.get(PAGE, chosen)

    assert page.context["week"].all.filed == 40
    assert "接通率" in page.content.decode()


def test_what_another_page_narrows_down_by_does_no_harm(browser, make_batch):
    assert browser.get(PAGE, {"region": "x", "batch": 2**64, "view": "standing"}).context["week"].lines == []


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-11-23", "end": "2026-11-01"},
        {"start": "1996-01-01", "end": "2026-01-01"},
        {"start": "yesterday"},
        {"agent": 2**64},
        {"carrier": "-1"},
        {"end": "0000-00-00"},
    ],
)
def test_nonsense_is_a_field_error(browser, query):
    page = browser.get(PAGE, query)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert "week" not in page.context


def test_who_has_no_statistics_is_refused(sign_in, xiaoli, make_agent):
    assert sign_in(xiaoli).get(PAGE).status_code == 403
    assert sign_in(make_agent("小赵", modules=[Module.TEAM])).get(PAGE).status_code == 200


def test_the_table_of_figures_leads_to_it_with_what_was_chosen(browser):
    page = browser.get("/stats/team/", {"start": "2026-11-01", "end": "2026-11-23"}).content.decode()

    assert f"{PAGE}?start=2026-11-01&amp;end=2026-11-23" in page
