"""Two administrators at one operator: the second is told, sees what stands there now, and loses nothing typed."""

from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, logins
from accounts.models import AuditEntry, User
from accounts.passwords import OneTimePassword
from config.actions import AlreadySo
from config.models import Region
from hwcall.stamps import Changed
from tests.at_once import at_once
from tests.buttons import button, offers
from tests.conftest import PASSWORD


@pytest.fixture
def first(make_administrator) -> User:
    return make_administrator("老张")


@pytest.fixture
def second(make_administrator) -> User:
    return make_administrator("老王")


@pytest.fixture
def agent(make_agent) -> User:
    return make_agent("小李", username="xiaoli")


def opened(client: Client, user: User) -> dict:
    """The form of an account as it comes to a browser."""
    form = client.get(f"/operators/{user.pk}/").context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: "on" if value is True else value for name, value in data.items() if value not in (None, False)}


def save(client: Client, user: User, form: dict, **changed):
    return client.post(f"/operators/{user.pk}/", {**form, **changed})


@pytest.fixture
def late(agent, first, second, sign_in):
    """老王 sends a form off that was open while 老张 saved another change."""

    def late(by_first: dict, by_second: dict):
        early, later = sign_in(first), sign_in(second)
        forms = opened(early, agent), opened(later, agent)
        assert save(early, agent, forms[0], **by_first).status_code == 302
        return later, save(later, agent, forms[1], **by_second)

    return late


def test_the_second_is_told_who_was_faster_and_nothing_is_overwritten(late, agent):
    _client, page = late({"name": "小李子"}, {"name": "李小雨"})

    agent.refresh_from_db()
    assert page.status_code == 422
    assert "老张" in page.context["form"].changed
    assert agent.name == "小李子"


def test_what_was_typed_is_kept_and_what_stands_there_is_said_beside_it(late):
    _client, page = late({"name": "小李子"}, {"name": "李小雨"})

    form = page.context["form"]
    assert form["name"].value() == "李小雨"
    assert "小李子" in form.errors["name"][0]
    assert set(form.errors) == {"name"}


def test_a_second_press_saves(late, agent):
    client, page = late({"name": "小李子"}, {"name": "李小雨"})
    form = page.context["form"]

    again = save(client, agent, {name: form[name].value() for name in form.fields if form[name].value()})

    agent.refresh_from_db()
    assert again.status_code == 302
    assert agent.name == "李小雨"


def test_what_changes_once_more_before_the_second_press_is_told_again(late, agent, first):
    client, page = late({"name": "小李子"}, {"name": "李小雨"})
    form = page.context["form"]
    actions.disable(user=agent, by=first, now=timezone.now(), address=None)

    again = save(client, agent, {name: form[name].value() for name in form.fields if form[name].value()})

    assert again.status_code == 422
    assert set(again.context["form"].errors) == {"name", "is_active"}


def test_each_field_says_what_stands_there(late):
    regions = [str(region.pk) for region in Region.objects.in_order()[:2]]
    promoted = {"role": "administrator", "own_password": PASSWORD}
    faster = {"username": "lili", "modules": ["sheet", "team"], "regions": regions, **promoted}

    _client, page = late(faster, {"modules": ["lookup"], "is_active": "on"})

    errors = page.context["form"].errors
    assert set(errors) == {"username", "role", "modules", "regions"}
    assert "lili" in errors["username"][0]
    assert Region.objects.in_order()[0].name in errors["regions"][0]


def test_who_changed_the_very_same_is_told_as_well(late):
    _client, page = late({"name": "小李子"}, {"name": "小李子"})

    assert page.status_code == 422
    assert "老张" in page.context["form"].changed
    assert not page.context["form"].errors


def test_where_the_log_knows_nobody_it_was_somebody(agent, second, sign_in):
    client = sign_in(second)
    form = opened(client, agent)
    User.objects.filter(pk=agent.pk).update(name="小李子")

    page = save(client, agent, form, name="李小雨")

    assert "有人" in page.context["form"].changed


def test_a_form_that_was_refused_for_something_else_is_compared_with_what_it_first_showed(
    agent, first, second, sign_in
):
    client = sign_in(second)
    form = opened(client, agent)
    page = save(client, agent, form, name="")
    save(sign_in(first), agent, opened(sign_in(first), agent), name="小李子")

    again = save(client, agent, form | {"stamp": page.context["form"]["stamp"].value()}, name="李小雨")

    assert again.context["form"].changed


@pytest.mark.parametrize("stamp", [None, "", "0" * 16, "x" * 100_000, "\x00"])
def test_a_form_without_the_right_stamp_is_refused_once(agent, first, sign_in, stamp):
    client = sign_in(first)
    form = opened(client, agent)
    del form["stamp"]

    page = save(client, agent, form | ({} if stamp is None else {"stamp": stamp}), name="李小雨")

    assert page.status_code == 422
    assert page.context["form"].changed
    assert page.context["form"]["stamp"].value() == actions.stamp_of(agent)


def test_what_no_form_shows_makes_no_form_stale(agent, first, sign_in):
    client = sign_in(first)
    form = opened(client, agent)
    logins.end_sessions(user=agent, by=first, now=timezone.now(), address=None)
    User.objects.filter(pk=agent.pk).update(seen_at=timezone.now(), last_login=timezone.now())

    assert save(client, agent, form, name="李小雨").status_code == 302


