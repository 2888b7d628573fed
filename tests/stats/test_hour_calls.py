"""The calls behind a figure of the hours: as many in the list and in its file as the figure says."""

import random
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import SavedFilter
from callback.models import Call
from config.models import Carrier
from phones import job_kinds, jobs
from phones.models import Job
from stats import best_hours, call_list, hour_page, hours
from stats.filters import CallFilter
from stats.hour_filter import HourFilter
from tests.stats.desk import DAYS

PAGE = "/stats/hours/"
LIST = "/stats/team/calls/"


@pytest.fixture
def weeks(desk, xiaoli, xiaowang, make_batch, type_of, now):
    """Calls of three weeks, of two agents and two carriers, at all hours of the day and night."""
    dice = random.Random(7)
    batches = [make_batch(), make_batch(carrier=Carrier.objects.in_order()[1])]
    calls = []
    for step in range(60):
        at = now.replace(hour=dice.choice([0, 9, 9, 10, 10, 23]), minute=step) - timedelta(days=dice.randrange(1, 22))
        agent, code = dice.choice([xiaoli, xiaowang]), dice.choice([11, 28, 29])
        calls.append(desk.file(agent, type_of(code), at=at, batch=dice.choice(batches), late=step % 9 == 0))
    desk.amend(calls[0], type_of(29))
    for minutes in (1, 2):
        desk.take_back(desk.file(xiaowang, type_of(11), at=now + timedelta(minutes=minutes)))
    return calls


def figures_of(page) -> list[tuple[str, int]]:
    """Each figure of the table of hours, by the address behind it."""
    table = page.content.decode().partition('class="q heat-table"')[2].partition("</table>")[0]
    cells = re.findall(r'<a class="fig" href="([^"]+)"[^>]*>[^<]*<small>([\d,]+)</small></a>', table)
    return [(unescape(address), int(count.replace(",", ""))) for address, count in cells]


def listed(chosen: CallFilter, size: int = 4) -> list[Call]:
    """All pages of the list, one after the other."""
    days, found, asked = call_list.counts(chosen), [], {}
    while asked is not None:
        page = call_list.page(chosen, days, asked, size)
        found += page.rows
        onward = page.newer if chosen.oldest_first else page.older
        asked = {"newer" if chosen.oldest_first else "older": str(onward)} if onward else None
    return found


def rows_of_the_file(settings) -> list[str]:
    """The numbers in the file of the job that waits."""
    job = jobs.take(now=timezone.now())
    jobs.perform(job, job_kinds.of(job).run)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    rows = load_workbook(Path(settings.RESULT_DIR) / job.result).active.iter_rows(min_row=2)
    return [row[0].value for row in rows]


@pytest.mark.parametrize("narrowed", ["", "agent", "carrier"])
def test_every_figure_of_the_hours_leads_to_as_many_calls(weeks, office, xiaoli, narrowed):
    things = {"": {}, "agent": {"agent": xiaoli.pk}, "carrier": {"carrier": Carrier.objects.in_order()[1].pk}}
    page = office.get(PAGE, DAYS | things[narrowed])

    figures = figures_of(page)

    assert len(figures) > 10
    assert sum(count for address, count in figures if "hour=" in address and "weekday=" in address) == figures[-1][1]
    for address, count in figures:
        behind = office.get(address)
        assert behind.context["total"] == count, address
        assert len(behind.context["page"].rows) == min(count, 50)


def test_the_list_of_an_hour_holds_its_calls_each_once_in_order_and_no_other(weeks, now):
    for query in ({"hour": "10"}, {"weekday": "0"}, {"weekday": "0", "hour": "10"}, {"hour": "0", "order": "oldest"}):
        chosen = CallFilter({**DAYS, **query}, today=now.date())
        assert chosen.is_valid()

        found = listed(chosen)

        def fits(call, query=query):
            at = timezone.localtime(call.filed_at)
            return str(at.hour) == query.get("hour", str(at.hour)) and str(at.weekday()) == query.get(
                "weekday", str(at.weekday())
            )

        meant = {call.pk for call in Call.objects.filter(withdrawn_at=None) if fits(call)}
        assert {call.pk for call in found} == meant
        assert len(found) == len(meant) == sum(call_list.counts(chosen).values()) > 0
        assert found == sorted(found, key=lambda call: (call.day, call.pk), reverse=not query.get("order"))


@pytest.mark.parametrize("clock", ["Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"])
def test_figures_and_lists_agree_by_whatever_clock_the_room_goes_now(weeks, clock):
    with timezone.override(ZoneInfo(clock)):
        chosen = HourFilter(QueryDict("start=2026-11-01&end=2026-11-30"), today=timezone.localdate())
        assert chosen.is_valid()
        week = best_hours.week(hours.by_hour(chosen.hours()))
        assert week.all.filed == 60
        for line in week.lines:
            for weekday, cell in enumerate(line.cells):
                query = {**DAYS, "weekday": str(weekday), "hour": str(line.hour)}
                behind = CallFilter(query, today=timezone.localdate())
                assert behind.is_valid()
                assert len(listed(behind)) == cell.sums.filed == sum(call_list.counts(behind).values())


