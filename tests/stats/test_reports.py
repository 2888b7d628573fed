"""The figures: they equal the call log, to the last digit, whatever has happened."""

from collections import Counter
from datetime import timedelta

import pytest

from callback.models import Tally
from config.models import BusinessType, Carrier, Region
from stats import call_list, reports
from stats.filters import CallFilter, FigureFilter, day_ranges
from stats.reports import By, Sort, View
from tests.stats.desk import live, recount

VIEWS = list(View)


@pytest.fixture
def week(now):
    return {"start": str(now.date() - timedelta(days=6)), "end": str(now.date())}


@pytest.fixture
def look(now, week):
    """``look(by="day")`` is the filter of these days, valid, and a table of all its rows."""

    def look(*, own=None, **query):
        chosen = FigureFilter(
            {**week, **{name: str(value) for name, value in query.items()}}, today=now.date(), own=own
        )
        assert chosen.is_valid(), chosen.errors
        report = reports.report(chosen.tallies(), view=chosen.view, start=chosen.first)
        sort = reports.sort_of(query.get("sort", ""), chosen.by, report.columns)
        rows = reports.grouped(chosen.tallies(), report.columns, view=chosen.view, by=chosen.by, sort=sort)
        return report, [reports.row(values, report.columns) for values in rows]

    return look


def by(keys, counted):
    """A recount by some of day, agent and type, without what is none."""
    places = [("day", "agent", "type").index(key) for key in keys]
    found = Counter()
    for key, count in counted.items():
        found[tuple(key[place] for place in places)] += count
    return found


@pytest.fixture(params=[1, 2, 3])
def history(request, desk, xiaoli, xiaowang, make_batch):
    """Some days of a room in which calls come late, are taken back and amended, and numbers are called again."""
    other = make_batch(name="岱岳电信", carrier=Carrier.objects.in_order()[1], region=Region.objects.in_order()[1])
    live(desk, [xiaoli, xiaowang], [make_batch(), other], seed=request.param)


@pytest.mark.parametrize("view", VIEWS)
def test_the_table_equals_the_call_log_in_every_cell_and_sum(history, look, view):
    log = recount(view)

    for grouping in By:
        report, rows = look(view=view, by=grouping)
        keys = reports.KEYS[grouping]
        cells = {
            (*(key for key in (row.agent_id if "agent" in keys else None, row.day) if key), pk): count
            for row in rows
            for pk, count in row.figures.counts.items()
            if count
        }
        assert cells == by([*keys, "type"], log)
        assert report.sums.total == sum(log.values()) == sum(row.figures.total for row in rows)
        assert report.sums.valid == sum(row.figures.valid for row in rows)
        assert report.sums.booking == sum(row.figures.booking for row in rows)
        assert report.sums.invalid == sum(row.figures.invalid for row in rows)
        assert {(pk,): count for pk, count in report.sums.counts.items()} == by(["type"], log)
        assert sum(day.total for day in report.days.values()) == report.sums.total


@pytest.mark.parametrize("view", VIEWS)
def test_each_condition_narrows_the_figures_as_it_narrows_the_log(history, look, view, xiaoli, now):
    carriers, regions = Carrier.objects.in_order()[:2], Region.objects.in_order()[:3]
    today = {"start": now.date(), "end": now.date()}
    conditions = [
        *(({"carrier": carrier.pk}, {"carrier": carrier}) for carrier in carriers),
        *(({"region": region.pk}, {"region": region}) for region in regions),
        *(({"batch": tally.batch_id}, {"batch": tally.batch}) for tally in Tally.objects.all()[:3]),
        ({"agent": xiaoli.pk}, {"agent": xiaoli}),
        (today, {"day": now.date()}),
        (
            {"agent": xiaoli.pk, "region": regions[1].pk, **today},
            {"agent": xiaoli, "region": regions[1], "day": now.date()},
        ),
    ]

    for query, meant in conditions:
        report, _rows = look(view=view, **query)
        assert {(pk,): count for pk, count in report.sums.counts.items()} == by(["type"], recount(view, **meant)), query


