"""Who gets in, who does not, and what they are told."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import entry
from accounts.models import AuditEntry, Role, User
from accounts.modules import Module
from config.models import Carrier

PASSWORD = "Wind-und-Wetter-4"
LOGIN = "/login/"


@pytest.fixture
def log_in(carrier):
    """Try to come in; on the first carrier unless told otherwise."""

    def log_in(username: str, password: str = PASSWORD, *, client: Client | None = None, **fields):
        data = {"username": username, "password": password, "carrier": carrier.pk, **fields}
        return (client or Client()).post(LOGIN, data)

    return log_in


@pytest.fixture
def carriers(room) -> list[Carrier]:
    return list(Carrier.objects.in_order())


def test_an_agent_comes_in_and_lands_on_the_sheet(make_agent, log_in, carrier):
    make_agent("小李", username="xiaoli")
    client = Client()

    response = log_in("xiaoli", client=client)

    assert response.status_code == 302
    assert response.url == reverse("home")
    assert client.session["carrier"] == carrier.pk
    assert User.objects.get(username="xiaoli").last_carrier == carrier
    assert AuditEntry.objects.get(action="login").object == "xiaoli"


def test_the_page_offers_the_enabled_carriers(carriers):
    Carrier.objects.filter(pk=carriers[1].pk).update(enabled=False)

    page = Client().get(LOGIN).content.decode()

    assert carriers[0].name in page
    assert carriers[1].name not in page
    assert carriers[2].name in page


def test_the_last_carrier_of_this_browser_is_preselected(make_agent, log_in, carriers):
    make_agent("小李", username="xiaoli")
    client = Client()
    log_in("xiaoli", client=client, carrier=carriers[2].pk)
    client.post("/logout/")

    page = client.get(LOGIN).content.decode()

    assert re.search(rf'<input[^>]*value="{carriers[2].pk}"[^>]*checked', page)


@pytest.mark.parametrize("https", [True, False])
def test_b12_the_cookie_of_the_carrier_is_for_https_alone_where_there_is_https(make_agent, log_in, settings, https):
    settings.HTTPS = https
    make_agent("小李", username="xiaoli")
    client = Client()

    log_in("xiaoli", client=client)

    assert bool(client.cookies["hwcall_carrier"]["secure"]) is https


def test_a_forged_carrier_cookie_is_ignored(carriers):
    client = Client()
    client.cookies["hwcall_carrier"] = str(carriers[2].pk)

    assert "checked" not in client.get(LOGIN).content.decode()


def test_an_agent_who_has_named_no_carrier_chooses_one_on_the_sheet_and_enters_no_password_again(
    make_agent, log_in, carriers
):
    agent = make_agent("小李", username="xiaoli")
    client = Client()

    response = log_in("xiaoli", client=client, carrier="")
    sheet = client.get(reverse("callback:sheet")).content.decode()
    client.post(reverse("callback:sheet"), {"carrier": carriers[1].pk})

    assert response.url == reverse("home")
    assert re.findall(r'btn-lg" name="carrier" value="(\d+)"', sheet) == [str(carrier.pk) for carrier in carriers]
    assert client.session["carrier"] == carriers[1].pk
    agent.refresh_from_db()
    assert agent.last_carrier == carriers[1]


def test_the_carrier_of_last_time_is_taken_where_none_is_named(make_agent, log_in, carriers):
    make_agent("小李", username="xiaoli", last_carrier=carriers[1])
    client = Client()

    log_in("xiaoli", client=client, carrier="")

    assert client.session["carrier"] == carriers[1].pk


def test_the_only_carrier_needs_no_naming(make_agent, log_in, carriers):
    make_agent("小李", username="xiaoli")
    Carrier.objects.exclude(pk=carriers[2].pk).update(enabled=False)
    client = Client()

    log_in("xiaoli", client=client, carrier="")

    assert client.session["carrier"] == carriers[2].pk


def test_without_any_carrier_people_still_get_in(make_agent, make_administrator, log_in):
    make_agent("小李", username="xiaoli")
    make_administrator(username="laozhang")
    Carrier.objects.update(enabled=False)

    assert log_in("laozhang", carrier="").status_code == 302
    assert log_in("xiaoli", carrier="").status_code == 302


def test_an_operator_without_a_sheet_needs_no_carrier(make_agent, log_in):
    make_agent("小王", username="xiaowang", modules=[Module.IMPORT])
    client = Client()

    assert log_in("xiaowang", client=client, carrier="").status_code == 302
    assert "carrier" not in client.session


@pytest.mark.parametrize("named", ["999999", "x", "-1", str(2**70), "disabled"])
def test_a_carrier_that_is_not_on_offer_is_refused_beside_its_field(make_agent, log_in, carriers, named):
    make_agent("小李", username="xiaoli")
    Carrier.objects.filter(pk=carriers[1].pk).update(enabled=False)

    response = log_in("xiaoli", carrier=carriers[1].pk if named == "disabled" else named)

    assert response.status_code == 422
    assert "carrier" in response.context["form"].errors


def test_whoever_is_in_is_led_home(make_agent, sign_in):
    assert sign_in(make_agent()).get(LOGIN).url == reverse("home")


@pytest.mark.parametrize("typed", ["XIAOLI", " XiaoLi ", "ｘｉａｏｌｉ"])
def test_a_user_name_is_one_name_however_it_is_typed(make_agent, log_in, typed):
    make_agent("小李", username="xiaoli")

    assert log_in(typed).status_code == 302


def test_a_user_name_that_was_stored_in_capitals_is_found_too(make_agent, log_in):
    make_agent("小李", username="XiaoLi")

    assert log_in("xiaoli").status_code == 302


# ── Refusals ─────────────────────────────────────────────────────────────────────────────────────────────────


def body(response) -> str:
    """A page without what differs from one request to the next and the name that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    text = re.sub(r"X-CSRFToken&quot;: &quot;[^&]*|X-CSRFToken\": \"[^\"]*", "", text)
    return re.sub(r"unknown|disabled-one|xiaoli", "NAME", text)