@pytest.mark.django_db(transaction=True)
def test_the_file_of_an_hour_has_as_many_rows_as_the_figure_says(weeks, office, settings):
    figures = figures_of(office.get(PAGE, DAYS))
    _address, most = max(figures, key=lambda figure: figure[1] * ("hour=" in figure[0]))
    for address, count in [figures[0], next(figure for figure in figures if figure[1] == most)]:
        behind = office.get(address)
        office.post(reverse("stats:export_team_calls"), {**behind.context["arguments"], "format": "xlsx"})

        numbers = rows_of_the_file(settings)

        assert len(numbers) == count
        assert numbers == [call.number for call in behind.context["page"].rows]


def test_a_day_of_the_trend_leads_to_its_calls(weeks, office):
    page = office.get(PAGE, DAYS)
    rows = page.content.decode().partition('class="trend-rows"')[2]
    links = re.findall(r'<a class="fig" href="([^"]+)">(\d+)</a>', rows)

    assert sum(int(count) for _address, count in links) == 60
    for address, count in links:
        assert office.get(unescape(address)).context["total"] == int(count)


def test_the_list_says_which_hours_are_meant_and_leads_back_to_them(weeks, office):
    [address] = [address for address, _count in figures_of(office.get(PAGE, DAYS)) if "weekday=0&hour=10" in address]

    page = office.get(address).content.decode()

    assert "星期一 10:00–11:00" in page
    assert f'href="{PAGE}?start=2026-11-01&amp;end=2026-11-30"' in page
    # Which hours numbers were called in, the export of numbers cannot say.
    assert reverse("phones:export") + "?" not in page


@pytest.mark.parametrize("name", ["region", "batch", "type"])
def test_what_the_hours_are_not_counted_by_is_a_field_error(office, make_batch, name):
    batch = make_batch()

    things = {"region": batch.region_id, "batch": batch.pk, "type": "valid"}
    page = office.get(LIST, {**DAYS, "hour": "10", name: things[name]})

    assert list(page.context["form"].errors) == [name]
    assert "时段只按回访员和运营商统计" in page.content.decode()


@pytest.mark.parametrize("name", ["hour", "weekday"])
@pytest.mark.parametrize("nonsense", ["24", "-1", "十", str(2**64), "9.5", "1e3"])
def test_an_hour_that_there_is_not_is_a_field_error(office, room, name, nonsense):
    page = office.get(LIST, {**DAYS, name: nonsense})

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [name]


def test_an_hour_of_one_s_own_is_one_s_own(weeks, sign_in, xiaoli, xiaowang):
    page = sign_in(xiaoli).get("/stats/mine/calls/", {**DAYS, "hour": "10", "agent": xiaowang.pk})

    assert {call.agent_id for call in page.context["page"].rows} == {xiaoli.pk}


def test_the_hours_of_a_list_are_saved_with_its_filter(office, room):
    query = "start=2026-11-01&end=2026-11-30&weekday=0&hour=10"

    office.post(reverse("accounts:saved_filters"), {"table": "stats:team_calls", "name": "周一十点", "query": query})

    assert SavedFilter.objects.get().query == query


# ── The days of the page itself ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["today", "yesterday", "week", "last_week", "month", "last_month"])
def test_days_by_their_name_are_those_of_the_hours(office, name):
    page = office.get(PAGE, {"days": name})

    [current] = [each for each in page.context["form"].ranges() if each.current]
    assert (page.context["form"].first, page.context["form"].last) == (current.start, current.end)
    assert current.name == name
    assert f'<a href="?days={name}" aria-current="true">' in page.content.decode()


def test_the_form_keeps_the_name_of_its_days_and_a_saved_filter_goes_along_with_the_calendar(office):
    page = office.get(PAGE, {"days": "last_week"}).content.decode()
    office.post(reverse("accounts:saved_filters"), {"table": "stats:hours", "name": "上周", "query": "days=last_week"})

    assert '<input type="hidden" name="days" value="last_week">' in page
    assert SavedFilter.objects.get().query == "days=last_week"


def test_weeks_until_today_are_still_at_hand(office):
    page = office.get(PAGE)

    assert [each.current for each in page.context["form"].long_ranges()] == [True, False, False]
    assert not any(each.current for each in page.context["form"].ranges())


def test_a_link_of_the_hours_says_nothing_that_they_do_not_know(room):
    chosen = HourFilter(QueryDict("start=2026-11-01&end=2026-11-30&view=standing"), today=timezone.localdate())
    assert chosen.is_valid()

    assert "view" not in hour_page.context(chosen, QueryDict("view=standing"))["calls"]