@pytest.mark.parametrize("view", VIEWS)
def test_behind_each_figure_stand_as_many_calls_as_it_says(history, look, view, now, week):
    report, rows = look(view=view, by="both")

    def behind(type="", **query):
        chosen = CallFilter({**week, "view": view, "type": str(type), **query}, today=now.date())
        assert chosen.is_valid(), chosen.errors
        days = call_list.counts(chosen)
        assert call_list.calls(chosen, days).count() == sum(days.values())
        return sum(days.values())

    for row in rows:
        narrow = {"agent": str(row.agent_id), "start": str(row.day), "end": str(row.day)}
        assert behind("valid", **narrow) == row.figures.valid
        assert {pk: behind(pk, **narrow) for pk in row.figures.counts} == row.figures.counts
    for group in ("valid", "booking", "invalid"):
        assert behind(group) == getattr(report.sums, group)
    assert behind() == report.sums.total


def test_the_two_views_differ_by_what_was_amended_alone(desk, xiaoli, type_of, look):
    call = desk.file(xiaoli, type_of(11))
    desk.file(xiaoli, type_of(27))
    desk.amend(call, type_of(28))

    filed, standing = look(view="filed")[0].sums, look(view="standing")[0].sums

    assert (filed.valid, filed.booking, filed.invalid) == (2, 1, 0)
    assert (standing.valid, standing.booking, standing.invalid) == (1, 1, 1)
    assert filed.share == 100
    assert standing.share == 50


def test_an_agent_all_of_whose_calls_were_taken_back_has_no_row(desk, xiaoli, xiaowang, type_of, look):
    desk.take_back(desk.file(xiaoli, type_of(11)))
    desk.file(xiaowang, type_of(11))

    _report, rows = look()

    assert [row.agent_id for row in rows] == [xiaowang.pk]


# ── Columns ──────────────────────────────────────────────────────────────────────────────────────────────────


def codes(report):
    return [type.code for type in report.columns]


def test_types_on_offer_have_their_columns_always_in_the_order_of_the_configuration(look, type_of, room):
    BusinessType.objects.create(code=13, name="农业气象", position=0)
    BusinessType.objects.create(code=23, name="非本人", position=99)

    report, _rows = look()

    assert codes(report) == [13, 11, 12, 27, 21, 22, 23, 28, 29]


def test_a_type_that_is_on_offer_no_more_has_a_column_where_it_has_figures(desk, look, xiaoli, type_of, now):
    desk.file(xiaoli, type_of(12))
    BusinessType.objects.filter(code__in=[12, 22]).update(enabled=False)

    assert codes(look()[0]) == [11, 12, 27, 21, 28, 29]
    before = now.date() - timedelta(days=5)
    assert codes(look(start=before, end=before)[0]) == [11, 27, 21, 28, 29]


def test_two_types_that_stood_under_one_code_are_two_columns(desk, look, xiaoli, type_of, now):
    old = type_of(11)
    desk.file(xiaoli, old)
    BusinessType.objects.filter(pk=old.pk).update(retired_at=now)
    new = BusinessType.objects.create(code=11, name="逐小时天气", position=old.position)
    desk.file(xiaoli, new)
    desk.file(xiaoli, new)

    report, [row] = look()

    assert codes(report)[:2] == [11, 11]
    assert (row.figures.counts[old.pk], row.figures.counts[new.pk]) == (1, 2)
    assert row.figures.valid == 3


# ── Order ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rows_are_sorted_by_whatever_column_is_asked_for(desk, look, xiaoli, xiaowang, type_of):
    for code in (11, 28, 28, 28):
        desk.file(xiaoli, type_of(code))
    for code in (11, 27, 29):
        desk.file(xiaowang, type_of(code))
    li, wang = xiaoli.pk, xiaowang.pk

    def order(sort):
        return [row.agent_id for row in look(sort=sort)[1]]

    assert order("") == order("-valid") == order("-share") == [wang, li]
    assert order("valid") == order("share") == order("-total") == order("-invalid") == [li, wang]
    assert order(f"-t{type_of(28).pk}") == order(f"t{type_of(29).pk}") == [li, wang]
    assert order("-booking") == order("booking")[::-1] == [wang, li]
    assert order("agent") == order("-agent")[::-1]


