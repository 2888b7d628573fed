"""Two administrators at one carrier, region or business type: the second is told, and nothing typed is lost."""

from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from config import actions, types
from config.models import BusinessType, Carrier, Region
from tests.at_once import at_once
from tests.buttons import button, offers

PAGES = {"/carriers/": Carrier, "/regions/": Region, "/business-types/": BusinessType}


@pytest.fixture
def first(make_administrator) -> User:
    return make_administrator("老张")


@pytest.fixture
def second(make_administrator) -> User:
    return make_administrator("老王")


@pytest.fixture
def browsers(first, second, sign_in) -> tuple[Client, Client]:
    return sign_in(first), sign_in(second)


def opened(client: Client, page: str) -> dict:
    form = client.get(page).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def one_of(page: str):
    return PAGES[page].objects.in_order().first()


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_the_second_is_told_who_was_faster_and_nothing_is_overwritten(browsers, page):
    thing = one_of(page)
    forms = [opened(browser, f"{page}{thing.pk}/") for browser in browsers]
    browsers[0].post(f"{page}{thing.pk}/", forms[0] | {"name": "老张的名字"})

    late = browsers[1].post(f"{page}{thing.pk}/", forms[1] | {"name": "老王的名字"})

    thing.refresh_from_db()
    form = late.context["form"]
    assert late.status_code == 422
    assert "老张" in form.changed
    assert "老张的名字" in form.errors["name"][0]
    assert form["name"].value() == "老王的名字"
    assert thing.name == "老张的名字"


@pytest.mark.parametrize("page", PAGES)
def test_a_second_press_saves(browsers, page):
    thing = one_of(page)
    address = f"{page}{thing.pk}/"
    forms = [opened(browser, address) for browser in browsers]
    browsers[0].post(address, forms[0] | {"name": "老张的名字"})
    shown = browsers[1].post(address, forms[1] | {"name": "老王的名字"}).context["form"]

    again = browsers[1].post(address, {name: shown[name].value() or "" for name in shown.fields})

    thing.refresh_from_db()
    assert again.url == page
    assert thing.name == "老王的名字"


def test_the_product_of_a_carrier_is_compared_too(browsers, carrier):
    address = f"/carriers/{carrier.pk}/"
    forms = [opened(browser, address) for browser in browsers]
    browsers[0].post(address, forms[0] | {"product": "移动气象"})

    late = browsers[1].post(address, forms[1] | {"name": "移动"})

    assert set(late.context["form"].errors) == {"name", "product"}
    assert "移动气象" in late.context["form"].errors["product"][0]


@pytest.mark.parametrize("stamp", [None, "", "x" * 100_000, "\x00"])
@pytest.mark.parametrize("page", PAGES)
def test_a_form_without_the_right_stamp_is_refused_once(browsers, page, stamp):
    thing = one_of(page)
    fields = {"name": "新的"} | ({} if stamp is None else {"stamp": stamp})

    late = browsers[0].post(f"{page}{thing.pk}/", fields)

    assert late.status_code == 422
    assert late.context["form"]["stamp"].value() == actions.stamp_of(thing)


def test_for_a_type_that_came_into_use_meanwhile_it_must_be_said_what_the_name_means(browsers, type_of, make_call):
    address = f"/business-types/{type_of(11).pk}/"
    form = opened(browsers[0], address)
    make_call(type_of(11))

    late = browsers[0].post(address, form | {"name": "全天天气"})

    assert set(late.context["form"].errors) == {"choice"}


@pytest.mark.parametrize("page", PAGES)
def test_what_was_deleted_meanwhile_is_told(browsers, page):
    thing = one_of(page)
    form = opened(browsers[0], f"{page}{thing.pk}/")
    PAGES[page].objects.filter(pk=thing.pk).delete()

    late = browsers[0].post(f"{page}{thing.pk}/", form, follow=True)

    assert late.redirect_chain[-1][0] == page
    assert len(told(late)) == 1


