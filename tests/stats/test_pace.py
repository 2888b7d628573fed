"""How fast the room calls, and how long the numbers last."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from stats import pace
from stats.pace import Supply

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=SHANGHAI)


def test_before_the_first_call_and_in_the_first_hour_there_is_no_pace():
    assert pace.since(None, at(10)) is None
    assert pace.since(at(8), at(8, 59)) is None
    assert pace.pace({at(8): 30}, None, at(8, 59)) is None


def test_the_hour_in_which_work_began_counts_only_while_there_is_no_other():
    assert pace.since(at(8), at(9, 10)) == at(8)
    assert pace.since(at(8), at(9, 30)) == at(9)


def test_two_full_hours_and_the_running_one_say_how_fast_it_goes():
    counts = {at(8): 500, at(9): 100, at(10): 40, at(11): 60, at(12): 20}

    begin = pace.since(at(8), at(12, 30))

    assert begin == at(10)
    assert pace.pace(counts, begin, at(12, 30)) == pytest.approx(120 / 2.5)


def test_an_hour_without_a_call_slows_the_pace_down():
    assert pace.pace({at(10): 50}, at(10), at(12)) == 25
    assert pace.pace({at(8): 50}, at(10), at(12)) == 0


def test_what_ends_before_the_day_does_says_when():
    supply = Supply(left=86, more=False, pace=112, now=at(10, 24), until=at(18))

    assert supply.dry_at == at(10, 24) + timedelta(hours=86 / 112)
    assert supply.percent == 10
    assert supply.lasts[0] == "46"


@pytest.mark.parametrize(
    "supply",
    [
        Supply(left=1000, more=False, pace=100, now=at(10), until=at(18)),
        Supply(left=100, more=False, pace=None, now=at(10), until=at(18)),
        Supply(left=100, more=False, pace=0, now=at(10), until=at(18)),
        Supply(left=100, more=False, pace=100, now=at(10), until=None),
        Supply(left=10_000, more=True, pace=90_000, now=at(10), until=at(18)),
        Supply(left=0, more=False, pace=100, now=at(10), until=at(18)),
    ],
    ids=["enough", "no pace yet", "nobody calls", "no known end of the day", "more than were counted", "nothing left"],
)
def test_what_is_not_known_to_end_today_says_no_time(supply):
    assert supply.dry_at is None


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0.02, "1 minutes"),
        (0.999, "1.0 hours"),
        (3.14, "3.1 hours"),
        (23.6, "24 hours"),
        (27, "3 working days"),
        (9000, "99+ working days"),
    ],
)
def test_a_length_of_time_is_one_figure_and_its_unit(hours, said):
    with override("en"):
        assert " ".join(pace.span(hours, 9)) == said


def test_without_a_known_day_hours_stay_hours():
    with override("en"):
        assert pace.span(72) == ("72", "hours")
        assert pace.span(1000) == ("99+", "hours")