def test_rows_are_sorted_by_bookings_where_nothing_can_be_booked_as_well(desk, look, xiaoli, xiaowang, type_of):
    for agent in (xiaowang, xiaoli):
        desk.file(agent, type_of(11))
    BusinessType.objects.filter(code=27).delete()

    assert len(look(sort="-booking")[1]) == 2


@pytest.mark.parametrize("nonsense", ["", "-", "t0", "t", "name", "pk", "-day", "agent__password", "total;", "--total"])
def test_a_sort_that_there_is_none_of_is_the_usual_one(nonsense, room):
    types = list(BusinessType.objects.all())

    assert reports.sort_of(nonsense, By.AGENT, types) == Sort("valid", True)


# ── Days ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_days_at_one_press(now):
    today = now.date()

    ranges = [(str(each.start), str(each.end)) for each in day_ranges(today + timedelta(days=2))]

    assert ranges == [
        ("2026-11-25", "2026-11-25"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-23", "2026-11-25"),
        ("2026-11-16", "2026-11-22"),
        ("2026-11-01", "2026-11-25"),
        ("2026-10-01", "2026-10-31"),
    ]


def test_of_two_presses_for_the_same_days_one_is_marked(now):
    monday = now.date()

    assert [each.current for each in day_ranges(monday, (monday, monday))] == [True] + [False] * 5
    assert not any(each.current for each in day_ranges(monday, None))


def days(today, own=None, **query):
    chosen = FigureFilter(query, today=today, own=own)
    return (str(chosen.first), str(chosen.last)) if chosen.is_valid() else list(chosen.errors)


def test_without_days_the_room_shows_today_and_oneself_the_month(now, xiaoli):
    assert days(now.date()) == ("2026-11-23", "2026-11-23")
    assert days(now.date(), own=xiaoli) == ("2026-11-01", "2026-11-23")


def test_one_day_alone_is_from_it_until_today_or_that_day(now, room):
    assert days(now.date(), start="2026-11-20") == ("2026-11-20", "2026-11-23")
    assert days(now.date(), start="2026-12-20") == ("2026-12-20", "2026-12-20")
    assert days(now.date(), end="2026-10-20") == ("2026-10-20", "2026-10-20")


def test_days_that_make_no_range_are_refused_beside_their_field(now, room):
    assert days(now.date(), start="2026-11-23", end="2026-11-22") == ["end"]
    assert days(now.date(), start="1996-11-23", end="2026-11-22") == ["end"]
    assert days(now.date(), start="1996-11-23") == ["end"]
    assert days(now.date(), start="abc") == ["start"]
    assert days(now.date(), start="2025-11-23", end="2026-11-23") == ("2025-11-23", "2026-11-23")
    assert days(now.date(), start="2025-11-22", end="2026-11-23") == ["end"]


def test_arguments_say_the_same_query_again_and_keep_its_days(now, xiaoli):
    region = Region.objects.in_order()[0]
    chosen = CallFilter({"region": str(region.pk), "type": "valid", "view": "standing", "x": "y"}, today=now.date())
    assert chosen.is_valid()

    assert chosen.arguments() == {
        "start": "2026-11-23", "end": "2026-11-23", "region": str(region.pk), "view": "standing", "type": "valid",
    }  # fmt: skip


def test_whose_figures_one_s_own_are_no_query_says(desk, look, xiaoli, xiaowang, type_of):
    desk.file(xiaowang, type_of(11))

    report, rows = look(own=xiaoli, agent=xiaowang.pk, by="agent")

    assert (report.sums.total, rows) == (0, [])