def test_who_edits_an_account_that_was_deleted_meanwhile_is_told(agent, first, sign_in):
    client = sign_in(first)
    form = opened(client, agent)
    User.objects.filter(pk=agent.pk).delete()

    page = client.post(f"/operators/{agent.pk}/", form, follow=True)

    assert page.redirect_chain[-1][0] == "/operators/"
    assert len(page.context["messages"]) == 1


@pytest.mark.parametrize("verb", ["enable", "disable", "delete"])
def test_the_second_press_of_a_row_is_told(agent, first, sign_in, verb):
    client = sign_in(first)
    if verb == "enable":
        User.objects.filter(pk=agent.pk).update(is_active=False)
    shown = button(verb, agent)
    done = client.post("/operators/", shown, follow=True)

    again = client.post("/operators/", shown, follow=True)

    [sentence], [other] = ([str(message) for message in page.context["messages"]] for page in (done, again))
    assert sentence != other
    assert AuditEntry.objects.filter(action=f"operator.{verb}").count() == 1


PLACES = {
    "enable": "/operators/?q=x",
    "disable": "/operators/?q=x",
    "delete": "/operators/{}/",
    "end": "/operators/{}/",
}


@pytest.fixture
def stale(agent, first):
    """A button on an account that 老张 has changed since it was shown: the name and, for a login, its sessions."""

    def stale(verb: str) -> dict[str, str]:
        if verb == "enable":
            User.objects.filter(pk=agent.pk).update(is_active=False)
        shown = button(verb, agent)
        by = {"by": first, "now": timezone.now(), "address": None}
        if verb == "end":
            logins.end_sessions(user=agent, **by)
        else:
            rights = {"role": "agent", "modules": ["sheet"], "regions": [], "is_active": verb != "enable"}
            actions.edit(user=agent, username="xiaoli", name="小李子", **rights, **by)
        return shown

    return stale


@pytest.mark.parametrize("verb", PLACES)
def test_a_press_on_what_was_changed_meanwhile_does_nothing_and_says_who_changed_it(
    agent, second, sign_in, stale, verb
):
    shown = stale(verb)
    before = User.objects.filter(pk=agent.pk).values().get()

    late = sign_in(second).post("/operators/?q=x", shown, follow=True)

    assert User.objects.filter(pk=agent.pk).values().get() == before
    assert late.redirect_chain[-1][0] == PLACES[verb].format(agent.pk)
    assert "老张" in str(*late.context["messages"])


@pytest.mark.parametrize("verb", PLACES)
def test_a_second_press_on_what_stands_there_does_it(agent, second, sign_in, stale, verb):
    client = sign_in(second)
    late = client.post("/operators/", stale(verb), follow=True)
    again = button(verb, agent)
    assert offers(late.content.decode(), verb, agent) or verb == "enable"

    client.post("/operators/", again)

    done = "end_sessions" if verb == "end" else verb
    assert AuditEntry.objects.filter(by=second, action=f"operator.{done}").count() == 1


@pytest.mark.parametrize("verb", ["disable", "delete", "end"])
@pytest.mark.parametrize("stamp", ["", " ", f" {'0' * 16}"])
def test_a_press_without_the_right_stamp_does_nothing(agent, first, sign_in, verb, stamp):
    before = User.objects.filter(pk=agent.pk).values().get()

    late = sign_in(first).post("/operators/", {"do": f"{verb} {agent.pk}{stamp}"}, follow=True)

    assert User.objects.filter(pk=agent.pk).values().get() == before
    assert len(late.context["messages"]) == 1


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────────


def kinds(outcomes: list) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_exactly_one_is_told(agent, first, second):
    shown = actions.stamp_of(agent)

    def rename(by: User, name: str):
        return actions.edit(
            user=agent,
            username="xiaoli",
            name=name,
            role="agent",
            modules=["sheet"],
            regions=[],
            is_active=True,
            seen=shown,
            by=by,
            now=timezone.now(),
            address=None,
        )

    outcomes = at_once(partial(rename, first, "小李子"), partial(rename, second, "李小雨"))

    assert kinds(outcomes) == ["Changed", "User"]
    [refusal] = [outcome for outcome in outcomes if isinstance(outcome, Changed)]
    [saved] = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert refusal.standing.name == saved.name == User.objects.get(pk=agent.pk).name


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reset_a_password_at_once_one_has_it(agent, first, second):
    shown = logins.stamp_of(agent)

    def reset(by: User):
        password = OneTimePassword()
        logins.reset_password(user=agent, password=password, seen=shown, by=by, now=timezone.now(), address=None)
        return password

    outcomes = at_once(partial(reset, first), partial(reset, second))

    assert kinds(outcomes) == ["Changed", "OneTimePassword"]
    [password] = [outcome for outcome in outcomes if isinstance(outcome, OneTimePassword)]
    assert User.objects.get(pk=agent.pk).check_password(password.text)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_disable_at_once_one_is_told(agent, first, second):
    def disable(by: User):
        return actions.disable(user=agent, by=by, now=timezone.now(), address=None)

    outcomes = at_once(partial(disable, first), partial(disable, second))

    assert kinds(outcomes) == [AlreadySo.__name__, "User"]
