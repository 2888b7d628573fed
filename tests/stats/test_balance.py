"""The page of the balance and its job."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from config.models import Carrier, Region
from phones import jobs
from phones.models import Batch, Job
from stats import balance, checks
from tests.stats.room import work

PAGE = "/balance/"


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def balance_books(browser):
    """Press the button, and let the worker do it; the page that follows."""

    def balance_books():
        browser.post(PAGE)
        work()
        return browser.get(PAGE)

    return balance_books


def test_before_the_first_time_the_page_says_so(browser):
    page = browser.get(PAGE)

    assert page.context["told"] is None
    assert "还没有对过账" in page.content.decode()


def test_the_button_makes_a_job_and_leads_to_it(browser, boss):
    response = browser.post(PAGE)

    job = Job.objects.get()
    assert (job.kind, job.by, job.title) == ("balance", boss, "对账")
    assert response.url == reverse("phones:job", args=[job.pk])


def test_while_a_job_is_open_another_press_is_the_same_whoever_presses(browser, make_administrator, sign_in):
    first = browser.post(PAGE)
    second = sign_in(make_administrator("老王")).post(PAGE)

    assert first.url == second.url
    assert Job.objects.count() == 1


def test_a_job_that_is_being_cancelled_is_not_waited_for(browser, boss, now):
    browser.post(PAGE)
    jobs.cancel(job=Job.objects.get(), by=boss, now=now)

    browser.post(PAGE)

    assert Job.objects.count() == 2


def test_the_page_asks_again_while_a_job_is_open_and_then_no_more(browser, make_numbers):
    browser.post(PAGE)
    waiting = browser.get(PAGE).content.decode()
    work()
    done = browser.get(PAGE).content.decode()

    assert 'hx-trigger="every 2s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    assert reverse("phones:job", args=[Job.objects.get().pk]) in waiting
    assert "hx-trigger" not in done
    assert "http-equiv" not in done


def test_books_that_balance_are_said_to_with_the_figures_and_who_asked(
    balance_books, make_numbers, make_batch, desk, xiaoli, type_of
):
    make_numbers(3)
    make_batch(entry_count=2, new_count=2, deleted_count=2)
    desk.file(xiaoli, type_of(11))

    page = balance_books()

    told, text = page.context["told"], page.content.decode()
    assert told.broken == []
    assert told.total.figures == [6, 3, 0, 1, 0, 2]
    assert told.calls == {"calls": 1, "filed": 1, "standing": 1}
    assert "账目相符：20 项全部核对无误" in text
    assert "由 老张 发起" in text
    assert "导入 6 = 待回访 3 + 回访中 0 + 已回访 1 + 剔除 0 + 已删除 2" in text


def test_the_tables_stand_in_the_order_of_the_configuration_and_tie_out(balance_books, make_numbers, room):
    carriers, regions = list(Carrier.objects.in_order()), list(Region.objects.in_order())
    make_numbers(2, carrier=carriers[2], region=regions[0])
    make_numbers(3, carrier=carriers[0], region=regions[4])

    told = balance_books().context["told"]

    assert [(place.name, place.figures[0], place.difference) for place in told.carriers] == [
        (carriers[0].name, 3, 0),
        (carriers[2].name, 2, 0),
    ]
    assert [place.name for place in told.regions] == [regions[0].name, regions[4].name]
    assert told.total.figures[0] == sum(place.figures[0] for place in told.regions) == 5


def test_what_does_not_balance_is_told_and_leads_to_its_page(balance_books, make_numbers):
    [phone] = make_numbers(1, state="excluded")
    batch = make_numbers(2)[0].batch
    Batch.objects.filter(pk=batch.pk).update(entry_count=9)

    page = balance_books()

    text = page.content.decode()
    assert [(line.count, len(line.faults)) for line in page.context["told"].broken] == [(1, 1), (1, 1)]
    assert "账目不符：下面有 2 项对不上，共 2 处" in text
    assert f'href="{reverse("callback:number", args=[phone.pk])}"' in text
    assert f'href="{reverse("phones:batch", args=[batch.pk])}"' in text
    assert f"号码 199****{phone.number[-4:]} 已剔除或封住，却不在任何剔除名单上" in text
    assert phone.number not in text


def test_what_is_shown_of_many_is_twenty_and_how_many_more(balance_books, make_numbers):
    make_numbers(30, state="excluded")

    page = balance_books()

    [line] = page.context["told"].broken
    assert (len(line.faults), line.more) == (20, 10)
    assert "还有 10 处" in page.content.decode()


def test_the_job_keeps_figures_and_no_whole_number(balance_books, make_numbers):
    [phone] = make_numbers(1, state="excluded")

    balance_books()

    job = Job.objects.get()
    assert job.state == Job.State.DONE
    assert set(job.cursor["answers"]) == set(checks.BY_NAME)
    assert phone.number not in str(job.cursor)


def test_it_is_on_record_with_what_was_found(balance_books, boss, make_numbers):
    make_numbers(3, state="excluded")

    balance_books()

    entry, job = AuditEntry.objects.get(action="balance.check"), Job.objects.get()
    assert (entry.by, entry.count, entry.address) == (boss, 3, "127.0.0.1")
    assert entry.data == {"job": str(job.pk), "broken": ["exclusions"]}


def test_the_page_of_the_job_says_the_result_and_leads_back(browser, make_numbers):
    make_numbers(3, state="excluded")
    address = browser.post(PAGE).url
    work()

    page = browser.get(address).content.decode()

    assert "账目不符：有 3 处对不上" in page
    assert f'href="{PAGE}"' in page


def test_the_last_result_stays_while_another_is_made_and_where_that_fails(balance_books, browser):
    balance_books()
    browser.post(PAGE)
    Job.objects.filter(state=Job.State.WAITING).update(state=Job.State.FAILED, error="gave_up")

    page = browser.get(PAGE)

    assert page.context["told"].job.state == Job.State.DONE
    assert "上一次对账没有完成" in page.content.decode()


def test_a_result_of_an_earlier_version_is_still_shown(balance_books, browser):
    balance_books()
    job = Job.objects.get()
    del job.cursor["answers"]["gone"]
    del job.cursor["answers"]["batches"]["figures"]["held"]
    job.cursor["answers"]["holds"] |= {"count": 1, "faults": [{"what": "of old", "job": "no id"}]}
    job.save()

    page = browser.get(PAGE)

    assert page.status_code == 200
    assert len(page.context["told"].lines) == len(checks.ALL) - 1


def test_in_english_the_page_speaks_english(balance_books, browser, make_numbers):
    make_numbers(1)
    balance_books()
    browser.cookies["hwcall_language"] = "en"

    page = browser.get(PAGE).content.decode()

    assert "The books balance: all 20 checks hold" in page
    assert "imported 1 = pending 1 + on sheets 0" in page


def test_only_administrators_balance_the_books(sign_in, make_user):
    agent = sign_in(make_user("小李", modules=list(Module)))

    assert (agent.get(PAGE).status_code, agent.post(PAGE).status_code) == (403, 403)
    assert not Job.objects.exists()


def test_the_page_asks_the_database_few_questions(balance_books, browser, make_numbers, django_assert_max_num_queries):
    make_numbers(30, state="excluded")
    balance_books()

    with django_assert_max_num_queries(12):
        browser.get(PAGE)


def test_a_cancelled_job_leaves_nothing(browser, boss, make_numbers):
    job = balance.submit(by=boss, now=timezone.now(), address=None)
    Job.objects.filter(pk=job.pk).update(cancel_requested=True, started_at=timezone.now())
    work()

    job.refresh_from_db()
    assert (job.state, job.cursor) == (Job.State.CANCELLED, {})
    assert not AuditEntry.objects.filter(action="balance.check").exists()
