"""The columns of the tables of figures can be chosen; what is hidden is counted all the same."""

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import TableSetting
from config.models import BusinessType
from stats import figure_columns
from tests.stats.desk import DAYS


@pytest.fixture
def hide(office):
    def hide(*names, page="stats:team", browser=None):
        """Press 显示这些 with all columns ticked but these."""
        browser = browser or office
        offered = [column.name for column in browser.get(reverse(page), DAYS).context["table"].table.columns]
        assert set(names) <= set(offered)
        kept = [name for name in offered if name not in names]
        browser.post(reverse("accounts:arrange_table"), {"table": page, "do": "columns", "column": kept})

    return hide


@pytest.fixture
def month(desk, xiaoli, xiaowang, type_of):
    """小李 has 2 valid calls, one of them booked, and 1 refused; 小王 one refused."""
    for code in (11, 27, 28):
        desk.file(xiaoli, type_of(code))
    desk.file(xiaowang, type_of(28))


def named(type: BusinessType) -> str:
    return figure_columns.name_of(type)


def heads(response) -> list[str]:
    return [head.label for head in response.context["heads"]]


def rows(response, tmp_path) -> list[list]:
    path = tmp_path / "table.xlsx"
    path.write_bytes(b"".join(response.streaming_content))
    return [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]


def test_every_type_on_offer_every_sum_and_the_share_can_be_chosen(month, look):
    table = look().context["table"]

    assert [str(column.label) for column in table.table.columns] == [
        "回访员或日期", "11 早晚天气", "12 早晨天气", "27 预订", "有效", "其中预订",
        "21 停机", "22 空号", "28 拒绝", "29 未接通", "无效", "合计", "有效率", "停用或换用的业务",
    ]  # fmt: skip
    assert table.columns == table.table.columns


def test_hidden_columns_are_neither_shown_nor_in_the_file_and_change_no_sum(month, look, hide, type_of, tmp_path):
    whole = look()
    hide(named(type_of(11)), named(type_of(28)), "booking", "share")

    page = look()
    file = rows(look("team_excel"), tmp_path)

    assert heads(page) == ["早晨天气", "预订", "有效", "停机", "空号", "未接通", "无效", "合计"]
    assert [[cell.count for cell in line.cells] for line in page.context["lines"]] == [
        [0, 1, 2, 0, 0, 0, 1, 3],
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]
    assert [cell.count for cell in page.context["sum"]] == [0, 1, 2, 0, 0, 0, 2, 4]
    assert page.context["ties"] == whole.context["ties"]
    assert page.context["report"] == whole.context["report"]
    assert file[0] == ["回访员", "用户名", "12 早晨天气", "27 预订", "有效", "21 停机", "22 空号", "29 未接通", "无效",
                       "合计"]  # fmt: skip
    assert [row[2:] for row in file[1:]] == [
        [0, 1, 2, 0, 0, 0, 1, 3],
        [0, 0, 0, 0, 0, 0, 1, 1],
        [0, 1, 2, 0, 0, 0, 2, 4],
    ]


def test_the_heads_span_what_is_left_and_are_not_there_for_nothing(month, look, hide, type_of):
    hide(*(named(type_of(code)) for code in (11, 12, 27)), "valid", "booking")

    page = look()

    content = page.content.decode()
    assert (page.context["valid_span"], page.context["invalid_span"]) == (0, 5)
    assert 'colspan="5"' in content
    assert 'colspan="0"' not in content


def test_who_hides_all_sees_the_rows_alone(month, look, hide, tmp_path):
    offered = [column.name for column in look().context["table"].table.columns]
    hide(*offered[1:])

    page = look()

    assert heads(page) == []
    assert "rowspan" not in page.content.decode()
    assert "小李" in page.content.decode()
    assert rows(look("team_excel"), tmp_path)[0] == ["回访员", "用户名"]


def test_a_type_that_is_new_is_shown_and_one_that_was_hidden_stays_hidden(month, look, hide, type_of):
    hide(named(type_of(12)))
    BusinessType.objects.create(code=13, name="晚间天气", position=9)

    assert "晚间天气" in heads(look())
    assert "早晨天气" not in heads(look())


def test_types_that_are_on_offer_no_more_are_hidden_together(month, look, hide, type_of, now):
    BusinessType.objects.filter(code=11).update(retired_at=now, enabled=False)
    BusinessType.objects.filter(code=27).update(enabled=False)
    assert heads(look())[:3] == ["早晚天气", "早晨天气", "预订"]

    hide("old")

    page = look()
    assert heads(page)[:3] == ["早晨天气", "有效", "其中预订"]
    assert [cell.count for cell in page.context["sum"]][:3] == [0, 2, 1]


def test_a_sort_by_a_column_that_is_hidden_still_holds(month, look, hide):
    hide("total")

    lines = look(sort="total").context["lines"]

    assert [line.agent.name for line in lines] == ["小王", "小李"]


def test_each_hides_columns_for_oneself_and_for_one_table(month, look, hide, sign_in, xiaoli, type_of, tmp_path):
    mine = sign_in(xiaoli)
    hide(named(type_of(12)), page="stats:mine", browser=mine)

    assert "早晨天气" not in heads(look("mine", browser=mine))
    assert "早晨天气" in heads(look())
    assert "12 早晨天气" not in rows(look("mine_excel", browser=mine), tmp_path)[0]
    assert "12 早晨天气" in rows(look("team_excel"), tmp_path)[0]


def test_as_usual_shows_all_again(month, look, hide, office):
    before = heads(look())
    hide("valid", "share")
    office.post(reverse("accounts:arrange_table"), {"table": "stats:team", "do": "usual"})

    assert heads(look()) == before


@pytest.mark.parametrize("kept", [["nothing"], [], ["t999999"], [7, None]])
def test_a_setting_that_names_what_there_is_not_hides_nothing(month, look, boss, kept):
    before = heads(look())
    TableSetting.objects.create(user=boss, page="stats:team", columns=kept)

    assert heads(look()) == before


def test_every_table_of_figures_has_its_menu(month, look, sign_in, xiaoli):
    for page in (look(by="both"), look(by="day"), look("mine", browser=sign_in(xiaoli))):
        assert 'name="column" value="share" checked' in page.content.decode()
