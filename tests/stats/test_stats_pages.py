"""The pages of figures, as a browser sees them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.modules import Module
from config.models import BusinessType
from stats import figure_page
from stats.filters import CallFilter
from tests.phones.test_filters import NONSENSE
from tests.stats.desk import DAYS

PAGES = ("team", "team_excel", "team_calls", "mine", "mine_excel", "my_calls")
FIELDS = ("start", "end", "region", "carrier", "batch", "agent", "type")
# Where these are nonsense, the page falls back to what it usually shows.
SHOWN_BY = ("view", "by", "sort", "page", "older", "newer", "format", "unknown")


def text_of(response) -> str:
    """What a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def figures_of(line) -> list[int]:
    return [cell.count for cell in line.cells]


@pytest.fixture
def month(desk, xiaoli, xiaowang, type_of):
    """小李 has 2 valid calls, one of them booked, and 1 refused; 小王 one refused."""
    for code in (11, 27, 28):
        desk.file(xiaoli, type_of(code))
    desk.file(xiaowang, type_of(28))


def test_a_row_an_agent_a_column_a_type_and_sums_that_tie_out(month, look):
    context = look().context

    assert [head.label for head in context["heads"]] == [
        "早晚天气", "早晨天气", "预订", "有效", "其中预订", "停机", "空号", "拒绝", "未接通", "无效", "合计", "有效率",
    ]  # fmt: skip
    assert [(line.agent.name, figures_of(line), round(line.share, 1)) for line in context["lines"]] == [
        ("小李", [1, 0, 1, 2, 1, 0, 0, 1, 0, 1, 3], 66.7),
        ("小王", [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1], 0.0),
    ]
    assert [cell.count for cell in context["sum"]] == [1, 0, 1, 2, 1, 0, 0, 2, 0, 2, 4]


def test_each_head_of_a_kind_spans_its_types_and_their_sums(month, look):
    page = look()

    spans = [int(span) for span in re.findall(r'colspan="(\d+)" scope="colgroup"', page.content.decode())]
    assert spans == [5, 5]
    assert sum(spans) == len(page.context["heads"]) - len(["合计", "有效率"])


def test_under_the_table_the_figures_add_up_and_lead_to_their_calls_as_well(month, look, office):
    page = look()

    assert "有效 2 + 无效 2 = 合计 4" in text_of(page)
    foot = page.content.decode().rpartition("</table>")[2]
    links = re.findall(r'<a class="fig" href="([^"]+)">(\d+)</a>', foot)
    assert [office.get(unescape(href)).context["total"] for href, _count in links] == [2, 2, 4]
    assert [count for _href, count in links] == ["2", "2", "4"]


def test_bookings_of_types_that_were_replaced_are_in_one_sum(desk, look, office, xiaoli, type_of, now):
    desk.file(xiaoli, type_of(27))
    BusinessType.objects.filter(code=27).update(retired_at=now)
    desk.file(xiaoli, BusinessType.objects.create(code=27, name="预约", position=27))

    context = look().context

    sums = dict(zip((head.label for head in context["heads"]), context["sum"], strict=False))
    assert (sums["预订"].count, sums["预约"].count, sums["其中预订"].count) == (1, 1, 2)
    assert office.get(sums["其中预订"].href).context["total"] == 2


def test_every_figure_but_zero_leads_to_as_many_calls(month, look, office):
    context = look().context
    cells = [cell for line in context["lines"] for cell in line.cells] + context["sum"]

    for cell in cells:
        if cell.count:
            assert office.get(cell.href).context["total"] == cell.count, cell.href
        else:
            assert cell.href == ""


def test_days_and_agents_days_are_rows_too(month, look, desk, xiaoli, type_of, now):
    desk.file(xiaoli, type_of(11), at=now - timedelta(days=1))

    days = look(by="day").context["lines"]
    both = look(by="both").context["lines"]

    assert [(line.agent, str(line.day), line.cells[-1].count) for line in days] == [
        (None, "2026-11-22", 1),
        (None, "2026-11-23", 4),
    ]
    assert [(line.agent.name, line.day.day, line.cells[-1].count) for line in both] == [
        ("小李", 22, 1),
        ("小李", 23, 3),
        ("小王", 23, 1),
    ]


def test_as_filed_or_as_it_stands(month, look, desk, xiaoli, type_of):
    desk.amend(desk.file(xiaoli, type_of(11)), type_of(29))

    assert look().context["report"].sums.valid == 3
    assert look(view="standing").context["report"].sums.valid == 2
    assert "view=standing" in look(view="standing").context["sum"][-1].href


def test_an_old_type_is_named_as_it_was_and_marked(month, look, type_of, now):
    BusinessType.objects.filter(code=11).update(retired_at=now)
    BusinessType.objects.create(code=11, name="逐小时天气", position=11)
    BusinessType.objects.filter(code=27).update(enabled=False)

    heads = {(head.label, head.mark) for head in look().context["heads"] if head.code in (11, 27)}

    assert heads == {("早晚天气", "已换用"), ("逐小时天气", ""), ("预订", "已停用")}


