"""Charts: lengths that follow the figures, and labels that fit."""

import re
from dataclasses import astuple
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.utils.translation import override

from config.models import BusinessType
from stats import charts, drawing
from stats.reports import Figures

MONDAY = date(2026, 11, 23)
NUMBER = re.compile(r"-?\d+\.\d")


def figures(valid=0, booking=0, invalid=0) -> Figures:
    return Figures({}, valid, booking, invalid)


def by_tone(column) -> dict[str, float]:
    return {box.tone: float(box.height) for box in column.boxes}


def test_a_stack_is_as_high_as_its_calls_and_stands_on_the_line():
    [column] = charts.daily({MONDAY: figures(40, 10, 60)}, MONDAY, MONDAY).columns

    heights = by_tone(column)
    # Each is drawn a little lower than it is, so that they stand apart.
    full = {tone: height + drawing.GAP for tone, height in heights.items()}
    assert full["invalid"] == pytest.approx(2 * full["valid"], abs=0.3)
    assert full["valid"] == pytest.approx(3 * full["booking"], abs=0.3)
    assert float(column.boxes[0].y) + heights["valid"] == pytest.approx(charts.BASE - drawing.GAP / 2, abs=0.2)
    assert [box.tone for box in column.boxes] == ["valid", "booking", "invalid"]
    assert column.above == "40.0%"


def test_the_highest_column_stays_below_the_top_line_and_the_scale_is_round():
    days = {MONDAY + timedelta(days=passed): figures(invalid=passed * 333) for passed in range(7)}

    chart = charts.daily(days, MONDAY, MONDAY + timedelta(days=6))

    assert [tick.text for tick in chart.ticks] == ["0", "500", "1,000", "1,500", "2,000"]
    assert min(float(box.y) for column in chart.columns for box in column.boxes) >= charts.TOP


def test_a_single_call_among_thousands_can_be_seen():
    days = {MONDAY: figures(valid=1), MONDAY + timedelta(days=1): figures(invalid=9000)}

    first, _second = charts.daily(days, MONDAY, MONDAY + timedelta(days=1)).columns

    assert by_tone(first)["valid"] == drawing.THINNEST


def test_a_day_without_calls_has_its_place_and_nothing_in_it():
    chart = charts.daily({MONDAY: figures(valid=1)}, MONDAY - timedelta(days=1), MONDAY)

    assert [(column.boxes == [], column.above) for column in chart.columns] == [(True, ""), (False, "100.0%")]


@pytest.mark.parametrize(
    ("length", "unit", "columns"),
    [(1, "day", 1), (31, "day", 31), (32, "week", 5), (217, "week", 31), (366, "month", 13)],
)
def test_long_ranges_go_by_week_and_by_month(length, unit, columns):
    start = MONDAY - timedelta(days=length - 1) if length == 366 else MONDAY
    days = {start + timedelta(days=passed): figures(valid=1, invalid=1) for passed in range(length)}

    chart = charts.daily(days, start, start + timedelta(days=length - 1))

    assert (chart.unit, len(chart.columns)) == (unit, columns)
    assert len(chart.columns) <= charts.COLUMNS


def test_a_week_that_the_range_cuts_is_named_by_its_first_day_in_it():
    start = MONDAY + timedelta(days=2)
    days = {MONDAY + timedelta(days=passed): figures(valid=1) for passed in range(60)}

    chart = charts.daily(days, start, start + timedelta(days=40))

    assert chart.columns[0].label == "11-25"
    assert f"{start}" in chart.said.split(";")[0]


@pytest.mark.parametrize("length", [1, 5, 7, 8, 14, 15, 31, 32, 100, 217, 300, 366])
def test_labels_do_not_run_into_one_another(length):
    end = MONDAY + timedelta(days=length - 1)

    labelled = [column for column in charts.daily({}, MONDAY, end).columns if column.label]

    for left, right in pairwise(labelled):
        assert float(right.middle) - float(left.middle) >= charts.units(left.label) * 6


def test_all_values_are_said_to_who_does_not_see_them(room):
    chart = charts.daily({MONDAY: figures(40, 10, 1600)}, MONDAY, MONDAY)

    with override("en"):
        said = charts.daily({MONDAY: figures(40, 10, 1600)}, MONDAY, MONDAY).said

    assert said == "2026-11-23: 1,640 calls, 40 valid (10 of them bookings), 1,600 invalid"
    assert "2026-11-23" in chart.said


def test_no_language_writes_a_measure_in_its_own_way(type_of):
    counts = {type_of(11).pk: 123_456, type_of(28).pk: 1}
    with override("zh-hans"):
        drawn = charts.daily({MONDAY: figures(123_456, 0, 99_999)}, MONDAY, MONDAY)
        bars = charts.outcomes([type_of(11), type_of(28)], Figures(counts, 123_456, 0, 1)).bars

    boxes = [box for column in drawn.columns for box in column.boxes] + [bar.box for bar in bars]
    measures = [text for box in boxes for text in astuple(box)[1:]]
    assert [text for text in measures if not NUMBER.fullmatch(text)] == []


def test_what_came_of_the_calls_by_type_in_the_table_s_order(type_of):
    types = [type_of(code) for code in (11, 12, 27, 28)]
    counts = {type_of(11).pk: 30, type_of(27).pk: 15, type_of(28).pk: 15}

    chart = charts.outcomes(types, Figures(counts, 45, 15, 15))

    assert [bar.box.tone for bar in chart.bars] == ["valid", "booking", "invalid"]
    assert [bar.text for bar in chart.bars] == ["30 · 50%", "15 · 25%", "15 · 25%"]
    widths = [float(bar.box.width) for bar in chart.bars]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert "27 " in chart.said


def test_bars_stay_apart_and_inside_however_many_they_are():
    types = [BusinessType(pk=pk, code=pk, name="一个很长很长的业务名称") for pk in range(11, 28)]

    chart = charts.outcomes(types, Figures({type.pk: type.pk * 1000 for type in types}, 323_000, 0, 0))

    middles = [float(bar.text_y) for bar in chart.bars]
    assert min(lower - upper for upper, lower in pairwise(middles)) >= 15
    assert middles[-1] <= chart.height
    assert all(charts.units(bar.label) <= charts.LABEL_UNITS for bar in chart.bars)
    assert max(float(bar.after) + charts.units(bar.text) * 7 for bar in chart.bars) <= charts.OUTCOMES_WIDTH
