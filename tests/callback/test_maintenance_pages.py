"""/db as a browser meets it: for administrators alone, and nothing happens by a slip."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions, archives
from callback.selections import Census
from phones import queue
from phones.models import Archive, Batch, Exclusion, Job, Phone, State
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folders")]

URL = reverse("callback:maintenance")
ALL = f"{URL}?region=&carrier="
MANY = 1234


@pytest.fixture(autouse=True)
def _fresh_process():
    queue.forget_floors()


@pytest.fixture
def browser(boss, sign_in):
    return sign_in(boss)


@pytest.fixture
def entered():
    """What an administrator enters in one of the forms who makes no mistake."""

    def entered(do, shown, /, **fields):
        right = {"do": do, "request_id": str(uuid4()), "shown": shown, "count": shown, "reason": "清理"}
        right["mark"] = Census(Phone.objects.all()).mark(do)
        return right | {"password": PASSWORD} | fields

    return entered


@pytest.fixture
def archive(make_numbers, delete):
    make_numbers(3)
    return delete().archive


def text(response) -> str:
    """The words of a page, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# ── Who may come ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("modules", [[Module.SHEET], list(Module)])
def test_to_agents_it_does_not_exist(make_agent, sign_in, archive, entered, modules):
    browser = sign_in(make_agent("小李", modules=modules))

    for address in (URL, reverse("callback:maintenance_as_in_the_manual"), reverse("callback:restore", args=[1])):
        assert browser.get(address).status_code == 404
    assert browser.post(ALL, entered("delete", 0)).status_code == 404
    assert browser.post(reverse("callback:restore", args=[archive.pk]), entered("", 0)).status_code == 404
    assert Job.objects.count() == 1


def test_the_address_of_the_manual_leads_there(browser):
    assert [browser.get(f"/web/db{slash}").url for slash in ("", "/")] == [URL, URL]
    assert [browser.get(f"/db{slash}").status_code for slash in ("", "/")] == [200, 200]


def test_it_is_in_no_menu(browser):
    page = browser.get(reverse("home"), follow=True).content.decode()

    assert f'href="{URL}"' not in page


def test_a_form_from_elsewhere_is_refused(boss, sign_in, make_numbers, entered):
    make_numbers(1)
    browser = sign_in(boss, enforce_csrf_checks=True)

    assert browser.post(ALL, entered("delete", 1)).status_code == 403
    assert not Job.objects.exists()


def test_a_job_of_it_is_no_agents_page(make_agent, sign_in, make_numbers, delete):
    make_numbers(1)

    response = sign_in(make_agent("小李", modules=list(Module))).get(reverse("phones:job", args=[delete().pk]))

    assert response.status_code == 404


# ── What the page says ───────────────────────────────────────────────────────────────────────────────────────


def test_before_a_query_it_counts_nothing(browser, make_numbers):
    make_numbers(2)

    page = text(browser.get(URL))

    assert "查询" in page
    assert "选定" not in page
    assert "照抄" not in page


def test_the_counts_of_a_query_add_up_and_say_what_each_form_would_touch(
    browser, make_numbers, make_agent, make_batch, call, carrier
):
    phones = make_numbers(9)
    agent = make_agent("小李")
    calls = [call(agent, code) for code in (11, 27, 21, 28, 28, 29)]
    listed = make_batch(name="勿扰", kind=Batch.Kind.EXCLUDED)
    Exclusion.objects.bulk_create(Exclusion(phone=phone, batch=listed) for phone in (calls[3].phone, phones[8]))
    Phone.objects.filter(pk=calls[3].phone_id).update(suppressed=True)
    Phone.objects.filter(pk=phones[8].pk).update(state=State.EXCLUDED)
    actions.take(agent=agent, carrier=carrier, now=timezone.now())

    page = text(browser.get(ALL))

    assert "选定 9 个号码" in page
    for figure in ("有效 2", "无效（21–26） 1", "28 拒绝 2", "29 未接通 1", "待回访 1", "回访中 1", "剔除 1"):
        assert figure in page
    assert "拒绝 2" in page
    assert "1 个已被剔除名单封住" in page
    assert "重新回访 2 个号码" in page
    assert "删除 7 个号码" in page
    assert "2 个已剔除或被封住的号码会留下" in page
    assert "1 个号码正在回访单上" in page


