"""The charts of one day."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from stats import curves
from stats.hours import Sums, hour_of


@pytest.fixture
def day(now):
    """``day({8: 30, 9: 60})``: so many calls in these hours of today."""
    beginning = hour_of(now) - timedelta(hours=10)
    return lambda filed: {beginning + timedelta(hours=hour): Sums(calls) for hour, calls in filed.items()}


def points(text: str) -> list[tuple[float, float]]:
    return [tuple(map(float, point.split(","))) for point in text.split()]


def test_the_running_hour_is_drawn_as_what_it_will_become(day, now):
    with override("en"):
        curve = curves.curve(day({8: 30, 9: 60, 10: 20}), {}, now)

    # At half past ten twenty calls are forty in the hour.
    assert curve.text == "this hour about 40"
    assert "10:00 about 40, still running" in curve.said
    _eight, nine, ten = points(curve.today)
    assert curves.TOP <= nine[1] < ten[1] < curves.BASE


def test_an_hour_that_has_just_begun_says_nothing_yet(day, now):
    curve = curves.curve(day({9: 60, 10: 5}), {}, now - timedelta(minutes=25))

    assert (len(points(curve.today)), curve.text) == (1, "")


def test_an_hour_without_a_call_between_others_is_drawn_and_one_after_the_last_is_not(day, now):
    curve = curves.curve(day({7: 10, 9: 10}), {}, now + timedelta(hours=4))

    assert [y for _x, y in points(curve.today)][1] == curves.BASE
    assert len(points(curve.today)) == 3


def test_the_usual_day_is_drawn_beside_it_though_nobody_has_called_yet(day, now):
    with override("en"):
        curve = curves.curve({}, {9: 12.4, 10: 30}, now)

    assert (curve.today, curve.x) == ("", "")
    assert len(points(curve.usual)) == 11
    assert curve.said.endswith("Usually: 9:00 12, 10:00 30.")


def test_who_calls_at_night_has_a_place_as_well(day, now):
    curve = curves.curve(day({0: 3}), {}, now + timedelta(hours=13))

    assert curve.labels[0].text == "0:00"
    assert all(curves.LEFT <= x <= curves.WIDTH for x, _y in points(curve.today))


def test_stacks_are_as_high_as_their_calls_and_within_the_drawing(now):
    hour = hour_of(now)
    chart = curves.stacks({hour: Sums(100, 40, 10, 20), hour + timedelta(hours=1): Sums(12_000)}, width=320, height=480)

    assert [box.tone for box in chart.boxes] == ["valid", "booking", "invalid", "invalid"]
    assert all(float(chart.left) <= float(box.x) and float(box.y) >= curves.TOP for box in chart.boxes)
    assert float(chart.text_x) < float(chart.left)


def test_a_longer_scale_leaves_more_room_for_its_figures(now):
    short, long = (curves.stacks({hour_of(now): Sums(calls)}, width=320, height=480) for calls in (9, 90_000))

    assert float(short.left) < float(long.left)
