"""A deputy who is limited to some regions: whom they manage, and what they can give out."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, logins
from accounts.actions import Person
from accounts.models import Role, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach
from config.models import Region


@pytest.fixture
def regions(room) -> list[Region]:
    return list(Region.objects.in_order())


@pytest.fixture
def deputy(make_agent, regions) -> User:
    """小王 manages operators, in the first two regions."""
    keys = [region.pk for region in regions[:2]]
    return make_agent("小王", username="xiaowang", modules=[Module.OPERATORS, Module.SHEET], region_ids=keys)


@pytest.fixture
def who(deputy) -> dict:
    return {"by": deputy, "now": timezone.now(), "address": None}


@pytest.fixture
def browser(deputy, sign_in) -> Client:
    return sign_in(deputy)


@pytest.fixture
def agent(make_agent, regions) -> User:
    return make_agent("小李", username="xiaoli", region_ids=[regions[0].pk])


def as_is(user: User, **changed) -> dict:
    fields = {field: getattr(user, field) for field in ("username", "name", "role", "modules", "is_active")}
    return fields | {"regions": Region.objects.filter(pk__in=user.region_ids)} | changed


def form_of(user: User, regions: list[Region]) -> dict:
    fields = {"username": user.username, "name": user.name, "modules": user.modules, "is_active": "on"}
    return fields | {"regions": [region.pk for region in regions], "stamp": actions.stamp_of(user)}


# ── Actions ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wider", [slice(0, 0), slice(0, 3), slice(2, 3)], ids=["none", "one more", "another"])
def test_a_limited_deputy_widens_no_limit_least_of_all_their_own(deputy, agent, regions, who, wider):
    for user in (deputy, agent):
        with pytest.raises(BeyondReach):
            actions.edit(user=user, **as_is(user, regions=regions[wider]), **who)


@pytest.mark.parametrize("wider", [slice(0, 0), slice(0, 3), slice(2, 3)], ids=["none", "one more", "another"])
def test_a_limited_deputy_makes_nobody_with_a_wider_limit(regions, who, wider):
    new = {"username": "new", "name": "新", "role": Role.AGENT, "modules": ["sheet"], "password": OneTimePassword()}

    with pytest.raises(BeyondReach):
        actions.create(regions=regions[wider], **new, **who)


def test_a_limited_deputy_gives_out_what_is_their_own(agent, regions, who):
    new = {"username": "new", "name": "新", "role": Role.AGENT, "modules": ["sheet"], "password": OneTimePassword()}

    made = actions.create(regions=regions[1:2], **new, **who)
    actions.edit(user=agent, **as_is(agent, regions=regions[:2]), **who)

    agent.refresh_from_db()
    assert made.region_ids == [regions[1].pk]
    assert agent.region_ids == [region.pk for region in regions[:2]]


def test_a_pasted_list_is_limited_as_the_deputy_is(deputy, who):
    people = [Person("黄丽"), Person("周杰")]

    users = actions.create_several(people=people, passwords=[OneTimePassword() for _ in people], **who)

    assert [user.region_ids for user in users] == [deputy.region_ids] * 2


def test_the_limit_that_counts_is_the_one_that_stands_now(deputy, regions, who):
    User.objects.filter(pk=deputy.pk).update(region_ids=[regions[4].pk])

    [user] = actions.create_several(people=[Person("黄丽")], passwords=[OneTimePassword()], **who)

    assert user.region_ids == [regions[4].pk]


def test_who_may_call_elsewhere_is_beyond_a_limited_deputy(make_agent, regions, who):
    for region_ids in ([], [regions[0].pk, regions[3].pk]):
        user = make_agent("小赵", region_ids=region_ids)
        for act in (actions.disable, actions.delete, logins.end_sessions, logins.unlock):
            with pytest.raises(BeyondReach):
                act(user=user, **who)
        with pytest.raises(BeyondReach):
            logins.reset_password(user=user, password=OneTimePassword(), **who)
        with pytest.raises(BeyondReach):
            actions.edit(user=user, **as_is(user, regions=regions[:1]), **who)


def test_a_deputy_without_a_limit_limits_others_as_they_like(deputy, agent, regions, who):
    User.objects.filter(pk=deputy.pk).update(region_ids=[])

    actions.edit(user=agent, **as_is(agent, regions=[]), **who)
    [pasted] = actions.create_several(people=[Person("黄丽")], passwords=[OneTimePassword()], **who)

    agent.refresh_from_db()
    assert agent.region_ids == pasted.region_ids == []


def test_an_administrators_own_limit_limits_nobody_else(make_administrator, regions):
    boss = make_administrator("老张", region_ids=[regions[0].pk])
    by = {"by": boss, "now": timezone.now(), "address": None}

    [user] = actions.create_several(people=[Person("黄丽")], passwords=[OneTimePassword()], **by)
    actions.edit(user=user, **as_is(user, regions=regions), **by)

    user.refresh_from_db()
    assert len(user.region_ids) == len(regions)


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_limited_deputy_is_offered_the_own_regions_and_new_ones_begin_with_them(browser, deputy, agent):
    for address in ("/operators/new/", f"/operators/{agent.pk}/"):
        form = browser.get(address).context["form"]
        assert [region.pk for region in form.fields["regions"].queryset] == deputy.region_ids
    assert browser.get("/operators/new/").context["form"]["regions"].value() == deputy.region_ids


def test_own_regions_are_offered_though_one_was_disabled(browser, deputy, regions):
    Region.objects.filter(pk=regions[0].pk).update(enabled=False)

    form = browser.get("/operators/new/").context["form"]

    assert [region.pk for region in form.fields["regions"].queryset] == deputy.region_ids


@pytest.mark.parametrize("chosen", [slice(0, 0), slice(2, 3)], ids=["none", "another"])
def test_no_region_and_another_region_are_refused_beside_the_field(browser, agent, regions, chosen):
    saved = browser.post(f"/operators/{agent.pk}/", form_of(agent, regions[chosen]))
    new = {"username": "new", "name": "新", "modules": ["sheet"], "regions": [region.pk for region in regions[chosen]]}
    made = browser.post("/operators/new/", new)

    for page in (saved, made):
        assert page.status_code == 422
        assert list(page.context["form"].errors) == ["regions"]
    assert not User.objects.filter(username="new").exists()


def test_a_limited_deputy_saves_the_own_account_within_the_limit(browser, deputy, regions):
    assert browser.post(f"/operators/{deputy.pk}/", form_of(deputy, regions[:1])).status_code == 302

    deputy.refresh_from_db()
    assert deputy.region_ids == [regions[0].pk]


def test_who_is_beyond_reach_has_no_button_and_no_page(browser, make_agent, agent):
    free = make_agent("小赵")

    rows = {row.operator.name: row.manageable for row in browser.get("/operators/").context["roster"].rows}

    assert rows == {"小王": True, "小李": True, "小赵": False}
    refusal = browser.get(f"/operators/{free.pk}/")
    assert refusal.status_code == 403
    assert "这位操作员的权限或地区超出了您能管理的范围" in refusal.content.decode()


def test_the_page_to_paste_a_list_on_says_the_limit(browser, make_agent, regions, sign_in):
    unlimited = sign_in(make_agent("小赵", modules=[Module.OPERATORS]))

    assert regions[1].name in browser.get("/operators/paste/").content.decode()
    assert regions[1].name not in unlimited.get("/operators/paste/").content.decode()
