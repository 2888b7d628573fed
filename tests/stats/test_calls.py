"""The calls behind a figure: the list, its pages, and its file."""

import csv
import re
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts import tables
from accounts.models import AuditEntry
from accounts.modules import Module
from callback.models import Call
from config.models import Carrier, Region
from phones import files, job_kinds, jobs
from phones.exported import exports_of
from phones.models import Job, Phone
from phones.numbers import mask
from stats import call_exports, call_list
from stats.filters import CallFilter
from tests.phones.test_filters import NONSENSE
from tests.stats.desk import DAYS, live


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(tables, "USUAL_SIZE", 3)


def shown(response) -> list[str]:
    return [call.number for call in response.context["page"].rows]


def test_the_list_is_the_newest_first_and_says_how_many(desk, look, xiaoli, type_of, now):
    calls = [desk.file(xiaoli, type_of(11), at=now - timedelta(days=ago)) for ago in (2, 0, 1)]

    response = look("team_calls")

    assert shown(response) == [calls[1].number, calls[2].number, calls[0].number]
    assert response.context["total"] == 3
    assert "共 3 条" in response.content.decode()


def test_what_was_taken_back_is_not_in_it_and_a_late_call_is_marked(desk, look, xiaoli, type_of):
    desk.take_back(desk.file(xiaoli, type_of(11)))
    late = desk.file(xiaoli, type_of(12), late=True)

    response = look("team_calls")

    assert shown(response) == [late.number]
    assert "迟到" in response.content.decode()


def test_an_amended_call_shows_both_types_and_stands_in_the_list_of_the_one_that_is_asked_for(
    desk, look, xiaoli, type_of
):
    call = desk.file(xiaoli, type_of(11))
    desk.amend(call, type_of(28))
    valid, refused = str(type_of(11).pk), str(type_of(28).pk)

    as_filed, as_it_stands = (partial(look, "team_calls", view=view) for view in ("filed", "standing"))
    assert shown(as_filed(type=valid)) == shown(as_it_stands(type=refused)) == [call.number]
    assert shown(as_filed(type=refused)) == shown(as_it_stands(type=valid)) == []
    assert "11 早晚天气" in (page := look("team_calls").content.decode())
    assert "28 拒绝" in page


def test_order_region_and_note_are_those_of_the_view(desk, look, xiaoli, type_of):
    _here, there, elsewhere = Region.objects.in_order()[:3]
    call = desk.file(xiaoli, type_of(11), order_region=there, note="下午联系")
    Call.objects.filter(pk=call.pk).update(standing_order_region=elsewhere, standing_note="改为上午")

    def rows(**query):
        return look("team_calls", **query).content.decode().partition("<tbody>")[2]

    assert there.name in rows()
    assert "下午联系" in rows()
    assert elsewhere.name in rows(view="standing")
    assert "改为上午" in rows(view="standing")