def test_a_type_that_was_replaced_meanwhile_is_told(browsers, type_of, make_call):
    make_call(type_of(11))
    address = f"/business-types/{type_of(11).pk}/"
    forms = [opened(browser, address) for browser in browsers]
    browsers[0].post(address, forms[0] | {"name": "全天天气", "choice": "meaning"})

    late = browsers[1].post(address, forms[1] | {"name": "一周天气", "choice": "meaning"}, follow=True)

    assert len(told(late)) == 1
    assert type_of(11).name == "全天天气"


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_two_who_move_the_same_one_up_move_it_one_place(browsers, page, type_of):
    thing = type_of(12) if page == "/business-types/" else list(PAGES[page].objects.in_order())[2]
    shown = button("up", thing)
    browsers[0].post(page, shown)
    once = list(PAGES[page].objects.in_order())

    late = browsers[1].post(page, shown, follow=True)

    assert "老张" in told(late)[0]
    assert list(PAGES[page].objects.in_order()) == once


@pytest.mark.parametrize("page", PAGES)
def test_a_move_in_a_list_without_the_right_stamp_moves_nothing(browsers, page):
    before = list(PAGES[page].objects.in_order())

    for stamp in ("", "x", "\x00"):
        late = browsers[0].post(page, {"do": f"down {before[0].pk} {stamp}"}, follow=True)
        assert len(told(late)) == 1

    assert list(PAGES[page].objects.in_order()) == before


@pytest.mark.parametrize("verb", ["disable", "enable", "delete"])
@pytest.mark.parametrize("page", PAGES)
def test_the_second_press_of_a_row_is_told(browsers, page, verb):
    thing = one_of(page)
    if verb == "enable":
        PAGES[page].objects.filter(pk=thing.pk).update(enabled=False)
    shown = button(verb, thing)
    done = browsers[0].post(page, shown, follow=True)

    late = browsers[1].post(page, shown, follow=True)

    [sentence], [other] = told(done), told(late)
    assert sentence != other
    assert AuditEntry.objects.filter(action__endswith=f".{verb}").count() == 1


@pytest.fixture
def stale(first):
    """A button of a list that 老张 has changed since it was shown: the thing has another name."""

    def stale(page: str, verb: str):
        thing = one_of(page)
        if verb == "enable":
            PAGES[page].objects.filter(pk=thing.pk).update(enabled=False)
        shown = button(verb, thing)
        rename = types.respell if page == "/business-types/" else actions.rename
        key = "type" if page == "/business-types/" else "thing"
        rename(**{key: thing}, name="老张的名字", by=first, now=timezone.now(), address=None)
        return thing, shown

    return stale


@pytest.mark.parametrize("verb", ["disable", "enable", "delete"])
@pytest.mark.parametrize("page", PAGES)
def test_a_press_on_a_row_that_was_changed_meanwhile_does_nothing_and_says_who_changed_it(browsers, stale, page, verb):
    thing, shown = stale(page, verb)

    late = browsers[1].post(page, shown, follow=True)

    [sentence] = told(late)
    assert "老张" in sentence
    assert "老张的名字" in sentence
    assert PAGES[page].objects.get(pk=thing.pk).enabled == (verb != "enable")


@pytest.mark.parametrize("verb", ["disable", "enable", "delete"])
@pytest.mark.parametrize("page", PAGES)
def test_a_second_press_on_the_row_as_it_stands_does_it(browsers, stale, page, verb):
    thing, shown = stale(page, verb)
    late = browsers[1].post(page, shown, follow=True)
    again = button(verb, thing)
    assert again != shown
    assert offers(late.content.decode(), verb, thing)

    browsers[1].post(page, again)

    assert [row.enabled for row in PAGES[page].objects.filter(pk=thing.pk)] == {
        "disable": [False],
        "enable": [True],
        "delete": [],
    }[verb]


