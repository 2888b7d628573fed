"""Who makes an administrator, or is given an administrator's login, has to enter their own password for it."""

import re

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from accounts import actions, logins
from accounts.models import AuditEntry, Role, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach, Unproven
from tests.buttons import button
from tests.conftest import PASSWORD

NEW = {"username": "laoli", "name": "老李", "role": "administrator"}


@pytest.fixture
def boss(make_administrator) -> User:
    return make_administrator("老张", username="laozhang")


@pytest.fixture
def office(boss, sign_in) -> Client:
    return sign_in(boss)


@pytest.fixture
def other(make_administrator) -> User:
    return make_administrator("老王", username="laowang")


@pytest.fixture
def agent(make_agent) -> User:
    return make_agent("小李", username="xiaoli")


@pytest.fixture
def who(boss) -> dict:
    return {"by": boss, "now": timezone.now(), "address": None}


def form_of(user: User, **changed) -> dict:
    fields = {"username": user.username, "name": user.name, "role": user.role, "modules": user.modules}
    return {**fields, "is_active": "on" if user.is_active else "", "stamp": actions.stamp_of(user), **changed}


def as_is(user: User) -> dict:
    fields = {field: getattr(user, field) for field in ("username", "name", "role", "modules", "is_active")}
    return fields | {"regions": []}


def reset(client: Client, user: User, password: str = PASSWORD):
    return client.post(f"/operators/{user.pk}/reset/", {"own_password": password, "stamp": logins.stamp_of(user)})


# ── Actions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_unless_it_is_proven_who_acts_nobody_is_made_an_administrator(agent, who):
    new = {"username": "new", "name": "新", "modules": [], "regions": [], "password": OneTimePassword()}

    with pytest.raises(Unproven):
        actions.create(role=Role.ADMINISTRATOR, **new, **who)
    with pytest.raises(Unproven):
        actions.edit(user=agent, **{**as_is(agent), "role": Role.ADMINISTRATOR}, **who)

    assert [user.name for user in User.objects.administrators()] == ["老张"]


def test_unless_it_is_proven_no_administrator_is_let_in_again(other, who):
    actions.disable(user=other, **who)
    other.refresh_from_db()

    with pytest.raises(Unproven):
        actions.enable(user=other, **who)
    with pytest.raises(Unproven):
        actions.edit(user=other, **{**as_is(other), "is_active": True}, **who)

    other.refresh_from_db()
    assert not other.is_active


def test_unless_it_is_proven_no_administrators_password_is_reset(other, who):
    with pytest.raises(Unproven):
        logins.reset_password(user=other, password=OneTimePassword(), **who)

    other.refresh_from_db()
    assert other.check_password(PASSWORD)


def test_an_administrator_who_stays_one_is_edited_without(other, who):
    actions.edit(user=other, **{**as_is(other), "name": "王主任"}, **who)
    actions.disable(user=other, **who)
    other.refresh_from_db()
    actions.edit(user=other, **{**as_is(other), "name": "老王"}, **who)

    other.refresh_from_db()
    assert (other.name, other.is_active) == ("老王", False)


def test_who_was_promoted_since_the_page_was_opened_is_no_agent_any_more(agent, who):
    before = User.objects.get(pk=agent.pk)
    actions.edit(user=agent, proven=True, **{**as_is(agent), "role": Role.ADMINISTRATOR}, **who)

    with pytest.raises(Unproven):
        logins.reset_password(user=before, password=OneTimePassword(), **who)


def test_a_deputys_own_password_proves_nothing(make_agent, agent, other, who):
    deputy = who | {"by": make_agent("小王", modules=[Module.SHEET, Module.OPERATORS])}

    with pytest.raises(BeyondReach):
        logins.reset_password(user=other, password=OneTimePassword(), proven=True, **deputy)
    with pytest.raises(BeyondReach):
        actions.edit(user=agent, proven=True, **{**as_is(agent), "role": Role.ADMINISTRATOR}, **deputy)


# ── A new one ────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_makes_an_agent_is_asked_for_nothing(office):
    assert 'name="own_password"' not in office.get("/operators/new/").content.decode()
    assert office.post("/operators/new/", NEW | {"role": "agent"}).status_code == 302


def test_who_makes_an_administrator_is_asked_and_nothing_typed_is_lost(office):
    page = office.post("/operators/new/", NEW)

    form = page.context["form"]
    assert page.status_code == 422
    assert list(form.errors) == ["own_password"]
    assert 'name="own_password"' in page.content.decode()
    assert form["name"].value() == "老李"
    assert not User.objects.filter(username="laoli").exists()
    assert not AccessAttempt.objects.exists()


def test_with_the_right_password_the_administrator_is_made(office):
    office.post("/operators/new/", NEW | {"own_password": PASSWORD})

    assert User.objects.get(username="laoli").is_administrator


@pytest.mark.parametrize("password", ["wrong", " ", "x" * 129, "\x00"])
def test_with_another_one_nobody_is_made(office, password):
    page = office.post("/operators/new/", NEW | {"own_password": password})

    assert page.status_code == 422
    assert len(page.context["form"].errors["own_password"]) == 1
    assert 'name="own_password"' in page.content.decode()
    assert not User.objects.filter(username="laoli").exists()


def test_who_then_makes_an_agent_after_all_needs_none(office):
    assert office.post("/operators/new/", NEW | {"role": "agent", "own_password": ""}).status_code == 302