def test_a_booking_that_was_taken_away_is_not_said_to_have_been_replaced(month, look, desk, xiaoli, type_of, now):
    desk.file(xiaoli, type_of(27))
    BusinessType.objects.filter(code=27).update(retired_at=now)

    assert [head.mark for head in look().context["heads"] if head.code == 27] == ["已去掉"]


def test_a_long_table_is_shown_page_by_page_and_sums_up_all_of_it(desk, look, make_agent, type_of, monkeypatch):
    monkeypatch.setattr(figure_page, "ROWS", 2)
    for ordinal in range(5):
        desk.file(make_agent(f"小李{ordinal}"), type_of(11))

    pages = [look(page=str(number)) for number in (1, 2, 3)]

    names = [line.agent.name for page in pages for line in page.context["lines"]]
    assert names == ["小李0", "小李1", "小李2", "小李3", "小李4"]
    assert {page.context["report"].sums.total for page in pages} == {5}
    assert "第 3–4 行，共 5 行；合计按全部行计算" in text_of(pages[1])
    assert [line.agent.name for line in look(page="99").context["lines"]] == ["小李4"]
    assert look(page="0").context["page"].number == look(page="x").context["page"].number == 1


def test_without_calls_the_page_says_so_and_what_to_do(look, month):
    empty = look(start="2026-10-01", end="2026-10-02")
    filtered = look(start="2026-11-22", end="2026-11-22", agent=str(empty.wsgi_request.user.pk))

    assert "这段时间没有回访" in text_of(empty)
    assert "去掉其他条件" not in text_of(empty)
    assert "这一天没有回访" in text_of(filtered)
    assert "去掉其他条件" in text_of(filtered)
    assert '<svg class="chart' not in empty.content.decode()


def test_an_error_stands_beside_its_field_and_nothing_is_counted(look, month):
    page = look(start="2026-11-23", end="2026-11-22").content.decode()

    assert 'id="end-error"' in page
    assert 'aria-describedby="end-error"' in page
    assert "<table" not in page


def test_the_charts_have_their_values_in_words(month, look):
    page = look().content.decode()

    assert page.count('role="img"') == 2
    assert "2026-11-23：合计 4，有效 2（其中预订 1），无效 2" in page
    assert "11 早晚天气 1, 27 预订 1, 28 拒绝 2" in page


def test_one_day_is_drawn_with_the_six_before_it_and_counted_alone(month, look, desk, xiaoli, type_of, now):
    desk.file(xiaoli, type_of(11), at=now - timedelta(days=1))

    context = look(start="2026-11-23", end="2026-11-23").context

    assert context["report"].sums.total == 4
    assert len(context["daily"].columns) == 7
    assert [bool(column.boxes) for column in context["daily"].columns] == [False] * 5 + [True, True]


def test_the_filter_goes_over_to_the_export_of_numbers_of_who_has_it(month, look, office, sign_in, make_user, xiaoli):
    others = sign_in(make_user("老李", modules=[Module.TEAM]))

    handed = re.search(r'href="(/phones/export/\?[^"]+)"', look(agent=str(xiaoli.pk)).content.decode())

    assert unescape(handed[1]) == f"/phones/export/?start=2026-11-01&end=2026-11-30&agent={xiaoli.pk}"
    chosen = office.get(unescape(handed[1])).context["form"]
    assert chosen.is_valid()
    assert chosen.cleaned_data["agent"] == xiaoli
    assert "/phones/export/" not in look(browser=others).content.decode()


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}'"])
def test_names_are_text_wherever_they_are_shown(desk, look, make_agent, type_of, payload):
    agent = make_agent(payload)
    desk.file(agent, BusinessType.objects.create(code=13, name=payload, position=1), note=payload)

    for response in (look(), look(agent=str(agent.pk), by="both"), look("team_calls")):
        page = response.content.decode()
        assert payload not in page
        assert escape(payload) in page


# ── One's own ────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_sees_one_s_own_figures_whatever_the_query_says(month, look, sign_in, xiaoli, xiaowang):
    page = look("mine", browser=sign_in(xiaoli), agent=str(xiaowang.pk), by="agent")

    [line] = page.context["lines"]
    assert (line.agent, line.cells[-1].count) == (None, 3)
    assert page.context["sum"][-1].href.startswith("/stats/mine/calls/?")
    assert "小王" not in page.content.decode()


def test_today_stands_at_the_top_whatever_days_are_asked_for(desk, look, sign_in, xiaoli, type_of):
    today = timezone.now()
    desk.file(xiaoli, type_of(27), at=today)
    desk.file(xiaoli, type_of(29), at=today)
    browser = sign_in(xiaoli)

    for query in ({"start": "2020-01-01", "end": "2020-01-02"}, {"start": "nonsense"}):
        context = look("mine", browser=browser, **query).context
        assert (context["today"].total, context["today"].booking, context["today"].share) == (2, 1, 50)
        assert browser.get(context["today_calls"] + "&type=booking").context["total"] == 1