def test_b04_unknown_disabled_and_mistyped_are_answered_alike(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    make_agent("小王", username="disabled-one", is_active=False)

    answers = [log_in("unknown"), log_in("disabled-one"), log_in("xiaoli", "wrong")]

    assert {answer.status_code for answer in answers} == {422}
    assert len({body(answer) for answer in answers}) == 1


def test_the_page_says_how_many_tries_are_left(make_agent, log_in):
    make_agent("小李", username="xiaoli")

    assert [log_in("xiaoli", "wrong").context["tries"] for _ in range(4)] == [4, 3, 2, 1]


def test_b01_the_fifth_wrong_try_locks_and_the_right_password_is_refused_too(make_agent, log_in):
    make_agent("小李", username="xiaoli")

    answers = [log_in("xiaoli", "wrong") for _ in range(5)]
    late = log_in("xiaoli")

    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) <= 16 * 60
    assert re.search(r"\d\d:\d\d", late.content.decode())
    assert AuditEntry.objects.filter(action="login.locked").count() == 1


def test_the_lock_counts_a_name_in_any_case_as_one(make_agent, log_in):
    make_agent("小李", username="xiaoli")

    for typed in ["xiaoli", "XIAOLI", "XiaoLi", " xiaoli", "ｘiaoli"]:
        response = log_in(typed, "wrong")

    assert response.status_code == 429


