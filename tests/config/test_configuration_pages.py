"""The pages of the configuration."""

import pytest
from django.test import Client

from accounts.modules import Module
from config.models import BusinessType, Carrier, Region
from tests.buttons import button, offers

PAGES = {"/carriers/": Module.CARRIERS, "/regions/": Module.REGIONS, "/business-types/": Module.BUSINESS_TYPES}


@pytest.fixture
def office(make_administrator, sign_in) -> Client:
    return sign_in(make_administrator("老张"))


def press(client: Client, page: str, verb: str, thing):
    """Press a row's button on the page as it stands now."""
    return client.post(page, button(verb, thing))


def send(client: Client, page: str, **fields):
    """Open a form and send it off at once."""
    return client.post(page, {"stamp": client.get(page).context["form"]["stamp"].value(), **fields})


@pytest.mark.parametrize(("page", "model"), [("/carriers/", Carrier), ("/regions/", Region)])
def test_things_are_added_moved_disabled_enabled_and_deleted(office, page, model):
    assert office.post(page, {"name": "新的"}).url == page
    new = model.objects.get(name="新的")

    press(office, page, "up", new)
    assert list(model.objects.in_order())[-2] == new
    press(office, page, "down", new)
    assert list(model.objects.in_order())[-1] == new
    press(office, page, "disable", new)
    assert not model.objects.enabled().filter(pk=new.pk).exists()
    press(office, page, "enable", new)
    assert model.objects.enabled().filter(pk=new.pk).exists()
    press(office, page, "delete", new)
    assert not model.objects.filter(pk=new.pk).exists()


@pytest.mark.parametrize(("page", "model"), [("/carriers/", Carrier), ("/regions/", Region)])
def test_a_thing_is_renamed_on_a_page_of_its_own(office, page, model):
    thing = model.objects.in_order().first()

    response = send(office, f"{page}{thing.pk}/", name=" 新\u200b的 \u202e名字 ", product="移动气象")

    thing.refresh_from_db()
    assert response.url == page
    assert thing.name == "新的 名字"


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u202e\u2066", "\x00", "\n", "名" * 41])
@pytest.mark.parametrize("page", ["/carriers/", "/regions/", "/business-types/"])
def test_b56_a_name_that_cannot_be_seen_or_is_too_long_is_refused_beside_its_field(office, page, name):
    response = office.post(page, {"name": name, "codes": "valid"})

    assert response.status_code == 422
    assert "name" in response.context["form"].errors


@pytest.mark.parametrize("page", ["/carriers/", "/regions/"])
def test_a_taken_name_is_refused_beside_its_field(office, page):
    office.post(page, {"name": "新的"})

    response = office.post(page, {"name": "新的"})

    assert response.status_code == 422
    assert "name" in response.context["form"].errors


def test_a_thing_in_use_is_kept_and_offered_to_be_disabled(office, make_numbers, region):
    make_numbers(3)

    response = press(office, "/regions/", "delete", region)

    assert response.status_code == 422
    assert "3" in response.context["refused"]
    assert offers(response.content.decode().partition("<table")[0], "disable", region)


@pytest.mark.parametrize("page", list(PAGES))
@pytest.mark.parametrize("do", ["", "up", "up x", "explode 1", f"up {10**17}", f"up {2**80}", "delete -1"])
def test_a_press_on_nothing_changes_nothing(office, page, do):
    assert office.post(page, {"do": do}).url == page


def test_b29_names_are_shown_as_text(office):
    for page in ("/carriers/", "/regions/"):
        office.post(page, {"name": "<script>alert(1)</script>"})
        assert "<script>alert" not in office.get(page).content.decode()


# ── Business types ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_types_are_listed_in_four_groups(office):
    groups = office.get("/business-types/").context["groups"]

    codes = [[row.thing.code for row in group.rows] for group in groups]
    assert codes == [[11, 12], [27], [21, 22], [28, 29]]
    assert {row.used for group in groups for row in group.rows} == {0}