def test_it_leads_to_the_same_query_of_the_export(browser, make_numbers, carrier):
    make_numbers(1)

    page = browser.get(f"{URL}?carrier={carrier.pk}&region=&state=pending&type=").content.decode()

    assert f'href="{reverse("phones:export")}?carrier={carrier.pk}&amp;state=pending"' in page


@pytest.mark.parametrize(
    "query",
    [
        "start=2026-02-02&end=2026-01-01", "start=99999-01-01", "region=abc", f"carrier={2**64}", "batch=-1",
        "type=99&type=x", "state=%00", f"region={2**63}", "start=1900-01-01", "list=x", f"agent={2**64}",
    ],
)  # fmt: skip
def test_nonsense_in_a_query_is_said_beside_its_field_and_nothing_is_counted(browser, make_numbers, entered, query):
    make_numbers(1)

    shown = browser.get(f"{URL}?{query}")
    sent = browser.post(f"{URL}?{query}", entered("delete", 1))

    assert shown.status_code in (200, 400)
    assert sent.status_code in (422, 400)
    assert "选定" not in text(shown)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["shown", "count", "reason", "password", "request_id", "do"])
def test_nonsense_in_a_form_does_nothing(browser, make_numbers, entered, name):
    make_numbers(2)
    nonsense = ["", "a\0b", "9" * 5000]
    if name not in ("reason", "password"):
        nonsense += ["x", str(2**64), "-1", "九", "\ud7ff"]

    answers = [browser.post(ALL, entered("delete", 2, **{name: value})).status_code for value in nonsense]

    assert {*answers} <= {422, 400}
    assert not Job.objects.exists()


# ── What it takes ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("do", "kind", "left"), [("requeue", Job.Kind.REQUEUE, 3), ("delete", Job.Kind.DELETE, 0)])
def test_b65_with_all_entered_right_it_is_done(
    browser, make_numbers, make_agent, call, entered, work, boss, do, kind, left
):
    make_numbers(3)
    agent = make_agent("小李")
    for _ in range(3):
        call(agent, 28)

    response = browser.post(ALL, entered(do, 3))
    work()

    job = Job.objects.get()
    assert response.url == reverse("phones:job", args=[job.pk])
    assert (job.kind, job.state, job.by, job.arguments["reason"]) == (kind, Job.State.DONE, boss, "清理")
    assert Phone.objects.pending().count() == left
    assert not Phone.objects.classified().exists()


def test_b25_five_thousand_numbers_are_a_filter_and_a_count_and_no_list_of_ids(browser, make_numbers, entered, work):
    make_numbers(5000)
    ticked = entered("delete", 5000) | {"ids": [str(n) for n in range(5000)]}

    refused = browser.post(ALL, ticked)
    assert refused.status_code == 413
    assert "一次提交的内容太多" in text(refused)
    assert not Job.objects.exists()

    sent = entered("delete", 5000)
    response = browser.post(ALL, sent)
    work()

    assert len(sent) < 10
    assert response.status_code == 302
    assert Job.objects.get().state == Job.State.DONE
    assert not Phone.objects.exists()


@pytest.mark.parametrize("typed", ["1,234", "1234", "１２３４", " 1 234 "])
def test_the_count_may_be_typed_in_any_manner(browser, make_numbers, entered, typed):
    make_numbers(MANY)

    assert browser.post(ALL, entered("delete", MANY, count=typed)).status_code == 302


def test_b65_a_wrong_count_does_nothing_and_says_what_is_expected(browser, make_numbers, entered):
    make_numbers(MANY)

    response = browser.post(ALL, entered("delete", MANY, count="1243"))

    assert response.status_code == 422
    assert "应为 1234，您输入的是 1243" in text(response)
    assert not Job.objects.exists()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("do", ["requeue", "delete"])
def test_b66_a_count_that_has_changed_since_it_was_shown_does_nothing_and_shows_the_new_one(
    browser, make_numbers, make_agent, call, entered, do
):
    make_numbers(3)
    agent = make_agent("小李")
    for _ in range(3):
        call(agent, 29)

    response = browser.post(ALL, entered(do, 2))

    assert response.status_code == 422
    assert "数量已从 2 变为 3" in text(response)
    assert 'name="shown" value="3"' in response.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("do", ["requeue", "delete"])
