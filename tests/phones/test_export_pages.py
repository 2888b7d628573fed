"""The pages of the export, as a browser sees them."""

import re

import pytest
from django.urls import reverse
from django.utils.html import escape

from accounts.modules import Module
from config.models import BusinessType
from phones import files, number_lists, paging
from phones.models import Job, Phone
from phones.totals import Total
from tests.phones.test_filters import FIELDS, NONSENSE


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


def look(browser, **query):
    return browser.get(reverse("phones:export"), query)


def shown(response):
    return [phone.number for phone in response.context["page"].rows]


def test_the_first_page_and_the_exact_count_stand_before_the_export(browser, make_numbers):
    make_numbers(1, state="excluded")
    numbers = [phone.number for phone in make_numbers(60)]

    response = look(browser, state="pending")

    assert response.context["total"] == Total(60)
    assert shown(response) == numbers[:50]
    assert 'name="state" value="pending"' in response.content.decode()


def test_pages_follow_one_another_and_lead_back(browser, make_numbers, monkeypatch):
    numbers = [phone.number for phone in make_numbers(120)]

    first = look(browser)
    second = look(browser, after=first.context["page"].after)
    third = look(browser, after=second.context["page"].after)
    back = look(browser, before=third.context["page"].before)

    assert shown(first) + shown(second) + shown(third) == numbers
    assert shown(back) == shown(second)
    assert first.context["page"].before is None
    assert third.context["page"].after is None
    assert look(browser, before=back.context["page"].before).context["page"].before is None


@pytest.mark.parametrize("name", [*FIELDS, "after", "before", "format", "unknown"])
def test_b26_no_parameter_breaks_the_page(name, browser, make_numbers):
    make_numbers(1)

    statuses = {value: look(browser, **{name: value}).status_code for value in NONSENSE}

    # The middleware turns a NUL away before any page sees it.
    assert statuses == {value: 400 if "\0" in value else 200 for value in NONSENSE}
    assert browser.get(f"{reverse('phones:export')}?{name}=a&{name}=1").status_code == 200


def test_an_error_stands_beside_its_field_and_nothing_can_be_exported(browser, make_numbers):
    make_numbers(1)

    page = look(browser, start="2026-11-23", end="2026-11-22").content.decode()

    assert 'id="end-error"' in page
    assert 'aria-describedby="end-error"' in page
    assert 'name="format"' not in page
    assert "<table" not in page


def test_b30_nothing_of_a_query_reaches_the_page_as_markup(browser):
    evil = '"><script>alert(1)</script>'

    page = look(browser, region=evil, start=evil, list=evil, by=evil, x=evil).content.decode()

    assert evil not in page
    assert "<script>alert" not in page


def test_b29_notes_and_names_are_text(browser, make_numbers, make_batch, make_agent, type_of, now):
    evil = "<img src=x onerror=alert(1)>"
    batch = make_batch(name=evil)
    make_numbers(
        1, batch=batch, state="classified", type=type_of(11), agent=make_agent(evil), classified_at=now, note=evil
    )

    page = look(browser).content.decode()

    assert evil not in page
    assert page.count(escape(evil)) >= 4


def test_an_export_becomes_a_job_of_the_same_filter(browser, boss, make_numbers):
    make_numbers(1)

    response = browser.post(reverse("phones:start_export"), {"state": "pending", "format": "xlsx", "after": "3"})

    job = Job.objects.get()
    assert response.url == reverse("phones:job", args=[job.pk])
    assert (job.by, job.kind, job.arguments["filter"], job.arguments["format"]) == (
        boss, "export", {"state": "pending"}, "xlsx",
    )  # fmt: skip


@pytest.mark.parametrize(
    "sent", [{"format": "exe"}, {}, {"format": "csv", "region": "abc"}, {"format": "csv", "end": "x"}]
)
def test_an_export_that_makes_no_sense_leads_back_to_the_page(browser, sent):
    response = browser.post(reverse("phones:start_export"), sent)

    assert response.status_code == 302
    assert response.url.startswith(reverse("phones:export"))
    assert not Job.objects.exists()


def test_b68_too_many_exports_at_once_are_said_and_not_queued(browser, make_numbers, monkeypatch):
    monkeypatch.setattr(files, "OPEN_LIMIT", 1)
    browser.post(reverse("phones:start_export"), {"format": "csv"})

    response = browser.post(reverse("phones:start_export"), {"format": "xlsx"}, follow=True)

    assert Job.objects.count() == 1
    assert b'class="strip warn' in response.content


def test_b68_who_has_not_the_module_is_refused(sign_in, make_agent, make_user):
    agent = sign_in(make_agent())
    assert look(agent).status_code == 403
    assert agent.post(reverse("phones:start_export"), {"format": "csv"}).status_code == 403
    assert agent.get(reverse("phones:export_list")).status_code == 403

    assert look(sign_in(make_user("小王", modules=[Module.EXPORT]))).status_code == 200


def test_an_export_is_asked_for_by_post_alone(browser):
    assert browser.get(reverse("phones:start_export"), {"format": "csv"}).status_code == 405
    assert browser.post(reverse("phones:export")).status_code == 405


def test_a_pasted_list_limits_the_page_and_keeps_the_rest_of_the_filter(browser, make_numbers):
    first, second = make_numbers(2)

    response = browser.post(
        f"{reverse('phones:export_list')}?state=pending&after=9",
        {"text": f"{second.number}\n13800138000\n坏"},
        follow=True,
    )

    assert shown(response) == [second.number]
    assert response.context["given"] == {"numbers": 2, "known": 1, "unknown": 1, "refused": 1, "repeated": 0}
    assert {name for name, _text in response.context["chosen"]} == {"state", "list"}
    assert first.number not in response.redirect_chain[0][0]


def test_an_empty_list_is_refused_beside_the_field(browser):
    response = browser.post(reverse("phones:export_list"), {"text": " "})

    assert response.status_code == 422
    assert 'id="text-error"' in response.content.decode()


def test_anothers_list_is_no_list(browser, make_administrator):
    kept = number_lists.keep_text(text="13800138000", by=make_administrator("老王"))

    response = look(browser, list=kept.key)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["list"]


def test_a_page_asks_the_database_the_same_few_questions_for_any_rows(
    browser, make_numbers, make_agent, type_of, now, django_assert_max_num_queries
):
    make_numbers(50, state="classified", type=type_of(11), agent=make_agent(), classified_at=now)
    look(browser)

    with django_assert_max_num_queries(19):
        look(browser)


def test_a_page_knows_its_neighbours(make_numbers):
    pks = [phone.pk for phone in make_numbers(5)]

    page = paging.by_id(Phone.objects.all(), {"after": str(pks[1])}, size=2)

    assert ([phone.pk for phone in page.rows], page.before, page.after) == ([pks[2], pks[3]], pks[2], pks[3])


def test_of_two_types_of_one_name_the_chosen_one_is_ticked(browser, type_of, now):
    old = type_of(27)
    BusinessType.objects.filter(pk=old.pk).update(retired_at=now)
    new = BusinessType.objects.create(code=27, name=old.name, position=27)

    page = look(browser, type=old.pk).content.decode()

    assert re.search(rf'value="{old.pk}" checked>27 预订（已去掉）<', page)
    assert re.search(rf'value="{new.pk}">27 预订<', page)
