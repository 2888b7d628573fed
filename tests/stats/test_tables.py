"""The lists of calls and of the logs: from either end, in either order, with the columns that were chosen."""

import csv
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts import audit, tables
from accounts.models import SavedFilter
from callback.models import Call
from hwcall.pager import END
from phones import files, job_kinds, jobs, totals
from phones.models import Job
from phones.totals import Total
from stats import call_exports, call_list, logs
from stats.filters import CallFilter
from tests.phones.test_filters import NONSENSE
from tests.stats.desk import DAYS, live


@pytest.fixture
def choose(office):
    def choose(page, *names):
        office.post(reverse("accounts:arrange_table"), {"table": page, "do": "columns", "column": names})

    return choose


def rows_of(settings) -> list[list]:
    job = jobs.take(now=timezone.now())
    jobs.perform(job, job_kinds.of(job).run)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    path = Path(settings.RESULT_DIR) / job.result
    if path.suffix == ".xlsx":
        return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────


def walk(chosen: CallFilter, size: int, first: dict, onward: str) -> list[list[Call]]:
    """The pages from one end to the other: ``onward`` says which way the next one lies."""
    days, pages, asked = call_list.counts(chosen), [], first
    while asked is not None:
        page = call_list.page(chosen, days, asked, size)
        pages.append(page.rows)
        place = getattr(page, onward)
        asked = {onward: str(place)} if place else None
    return pages


@pytest.mark.parametrize("order", ["", "oldest"])
@pytest.mark.parametrize("type", ["", "valid"])
def test_each_call_stands_on_one_page_from_either_end(desk, xiaoli, xiaowang, make_batch, now, order, type):
    live(desk, [xiaoli, xiaowang], [make_batch()], seed=4, steps=40)
    chosen = CallFilter({**DAYS, "order": order, "type": type}, today=now.date())
    assert chosen.is_valid()
    to_the_end, to_the_beginning = ("newer", "older") if order else ("older", "newer")

    onward = walk(chosen, 4, {}, to_the_end)
    back = walk(chosen, 4, {to_the_beginning: END}, to_the_beginning)

    calls = [call for page in onward for call in page]
    assert [call for page in back[::-1] for call in page] == calls
    assert len(calls) == sum(call_list.counts(chosen).values()) > 4
    places = [(call.day, call.pk) for call in calls]
    assert all((one < other) == bool(order) for one, other in pairwise(places))