def test_b66_as_many_other_numbers_are_not_those_that_were_shown(browser, make_numbers, make_agent, call, entered, do):
    make_numbers(4)
    agent = make_agent("小李")
    for _ in range(3):
        call(agent, 29)
    shown = {"requeue": 3, "delete": 4}[do]
    sent = entered(do, shown)
    if do == "requeue":
        first = Phone.objects.filter(state=State.CLASSIFIED).order_by("pk")[0]
        Phone.objects.filter(pk=first.pk).update(suppressed=True)
        call(agent, 29)
    else:
        Phone.objects.filter(state=State.PENDING).delete()
        make_numbers(1)

    response = browser.post(ALL, sent)

    assert response.status_code == 422
    assert "已经不是刚才那些号码" in text(response)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("name", "said"), [("reason", "请写明原因"), ("password", "请输入您自己的密码"), ("count", "请照抄个数")]
)
def test_b65_each_field_is_asked_for(browser, make_numbers, entered, name, said):
    make_numbers(1)

    response = browser.post(ALL, entered("delete", 1, **{name: ""}))

    assert response.status_code == 422
    assert said in text(response)
    assert not Job.objects.exists()


def test_the_other_form_stays_empty(browser, make_numbers, make_agent, call, entered):
    make_numbers(1)
    call(make_agent("小李"), 28)

    page = browser.post(ALL, entered("delete", 1, reason="只在这边", password="")).content.decode()

    assert page.count("只在这边") == 1
    assert page.count('id="requeue-reason"') == page.count('id="delete-reason"') == 1


def test_a_wrong_password_does_nothing_and_is_counted_as_at_the_login(browser, make_numbers, entered, boss):
    make_numbers(1)

    response = browser.post(ALL, entered("delete", 1, password="falsch-und-wirr"))

    assert response.status_code == 422
    assert "这不是您的密码。再错 4 次" in text(response)
    assert not Job.objects.exists()
    attempt = AccessAttempt.objects.get()
    assert (attempt.username, attempt.failures_since_start) == (boss.username, 1)
    assert "falsch-und-wirr" not in attempt.post_data + attempt.get_data + response.content.decode()
    assert AuditEntry.objects.get(action="password.wrong").by == boss


def test_the_fifth_wrong_password_locks_and_the_right_one_is_refused_too(browser, client, make_numbers, entered, boss):
    make_numbers(1)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        last = browser.post(ALL, entered("delete", 1, password="falsch-und-wirr"))

    right = browser.post(ALL, entered("delete", 1))

    for response in (last, right):
        assert response.status_code == 422
        assert "密码错得太多" in text(response)
    assert not Job.objects.exists()
    login = client.post(reverse("accounts:login"), {"username": boss.username, "password": PASSWORD})
    assert login.status_code == 429
    # Who is in stays in.
    assert browser.get(URL).status_code == 200


def test_wrong_passwords_at_the_login_count_here_too(browser, client, make_numbers, entered, boss):
    make_numbers(1)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post(reverse("accounts:login"), {"username": boss.username.upper(), "password": "falsch-und-wirr"})

    assert "密码错得太多" in text(browser.post(ALL, entered("delete", 1)))


def test_another_administrators_password_is_not_ones_own(browser, make_administrator, make_numbers, entered):
    make_numbers(1)
    other = make_administrator("李主任")
    other.set_password("Regen-und-Sonne-7")
    other.save()

    assert browser.post(ALL, entered("delete", 1, password="Regen-und-Sonne-7")).status_code == 422
    assert not Job.objects.exists()


def test_the_same_form_twice_is_one_job_even_when_it_is_done(browser, make_numbers, entered, work):
    make_numbers(2)
    form = entered("delete", 2)

    first = browser.post(ALL, form)
    work()
    second = browser.post(ALL, form)

    assert first.url == second.url
    assert Job.objects.count() == 1


def test_where_nothing_can_be_done_the_forms_are_closed(browser, make_numbers, entered):
    make_numbers(1, state=State.EXCLUDED)

    page = browser.get(ALL)

    assert "选定的号码里没有可以删除的" in text(page)
    assert 'name="password"' not in page.content.decode()
    assert browser.post(ALL, entered("delete", 0)).status_code == 422
    assert not Job.objects.exists()


# ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_the_job_says_what_was_done_and_what_was_left_out(
    browser, make_numbers, make_agent, delete, carrier
):
    make_numbers(3)
    actions.take(agent=make_agent("小李"), carrier=carrier, now=timezone.now())

    job = delete(carrier=carrier.pk)
    page = browser.get(reverse("phones:job", args=[job.pk]))

    assert "已删除并存档 2 个号码" in text(page)
    assert "1 个号码在回访单上，没有动" in text(page)
    assert f'href="{reverse("callback:restore", args=[job.archive.pk])}"' in page.content.decode()
    assert f'href="{URL}?carrier={carrier.pk}"' in page.content.decode()


def test_the_page_of_a_requeue_says_how_many(browser, make_numbers, make_agent, call, requeue):
    make_numbers(1)
    call(make_agent("小李"), 28)

    assert "1 个号码已重新变为待回访" in text(browser.get(reverse("phones:job", args=[requeue().pk])))


def test_the_list_of_jobs_shows_them_all(browser, make_numbers, make_agent, call, requeue, delete, restore):
    make_numbers(1)
    call(make_agent("小李"), 28)
    requeue()
    restore(delete().archive)

    page = text(browser.get(reverse("phones:jobs")))

    assert all(word in page for word in ("重新回访", "删除", "恢复存档"))


def test_the_last_archives_and_jobs_stand_on_the_page(browser, archive):
    page = browser.get(URL)

    assert f'href="{reverse("callback:restore", args=[archive.pk])}"' in page.content.decode()
    assert f'href="{reverse("phones:job", args=[archive.job_id])}"' in page.content.decode()
    assert "清理旧名单" in text(page)


def test_an_archive_says_what_it_holds(browser, archive):
    page = text(browser.get(reverse("callback:restore", args=[archive.pk])))

    for word in ("3 个", "老张", "清理旧名单", "文件完好", archive.file):
        assert word in page


def test_with_the_password_and_a_reason_it_is_restored(browser, archive, entered, work):
    response = browser.post(reverse("callback:restore", args=[archive.pk]), entered("", 0, reason="删错了"))
    work()

    job = Job.objects.get(kind=Job.Kind.RESTORE)
    assert response.url == reverse("phones:job", args=[job.pk])
    assert Phone.objects.count() == 3
    assert "3 个号码已恢复" in text(browser.get(response.url))
    assert "这份存档里的号码已经全部恢复" in text(browser.get(reverse("callback:restore", args=[archive.pk])))


@pytest.mark.parametrize("field", ["password", "reason"])
def test_without_either_nothing_is_restored(browser, archive, entered, field):
    response = browser.post(reverse("callback:restore", args=[archive.pk]), entered("", 0, **{field: ""}))

    assert response.status_code == 422
    assert not Job.objects.filter(kind=Job.Kind.RESTORE).exists()


def test_a_wrong_password_restores_nothing(browser, archive, entered):
    response = browser.post(reverse("callback:restore", args=[archive.pk]), entered("", 0, password="falsch-und-wirr"))

    assert "这不是您的密码" in text(response)
    assert not Job.objects.filter(kind=Job.Kind.RESTORE).exists()


@pytest.mark.parametrize(
    ("harm", "said"), [(Path.unlink, "存档文件不见了"), (lambda p: p.write_bytes(b"x"), "存档文件与当初写的不一样")]
)
def test_an_archive_whose_file_is_not_as_it_was_cannot_be_restored(browser, archive, entered, harm, said):
    harm(archives.path_of(archive.file))
    address = reverse("callback:restore", args=[archive.pk])

    assert said in text(browser.get(address))
    assert browser.post(address, entered("", 0)).status_code == 422
    assert not Job.objects.filter(kind=Job.Kind.RESTORE).exists()


@pytest.mark.parametrize("pk", [10**6, 2**64, 10**30])
def test_an_archive_that_is_not_there_is_a_404(browser, pk):
    assert browser.get(f"/db/archives/{pk}/restore/").status_code == 404


def test_an_archive_restored_twice_is_refused_with_words(browser, archive, restore, entered):
    restore(archive)

    response = browser.post(reverse("callback:restore", args=[archive.pk]), entered("", 0))

    assert response.status_code == 422
    assert "已经全部恢复" in text(response)
    assert Archive.objects.get().restored_count == 3
