"""One's own password, and the one-time passwords."""

import re
import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, entry, logins
from accounts.models import AuditEntry
from accounts.passwords import ALPHABET, OneTimePassword, one_time_text

PASSWORD = "Wind-und-Wetter-4"
NEW = "泰山 日出 5:30 看天气 🌤"


def change(client: Client, new: str = NEW, *, current: str = PASSWORD, again: str | None = None):
    return client.post("/password/", {"current": current, "new": new, "again": new if again is None else again})


def test_a_password_is_changed_and_the_session_goes_on(make_agent, sign_in):
    agent = make_agent("小李")
    client = sign_in(agent)

    response = change(client)

    assert response.url == reverse("home")
    agent.refresh_from_db()
    assert agent.check_password(NEW)
    assert client.get("/password/").status_code == 200
    assert AuditEntry.objects.filter(by=agent, action="password.change").exists()


def test_b07_every_other_session_ends_with_the_old_password(make_agent, sign_in):
    agent = make_agent("小李")
    here, elsewhere = sign_in(agent), sign_in(agent)

    change(here)

    assert elsewhere.get("/password/").url.startswith("/login/")


def test_a_password_that_was_changed_or_reset_meanwhile_is_not_overwritten(make_agent, sign_in, monkeypatch):
    agent = make_agent("小李", must_change_password=True)
    client = sign_in(agent)

    def quicker(request, name):
        agent.set_password("first-come-9")
        agent.save()

    monkeypatch.setattr(entry, "forgive", quicker)
    response = change(client)

    assert response.status_code == 422
    assert "current" in response.context["form"].errors
    agent.refresh_from_db()
    assert agent.check_password("first-come-9")
    assert not AuditEntry.objects.filter(action="password.change").exists()


def test_a_password_of_an_older_hash_is_changed_at_the_first_press(make_agent, sign_in, settings):
    agent = make_agent("小李")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    assert change(sign_in(agent)).url == reverse("home")


def test_a_wrong_guess_keeps_nothing_of_the_form(make_agent, sign_in):
    client = sign_in(make_agent("小李"))

    for _ in range(2):
        change(client, current="my-old-secret")

    kept = str(list(AccessAttempt.objects.values()))
    assert AccessAttempt.objects.get().failures_since_start == 2
    assert "my-old-secret" not in kept
    assert NEW not in kept


@pytest.fixture
def come_in(carrier):
    """A browser that has logged in on the login page."""

    def come_in(agent, password: str = PASSWORD, **options) -> Client:
        client = Client(**options)
        client.post("/login/", {"username": agent.username, "password": password, "carrier": carrier.pk})
        return client

    return come_in


def said_after(response, client: Client) -> str:
    return str(*client.get(response.url, follow=True).context["messages"])


def test_that_other_logins_have_ended_is_said_where_there_was_one(make_agent, come_in):
    agent = make_agent("小李")
    here, _elsewhere = come_in(agent), come_in(agent)

    first = said_after(change(here), here)
    second = said_after(change(here, PASSWORD, current=NEW), here)

    assert "其他电脑" in first
    assert "其他电脑" not in second


@pytest.mark.parametrize("ended", ["logout", "reset", "end_sessions", "disable", "edit"])
def test_logins_that_were_over_before_are_not_said_to_have_ended_now(make_agent, make_administrator, come_in, ended):
    agent, password = make_agent("小李"), OneTimePassword()
    other = come_in(agent)
    who = {"by": make_administrator(), "now": timezone.now(), "address": None}
    rights = {"username": agent.username, "name": agent.name, "role": agent.role, "modules": [], "regions": []}
    match ended:
        case "logout":
            other.post("/logout/")
        case "reset":
            logins.reset_password(user=agent, password=password, **who)
        case "end_sessions":
            logins.end_sessions(user=agent, **who)
        case "disable":
            actions.enable(user=actions.disable(user=agent, **who), **who)
        case "edit":
            shut_out = actions.edit(user=agent, is_active=False, **rights, **who)
            actions.edit(user=shut_out, is_active=True, **rights, **who)
    current = password.text if ended == "reset" else PASSWORD
    here = come_in(agent, current)

    said = said_after(change(here, current=current), here)

    assert said.startswith("密码已修改")
    assert "其他电脑" not in said


def test_a_login_of_yesterday_is_over_by_itself(make_agent, come_in):
    agent = make_agent("小李")
    come_in(agent)
    come_in(agent)

    assert logins.is_elsewhere_too(agent, now=timezone.now())
    assert not logins.is_elsewhere_too(agent, now=timezone.now() + timedelta(hours=13))


def test_a_change_of_rights_ends_no_login_before_the_password_does(make_agent, make_administrator, come_in):
    agent = make_agent("小李")
    _elsewhere = come_in(agent)
    actions.edit(
        user=agent, username=agent.username, name="小李子", role=agent.role, modules=agent.modules, regions=[],
        is_active=True, by=make_administrator(), now=timezone.now(), address=None,
    )  # fmt: skip
    here = come_in(agent)

    assert "其他电脑" in said_after(change(here), here)


@pytest.mark.parametrize("one_time", [True, False])
def test_the_cursor_waits_in_the_first_field_also_after_a_refusal(make_agent, sign_in, one_time):
    client = sign_in(make_agent("小李", must_change_password=one_time))

    pages = [client.get("/password/"), change(client, "short")]

    for page in pages:
        assert re.findall(r'<input[^>]*name="(\w+)"[^>]*autofocus', page.content.decode()) == ["current"]


