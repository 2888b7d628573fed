"""How operators are made, changed and shut out."""

import threading
from datetime import datetime

import pytest
from axes.models import AccessAttempt
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import actions, logins
from accounts.actions import LastAdministrator, NameTaken, Person
from accounts.models import AuditEntry, Role, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach
from config.models import Region
from config.uses import InUse

PASSWORD = "Wind-und-Wetter-4"
ALL = [module.value for module in Module]


@pytest.fixture
def boss(make_administrator) -> User:
    return make_administrator("老张", username="laozhang")


@pytest.fixture
def who(boss, now) -> dict:
    return {"by": boss, "now": now, "address": "10.0.0.1"}


@pytest.fixture
def shut_out(monkeypatch) -> list[User]:
    """Who was shut out, in order."""
    told: list[User] = []
    monkeypatch.setattr(actions, "ON_SHUT_OUT", [lambda *, agent, by, now: told.append(agent)])
    return told


def as_is(user: User) -> dict:
    fields = {field: getattr(user, field) for field in ("username", "name", "role", "modules", "is_active")}
    return fields | {"regions": Region.objects.filter(pk__in=user.region_ids)}


# ── Actions ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_operator_begins_with_a_one_time_password(who):
    password = OneTimePassword()

    user = actions.create(
        username="xiaoli", name="小李", role=Role.AGENT, modules=["sheet"], regions=[], password=password, **who
    )

    assert user.must_change_password
    assert user.check_password(password.text)
    entry = AuditEntry.objects.get(action="operator.create")
    assert (entry.by, entry.at) == (who["by"], who["now"])


def test_the_log_knows_no_password(who):
    password = OneTimePassword()

    user = actions.create(
        username="xiaoli", name="小李", role=Role.AGENT, modules=["sheet"], regions=[], password=password, **who
    )
    logins.reset_password(user=user, password=password, **who)

    assert password.text not in str(list(AuditEntry.objects.values()))
    assert password.encoded not in str(list(AuditEntry.objects.values()))


def test_b06_disabling_ends_the_sessions_at_once_and_frees_what_is_held(make_agent, sign_in, who, shut_out):
    agent = make_agent("小李")
    client = sign_in(agent)

    actions.disable(user=agent, **who)

    assert client.get("/password/").url.startswith("/login/")
    assert shut_out == [agent]


def test_f24_the_number_of_a_disabled_agent_is_back_in_the_queue(make_agent, make_numbers, carrier, who, now):
    from callback import actions as desk
    from phones.models import State

    agent = make_agent("小李")
    [phone] = make_numbers(1)
    desk.take(agent=agent, carrier=carrier, now=now)

    actions.disable(user=agent, **who)

    phone.refresh_from_db()
    assert phone.state == State.PENDING


def test_b06_a_session_from_before_stays_dead_when_the_operator_is_enabled_again(make_agent, sign_in, who):
    agent = make_agent("小李")
    client = sign_in(agent)
    actions.disable(user=agent, **who)

    actions.enable(user=agent, **who)

    assert client.get("/password/").url.startswith("/login/")


def test_whoever_loses_the_sheet_loses_the_number(make_agent, who, shut_out):
    agent = make_agent("小李", modules=["sheet", "import"])

    actions.edit(user=agent, **{**as_is(agent), "modules": ["import"]}, **who)

    assert shut_out == [agent]


def test_an_administrator_who_becomes_an_agent_without_a_sheet_loses_the_number(make_administrator, who, shut_out):
    other = make_administrator("老王", modules=[])

    actions.edit(user=other, **{**as_is(other), "role": Role.AGENT}, **who)

    assert shut_out == [other]


def test_whoever_keeps_the_sheet_keeps_the_number(make_agent, who, shut_out):
    agent = make_agent("小李")

    actions.edit(user=agent, **{**as_is(agent), "name": "小李子"}, **who)

    assert shut_out == []


def test_b06_disabling_on_the_edit_page_ends_the_sessions_too(make_agent, sign_in, who, shut_out):
    agent = make_agent("小李")
    client = sign_in(agent)

    actions.edit(user=agent, **{**as_is(agent), "is_active": False}, **who)
    actions.enable(user=agent, **who)

    assert client.get("/password/").url.startswith("/login/")
    assert shut_out == [agent]


def test_b17_the_last_enabled_administrator_can_be_neither_disabled_nor_demoted_nor_deleted(
    make_administrator, boss, who
):
    make_administrator("老王", is_active=False)

    with pytest.raises(LastAdministrator):
        actions.disable(user=boss, **who)
    with pytest.raises(LastAdministrator):
        actions.edit(user=boss, **{**as_is(boss), "role": Role.AGENT}, **who)
    with pytest.raises(LastAdministrator):
        actions.edit(user=boss, **{**as_is(boss), "is_active": False}, **who)
    with pytest.raises(LastAdministrator):
        actions.delete(user=boss, **who)


def test_an_administrator_may_leave_where_another_one_remains(make_administrator, boss, who):
    make_administrator("老王")

    actions.disable(user=boss, **who)

    boss.refresh_from_db()
    assert not boss.is_active


def test_an_operator_nothing_refers_to_can_be_deleted(make_agent, who):
    agent = make_agent("小李")

    actions.delete(user=agent, **who)

    assert not User.objects.filter(pk=agent.pk).exists()