def test_an_agent_stays_at_the_desk_and_the_office_in_the_office(look, sign_in, xiaoli, boss):
    agents, bosses = look("mine", browser=sign_in(xiaoli)), look("mine", browser=sign_in(boss))

    assert 'class="topbar"' in agents.content.decode()
    assert 'class="office"' in bosses.content.decode()


# ── Excel ────────────────────────────────────────────────────────────────────────────────────────────────────


def sheet_of(response, tmp_path):
    path = tmp_path / "figures.xlsx"
    path.write_bytes(b"".join(response.streaming_content))
    return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]


def test_the_table_as_a_workbook_has_numbers_and_the_sums(month, look, xiaoli, xiaowang, tmp_path):
    response = look("team_excel")

    rows = sheet_of(response, tmp_path)
    assert rows == [
        ["回访员", "用户名", "11 早晚天气", "12 早晨天气", "27 预订", "有效", "其中预订", "21 停机", "22 空号",
         "28 拒绝", "29 未接通", "无效", "合计", "有效率（%）"],
        ["小李", xiaoli.username, 1, 0, 1, 2, 1, 0, 0, 1, 0, 1, 3, 66.7],
        ["小王", xiaowang.username, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0],
        ["合计", None, 1, 0, 1, 2, 1, 0, 0, 2, 0, 2, 4, 50],
    ]  # fmt: skip
    assert "attachment" in response.headers["Content-Disposition"]


def test_the_workbook_has_all_rows_and_is_on_record(desk, look, make_agent, type_of, boss, monkeypatch, tmp_path):
    monkeypatch.setattr(figure_page, "ROWS", 2)
    for ordinal in range(5):
        desk.file(make_agent(f"小李{ordinal}"), type_of(11))

    rows = sheet_of(look("team_excel", by="both"), tmp_path)

    assert [row[2] for row in rows[1:-1]] == ["2026-11-23"] * 5
    entry = AuditEntry.objects.get(action="stats.export")
    assert (entry.by, entry.count) == (boss, 5)
    assert "2026-11-01–2026-11-30" in entry.object


def test_a_workbook_without_calls_is_the_heads_and_nothing_but_zeros(look, room, tmp_path):
    rows = sheet_of(look("team_excel"), tmp_path)

    assert len(rows) == 2
    assert set(rows[1][2:-1]) == {0}


def test_two_types_of_one_name_are_two_columns_of_a_workbook_as_well(desk, look, xiaoli, type_of, now, tmp_path):
    for _twice in range(2):
        desk.file(xiaoli, type_of(12))
        BusinessType.objects.filter(code=12).update(retired_at=now)
        BusinessType.objects.create(code=12, name="早晨天气", position=12)

    rows = sheet_of(look("team_excel"), tmp_path)

    titles = [title for title in rows[0] if title.startswith("12")]
    assert titles == ["12 早晨天气（已换用）", "12 早晨天气（已换用） #2", "12 早晨天气"]
    assert [rows[1][rows[0].index(title)] for title in titles] == [1, 1, 0]
    assert rows[1][rows[0].index("有效")] == 2


def test_a_query_with_errors_makes_no_workbook(look, month):
    response = look("team_excel", start="abc")

    assert response.url == "/stats/team/?start=abc&end=2026-11-30"
    assert not AuditEntry.objects.filter(action="stats.export").exists()


def test_a_head_request_is_no_download(office, month):
    assert office.head(reverse("stats:team_excel")).status_code == 200
    assert not AuditEntry.objects.filter(action="stats.export").exists()


# ── Nonsense ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PAGES)
def test_no_parameter_breaks_a_page(name, office, month):
    address = reverse(f"stats:{name}")
    queries = [{**DAYS, field: value} for field in FIELDS for value in NONSENSE]
    queries += [{**DAYS, **dict.fromkeys(SHOWN_BY, value)} for value in NONSENSE]

    for query in queries:
        status = office.get(address, query).status_code
        # The middleware turns a NUL away before any page sees it; a workbook leads back to what is wrong.
        assert status == 400 if "\0" in query.values() else status in (200, 302), query


@pytest.mark.parametrize("name", PAGES)
def test_a_parameter_may_come_several_times(name, office, room):
    for parameter in (*FIELDS, *SHOWN_BY):
        address = f"{reverse(f'stats:{name}')}?{parameter}=a&{parameter}=1&{parameter}=2"
        assert office.get(address).status_code in (200, 302), parameter


@pytest.mark.parametrize("name", ["region", "carrier", "batch", "agent", "type"])
def test_what_is_not_there_is_an_error_beside_its_field(name, now, room):
    for value in ("abc", "-1", str(2**63), str(2**64), "0", "1e9"):
        chosen = CallFilter({name: value}, today=now.date())
        assert not chosen.is_valid()
        assert list(chosen.errors) == [name], value