@pytest.mark.parametrize(
    "new",
    [
        "short",
        "1",
        "password",
        "12345678",
        "83746592",
        "iloveyou1",
        "xiaoliwang",
        "x" * 129,
        "x" * 1_000_000,
        "a\x00bcdefgh",
    ],
)
def test_b10_a_weak_or_endless_password_is_refused(make_agent, sign_in, new):
    agent = make_agent("小李", username="xiaoliwang")
    client = sign_in(agent)
    started = time.perf_counter()

    response = change(client, new)

    assert response.status_code == 422
    assert "new" in response.context["form"].errors
    assert time.perf_counter() - started < 2
    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)


@pytest.mark.parametrize("new", ["x7" * 32, "  leading and trailing  ", "🌧️🌧️🌧️🌧️🌧️🌧️🌧️🌧️", "密码是八个汉字以上"])
def test_b10_long_words_blanks_and_signs_of_all_kinds_are_a_password(make_agent, sign_in, new):
    agent = make_agent("小李")

    change(sign_in(agent), new)

    agent.refresh_from_db()
    assert agent.check_password(new)
    assert not agent.check_password(new.strip() + "x")


def test_b07_the_current_password_is_asked_for(make_agent, sign_in):
    agent = make_agent("小李")

    response = change(sign_in(agent), current="something else")

    agent.refresh_from_db()
    assert response.status_code == 422
    assert "current" in response.context["form"].errors
    assert agent.check_password(PASSWORD)


def test_a_wrong_current_password_is_counted_and_says_how_many_tries_are_left(make_agent, sign_in):
    client = sign_in(make_agent("小李", username="xiaoli"))

    said = [change(client, current="wrong").context["form"].errors["current"][0] for _ in range(4)]

    assert [re.search(r"\d", sentence)[0] for sentence in said] == ["4", "3", "2", "1"]
    assert AuditEntry.objects.filter(action="password.wrong", by__username="xiaoli").count() == 4
    assert not AuditEntry.objects.filter(action="login.failed").exists()


def test_b01_the_fifth_wrong_one_locks_and_the_right_one_is_refused_too(make_agent, sign_in, carrier):
    agent = make_agent("小李", username="xiaoli")
    client = sign_in(agent)
    pages = [change(client, current="wrong") for _ in range(5)]

    late = change(client)

    agent.refresh_from_db()
    assert agent.check_password(PASSWORD)
    for page in (pages[-1], late):
        assert page.status_code == 422
        assert re.search(r"\d\d:\d\d", page.context["form"].errors["current"][0])
    login = Client().post("/login/", {"username": "xiaoli", "password": PASSWORD, "carrier": carrier.pk})
    assert login.status_code == 429
    assert client.get("/password/").status_code == 200
    assert AuditEntry.objects.filter(action="login.locked").count() == 1


def test_after_a_quarter_of_an_hour_the_password_is_changed(make_agent, sign_in):
    client = sign_in(make_agent("小李"))
    for _ in range(5):
        change(client, current="wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert change(client).status_code == 302


def test_wrong_tries_at_the_login_count_here_too(make_agent, sign_in, carrier):
    client = sign_in(make_agent("小李", username="xiaoli"))
    for _ in range(5):
        Client().post("/login/", {"username": "xiaoli", "password": "wrong", "carrier": carrier.pk})

    assert "current" in change(client).context["form"].errors


def test_the_right_password_forgets_the_wrong_ones_of_this_address_alone(make_agent, sign_in):
    client = sign_in(make_agent("小李", username="xiaoli"))
    for _ in range(4):
        change(client, current="wrong")
    Client(REMOTE_ADDR="10.0.0.9").post("/login/", {"username": "xiaoli", "password": "wrong"})

    change(client)

    assert [attempt.ip_address for attempt in AccessAttempt.objects.all()] == ["10.0.0.9"]


def test_a_slip_in_the_new_password_tells_nothing_of_the_current_one_and_costs_no_try(make_agent, sign_in):
    client = sign_in(make_agent("小李"))

    pages = [change(client, "short", current=current) for current in (PASSWORD, "wrong")]

    assert [set(page.context["form"].errors) for page in pages] == [{"new"}, {"new"}]
    assert not AccessAttempt.objects.exists()


def test_a_one_time_password_is_counted_as_well(make_agent, sign_in):
    client = sign_in(make_agent("小李", must_change_password=True))
    for _ in range(5):
        change(client, current="wrong")

    assert "current" in change(client).context["form"].errors


def test_the_second_time_must_be_the_same(make_agent, sign_in):
    response = change(sign_in(make_agent("小李")), again="another")

    assert "again" in response.context["form"].errors


def test_the_old_password_is_no_new_one(make_agent, sign_in):
    assert "new" in change(sign_in(make_agent("小李")), PASSWORD).context["form"].errors


def test_b11_whoever_has_a_one_time_password_sees_nothing_else_until_it_is_changed(make_agent, sign_in):
    client = sign_in(make_agent("小李", must_change_password=True))

    assert client.get("/operators/").url == "/password/"

    change(client)
    assert client.get("/operators/").status_code == 403


def test_the_page_is_kept_by_no_cache(make_agent, sign_in):
    assert "no-store" in sign_in(make_agent()).get("/password/").headers["Cache-Control"]


def test_a_stranger_is_sent_to_the_login(room):
    assert Client().get("/password/").url.startswith("/login/")


def test_one_time_passwords_can_be_read_aloud():
    texts = {one_time_text() for _ in range(200)}

    assert len(texts) == 200
    assert all([len(group) for group in text.split("-")] == [4, 4, 4] for text in texts)
    assert not set("".join(texts)) - {*ALPHABET, "-"}
    assert not {"0", "o", "1", "l", "i"} & set(ALPHABET)


def test_a_one_time_password_does_not_show_itself():
    password = OneTimePassword()

    assert password.text not in repr(password)
