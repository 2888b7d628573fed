"""The wall board: what it says, who may look, and that looking costs nothing."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import User
from accounts.modules import Module
from callback.models import HourTally
from config.models import Carrier
from stats import hours, wall, wall_layout

PAGE, BOARD = "/wall/", "/wall/board/"


@pytest.fixture(autouse=True)
def fresh():
    """No board of another test."""
    wall.board.forget()
    yield
    wall.board.forget()


@pytest.fixture
def watcher(make_agent):
    return make_agent("小赵", modules=[Module.TEAM])


def open_page(browser: Client) -> str:
    """Open the page as a browser does; the token that it carries."""
    return re.search(r'"X-Board": "([^"]+)"', browser.get(PAGE).content.decode())[1]


def ask(browser: Client, token: str, **options):
    return browser.get(BOARD, headers={"X-Board": token, "HX-Request": "true"}, **options)


def call_today(agent: User, *, filed: int = 5, hours_ago: int = 0) -> HourTally:
    hour = hours.hour_of(timezone.now()) - timedelta(hours=hours_ago)
    return HourTally.objects.create(hour_at=hour, agent=agent, carrier=Carrier.objects.in_order()[0], filed=filed)


@pytest.fixture
def board_of(xiaoli):
    """A board on which so many agents have called."""
    call_today(xiaoli)
    snapshot = wall.take()
    return lambda how_many: replace(
        snapshot, rows=[replace(snapshot.rows[0], place=place) for place in range(1, how_many + 1)]
    )


# ── Who may look ─────────────────────────────────────────────────────────────────────────────────────────────


def test_who_opens_the_page_can_ask_for_the_board_again(sign_in, watcher):
    browser = sign_in(watcher)

    answer = ask(browser, open_page(browser))

    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "已回访" in answer.content.decode()


def test_whoever_looks_costs_the_database_nothing(sign_in, watcher, boss, django_assert_num_queries):
    first, second = sign_in(watcher), sign_in(boss)
    tokens = open_page(first), open_page(second)

    with django_assert_num_queries(0):
        answers = [ask(first, tokens[0]), ask(second, tokens[1])]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_without_a_token_the_page_is_opened_anew(sign_in, watcher):
    answer = sign_in(watcher).get(BOARD)

    assert (answer.status_code, answer.headers["HX-Refresh"], answer.content) == (403, "true", b"")


@pytest.mark.parametrize(
    "forge",
    [
        lambda user: "",
        lambda user: "nonsense",
        lambda user: "\x7f" * 9000,
        lambda user: signing.dumps([user.pk, ""], salt=wall.SALT),
        lambda user: signing.dumps([user.pk], salt=wall.SALT),
        lambda user: signing.dumps({"user": user.pk}, salt=wall.SALT),
        lambda user: signing.dumps([[user.pk], "x"], salt=wall.SALT),
        lambda user: signing.dumps(None, salt=wall.SALT),
        lambda user: wall.token(user)[:-2],
        lambda user: signing.dumps(signing.loads(wall.token(user), salt=wall.SALT), salt="another"),
    ],
)
def test_a_token_that_is_not_ours_is_refused(forge, watcher):
    assert ask(Client(), forge(watcher)).status_code == 403


def test_a_token_comes_to_its_end(watcher, settings):
    token = wall.token(watcher)
    snapshot = wall.take()

    assert wall.may_look(token, snapshot)
    assert not wall.may_look(token, snapshot, max_age=-1)


def disable(user, boss):
    actions.disable(user=user, by=boss, now=timezone.now(), address=None)


def lose_the_module(user, boss):
    User.objects.filter(pk=user.pk).update(modules=["sheet", "mine"])


def get_a_new_password(user, boss):
    user.set_password("Wind-und-Wetter-5")
    user.save()


def be_logged_out_everywhere(user, boss):
    User.objects.filter(pk=user.pk).update(session_epoch=user.session_epoch + 1)


@pytest.mark.parametrize("shut_out", [disable, lose_the_module, get_a_new_password, be_logged_out_everywhere])
def test_who_is_shut_out_sees_the_next_board_no_more(shut_out, sign_in, watcher, boss):
    browser = sign_in(watcher)
    token = open_page(browser)
    before = ask(browser, token).status_code

    shut_out(watcher, boss)
    # A few seconds later: the next board.
    wall.board.forget()

    assert (before, ask(browser, token).status_code) == (200, 403)


def test_who_must_change_their_password_first_does_not_see_it(make_agent):
    newcomer = make_agent("小赵", modules=[Module.TEAM], must_change_password=True)

    assert newcomer.pk not in wall.take().viewers


def test_agents_with_the_sheet_alone_are_no_viewers(xiaoli, make_agent, boss):
    make_agent("小王")

    assert set(wall.take().viewers) == {boss.pk}


def test_it_is_dark_unless_its_address_says_otherwise(sign_in, watcher):
    browser = sign_in(watcher)

    dark, light, nonsense = (browser.get(PAGE, query).content for query in ({}, {"theme": "light"}, {"theme": "<"}))

    assert b'data-bs-theme="dark"' in dark
    assert b'data-bs-theme="light"' in light
    assert b'data-bs-theme="dark"' in nonsense
    assert b"data-theme-follows" not in dark + light


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────────


def test_agents_stand_by_what_they_have_filed(xiaoli, xiaowang):
    call_today(xiaoli, filed=3)
    call_today(xiaowang, filed=7)

    rows = wall.take().rows

    assert [(row.place, row.name, row.sums.filed, row.online) for row in rows] == [
        (1, "小王", 7, False),
        (2, "小李", 3, False),
    ]


def test_who_is_there_and_has_not_called_yet_stands_below(xiaoli, xiaowang, boss):
    call_today(xiaoli)
    User.objects.filter(pk__in=[xiaowang.pk, boss.pk]).update(seen_at=timezone.now())

    snapshot = wall.take()

    assert [(row.name, row.online) for row in snapshot.rows] == [("小李", False), ("小王", True)]
    assert snapshot.online == 1


def test_the_sums_are_those_of_the_agents(xiaoli, xiaowang, make_numbers):
    call_today(xiaoli, filed=3)
    call_today(xiaowang, filed=7)
    make_numbers(4)

    snapshot = wall.take()

    assert snapshot.today.filed == 10
    assert (snapshot.supply.left, snapshot.supply.more) == (4, False)
    assert sum(supply.left for supply in snapshot.supplies) == 4


def test_before_the_first_call_the_last_day_is_told_and_who_is_there(sign_in, watcher, xiaoli):
    User.objects.filter(pk=xiaoli.pk).update(seen_at=timezone.now())
    call_today(xiaoli, filed=9, hours_ago=24 * 3)
    call_today(xiaoli, filed=4, hours_ago=24 * 5)

    snapshot = wall.take()
    page = sign_in(watcher).get(PAGE).content.decode()

    assert snapshot.earlier.day == timezone.localdate() - timedelta(days=3)
    assert snapshot.earlier.sums.filed == 9
    assert "1 名回访员已到岗" in page
    assert "小李" in page


def test_a_room_that_never_called_has_a_board_as_well(sign_in, watcher):
    page = sign_in(watcher).get(PAGE)

    assert page.status_code == 200
    assert wall.take().earlier is None


@pytest.mark.parametrize(
    ("how_many", "columns", "size", "pages"),
    [(1, 1, "few", 1), (9, 1, "few", 1), (18, 2, "some", 1), (19, 2, "full", 1), (30, 3, "full", 1), (31, 3, "more", 1),
     (42, 3, "more", 1), (43, 3, "many", 1), (60, 3, "many", 1), (61, 3, "many", 2),
     (1000, 3, "many", wall_layout.PAGES)],
)  # fmt: skip
def test_the_more_agents_the_closer_they_stand_and_then_they_take_turns(how_many, columns, size, pages, board_of):
    laid_out = wall_layout.layout(board_of(how_many), wall_layout.page_at(how_many, 0))

    assert (len(laid_out["columns"]), laid_out["size"], laid_out["page"].of) == (columns, size, pages)


def test_no_column_is_much_longer_than_another(board_of):
    laid_out = wall_layout.layout(board_of(31), wall_layout.page_at(31, 0))

    assert [len(rows) for rows in laid_out["columns"]] == [11, 11, 9]


def test_page_after_page_shows_each_agent_once(board_of):
    snapshot, shown = board_of(130), []
    for turn in range(3):
        page = wall_layout.page_at(130, turn * wall_layout.PAGE_SECONDS)
        shown += [row.place for column in wall_layout.layout(snapshot, page)["columns"] for row in column]

    assert shown == list(range(1, 131))


def test_the_board_is_drawn_once_a_language(sign_in, watcher, boss):
    chinese, english = sign_in(watcher), sign_in(boss)
    english.cookies["hwcall_language"] = "en"
    tokens = open_page(chinese), open_page(english)

    assert "已回访" in ask(chinese, tokens[0]).content.decode()
    assert "Called" in ask(english, tokens[1]).content.decode()