def test_the_links_lead_through_the_list_and_back(desk, office, xiaoli, type_of, now, monkeypatch):
    monkeypatch.setattr(tables, "USUAL_SIZE", 2)
    for ago in range(5):
        desk.file(xiaoli, type_of(11), at=now - timedelta(days=ago))

    for order in ("", "oldest"):
        address = reverse("stats:team_calls")
        first = office.get(address, {**DAYS, "order": order})
        second = office.get(address + first.context["pager"].next)
        third = office.get(address + second.context["pager"].next)

        def shown(response):
            return [call.pk for call in response.context["page"].rows]

        assert len({*shown(first), *shown(second), *shown(third)}) == 5
        assert third.context["pager"].next is None
        assert first.context["pager"].previous is None
        assert shown(office.get(address + third.context["pager"].previous)) == shown(second)
        assert shown(office.get(address + third.context["pager"].first)) == shown(first)
        assert shown(office.get(address + first.context["pager"].last))[-1] == shown(third)[-1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file_format", files.FORMATS)
@pytest.mark.parametrize("order", ["", "oldest"])
def test_the_file_of_calls_is_what_the_page_shows(
    desk, office, choose, xiaoli, xiaowang, make_batch, settings, monkeypatch, file_format, order
):
    monkeypatch.setattr(call_exports, "PAGE", 3)
    live(desk, [xiaoli, xiaowang], [make_batch()], seed=6, steps=30)
    choose("stats:team_calls", "agent", "filed_at")

    page = office.get(reverse("stats:team_calls"), {**DAYS, "order": order})
    office.post(reverse("stats:export_team_calls"), {**page.context["arguments"], "format": file_format})
    header, *rows = rows_of(settings)

    assert header == ["号码", "回访员", "归类时间"]
    assert [row[:2] for row in rows] == [[call.number, call.agent.name] for call in page.context["page"].rows]


@pytest.mark.django_db(transaction=True)
def test_one_s_own_file_names_nobody_and_a_cell_of_three_facts_is_three_columns(
    desk, sign_in, xiaoli, type_of, settings
):
    desk.amend(desk.file(xiaoli, type_of(11), late=True), type_of(28))
    browser = sign_in(xiaoli)
    browser.post(reverse("accounts:arrange_table"), {"table": "stats:my_calls", "do": "columns", "column": ["type"]})

    browser.post(reverse("stats:export_my_calls"), {**DAYS, "format": "csv"})

    assert [row[1:] for row in rows_of(settings)] == [
        ["首次归类", "现在归类", "迟到"],
        ["11 早晚天气", "28 拒绝", "迟到"],
    ]


def test_an_order_that_there_is_not_shows_the_newest_first(desk, office, xiaoli, type_of):
    calls = [desk.file(xiaoli, type_of(11)) for _ in range(2)]

    for nonsense in NONSENSE:
        if "\0" not in nonsense:
            response = office.get(reverse("stats:team_calls"), {**DAYS, "order": nonsense})
            assert response.context["page"].rows == calls[::-1], nonsense


# ── Logs ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lines(boss, now):
    """Seven lines of two kinds, two of them of one moment."""
    kinds = ("operator.edit", "import.done")
    return [
        audit.record(action=kinds[at % 2], by=boss, about="小李", at=now + timedelta(minutes=at // 2))
        for at in range(7)
    ]


@pytest.fixture
def everything():
    chosen = logs.LogFilter({}, log=logs.AUDIT)
    assert chosen.is_valid()
    return chosen


def test_each_line_stands_on_one_page_from_either_end(lines, everything):
    def read(first, way):
        pages, asked = [], first
        while asked is not None:
            page = logs.page(everything, asked, 3)
            pages.append([line.entry for line in page.lines])
            place = getattr(page, way)
            asked = {way: str(place)} if place else None
        return pages

    onward, back = read({}, "older"), read({"newer": END}, "newer")

    assert [entry for page in onward for entry in page] == lines[::-1]
    assert [entry for page in back[::-1] for entry in page] == lines[::-1]
    assert [len(page) for page in back] == [3, 3, 1]


@pytest.mark.parametrize("name", ["older", "newer"])
def test_a_place_that_makes_no_sense_shows_the_newest(lines, everything, name):
    for nonsense in (*NONSENSE, "end ", str(2**63)):
        page = logs.page(everything, {name: nonsense}, 3)
        assert [line.entry for line in page.lines] == lines[:-4:-1], nonsense


def test_the_lines_are_counted_up_to_a_limit(lines, office, monkeypatch):
    page = office.get(reverse("stats:audit"))
    assert page.context["total"] == Total(7)
    assert "共 7 条" in page.content.decode()

    monkeypatch.setattr(logs, "COUNTED", 5)

    assert office.get(reverse("stats:audit")).context["total"] == Total(5, more=True)
    assert "多于 5 条" in office.get(reverse("stats:audit")).content.decode()
    assert office.get(reverse("stats:audit"), {"group": "imports"}).context["total"] == Total(3)
    assert office.get(reverse("stats:audit"), {"object": "小李"}).context["total"] is None
    assert totals.COUNTED == 10_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file_format", files.FORMATS)
def test_the_file_of_a_log_has_the_page_s_columns(lines, office, choose, settings, file_format):
    choose("stats:audit", "who", "object")

    office.post(reverse("stats:export_log"), {"log": "audit", "format": file_format})

    header, *rows = rows_of(settings)
    assert header == ["时间", "操作员", "用户名", "对象"]
    assert [row[1:] for row in rows[-7:]] == [["老张", lines[0].by.username, "小李"]] * 7


def test_days_that_are_asked_for_by_name_stay_so_when_the_form_is_sent(office, lines):
    today = timezone.localdate()

    sent = office.post(reverse("stats:audit"), {"days": "today", "start": str(today), "end": str(today), "who": "老张"})
    changed = office.post(reverse("stats:audit"), {"days": "today", "start": "2026-11-01", "end": str(today)})

    assert sent.url == f"{reverse('stats:audit')}?who=%E8%80%81%E5%BC%A0&days=today"
    assert changed.url == f"{reverse('stats:audit')}?start=2026-11-01&end={today}"
    assert office.get(sent.url).context["form"].cleaned_data["start"] == today


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", ["stats:team", "stats:mine"])
def test_figures_of_days_by_their_name_are_those_of_the_days(page, office, desk, xiaoli, type_of):
    today = timezone.localdate()

    response = office.get(reverse(page), {"days": "month"})

    assert (response.context["form"].first, response.context["form"].last) == (today.replace(day=1), today)
    [current] = [each.name for each in response.context["ranges"] if each.current]
    assert current == "month"


def test_a_saved_filter_of_figures_has_its_view_and_its_sums(office, boss):
    query = "days=week&view=standing&sort=-valid&by=day"

    office.post(reverse("accounts:saved_filters"), {"table": "stats:team", "name": "本周", "query": f"{query}&page=2"})

    assert SavedFilter.objects.get().query == query
    page = office.get(f"{reverse('stats:team')}?{query}")
    assert page.context["table"].current.name == "本周"
