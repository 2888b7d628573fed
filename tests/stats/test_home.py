"""The start page of administrators: what matters now."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import audit
from accounts.models import User
from callback.models import HourTally
from config.models import Carrier
from phones.models import Job, PaperSheet, Phone, Upload
from stats import balance, home, hours
from tests.stats.room import work

PAGE = "/home/"


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def called(xiaoli, now):
    """``called(50, hours_ago=1)``: 小李 has filed so many calls in that hour."""

    def called(filed: int, *, hours_ago: int = 0, carrier: Carrier | None = None, **counts) -> None:
        hour = hours.hour_of(now) - timedelta(hours=hours_ago)
        carrier = carrier or Carrier.objects.in_order()[0]
        HourTally.objects.create(hour_at=hour, agent=xiaoli, carrier=carrier, filed=filed, **counts)

    return called


def text_of(browser) -> str:
    return browser.get(PAGE).content.decode()


def upload(by: User, **fields) -> Upload:
    defaults = {"file_name": "泰山移动_11月.xlsx", "size": 1, "sha256": "", "comparison": {"new": 9}}
    return Upload.objects.create(by=by, **{**defaults, **fields})


# ── Who lands here ───────────────────────────────────────────────────────────────────────────────────────────


def test_administrators_land_on_it_once_there_is_something_to_call(browser, make_numbers):
    make_numbers(1)

    assert browser.get("/").url == PAGE


def test_agents_land_where_their_work_is(sign_in, xiaoli):
    assert sign_in(xiaoli).get("/").url == "/sheet/"


def test_it_is_not_open_to_agents(sign_in, xiaoli):
    assert sign_in(xiaoli).get(PAGE).status_code == 403


def test_an_empty_room_says_what_is_not_there(browser):
    page = browser.get(PAGE)

    assert page.context["curve"] is None
    assert [supply.left for supply in page.context["supplies"]] == [0, 0, 0]
    assert "还没有回访" in page.content.decode()


# ── How long the numbers last ────────────────────────────────────────────────────────────────────────────────


def test_numbers_last_as_long_as_the_pace_of_the_last_hours_says(make_numbers, called, carrier, now):
    make_numbers(120)
    for hours_ago in (0, 1, 2, 3):
        called(50 if hours_ago else 25, hours_ago=hours_ago)

    [supply, *_others] = home.context(now)["supplies"]

    # At half past ten: two full hours and half an hour, a hundred and twenty-five calls.
    assert (supply.carrier, supply.left, supply.more, supply.pace) == (carrier, 120, False, 50)
    assert supply.hours == pytest.approx(2.4)


def test_a_carrier_that_is_disabled_is_left_out(make_numbers, now):
    Carrier.objects.filter(pk=Carrier.objects.in_order()[1].pk).update(enabled=False)

    assert len(home.context(now)["supplies"]) == 2


def test_a_carrier_that_runs_dry_before_the_day_ends_waits_for_somebody(make_numbers, called, carrier, now):
    make_numbers(60)
    called(100, hours_ago=1)
    called(50)
    # Last Monday they worked until six.
    called(80, hours_ago=7 * 24 - 7)

    context = home.context(now)

    [supply] = context["short"]
    assert supply.carrier == carrier
    assert now < supply.dry_at < now + timedelta(hours=1)
    assert supply.until == hours.midnight(now.date()) + timedelta(hours=18)


def test_where_no_such_day_is_known_nothing_is_foretold(make_numbers, called, now):
    make_numbers(1)
    called(100, hours_ago=1)
    called(50)

    assert home.context(now)["short"] == []


def test_a_carrier_that_was_called_and_has_nothing_left_waits_for_somebody(called, carrier, now):
    called(100, hours_ago=1)
    called(50)

    assert [supply.carrier for supply in home.context(now)["short"]] == [carrier]


# ── The day ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_today_is_compared_with_the_same_days_on_which_anybody_called(called, now):
    called(30)
    for week, filed in ((1, 10), (3, 30), (5, 1000)):
        called(filed, hours_ago=week * 7 * 24)
    # Another day of the week.
    called(500, hours_ago=24)

    today = home.context(now)["today"]

    assert (today.usual.count, today.usual.hours) == (2, {10: 20})
    assert today.sums.filed == 30


# ── Who is there ─────────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_online_is_shown_with_what_they_hold(desk, boss, xiaoli, xiaowang, make_agent, called, now):
    make_agent("小赵")
    User.objects.filter(pk__in=[boss.pk, xiaoli.pk, xiaowang.pk]).update(seen_at=now)
    called(5, valid=2)
    phone = desk.hold(xiaowang, at=now)

    online = home.context(now)["online"]

    assert [(person.user.name, person.held, person.sums.filed) for person in online.people] == [
        ("小李", None, 5),
        ("小王", phone, 0),
        ("老张", None, 0),
    ]
    assert (online.count, online.holding, online.people[1].seconds) == (3, 1, 40)


def test_a_number_is_freed_from_here(browser, desk, xiaoli):
    User.objects.filter(pk=xiaoli.pk).update(seen_at=timezone.now())
    phone = desk.hold(xiaoli)

    page = text_of(browser)
    answer = browser.post("/holds/", {"agent": xiaoli.pk, "token": str(phone.token), "next": PAGE})

    assert f'name="token" value="{phone.token}"' in page
    assert answer.url == PAGE
    assert Phone.objects.get(pk=phone.pk).holder is None


def test_numbers_on_paper_are_counted_for_each_agent_and_in_all(browser, desk, xiaoli, xiaowang, make_numbers, now):
    User.objects.filter(pk=xiaoli.pk).update(seen_at=timezone.now())
    for agent, how_many in ((xiaoli, 3), (xiaowang, 2)):
        sheet = PaperSheet.objects.create(
            agent=agent, carrier=Carrier.objects.in_order()[0], by=agent, request_id=uuid4(), at=now,
            expires_at=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
        for phone in make_numbers(how_many):
            Phone.objects.filter(pk=phone.pk).update(
                state="held", paper=sheet, token=uuid4(), taken_at=now, expires_at=sheet.expires_at
            )

    online = home.context(timezone.now())["online"]
    page = text_of(browser)

    assert [(person.user.name, person.on_paper) for person in online.people if person.on_paper] == [("小李", 3)]
    # Those of who has gone home as well.
    assert online.on_paper == 5
    assert online.holding == 0
    assert "纸质单上 3 个" in page
    assert "纸质单上 5 个" in page


def test_the_figures_of_the_day_lead_to_as_many_calls_and_back_home(browser, desk, xiaoli, xiaowang, type_of):
    User.objects.filter(pk=xiaoli.pk).update(seen_at=timezone.now())
    for agent, codes in ((xiaoli, (11, 27, 28)), (xiaowang, (12, 29))):
        for code in codes:
            desk.file(agent, type_of(code), at=timezone.now())

    links = re.findall(r'href="(/stats/team/calls/[^"]*)"[^>]*>(.*?)</a>', text_of(browser))

    assert [int(re.search(r"\d+", text)[0]) for _address, text in links] == [5, 3, 1, 3, 2]
    for address, text in links:
        behind = browser.get(unescape(address))
        assert behind.context["total"] == int(re.search(r"\d+", text)[0])
        assert behind.context["back"] == PAGE


# ── What waits ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_checked_list_waits_whoever_has_sent_it(browser, xiaoli, boss):
    mine, other = upload(boss), upload(xiaoli, file_name="岱岳.csv")
    upload(boss, file_name="还在检查.csv", comparison={})

    page = text_of(browser)

    assert {found.pk for found in home.waiting()["uploads"]} == {mine.pk, other.pk}
    assert "岱岳.csv" in page
    assert "还在检查.csv" not in page


def test_a_list_that_is_being_imported_or_was_waits_no_more(boss, make_batch):
    upload(boss, batch=make_batch())
    upload(boss, job=Job.objects.create(kind=Job.Kind.IMPORT, by=boss, state=Job.State.RUNNING))

    assert home.waiting()["uploads"] == []


def test_a_list_whose_import_was_cancelled_waits_again(boss):
    waiting = upload(boss, job=Job.objects.create(kind=Job.Kind.IMPORT, by=boss, state=Job.State.CANCELLED))

    assert home.waiting()["uploads"] == [waiting]


def test_jobs_that_are_not_done_are_shown(browser, boss):
    Job.objects.create(kind=Job.Kind.EXPORT, by=boss, state=Job.State.RUNNING, title="11月有效", done=72, total=100)
    Job.objects.create(kind=Job.Kind.EXPORT, by=boss, state=Job.State.DONE, title="10月有效")

    page = text_of(browser)

    assert "11月有效" in page
    assert "72%" in page
    assert "10月有效" not in page


def test_more_than_a_few_are_told_to_be_more(boss):
    for _ in range(home.SHOWN + 1):
        upload(boss)
        Job.objects.create(kind=Job.Kind.EXPORT, by=boss)

    waiting = home.waiting()

    assert (len(waiting["jobs"]), waiting["more_jobs"]) == (home.SHOWN, True)
    assert (len(waiting["uploads"]), waiting["more_uploads"]) == (home.SHOWN, True)


def test_the_books_say_how_they_stand(browser, boss, make_numbers, now):
    never = text_of(browser)
    balance.submit(by=boss, now=timezone.now(), address=None)
    running = text_of(browser)
    work()
    balanced = text_of(browser)
    make_numbers(2)
    Phone.objects.update(state="excluded")
    balance.submit(by=boss, now=timezone.now(), address=None)
    work()
    broken = text_of(browser)

    assert "还没有做过" in never
    assert "正在进行" in running
    assert "相符" in balanced
    assert "处不符" in broken


# ── What is kept ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def backed_up(boss, now):
    def backed_up(*, days_ago: float) -> None:
        audit.record(by=None, action="backup.make", about="hwcall.zip", at=now - timedelta(days=days_ago))

    return backed_up


def test_where_no_backup_was_ever_made_the_page_says_what_to_do(browser, now):
    assert home.backup(now) == home.Backup(None, old=False)
    page = text_of(browser)
    assert "备份 还没有做过" in page
    assert "manage.py backup" in page


def test_the_last_backup_is_told_and_no_advice_given_where_it_is_fresh(browser, backed_up, now):
    backed_up(days_ago=9)
    backed_up(days_ago=6.9)

    assert home.backup(now) == home.Backup(now - timedelta(days=6.9), old=False)


def test_a_backup_of_more_than_a_week_ago_is_old(backed_up, now):
    backed_up(days_ago=7.1)

    assert home.backup(now) == home.Backup(now - timedelta(days=7.1), old=True)


def test_fresh_and_old_backups_read_differently(browser):
    audit.record(by=None, action="backup.make", about="hwcall.zip", at=timezone.now() - timedelta(days=8))
    old = text_of(browser)
    audit.record(by=None, action="backup.make", about="hwcall.zip", at=timezone.now())
    fresh = text_of(browser)

    assert "已超过一周没有做" in old
    assert "manage.py backup" in old
    assert "备份 已做" in fresh
    assert "manage.py backup" not in fresh


# ── What it costs ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_asks_as_often_however_much_there_is(
    desk, boss, make_agent, type_of, now, django_assert_max_num_queries
):
    for number in range(12):
        agent = make_agent(f"小{number}")
        User.objects.filter(pk=agent.pk).update(seen_at=now)
        desk.file(agent, type_of(11), at=now)
        desk.hold(agent, at=now)
        upload(boss)
        Job.objects.create(kind=Job.Kind.EXPORT, by=boss)

    # Two for each of the three carriers, and fourteen more.
    with django_assert_max_num_queries(20):
        home.context(now)
