"""The pages on which operators are managed."""

import pytest
from django.test import Client

from accounts import actions
from accounts.models import User
from accounts.modules import Module
from tests.buttons import button, offers

PAGES = ["/operators/", "/operators/new/", "/operators/paste/"]


@pytest.fixture
def boss(make_administrator) -> User:
    return make_administrator("老张", username="laozhang")


@pytest.fixture
def office(boss, sign_in) -> Client:
    return sign_in(boss)


def fields_of(user: User, **changed) -> dict:
    """The form of an account as it was opened, with some changes."""
    fields = {"username": user.username, "name": user.name, "role": user.role, "modules": user.modules}
    return {**fields, "is_active": "on", "stamp": actions.stamp_of(user), **changed}


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────────


def names(response) -> list[str]:
    return [row.operator.name for row in response.context["roster"].rows]


def test_the_list_shows_who_is_enabled(office, make_agent):
    make_agent("小李")
    make_agent("小王", is_active=False)

    page = office.get("/operators/")

    assert names(page) == ["老张", "小李"]
    assert page.context["roster"].hidden == 1


def test_the_list_is_filtered_by_name_role_and_state(office, make_agent):
    make_agent("小李", username="xiaoli")
    make_agent("小王", is_active=False)

    assert names(office.get("/operators/?q=李")) == ["小李"]
    assert names(office.get("/operators/?q=XIAOLI")) == ["小李"]
    assert names(office.get("/operators/?role=administrator")) == ["老张"]
    assert names(office.get("/operators/?state=disabled")) == ["小王"]
    assert len(names(office.get("/operators/?state=all"))) == 3


def test_a_long_list_comes_in_pages(office, make_agent):
    for number in range(52):
        make_agent(f"员工{number:02}")

    assert len(names(office.get("/operators/"))) == 50
    assert len(names(office.get("/operators/?page=2"))) == 3
    assert "page=2&amp;q=" in office.get("/operators/?page=1&q=").content.decode()


@pytest.mark.parametrize(
    "query", ["page=-1", "page=0", "page=1e9", "page=abc", f"page={2**64}", "role=king&state=asleep"]
)
def test_nonsense_in_the_address_is_as_if_it_were_not_there(office, query):
    page = office.get(f"/operators/?{query}")

    assert page.status_code == 200
    assert names(page) == ["老张"]


def test_an_endless_search_finds_everybody_and_fails_nothing(office):
    assert office.get("/operators/", {"q": "x" * 5000}).status_code == 200


def test_b29_names_are_shown_as_text(office, make_agent):
    make_agent("<script>alert(1)</script>")

    assert "<script>alert" not in office.get("/operators/").content.decode()


def test_an_operator_is_disabled_and_enabled_in_the_list(office, make_agent):
    agent = make_agent("小李")

    office.post("/operators/", button("disable", agent))
    agent.refresh_from_db()
    assert not agent.is_active

    office.post("/operators/", button("enable", agent))
    agent.refresh_from_db()
    assert agent.is_active


def test_the_filter_stays_after_a_press_in_the_list(office, make_agent):
    agent = make_agent("小李")

    assert office.post("/operators/?q=x&page=2", button("disable", agent)).url == "/operators/?q=x&page=2"


def test_the_last_administrator_is_told_the_way_out(office, boss):
    page = office.post("/operators/", button("disable", boss))

    assert page.status_code == 422
    assert "老张" in page.context["refused"]


def test_an_operator_in_the_records_is_offered_to_be_disabled_instead(office, make_agent, make_batch):
    agent = make_agent("小李")
    make_batch(by=agent)

    page = office.post("/operators/", button("delete", agent))

    assert page.status_code == 422
    assert page.context["offered"] == agent
    assert offers(page.content.decode().partition("<table")[0], "disable", agent)


@pytest.mark.parametrize("press", ["", "disable", "disable x", "explode 1", f"disable {10**30}", "disable 999999"])
def test_a_press_on_nothing_changes_nothing(office, press):
    assert office.post("/operators/", {"do": press}).status_code == 302


# ── One-time passwords ───────────────────────────────────────────────────────────────────────────────────────


def test_a_one_time_password_is_shown_once(office):
    response = office.post(
        "/operators/new/", {"username": "xiaoli", "name": "小李", "role": "agent", "modules": ["sheet"]}
    )
    page = office.get(response.url)
    [person] = page.context["people"]

    assert response.url == "/operators/passwords/"
    assert User.objects.get(username="xiaoli").check_password(person["password"])
    assert person["password"] in page.content.decode()
    assert office.get(response.url).url == "/operators/"
    assert "issued" not in office.session


def test_b11_a_reset_shows_the_new_one_time_password(office, make_agent):
    agent = make_agent("小李")

    response = office.post("/operators/", button("reset", agent))
    [person] = office.get(response.url).context["people"]

    agent.refresh_from_db()
    assert agent.check_password(person["password"])
    assert agent.must_change_password


def test_b11_with_it_one_gets_in_and_must_change_it(office, make_agent, carrier):
    agent = make_agent("小李", username="xiaoli")
    response = office.post("/operators/", button("reset", agent))
    [person] = office.get(response.url).context["people"]
    client = Client()

    client.post("/login/", {"username": "xiaoli", "password": person["password"], "carrier": carrier.pk})

    assert client.get("/").url == "/password/"


