"""Tables: the columns and the rows a page that an operator has chosen, and the filters that they have saved."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts import saved_filters, tables
from accounts.models import SavedFilter, TableSetting
from accounts.modules import Module
from phones.tables import NUMBERS

PAGE = NUMBERS.page
NONSENSE = ("-1", "0", "51", str(2**31), str(2**64), "abc", "1.5", "１００", " ", "null")


@pytest.fixture
def boss(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def arrange(browser):
    def arrange(client=None, **sent):
        return (client or browser).post(
            reverse("accounts:arrange_table"), {"table": PAGE, "next": reverse(PAGE), **sent}
        )

    return arrange


@pytest.fixture
def save(browser):
    def save(name="待回访的", query="state=pending", client=None, **sent):
        return (client or browser).post(
            reverse("accounts:saved_filters"), {"table": PAGE, "name": name, "query": query, **sent}
        )

    return save


def heads(response) -> list[str]:
    return [column.name for column in response.context["table"].columns]


# ── Columns and rows a page ──────────────────────────────────────────────────────────────────────────────────


def test_a_table_shows_what_is_usual_until_somebody_chooses(browser, make_numbers):
    make_numbers(1)

    page = browser.get(reverse(PAGE))

    assert heads(page) == [column.name for column in NUMBERS.columns if column.usual]
    assert page.context["table"].size == 50


def test_the_columns_that_are_chosen_are_shown_in_the_table_s_own_order(arrange, browser, make_numbers):
    make_numbers(1, note="下午联系")

    response = arrange(do="columns", column=["note", "state"])
    page = browser.get(response.url)

    assert heads(page) == ["number", "state", "note"]
    assert page.content.decode().partition("<tbody>")[2].partition("</tbody>")[0].count("<td") == 3
    assert "下午联系" in page.content.decode()


def test_what_one_chooses_is_one_s_own(arrange, browser, sign_in, make_user, make_numbers):
    make_numbers(1)
    other = sign_in(make_user("小王", modules=[Module.EXPORT]))

    arrange(do="columns", column=["note"])

    assert heads(browser.get(reverse(PAGE))) == ["number", "note"]
    assert len(heads(other.get(reverse(PAGE)))) == 10


def test_the_first_column_always_stays(arrange, browser, make_numbers):
    make_numbers(1)

    for columns in ([], ["nothing"], ["number"]):
        arrange(do="columns", column=columns)
        assert heads(browser.get(reverse(PAGE))) == ["number"]


def test_one_press_goes_back_to_what_is_usual(arrange, browser):
    arrange(do="columns", column=["note"])

    arrange(do="usual")

    assert len(heads(browser.get(reverse(PAGE)))) == 10


@pytest.mark.parametrize("size", tables.SIZES)
def test_a_page_has_as_many_rows_as_were_chosen(arrange, browser, make_numbers, size):
    make_numbers(size + 1)

    arrange(size=str(size))

    assert len(browser.get(reverse(PAGE)).context["page"].rows) == size


def test_columns_and_rows_are_chosen_one_after_the_other(arrange, boss):
    arrange(do="columns", column=["note"])
    arrange(size="20")
    arrange(do="columns", column=["state"])

    [setting] = TableSetting.objects.all()
    assert (setting.user, setting.columns, setting.page_size) == (boss, ["number", "state"], 20)


@pytest.mark.parametrize("size", NONSENSE)
def test_a_size_that_is_not_offered_changes_nothing(arrange, browser, size):
    assert arrange(size=size).status_code == 302

    assert not TableSetting.objects.exists()
    assert browser.get(reverse(PAGE), {"page_size": size, "size": size}).context["table"].size == 50


@pytest.mark.parametrize("columns", [["gone"], []])
def test_a_setting_of_another_time_still_shows_a_table(browser, boss, columns):
    TableSetting.objects.create(user=boss, page=PAGE, columns=columns, page_size=37)

    page = browser.get(reverse(PAGE))

    assert heads(page)[0] == "number"
    assert page.context["table"].size == 50


def test_an_address_elsewhere_is_not_gone_to(arrange):
    assert arrange(size="20", next="https://example.com/").url == reverse("home")


@pytest.mark.parametrize("table", ["", "nothing", "callback:sheet", "phones:export\n"])
def test_a_table_that_there_is_not_is_a_404(arrange, save, table):
    assert arrange(table=table, size="20").status_code == 404
    assert save(table=table).status_code == 404


def test_the_columns_of_each_table_have_names_of_their_own():
    for table in tables.TABLES.values():
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
        assert len(table.page) <= 60


# ── Saved filters ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_filter_is_saved_under_a_name_and_stands_in_the_menu(save, browser, boss):
    response = save("  待回访 的\u200b ", "state=pending&after=7&before=9&page=3&unknown=1&region=")

    [saved] = SavedFilter.objects.all()
    assert (saved.user, saved.page, saved.name, saved.query) == (boss, PAGE, "待回访 的", "state=pending")
    assert response.url == f"{reverse(PAGE)}?state=pending"
    page = browser.get(response.url)
    assert page.context["table"].current == saved
    assert f'href="{reverse(PAGE)}?state=pending"' in page.content.decode()


def test_another_page_has_filters_of_its_own(save, browser):
    save()

    assert browser.get(reverse("phones:batches")).context["table"].saved == []


def test_the_name_of_other_conditions_asks_to_replace_them(save, browser):
    save("常用", "state=pending")

    asked = save("常用", "state=held")
    assert asked.status_code == 422
    assert 'name="replace"' in asked.content.decode()
    assert SavedFilter.objects.get().query == "state=pending"

    replaced = save("常用", "state=held", replace="1")
    assert replaced.url == f"{reverse(PAGE)}?state=held"
    assert SavedFilter.objects.get().query == "state=held"


def test_the_same_conditions_once_more_ask_nothing(save):
    save()

    assert save().status_code == 302
    assert SavedFilter.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "长" * 41])
def test_a_name_that_is_none_is_refused_and_what_was_entered_stays(save, name):
    refused = save(name)

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == ["name"]
    assert 'value="state=pending"' in refused.content.decode()
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "after=7",
        "region=abc",
        f"region={2**64}",
        "start=2026-02-30",
        "state=gone",
        "state=%00",
        "type=" + "9" * 5000,
    ],
)
def test_conditions_that_mean_nothing_are_not_saved(save, query):
    assert save(query=query).status_code == 422

    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("number", ["13800138000", "+86 138-0013-8000", "１３８００１３８０００", "0538-8000000"])
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("stats:audit", "who"),
        ("stats:audit", "object"),
        ("stats:logins", "who"),
        ("phones:batches", "name"),
        ("accounts:operators", "q"),
        ("phones:export", "order"),
    ],
)
def test_b27_a_number_is_kept_in_no_saved_filter_and_no_address(save, make_agent, page, field, number):
    make_agent("小李", username="13800138000")

    refused = save("某号码", urlencode({field: f"找 {number}"}), table=page)

    assert refused.status_code == 422
    assert not SavedFilter.objects.exists()
    assert not re.search(r'href="[^"]*8000', refused.content.decode())


def test_a_user_name_that_is_a_number_is_kept_in_none_either(save, make_agent):
    make_agent("小李", username="13800138000")

    for page, query in (("stats:logins", "who=13800138000"), ("accounts:operators", "q=13800138000")):
        assert save("他的", query, table=page).status_code == 422

    assert not SavedFilter.objects.exists()


def test_a_number_is_no_name_of_a_saved_filter(save):
    assert list(save("138 0013 8000").context["form"].errors) == ["name"]
    assert not SavedFilter.objects.exists()


def test_a_list_of_given_numbers_is_not_kept(save):
    save(query="state=pending&list=5b6ae6b4-7f5c-4fd6-a0f8-6e8b1f1b2d11")

    assert SavedFilter.objects.get().query == "state=pending"


def test_days_that_were_chosen_by_their_name_stay_so(save, browser):
    today = timezone.localdate()
    save("今天的", f"days=today&start={today}&end={today}")
    save("那天的", f"start={today}&end={today}")

    assert [each.query for each in SavedFilter.objects.order_by("pk")] == [
        "days=today", f"start={today}&end={today}"
    ]  # fmt: skip
    form = browser.get(f"{reverse(PAGE)}?days=yesterday").context["form"]
    assert form.cleaned_data["start"] == form.cleaned_data["end"] == today - timedelta(days=1)


def test_there_are_so_many_and_no_more(save, boss):
    SavedFilter.objects.bulk_create(
        SavedFilter(user=boss, page=PAGE, name=str(number), query="state=held") for number in range(saved_filters.MOST)
    )

    refused = save("再一个")
    assert refused.status_code == 422
    assert str(saved_filters.MOST) in refused.content.decode()
    assert save("7", replace="1").status_code == 302
    assert SavedFilter.objects.count() == saved_filters.MOST


def test_one_s_own_is_deleted_and_another_s_is_not_there(save, browser, boss, make_administrator):
    save()
    [own] = SavedFilter.objects.all()
    others = SavedFilter.objects.create(user=make_administrator("老王"), page=PAGE, name="他的", query="state=held")

    assert browser.post(reverse("accounts:forget_filter", args=[others.pk])).status_code == 404
    assert browser.post("/filters/18446744073709551616/delete/").status_code == 404
    assert browser.post(reverse("accounts:forget_filter", args=[own.pk]), {"next": reverse(PAGE)}).url == reverse(PAGE)
    assert list(SavedFilter.objects.all()) == [others]
    assert "他的" not in browser.get(reverse("accounts:saved_filters")).content.decode()


def test_all_of_one_s_own_are_listed_with_their_pages(save, browser, boss):
    save("待回访的")
    SavedFilter.objects.create(user=boss, page="gone:page", name="旧的", query="x=1")

    page = browser.get(reverse("accounts:saved_filters")).content.decode()

    assert "待回访的" in page
    assert "电话导出" in page
    assert "旧的" not in page


def test_b29_nothing_that_was_saved_reaches_the_page_as_markup(save, browser):
    evil = '"><script>alert(1)</script>'
    save(evil)

    pages = (
        browser.get(reverse(PAGE)).content.decode() + browser.get(reverse("accounts:saved_filters")).content.decode()
    )

    assert evil not in pages
    assert "<script>alert" not in pages


def test_a_name_is_one_operator_s_and_one_page_s_alone(boss):
    def keep():
        SavedFilter.objects.create(user=boss, page=PAGE, name="常用")

    keep()
    with pytest.raises(IntegrityError, match=r"saved_filter_has_a_name_of_its_own|UNIQUE"):
        keep()


@pytest.mark.parametrize("page", [page for page, table in tables.TABLES.items() if table.form])
def test_every_table_with_a_filter_can_save_one(save, page):
    today = timezone.localdate()
    condition = {"accounts:operators": "role=agent"}.get(page, f"start={today}&end={today}")

    response = save("常用", condition, table=page)

    assert response.url == f"{reverse(page)}?{condition}"
    assert SavedFilter.objects.get().page == page