def test_the_page_never_shows_the_password_again(office):
    page = office.post("/operators/new/", NEW | {"own_password": PASSWORD, "name": ""})

    assert page.status_code == 422
    assert PASSWORD not in page.content.decode()


# ── A promotion ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_promotion_needs_the_password(office, agent):
    page = office.post(f"/operators/{agent.pk}/", form_of(agent, role="administrator"))
    agent.refresh_from_db()
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["own_password"]
    assert not agent.is_administrator

    office.post(f"/operators/{agent.pk}/", form_of(agent, role="administrator", own_password=PASSWORD))

    agent.refresh_from_db()
    assert agent.is_administrator


def test_a_disabled_administrator_is_enabled_on_the_page_that_asks(office, other, who):
    actions.disable(user=other, **who)
    other.refresh_from_db()

    led = office.post("/operators/", button("enable", other), follow=True)
    assert led.redirect_chain[-1][0] == f"/operators/{other.pk}/"
    assert "老王" in str(*led.context["messages"])
    asked = office.post(f"/operators/{other.pk}/", form_of(other, is_active="on"))
    assert list(asked.context["form"].errors) == ["own_password"]
    office.post(f"/operators/{other.pk}/", form_of(other, is_active="on", own_password=PASSWORD))

    other.refresh_from_db()
    assert other.is_active


def test_an_edit_of_a_deputy_has_no_such_field(make_agent, agent, sign_in):
    deputy = sign_in(make_agent("小王", modules=[Module.SHEET, Module.OPERATORS]))

    assert "own_password" not in deputy.get(f"/operators/{agent.pk}/").context["form"].fields


# ── A reset ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_an_administrator_leads_to_where_the_password_is_asked_for(office, other, agent):
    of_administrator, of_agent = (office.get(f"/operators/{user.pk}/").content.decode() for user in (other, agent))

    assert f'href="/operators/{other.pk}/reset/"' in of_administrator
    assert f'value="reset {other.pk}' not in of_administrator
    assert f"/operators/{agent.pk}/reset/" not in of_agent


def test_the_button_of_an_agent_resets_no_administrator(office, other):
    response = office.post("/operators/", button("reset", other))

    other.refresh_from_db()
    assert response.url == f"/operators/{other.pk}/reset/"
    assert other.check_password(PASSWORD)


def test_with_the_right_password_it_is_reset(office, other):
    response = reset(office, other)
    [person] = office.get(response.url).context["people"]

    other.refresh_from_db()
    assert other.check_password(person["password"])
    assert other.must_change_password


@pytest.mark.parametrize("password", ["", "wrong", "x" * 1000, "\x00"])
def test_with_another_one_it_is_not(office, other, password):
    page = reset(office, other, password)

    other.refresh_from_db()
    assert page.status_code == 422
    assert "own_password" in page.context["form"].errors
    assert other.check_password(PASSWORD)


def test_it_is_the_password_of_who_asks_that_counts(office, other):
    other.set_password("Sonne-und-Regen-7")
    other.save()

    assert reset(office, other, "Sonne-und-Regen-7").status_code == 422


def test_wrong_ones_are_counted_and_lock_as_at_the_login(office, other, carrier):
    said = [reset(office, other, "wrong").context["form"].errors["own_password"][0] for _ in range(5)]
    late = reset(office, other)

    assert [re.search(r"\d", sentence)[0] for sentence in said[:4]] == ["4", "3", "2", "1"]
    assert re.search(r"\d\d:\d\d", said[4])
    assert late.status_code == 422
    assert "issued" not in office.session
    login = Client().post("/login/", {"username": "laozhang", "password": PASSWORD, "carrier": carrier.pk})
    assert login.status_code == 429
    assert AuditEntry.objects.filter(action="password.wrong", by__username="laozhang").count() == 5
    assert not AuditEntry.objects.filter(action="login.failed").exists()
    lines = office.get("/audit/logins/?group=wrong").content.decode()
    assert lines.count("本人密码核对失败") > 5
    assert "登录失败" not in lines.partition("<tbody>")[2]


def test_of_two_who_reset_one_administrator_the_second_is_told(office, other, make_administrator, sign_in):
    third = sign_in(make_administrator("老赵"))
    shown = logins.stamp_of(other)
    reset(office, other)

    late = third.post(f"/operators/{other.pk}/reset/", {"own_password": PASSWORD, "stamp": shown}, follow=True)

    assert late.redirect_chain[-1][0] == f"/operators/{other.pk}/"
    assert "老张" in str(*late.context["messages"])
    assert "issued" not in third.session


def test_ones_own_password_is_changed_elsewhere(office, boss):
    assert office.get(f"/operators/{boss.pk}/reset/").url == "/password/"
    assert reset(office, boss).url == "/password/"


def test_who_is_gone_or_beyond_reach_is_not_reset(office, other, make_agent, sign_in):
    deputy = sign_in(make_agent("小王", modules=[Module.SHEET, Module.OPERATORS]))
    assert reset(deputy, other).status_code == 403
    assert reset(sign_in(make_agent("小李")), other).status_code == 403

    User.objects.filter(pk=other.pk).delete()

    assert office.get(f"/operators/{other.pk}/reset/").status_code == 404
    assert reset(office, other).url == "/operators/"