def test_asking_again_does_not_prolong_the_lock(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    for _ in range(5):
        log_in("xiaoli", "wrong")
    before = AccessAttempt.objects.get().attempt_time

    log_in("xiaoli", "wrong")

    assert AccessAttempt.objects.get().attempt_time == before


def test_b01_after_a_quarter_of_an_hour_the_lock_is_over(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    for _ in range(5):
        log_in("xiaoli", "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert log_in("xiaoli").status_code == 302


def test_b03_the_lock_is_for_one_address_alone(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    for _ in range(5):
        log_in("xiaoli", "wrong")

    assert log_in("xiaoli", client=Client(REMOTE_ADDR="10.0.0.9")).status_code == 302


def test_b23_behind_a_proxy_the_lock_is_for_the_address_that_the_proxy_saw(make_agent, log_in, settings):
    settings.PROXY_COUNT = 1
    make_agent("小李", username="xiaoli")
    for forged in range(5):
        log_in("xiaoli", "wrong", client=Client(HTTP_X_FORWARDED_FOR=f"1.2.3.{forged}, 10.0.0.5"))

    assert log_in("xiaoli", client=Client(HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.5")).status_code == 429
    assert log_in("xiaoli", client=Client(HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.6")).status_code == 302


def test_b03_a_lock_ends_no_session(make_agent, sign_in, log_in):
    client = sign_in(make_agent("小李", username="xiaoli"))
    for _ in range(5):
        log_in("xiaoli", "wrong")

    assert client.get("/password/").status_code == 200


def test_the_right_password_forgets_the_wrong_ones(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    for _ in range(4):
        log_in("xiaoli", "wrong")
    log_in("xiaoli")

    assert log_in("xiaoli", "wrong").context["tries"] == 4


def test_b02_who_tries_one_password_on_many_names_is_stopped(make_agent, log_in):
    make_agent("小李", username="xiaoli")

    answers = [log_in(f"name{number}", "123456aB") for number in range(30)]

    assert answers[-1].status_code == 429
    assert log_in("xiaoli").status_code == 429


def test_whoever_is_stopped_with_them_is_told_until_when_and_of_no_unlocking(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    for number in range(25):
        log_in(f"name{number}", "123456aB")
    for attempt in AccessAttempt.objects.all():
        minutes = int(attempt.username.removeprefix("name")) % 10
        began = timezone.now() - timedelta(minutes=minutes)
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=began)

    answer = log_in("xiaoli")

    # Twenty names are counted and no more: once the oldest try is too old, they are too few to be a search.
    oldest = min(AccessAttempt.objects.values_list("attempt_time", flat=True))
    assert AccessAttempt.objects.count() == entry.NAMES_AN_ADDRESS
    assert answer.context["until"] == oldest + timedelta(minutes=15, seconds=59)
    assert "操作员" not in re.search(r'id="why".*?</div>', answer.content.decode(), re.DOTALL)[0]


def test_b01_guesses_that_come_all_at_once_are_no_more_than_one_after_the_other(make_agent, log_in, monkeypatch):
    agent = make_agent("小李", username="xiaoli")
    authenticate = auth.authenticate

    def slowly(request, **credentials):
        user = authenticate(request, **credentials)
        if credentials["password"] == PASSWORD:
            for _ in range(5):
                log_in("xiaoli", "wrong")
        return user

    monkeypatch.setattr(auth, "authenticate", slowly)
    client = Client()

    assert log_in("xiaoli", client=client).status_code == 429
    assert "_auth_user_id" not in client.session
    assert not AuditEntry.objects.filter(by=agent, action="login").exists()


def test_b02_a_browser_that_somebody_came_in_by_is_not_stopped_with_them(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    client = Client()
    log_in("xiaoli", client=client)
    client.post("/logout/")
    for number in range(30):
        log_in(f"name{number}", "123456aB")

    assert log_in("xiaoli", client=client).status_code == 302


def test_b02_thirty_agents_of_one_office_all_get_in(make_agent, log_in):
    names = [make_agent("小李").username for _ in range(30)]

    assert {log_in(name).status_code for name in names} == {302}


def test_a_wrong_try_is_on_record_without_the_password(make_agent, log_in):
    log_in("x" * 100, "my-secret-password")

    entry = AuditEntry.objects.get(action="login.failed")
    assert entry.object == "x" * 40
    assert entry.by is None
    assert entry.address == "127.0.0.1"
    assert "my-secret-password" not in str(list(AuditEntry.objects.values()) + list(AccessAttempt.objects.values()))


@pytest.mark.parametrize(
    "fields",
    [
        {"username": ""},
        {"password": ""},
        {"username": "a\x00b"},
        {"password": "a\x00b"},
        {"username": "x" * 100_000},
        {"password": "x" * 1_000_000},
        {"username": "名" * 200},
    ],
)
def test_what_cannot_be_a_login_is_refused_calmly(room, log_in, fields):
    assert log_in(**{"username": "xiaoli", **fields}).status_code == 422


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_b05_a_login_begins_a_new_session(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    client = Client()
    session = client.session
    session["planted"] = "before"
    session.save()
    old = client.cookies[settings.SESSION_COOKIE_NAME].value

    log_in("xiaoli", client=client)

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != old
    stale = Client()
    stale.cookies[settings.SESSION_COOKIE_NAME] = old
    assert stale.get("/password/").url.startswith(LOGIN)


def test_b08_a_session_ends_twelve_hours_after_its_login_whatever_happens_in_it(make_agent, log_in):
    make_agent("小李", username="xiaoli")
    client = Client()
    log_in("xiaoli", client=client)
    session = client.session
    before = session.get_expiry_date()

    session["touched"] = True
    session.save()

    assert client.session.get_expiry_date() == before
    assert timedelta(hours=11, minutes=59) < before - timezone.now() <= timedelta(hours=12)


def test_b13_a_logout_empties_the_browser(make_agent, sign_in):
    client = sign_in(make_agent())

    response = client.post("/logout/")

    assert response.url == LOGIN
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert client.get("/password/").url.startswith(LOGIN)
    assert AuditEntry.objects.filter(action="logout").exists()


def test_a_logout_is_no_link(make_agent, sign_in):
    assert sign_in(make_agent()).get("/logout/").status_code == 405


def test_who_is_out_already_may_log_out_again(room):
    assert Client().post("/logout/").url == LOGIN


# ── Where to ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_was_asked_for_comes_after_the_login(make_agent, log_in):
    make_agent("小李", username="xiaoli")

    assert Client().get("/password/").url == "/login/?next=/password/"
    assert log_in("xiaoli", next="/password/").url == "/password/"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "https:evil.example",
        "https://evil.example",
        "http:///evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "ftp://evil.example",
        "evil.example",
        "",
        " ",
        "//testserver@evil.example",
        "https://testserver.evil.example/",
        "\x01//evil.example",
    ],
)
def test_b21_a_login_never_leads_elsewhere(make_agent, log_in, target):
    make_agent("小李", username="xiaoli")

    assert log_in("xiaoli", next=target).url == reverse("home")


# ── The first administrator ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_b09_an_empty_system_gets_one_administrator_with_a_one_time_password(capsys):
    call_command("setup")

    name, password = capsys.readouterr().out.splitlines()
    assert name == "User name: admin"
    admin = User.objects.get()
    assert admin.role == Role.ADMINISTRATOR
    assert admin.must_change_password
    assert admin.check_password(password.removeprefix("One-time password: "))


def test_b09_where_all_is_there_the_setup_says_nothing(make_administrator, capsys):
    make_administrator()

    call_command("setup")

    assert capsys.readouterr().out == ""


def test_a_lost_administrator_password_is_replaced(make_administrator, log_in, capsys):
    admin = make_administrator(username="admin", is_active=False)
    for _ in range(5):
        log_in("admin", "wrong")

    call_command("setup", reset_administrator=True)

    password = capsys.readouterr().out.splitlines()[1].removeprefix("One-time password: ")
    admin.refresh_from_db()
    assert admin.must_change_password
    assert log_in("admin", password).status_code == 302


def test_an_agent_who_is_called_admin_does_not_become_one(make_agent, capsys):
    make_agent("小李", username="admin")

    call_command("setup")

    assert capsys.readouterr().out.startswith("User name: admin2\n")
    assert not User.objects.get(username="admin").is_administrator


def test_sessions_that_are_over_and_guesses_of_yesterday_are_forgotten(make_agent, sign_in, now):
    sign_in(make_agent("小李"))
    [going_on] = Session.objects.all()
    Session.objects.create(session_key="over", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.filter(pk=going_on.pk).update(expire_date=now + timedelta(seconds=1))
    guesses = [
        AccessAttempt.objects.create(username=name, ip_address="10.0.0.7", failures_since_start=1)
        for name in ("old", "new")
    ]
    for guess, hours in zip(guesses, (25, 23), strict=True):
        AccessAttempt.objects.filter(pk=guess.pk).update(attempt_time=now - timedelta(hours=hours))

    entry.forget_old(now=now)

    assert list(Session.objects.all()) == [going_on]
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["new"]