@pytest.mark.parametrize("page", PAGES)
def test_who_deletes_what_was_disabled_meanwhile_is_told(browsers, page):
    thing = one_of(page)
    shown = button("delete", thing)
    browsers[0].post(page, button("disable", thing))

    late = browsers[1].post(page, shown, follow=True)

    assert "老张" in told(late)[0]
    assert PAGES[page].objects.filter(pk=thing.pk).exists()


@pytest.mark.parametrize("verb", ["disable", "delete"])
@pytest.mark.parametrize("stamp", ["", " ", " 0", f" {'0' * 16}"])
@pytest.mark.parametrize("page", PAGES)
def test_a_press_without_the_right_stamp_does_nothing(browsers, page, verb, stamp):
    thing = one_of(page)

    late = browsers[0].post(page, {"do": f"{verb} {thing.pk}{stamp}"}, follow=True)

    assert len(told(late)) == 1
    assert PAGES[page].objects.get(pk=thing.pk).enabled


def test_what_is_offered_instead_of_a_deletion_is_compared_as_well(browsers, first, region, make_numbers):
    make_numbers(1)
    offered = browsers[1].post("/regions/", button("delete", region)).content.decode().partition("<table")[0]
    assert offers(offered, "disable", region)
    shown = button("disable", region)
    actions.rename(thing=region, name="老张的名字", by=first, now=timezone.now(), address=None)

    late = browsers[1].post("/regions/", shown, follow=True)

    region.refresh_from_db()
    assert "老张" in told(late)[0]
    assert region.enabled


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────────


def kinds(outcomes: list) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_rename_a_carrier_at_once_exactly_one_is_told(carrier, first, second):
    shown = actions.stamp_of(carrier)

    def rename(by: User, name: str):
        return actions.rename(thing=carrier, name=name, seen=shown, by=by, now=timezone.now(), address=None)

    outcomes = at_once(partial(rename, first, "移动一"), partial(rename, second, "移动二"))

    assert kinds(outcomes) == ["Carrier", "Changed"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_a_type_another_meaning_at_once_exactly_one_is_told(type_of, first, second):
    old = type_of(11)
    shown = actions.stamp_of(old)

    def replace(by: User, name: str):
        return types.replace(type=old, name=name, seen=shown, by=by, now=timezone.now(), address=None)

    outcomes = at_once(partial(replace, first, "天气一"), partial(replace, second, "天气二"))

    assert kinds(outcomes) == ["BusinessType", "Gone"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_move_a_region_at_once_exactly_one_is_told(room, first, second):
    regions = list(Region.objects.in_order())
    shown = actions.order_stamp(regions)

    def up(by: User):
        return actions.move(thing=regions[2], step=-1, seen=shown, by=by, now=timezone.now(), address=None)

    outcomes = at_once(partial(up, first), partial(up, second))

    assert kinds(outcomes) == ["Changed", "Region"]
    assert list(Region.objects.in_order())[1] == regions[2]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_delete_at_once_exactly_one_is_told(room, first, second):
    region = Region.objects.in_order().last()

    def delete(by: User):
        return actions.delete(thing=region, by=by, now=timezone.now(), address=None)

    outcomes = at_once(partial(delete, first), partial(delete, second))

    assert kinds(outcomes) == ["Gone", "str"]


@pytest.mark.django_db(transaction=True)
def test_of_two_of_whom_one_renames_and_one_deletes_at_once_exactly_one_is_told(room, first, second):
    region = Region.objects.in_order().last()
    form, row = actions.stamp_of(region), actions.row_stamp(region)

    def rename():
        return actions.rename(thing=region, name="高新区", seen=form, by=first, now=timezone.now(), address=None)

    def delete():
        return actions.delete(thing=region, seen=row, by=second, now=timezone.now(), address=None)

    assert kinds(at_once(rename, delete)) in (["Changed", "Region"], ["Gone", "str"])
