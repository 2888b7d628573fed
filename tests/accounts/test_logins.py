"""How sessions are ended, locks opened and passwords reset, one's own and others'."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from accounts import entry, logins
from accounts.models import AuditEntry, User
from accounts.modules import Module
from accounts.passwords import OneTimePassword
from accounts.reach import BeyondReach
from callback import actions as desk
from config.actions import AlreadySo, Gone
from hwcall.stamps import Changed
from phones.models import Phone
from tests.buttons import button, offers


@pytest.fixture
def boss(make_administrator) -> User:
    return make_administrator("老张", username="laozhang")


@pytest.fixture
def office(boss, sign_in) -> Client:
    return sign_in(boss)


@pytest.fixture
def agent(make_agent) -> User:
    return make_agent("小李", username="xiaoli")


@pytest.fixture
def who(boss) -> dict:
    return {"by": boss, "now": timezone.now(), "address": "10.0.0.1"}


@pytest.fixture
def guess(carrier):
    """Wrong passwords for a name, from an address."""

    def guess(username: str, times: int, *, address: str = "10.0.0.5", agent: str = "browser") -> None:
        client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)
        for _ in range(times):
            client.post("/login/", {"username": username, "password": "wrong", "carrier": carrier.pk})

    return guess


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def press(client: Client, verb: str, user: User):
    """Press a button on a page that was opened just now."""
    return client.post("/operators/", button(verb, user), follow=True)


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_ended_sessions_are_over_in_every_browser(agent, sign_in, who):
    browsers = [sign_in(agent), sign_in(agent)]

    logins.end_sessions(user=agent, **who)

    assert {browser.get("/sheet/").url[:7] for browser in browsers} == {"/login/"}
    [record] = AuditEntry.objects.filter(action="operator.end_sessions")
    assert (record.by, record.object, record.address) == (who["by"], "xiaoli", "10.0.0.1")


def test_the_number_stays_with_whose_sessions_are_ended(agent, make_numbers, carrier, who):
    make_numbers(1)
    held = desk.take(agent=agent, carrier=carrier, now=timezone.now())

    logins.end_sessions(user=agent, **who)

    assert Phone.objects.held_by(agent).get() == held


def test_it_is_said_that_the_number_stays(office, agent):
    page = press(office, "end", agent)

    assert page.redirect_chain[-1][0] == f"/operators/{agent.pk}/"
    assert "小李" in told(page)[0]


def test_ending_ones_own_sessions_keeps_this_browser(office, boss, sign_in):
    elsewhere = sign_in(boss)

    page = press(office, "end", boss)

    assert page.status_code == 200
    assert office.get("/operators/").status_code == 200
    assert elsewhere.get("/operators/").url.startswith("/login/")


def test_who_is_not_there_any_more_is_gone(agent, who):
    User.objects.filter(pk=agent.pk).delete()

    with pytest.raises(Gone):
        logins.end_sessions(user=agent, **who)


# ── Locks ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lock_says_from_where_since_when_and_until_when(agent, guess):
    guess("xiaoli", 5)
    last = AccessAttempt.objects.get().attempt_time

    [lock] = entry.locks(["xiaoli"], now=timezone.now())["xiaoli"]

    assert lock == entry.Lock("10.0.0.5", last, last + timedelta(minutes=15))


def test_guesses_count_by_address_whatever_the_browser(agent, guess):
    guess("xiaoli", 3, agent="one")
    guess("xiaoli", 2, agent="two")
    guess("xiaoli", 4, address="10.0.0.6")

    [lock] = entry.locks(["xiaoli"], now=timezone.now())["xiaoli"]

    assert lock.address == "10.0.0.5"


@pytest.mark.parametrize(("times", "minutes"), [(4, 0), (5, 16)])
def test_fewer_guesses_and_old_ones_are_no_lock(agent, guess, times, minutes):
    guess("xiaoli", times)

    assert entry.locks(["xiaoli"], now=timezone.now() + timedelta(minutes=minutes)) == {}


def test_a_user_name_in_capitals_is_locked_as_well(make_agent, guess):
    make_agent("小王", username="XiaoWang")
    guess("xiaowang", 5)

    assert list(entry.locks(["XiaoWang"], now=timezone.now())) == ["XiaoWang"]


def test_the_list_and_the_page_show_a_lock(office, agent, guess):
    guess("xiaoli", 5)

    rows = office.get("/operators/").context["roster"].rows
    page = office.get(f"/operators/{agent.pk}/").content.decode()

    assert [row.operator.name for row in rows if row.locked] == ["小李"]
    assert "10.0.0.5" in page
    assert offers(page, "unlock", agent)


def test_b03_an_unlocked_operator_gets_in_from_there_at_once(office, agent, guess, carrier):
    guess("xiaoli", 5)

    press(office, "unlock", agent)

    client = Client(REMOTE_ADDR="10.0.0.5")
    data = {"username": "xiaoli", "password": "Wind-und-Wetter-4", "carrier": carrier.pk}
    assert client.post("/login/", data).status_code == 302
    assert AuditEntry.objects.get(action="operator.unlock").object == "xiaoli"


def test_what_is_not_locked_cannot_be_unlocked_twice(office, agent, guess, who):
    guess("xiaoli", 5)
    logins.unlock(user=agent, **who)

    with pytest.raises(AlreadySo):
        logins.unlock(user=agent, **who)

    assert "小李" in told(press(office, "unlock", agent))[0]
    assert AuditEntry.objects.filter(action="operator.unlock").count() == 1


# ── Passwords ────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_who_reset_a_password_the_second_is_told(office, agent, make_administrator, sign_in):
    other = sign_in(make_administrator("老王"))
    shown = button("reset", agent)
    assert offers(other.get(f"/operators/{agent.pk}/").content.decode(), "reset", agent)
    press(office, "reset", agent)
    agent.refresh_from_db()
    first = agent.password

    page = other.post("/operators/", shown, follow=True)

    agent.refresh_from_db()
    assert agent.password == first
    assert page.redirect_chain[-1][0] == f"/operators/{agent.pk}/"
    assert "老张" in told(page)[0]
    assert "issued" not in other.session


def test_a_second_press_on_what_is_shown_then_resets_it(office, agent, who):
    stale = button("reset", agent)
    logins.end_sessions(user=agent, **who)
    page = office.post("/operators/", stale, follow=True)
    assert offers(page.content.decode(), "reset", agent)

    page = press(office, "reset", agent)

    assert [person["username"] for person in page.context["people"]] == ["xiaoli"]


def test_a_reset_without_a_stamp_is_refused(office, agent):
    office.post("/operators/", {"do": f"reset {agent.pk}"})

    agent.refresh_from_db()
    assert not agent.must_change_password


def test_ones_own_password_is_changed_and_not_reset(office, boss):
    page = press(office, "reset", boss)

    assert page.redirect_chain[-1][0] == "/password/"
    assert f'value="reset {boss.pk} ' not in office.get(f"/operators/{boss.pk}/").content.decode()


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", [logins.end_sessions, logins.unlock])
def test_a_deputy_reaches_no_administrator(make_agent, boss, who, verb):
    deputy = make_agent("小王", modules=[Module.SHEET, Module.OPERATORS])

    with pytest.raises(BeyondReach):
        verb(user=boss, **(who | {"by": deputy}))


@pytest.mark.parametrize("verb", ["end", "unlock", "reset"])
def test_an_agent_without_the_module_presses_nothing(make_agent, agent, sign_in, verb):
    assert press(sign_in(make_agent("小王")), verb, agent).status_code == 403


def test_two_resets_in_one_action_each_compare_what_was_shown(agent, who):
    shown = logins.stamp_of(agent)
    logins.reset_password(user=agent, password=OneTimePassword(), seen=shown, **who)

    with pytest.raises(Changed):
        logins.reset_password(user=agent, password=OneTimePassword(), seen=shown, **who)
