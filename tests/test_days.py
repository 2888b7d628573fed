"""Days by their names: what they mean, and that they go along with the calendar."""

from datetime import date

import pytest
from django.http import QueryDict
from django.utils.translation import override

from hwcall import days

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "today", "start", "end"),
    [
        ("today", MONDAY, "2026-11-23", "2026-11-23"),
        ("yesterday", MONDAY, "2026-11-22", "2026-11-22"),
        ("week", date(2026, 11, 29), "2026-11-23", "2026-11-29"),
        ("last_week", MONDAY, "2026-11-16", "2026-11-22"),
        ("month", MONDAY, "2026-11-01", "2026-11-23"),
        ("last_month", date(2026, 1, 31), "2025-12-01", "2025-12-31"),
    ],
)
def test_a_name_means_its_days(name, today, start, end):
    spelled = days.spelled_out(QueryDict(f"days={name}&state=held"), today)

    assert (spelled["start"], spelled["end"], spelled["state"]) == (start, end, "held")


@pytest.mark.parametrize("query", ["days=", "days=someday", "days=today&start=2026-11-01", "days=today&end=x", ""])
def test_days_of_its_own_or_none_at_all_are_left_as_they_are(query):
    assert days.spelled_out(QueryDict(query), MONDAY).urlencode() == QueryDict(query).urlencode()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("days=week", "week"),
        ("days=week&start=2026-11-23&end=2026-11-23", "week"),
        ("days=week&start=2026-11-20&end=2026-11-23", ""),
        ("days=week&start=2026-11-23", ""),
        ("start=2026-11-23&end=2026-11-23", ""),
        ("days=never", ""),
    ],
)
def test_the_name_counts_while_the_days_are_its_own(query, name):
    assert days.name_of(QueryDict(query), MONDAY) == name


def test_what_is_kept_has_the_name_or_the_days_and_never_both():
    named = days.by_name(QueryDict("days=month&start=2026-11-01&end=2026-11-23&type=5&type=6"), MONDAY)
    typed = days.by_name(QueryDict("days=month&start=2026-11-02&end=2026-11-23"), MONDAY)

    assert named.urlencode() == "days=month&type=5&type=6"
    assert typed.urlencode() == "start=2026-11-02&end=2026-11-23"


def test_of_days_that_are_alike_the_one_that_was_pressed_is_marked():
    alike = "start=2026-11-23&end=2026-11-23"

    def current(query):
        return [each.name for each in days.ranges(MONDAY, query=QueryDict(query)) if each.current]

    assert current(alike) == ["today"]
    assert current(f"days=week&{alike}") == ["week"]
    assert current(f"days=month&{alike}") == ["today"]
    assert current("") == []


def test_every_name_has_its_word():
    with override("zh-hans"):
        assert [each.label for each in days.ranges(MONDAY)] == ["今天", "昨天", "本周", "上周", "本月", "上月"]
        assert [each.name for each in days.ranges(MONDAY, only=days.FEW)] == list(days.FEW)