def test_an_operator_who_stands_in_the_records_cannot_be_deleted(make_agent, make_batch, who):
    agent = make_agent("小李")
    make_batch(by=agent)

    with pytest.raises(InUse) as refusal:
        actions.delete(user=agent, **who)

    assert [use.count for use in refusal.value.uses] == [1]


def test_a_reset_password_ends_sessions_and_a_lock(make_agent, sign_in, who):
    agent = make_agent("小李", username="xiaoli")
    client = sign_in(agent)
    for _ in range(5):
        Client().post("/login/", {"username": "xiaoli", "password": "wrong"})

    logins.reset_password(user=agent, password=OneTimePassword(), **who)

    assert client.get("/password/").url.startswith("/login/")
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("username", ["xiaoli", "XIAOLI", "XiaoLi"])
def test_a_user_name_is_taken_in_any_case(make_agent, who, username):
    make_agent("小李", username="xiaoli")

    with pytest.raises(NameTaken):
        actions.create(
            username=username, name="小王", role=Role.AGENT, modules=[], regions=[], password=OneTimePassword(), **who
        )


def test_whoever_acts_must_still_be_allowed_to(make_administrator, make_agent, boss, who):
    agent = make_agent("小李")
    make_administrator("老王")
    User.objects.filter(pk=boss.pk).update(role=Role.AGENT)

    with pytest.raises(BeyondReach):
        actions.disable(user=agent, **who)


def test_pasted_people_get_the_next_free_user_names(make_agent, who):
    make_agent("小李", username="op007")
    people = [Person("黄丽"), Person("周杰", "zhoujie"), Person("吴敏")]

    users = actions.create_several(people=people, passwords=[OneTimePassword() for _ in people], **who)

    assert [user.username for user in users] == ["op008", "zhoujie", "op009"]
    assert {tuple(user.modules) for user in users} == {("sheet",)}


def test_one_taken_user_name_stops_the_whole_list(make_agent, who):
    make_agent("小李", username="xiaoli")
    people = [Person("黄丽"), Person("小王", "xiaoli")]

    with pytest.raises(NameTaken, match="xiaoli"):
        actions.create_several(people=people, passwords=[OneTimePassword() for _ in people], **who)

    assert not User.objects.filter(name="黄丽").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite lets one transaction write at a time anyway")
def test_b17_two_administrators_who_demote_one_another_at_once_do_not_both_succeed(make_administrator):
    pair = [make_administrator("老张"), make_administrator("老王")]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def demote(by: User, user: User) -> None:
        try:
            together.wait()
            now = datetime.fromisoformat("2026-11-23T10:30:00+08:00")
            actions.edit(user=user, **{**as_is(user), "role": Role.AGENT}, by=by, now=now, address=None)
            outcomes.append("demoted")
        except (BeyondReach, LastAdministrator) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=order) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["BeyondReach", "demoted"]
    assert User.objects.administrators().enabled().count() == 1


# ── An agent who manages operators ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def deputy(make_agent, boss) -> User:
    return make_agent("小王", username="xiaowang", modules=[Module.SHEET, Module.OPERATORS])


@pytest.fixture
def as_deputy(deputy, now) -> dict:
    return {"by": deputy, "now": now, "address": None}


def test_a_deputy_manages_agents(make_agent, as_deputy):
    agent = make_agent("小李")

    actions.disable(user=agent, **as_deputy)

    agent.refresh_from_db()
    assert not agent.is_active


@pytest.mark.parametrize("change", [{"role": Role.ADMINISTRATOR}, {"modules": ["sheet", "import"]}, {"modules": ALL}])
def test_a_deputy_gives_nobody_more_than_they_have_themselves(make_agent, deputy, as_deputy, change):
    for user in (make_agent("小李"), deputy):
        with pytest.raises(BeyondReach):
            actions.edit(user=user, **{**as_is(user), **change}, **as_deputy)


def test_a_deputy_touches_no_administrator_and_nobody_who_may_do_more(make_agent, boss, as_deputy):
    for user in (boss, make_agent("小李", modules=["sheet", "import"])):
        with pytest.raises(BeyondReach):
            logins.reset_password(user=user, password=OneTimePassword(), **as_deputy)
        with pytest.raises(BeyondReach):
            actions.disable(user=user, **as_deputy)


def test_a_deputy_makes_no_administrator(as_deputy):
    with pytest.raises(BeyondReach):
        actions.create(
            username="new",
            name="新",
            role=Role.ADMINISTRATOR,
            modules=[],
            regions=[],
            password=OneTimePassword(),
            **as_deputy,
        )


def test_a_deputy_is_offered_no_role_and_only_own_modules(sign_in, deputy):
    form = sign_in(deputy).get("/operators/new/").context["form"]

    assert "role" not in form.fields
    assert {value for value, _label in form.fields["modules"].choices} == {"sheet", "operators"}


# ── Always true, whoever writes ──────────────────────────────────────────────────────────────────────────────


def test_the_database_knows_a_user_name_in_any_case(make_agent):
    make_agent("小李", username="xiaoli")

    with pytest.raises(IntegrityError, match="username_is_unique_in_any_case"), transaction.atomic():
        make_agent("小王", username="XiaoLi")


def test_the_database_knows_two_roles(make_agent):
    agent = make_agent("小李")

    with pytest.raises(IntegrityError, match="role_is_administrator_or_agent"), transaction.atomic():
        User.objects.filter(pk=agent.pk).update(role="king")