def test_a_type_is_added_and_stands_on_the_sheet_at_once(office):
    office.post("/business-types/", {"codes": "invalid", "name": "传真"})

    assert BusinessType.objects.on_offer().get(name="传真").code == 23


def test_a_taken_name_of_a_type_is_refused_beside_its_field(office, type_of):
    response = office.post("/business-types/", {"codes": "valid", "name": type_of(11).name})

    assert "name" in response.context["form"].errors


def test_a_full_range_is_not_on_offer(office):
    for number in range(8):
        office.post("/business-types/", {"codes": "valid", "name": f"天气{number}"})

    response = office.post("/business-types/", {"codes": "valid", "name": "再一个"})

    assert response.status_code == 422
    assert [key for key, _label in response.context["form"].fields["codes"].choices] == ["invalid"]


def test_an_unused_type_is_simply_renamed(office, type_of):
    page = f"/business-types/{type_of(11).pk}/"

    assert "choice" not in office.get(page).context["form"].fields
    send(office, page, name="全天天气")

    assert type_of(11).name == "全天天气"
    assert BusinessType.objects.filter(code=11).count() == 1


@pytest.fixture
def used(type_of, make_call):
    """A type under which a call was filed."""
    return make_call(type_of(11)).type


def test_for_a_used_type_it_must_be_said_what_the_new_name_means(office, used):
    page = office.post(f"/business-types/{used.pk}/", {"name": "全天天气"})

    assert page.status_code == 422
    assert "choice" in page.context["form"].errors


def test_a_spelling_changes_the_type_and_a_new_meaning_replaces_it(office, used, type_of):
    send(office, f"/business-types/{used.pk}/", name="早晚的天气", choice="spelling")
    assert type_of(11) == used

    send(office, f"/business-types/{used.pk}/", name="全天天气", choice="meaning")
    assert type_of(11) != used
    assert BusinessType.objects.get(pk=used.pk).name == "早晚的天气"


@pytest.mark.parametrize("code", [28, 29])
def test_fixed_types_have_no_page_and_no_buttons_that_work(office, type_of, code):
    assert office.get(f"/business-types/{type_of(code).pk}/").status_code == 404
    assert press(office, "/business-types/", "delete", type_of(code)).status_code == 422
    assert press(office, "/business-types/", "disable", type_of(code)).status_code == 422


def test_of_a_used_booking_it_is_said_that_its_records_stay(office, make_call, type_of):
    make_call(type_of(27))
    press(office, "/business-types/", "delete", type_of(27))

    assert "27 预订 已去掉，原有记录照常可查。" in office.get("/business-types/").content.decode()


def test_a_retired_type_has_no_page(office, used):
    send(office, f"/business-types/{used.pk}/", name="全天天气", choice="meaning")

    assert office.get(f"/business-types/{used.pk}/").status_code == 404


# ── Who may come ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("page", "module"), PAGES.items())
def test_a_page_is_open_to_those_who_have_its_module(make_agent, sign_in, page, module):
    assert sign_in(make_agent(modules=[module])).get(page).status_code == 200
    assert sign_in(make_agent()).get(page).status_code == 403
    assert sign_in(make_agent()).post(page, {"name": "x"}).status_code == 403
    assert Client().get(page).url == f"/login/?next={page}"


@pytest.mark.parametrize(("page", "module"), PAGES.items())
def test_a_module_opens_no_other_page(make_agent, sign_in, page, module):
    client = sign_in(make_agent(modules=[module]))

    assert {client.get(other).status_code for other in PAGES if other != page} == {403}


@pytest.mark.parametrize("page", list(PAGES))
def test_a_page_marks_its_place_in_the_menu(office, page):
    menu = office.get(page).context["menu"]

    assert [item.entry.module for _title, items in menu.groups for item in items if item.current] == [PAGES[page]]