def test_a_pasted_list_makes_an_account_a_line(office):
    pasted = "黄丽 huangli\n\n  周杰\t zhoujie \n吴敏，WuMin\n\u202e郑\u200b晓\nAnna Lee\n"

    page = office.get(office.post("/operators/paste/", {"people": pasted}).url)

    assert [(person["name"], person["username"]) for person in page.context["people"]] == [
        ("黄丽", "huangli"),
        ("周杰", "zhoujie"),
        ("吴敏", "wumin"),
        ("郑晓", "op001"),
        ("Anna Lee", "op002"),
    ]


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "a,b,c",
        "小李 xl\n小王 XL",
        "小" * 41,
        "小李," + "x" * 41,
        "小李,两 个",
        "\n".join(["小李"] * 101),
        "x" * 30_000,
    ],
)
def test_a_list_that_cannot_be_read_makes_nothing(office, pasted):
    page = office.post("/operators/paste/", {"people": pasted})

    assert page.status_code == 422
    assert "people" in page.context["form"].errors
    assert User.objects.count() == 1


def test_the_faults_of_a_list_are_told_by_line(office):
    page = office.post("/operators/paste/", {"people": "小李\na,b,c\n小王"})

    assert len(page.context["form"].errors["people"]) == 1
    assert "2" in page.context["form"].errors["people"][0]


def test_taken_user_names_of_a_list_are_named(office, make_agent):
    make_agent("小李", username="xiaoli")

    page = office.post("/operators/paste/", {"people": "小李 xiaoli"})

    assert "xiaoli" in page.context["form"].errors["people"][0]


# ── One operator ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_operator_is_proposed_with_the_sheet(office):
    assert office.get("/operators/new/").context["form"].initial["modules"] == ["sheet"]


def test_an_edit_applies_with_the_next_click(office, make_agent, sign_in, region):
    agent = make_agent("小李")
    client = sign_in(agent)
    assert client.get("/regions/").status_code == 403

    office.post(f"/operators/{agent.pk}/", fields_of(agent, modules=["sheet", "regions"], regions=[region.pk]))

    agent.refresh_from_db()
    assert agent.modules == ["regions", "sheet"]
    assert agent.region_ids == [region.pk]
    assert agent.may_open(Module.REGIONS)


def test_modules_that_are_not_on_offer_stay_as_they_are(office, make_agent, monkeypatch):
    agent = make_agent("小李", modules=["sheet", "team"])
    monkeypatch.setattr("accounts.forms.GROUPS", ())

    office.post(f"/operators/{agent.pk}/", fields_of(agent, modules=[]))

    agent.refresh_from_db()
    assert agent.modules == ["team", "sheet"]


def test_a_taken_user_name_is_refused_beside_its_field(office, make_agent):
    make_agent("小李", username="xiaoli")

    page = office.post("/operators/new/", {"username": "XiaoLi", "name": "小王", "role": "agent"})

    assert page.status_code == 422
    assert "username" in page.context["form"].errors


def test_the_last_administrator_is_refused_beside_the_field(office, boss):
    demoted = office.post(f"/operators/{boss.pk}/", fields_of(boss, role="agent"))
    disabled = office.post(f"/operators/{boss.pk}/", fields_of(boss, is_active=""))

    assert "role" in demoted.context["form"].errors
    assert "is_active" in disabled.context["form"].errors


@pytest.mark.parametrize(
    "field", ["password", "session_epoch", "is_superuser", "must_change_password", "created_at", "id"]
)
def test_b16_fields_that_no_page_offers_are_ignored(office, make_agent, field):
    agent = make_agent("小李")
    before = User.objects.filter(pk=agent.pk).values().get()

    office.post(f"/operators/{agent.pk}/", fields_of(agent, **{field: "1"}))

    assert User.objects.filter(pk=agent.pk).values().get() == before


@pytest.mark.parametrize("name", ["", "  ", "\u200b\u202e", "小" * 41, "\x00"])
def test_b56_a_name_that_cannot_be_seen_is_refused(office, name):
    page = office.post("/operators/new/", {"username": "xiaoli", "name": name, "role": "agent"})

    assert "name" in page.context["form"].errors


@pytest.mark.parametrize("pk", [999999, 2**64])
def test_an_operator_who_is_not_there_is_not_found(office, pk):
    assert office.get(f"/operators/{pk}/").status_code == 404


# ── Who may come ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_an_agent_is_not_let_in(make_agent, sign_in, page):
    assert sign_in(make_agent()).get(page).status_code == 403
    assert sign_in(make_agent()).post(page).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_the_login(room, page):
    assert Client().get(page).url.startswith("/login/")


def test_a_deputy_sees_all_but_opens_only_who_is_within_reach(make_agent, boss, sign_in):
    agent = make_agent("小李")
    deputy = sign_in(make_agent("小王", modules=[Module.SHEET, Module.OPERATORS]))

    assert deputy.get("/operators/").status_code == 200
    assert deputy.get(f"/operators/{agent.pk}/").status_code == 200
    assert deputy.get(f"/operators/{boss.pk}/").status_code == 403
    assert deputy.post("/operators/", button("reset", boss)).status_code == 403
    assert deputy.post(f"/operators/{agent.pk}/", fields_of(agent, role="administrator")).status_code == 302
    agent.refresh_from_db()
    assert agent.role == "agent"


def test_a_form_from_elsewhere_is_refused(boss, make_agent, sign_in):
    agent = make_agent("小李")
    client = sign_in(boss, enforce_csrf_checks=True)

    assert client.post("/operators/", button("disable", agent)).status_code == 403

    agent.refresh_from_db()
    assert agent.is_active