def test_pages_follow_one_another_and_lead_back(desk, look, xiaoli, xiaowang, type_of, now, small_pages):
    for step in range(8):
        desk.file([xiaoli, xiaowang][step % 2], type_of(11 + step % 2), at=now - timedelta(days=step // 3))
    numbers = list(Call.objects.order_by("-day", "-pk").values_list("number", flat=True))

    first = look("team_calls")
    second = look("team_calls", older=str(first.context["page"].older))
    third = look("team_calls", older=str(second.context["page"].older))
    back = look("team_calls", newer=str(third.context["page"].newer))

    assert shown(first) + shown(second) + shown(third) == numbers
    assert shown(back) == shown(second)
    assert first.context["page"].newer is None
    assert third.context["page"].older is None
    assert shown(look("team_calls", newer=str(back.context["page"].newer))) == shown(first)
    assert look("team_calls", newer=str(back.context["page"].newer)).context["page"].newer is None


@pytest.mark.parametrize("seed", [1, 2])
def test_the_pages_of_any_figure_hold_its_calls_each_once(desk, xiaoli, xiaowang, make_batch, type_of, now, seed):
    other = make_batch(carrier=Carrier.objects.in_order()[1])
    live(desk, [xiaoli, xiaowang], [make_batch(), other], seed=seed)
    queries = [
        {},
        {"type": "valid"},
        {"type": str(type_of(28).pk)},
        {"agent": str(xiaoli.pk)},
        {"agent": str(xiaoli.pk), "type": "invalid"},
        {"batch": str(other.pk), "type": str(type_of(11).pk)},
    ]

    for query in (query | view for query in queries for view in ({}, {"view": "standing"})):
        chosen = CallFilter({**DAYS, **query}, today=now.date())
        assert chosen.is_valid()
        days = call_list.counts(chosen)
        found, asked = [], {}
        while asked is not None:
            page = call_list.page(chosen, days, asked, 4)
            found += page.rows
            asked = {"older": str(page.older)} if page.older else None
        assert len(found) == len({call.pk for call in found}) == sum(days.values()), query
        assert found == sorted(found, key=lambda call: (call.day, call.pk), reverse=True)


def test_calls_that_stand_far_apart_are_the_same_calls(desk, xiaoli, type_of, now, monkeypatch):
    for ago in range(6):
        desk.file(xiaoli, type_of(11), at=now - timedelta(days=2 * ago))
        desk.file(xiaoli, type_of(28), at=now - timedelta(days=ago))
    chosen = CallFilter({**DAYS, "type": str(type_of(11).pk)}, today=now.date())
    assert chosen.is_valid()
    days = call_list.counts(chosen)
    assert call_list.scattered(days)

    apart = set(call_list.calls(chosen, days))
    monkeypatch.setattr(call_list, "FEW_DAYS", 99)

    assert apart == set(call_list.calls(chosen, days)) == set(Call.objects.filter(type=type_of(11)))


@pytest.mark.parametrize("parameter", ["older", "newer"])
def test_a_place_that_makes_no_sense_is_the_first_page(parameter, desk, xiaoli, type_of, now):
    call = desk.file(xiaoli, type_of(11), at=now - timedelta(days=1))
    chosen = CallFilter(DAYS, today=now.date())
    assert chosen.is_valid()

    for nonsense in (*NONSENSE, "2026-11-23", "2026-11-23.", f"2026-11-23.{2**64}", ".5", "x.5"):
        page = call_list.page(chosen, call_list.counts(chosen), {parameter: nonsense}, 50)
        assert page.rows == [call], nonsense


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_leads_to_its_page_where_one_may_open_it(desk, look, sign_in, make_user, xiaoli, type_of):
    looker = make_user("老李", modules=[Module.TEAM, Module.LOOKUP, Module.SHEET])
    own, others = desk.file(looker, type_of(11)), desk.file(xiaoli, type_of(11))
    deleted = desk.file(xiaoli, type_of(12))
    Phone.objects.filter(pk=deleted.phone_id).delete()
    everybody = make_user("小赵", modules=[Module.TEAM])

    def opens(browser=None):
        page = look("team_calls", browser=browser).content.decode()
        return [call for call in (own, others) if reverse("callback:number", args=[call.phone_id]) in page]

    assert opens() == [own, others]
    assert opens(sign_in(looker)) == [own]
    assert opens(sign_in(everybody)) == []
    assert deleted.number in shown(look("team_calls"))


def test_one_sees_one_s_own_calls_whatever_the_query_says(desk, look, sign_in, xiaoli, xiaowang, type_of):
    mine, _others = desk.file(xiaoli, type_of(11)), desk.file(xiaowang, type_of(11))

    response = look("my_calls", browser=sign_in(xiaoli), agent=str(xiaowang.pk))

    assert shown(response) == [mine.number]
    assert 'class="topbar"' in response.content.decode()


def test_a_query_with_errors_lists_nothing(desk, look, xiaoli, type_of):
    desk.file(xiaoli, type_of(11))

    page = look("team_calls", type=str(2**64)).content.decode()

    assert "<table" not in page
    assert 'name="format"' not in page
    assert 'id="type-error"' in page


# ── The file ─────────────────────────────────────────────────────────────────────────────────────────────────


def work() -> Job:
    job = jobs.take(now=timezone.now())
    jobs.perform(job, job_kinds.of(job).run)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def query_that_the_job_leads_back_to(browser, job, name) -> dict[str, str]:
    page = browser.get(reverse("phones:job", args=[job.pk])).content.decode()
    [query] = re.findall(rf'href="{reverse(f"stats:{name}")}\?([^"]*)"', page)
    return dict(parse_qsl(unescape(query)))


def rows_of(job, settings) -> list[list]:
    path = Path(settings.RESULT_DIR) / job.result
    if path.suffix == ".xlsx":
        return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def export(office):
    def export(file_format="xlsx", *, name="export_team_calls", browser=None, **query):
        return (browser or office).post(reverse(f"stats:{name}"), {**DAYS, "format": file_format, **query})

    return export


@pytest.mark.django_db(transaction=True)
def test_every_cell_of_the_file(desk, export, xiaoli, type_of, now, settings, carrier, region):
    there = Region.objects.in_order()[1]
    call = desk.file(xiaoli, type_of(11), order_region=there, note="=1+1")
    desk.amend(call, type_of(29))
    late = desk.file(xiaoli, type_of(28), late=True, at=now - timedelta(days=1))

    response = export()
    job = work()

    assert response.url == reverse("phones:job", args=[job.pk])
    assert rows_of(job, settings) == [
        ["号码", "首次归类", "现在归类", "回访员", "归类时间", "运营商", "归属地区", "定购地区", "导入批次", "备注",
         "迟到"],
        [call.number, "11 早晚天气", "29 未接通", "小李", now.replace(tzinfo=None), carrier.name, region.name,
         there.name, "泰山移动", "=1+1", None],
        [late.number, "28 拒绝", "28 拒绝", "小李", (now - timedelta(days=1)).replace(tzinfo=None), carrier.name,
         region.name, None, "泰山移动", None, "迟到"],
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("file_format", files.FORMATS)
@pytest.mark.parametrize("view", ["filed", "standing"])
def test_the_file_has_as_many_rows_as_the_figure_says(
    desk, export, look, xiaoli, xiaowang, make_batch, type_of, settings, monkeypatch, file_format, view
):
    monkeypatch.setattr(call_exports, "PAGE", 2)
    live(desk, [xiaoli, xiaowang], [make_batch()], seed=5, steps=30)

    for query in ({}, {"type": "valid"}, {"agent": str(xiaoli.pk), "type": "invalid"}, {"type": str(type_of(22).pk)}):
        total = look("team_calls", view=view, **query).context["total"]
        export(file_format, view=view, **query)
        job = work()
        numbers = [row[0] for row in rows_of(job, settings)[1:]]
        assert len(numbers) == total == job.cursor["rows"], query
        assert numbers[: tables.USUAL_SIZE] == shown(look("team_calls", view=view, **query))


@pytest.mark.django_db(transaction=True)
def test_a_file_is_named_on_record_and_known_to_its_numbers(desk, export, xiaoli, xiaowang, type_of, boss):
    call, other = desk.file(xiaoli, type_of(11)), desk.file(xiaowang, type_of(28))

    export(agent=str(xiaoli.pk), type="valid")
    job = work()

    assert job.title == "话务记录, 2026-11-01–2026-11-30, 小李, 全部有效"
    assert job.result_name.startswith("HwCall_话务记录_2026-11-01–2026-11-30_小李")
    entry = AuditEntry.objects.get(action="export.make")
    assert (entry.by, entry.count, entry.data["kind"], entry.data["filter"]["type"]) == (boss, 1, "calls", "valid")
    assert list(exports_of(call.phone_id)) == [job]
    assert list(exports_of(other.phone_id)) == []


@pytest.mark.django_db(transaction=True)
def test_one_s_own_file_holds_one_s_own_calls_and_goes_with_the_module(
    desk, export, sign_in, xiaoli, xiaowang, type_of, settings
):
    mine, _others = desk.file(xiaoli, type_of(11)), desk.file(xiaowang, type_of(11))
    browser = sign_in(xiaoli)

    export("csv", name="export_my_calls", browser=browser, agent=str(xiaowang.pk))
    job = work()

    assert [row[0] for row in rows_of(job, settings)[1:]] == [mask(mine.number)]
    assert job_kinds.of(job).module(job) == Module.MINE
    assert query_that_the_job_leads_back_to(browser, job, "my_calls") == DAYS
    assert browser.get(reverse("phones:job_result", args=[job.pk])).status_code == 200
    xiaoli.modules = [Module.SHEET]
    xiaoli.save()
    assert browser.get(reverse("phones:job_result", args=[job.pk])).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_team_s_file_leads_back_to_the_query(desk, export, office, xiaoli, type_of):
    desk.file(xiaoli, type_of(11))

    export(type="valid", view="standing")
    job = work()

    assert job_kinds.of(job).module(job) == Module.TEAM
    asked = DAYS | {"type": "valid", "view": "standing"}
    assert query_that_the_job_leads_back_to(office, job, "team_calls") == asked


@pytest.mark.django_db(transaction=True)
def test_a_choice_that_has_gone_fails_the_job_in_words(desk, export, office, make_batch, xiaoli, type_of):
    empty = make_batch()
    export(batch=str(empty.pk))
    empty.delete()

    job = jobs.take(now=timezone.now())
    jobs.perform(job, job_kinds.of(job).run)

    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.FAILED, "export_choice_gone")


def test_the_same_file_twice_is_one_job_and_too_many_are_refused_in_words(export, room, office):
    first, again = export(), export()
    assert first.url == again.url

    for type in ("valid", "invalid", "booking"):
        export(type=type)
    export("csv")
    refused = export(view="standing")

    assert Job.objects.count() == files.OPEN_LIMIT
    assert refused.url == "/stats/team/calls/?start=2026-11-01&end=2026-11-30&view=standing"
    [message] = office.get(refused.url).context["messages"]
    assert "5" in str(message)


@pytest.mark.parametrize("name", ["export_team_calls", "export_my_calls"])
@pytest.mark.parametrize("field", ["start", "end", "region", "agent", "type", "view", "format"])
def test_no_field_of_the_form_breaks_it(name, field, office, room):
    for value in NONSENSE:
        assert office.post(reverse(f"stats:{name}"), {**DAYS, "format": "csv", field: value}).status_code == 302, value
    assert office.get(reverse(f"stats:{name}")).status_code == 405
