"""The lists of batches and of jobs: what their filters find, and that no number gets into an address."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.modules import Module
from config.models import Carrier, Region
from phones.models import Batch, Job
from tests.phones.test_filters import NONSENSE


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def browser(sign_in, boss):
    return sign_in(boss)


@pytest.fixture
def batches(make_batch, now):
    """Three batches, a day apart, the newest last."""
    there = {"carrier": Carrier.objects.in_order()[1], "region": Region.objects.in_order()[1]}
    return [
        make_batch(name="泰山移动", at=now - timedelta(days=2)),
        make_batch(name="岱岳电信", at=now - timedelta(days=1), file_name="daiyue.xlsx", **there),
        make_batch(name="请勿拨打", at=now, kind=Batch.Kind.EXCLUDED, state=Batch.State.REVERTED),
    ]


@pytest.fixture
def jobs(boss, make_user, now):
    other = make_user("小王", modules=[Module.EXPORT])
    made = [("export", "done", boss), ("check", "failed", boss), ("export", "waiting", other)]
    return [
        Job.objects.create(kind=kind, state=state, by=by, title=str(at), created_at=now - timedelta(days=3 - at))
        for at, (kind, state, by) in enumerate(made)
    ]


def rows(response) -> list:
    return response.context["page"].rows


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1, 0]),
        ({"name": "岱岳"}, [1]),
        ({"name": "DAIYUE"}, [1]),
        ({"name": "%"}, []),
        ({"kind": "excluded"}, [2]),
        ({"state": "ready"}, [1, 0]),
        ({"start": "2026-11-22", "end": "2026-11-22"}, [1]),
        ({"end": "2026-11-21"}, [0]),
        ({"kind": "pending", "start": "2026-11-22"}, [1]),
    ],
)
def test_a_filter_finds_its_batches_the_newest_first(browser, batches, query, found):
    response = browser.get(reverse("phones:batches"), query)

    assert rows(response) == [batches[at] for at in found]
    assert response.context["total"].count == len(found)


def test_batches_are_found_by_carrier_and_region(browser, batches):
    there = batches[1]

    response = browser.get(reverse("phones:batches"), {"carrier": there.carrier_id, "region": there.region_id})

    assert rows(response) == [there]


def test_what_is_looked_for_is_sent_by_post_and_leads_to_its_address(browser, batches):
    response = browser.post(
        reverse("phones:batches"), {"name": "岱岳", "kind": "", "days": "month", "unknown": "1"}, follow=True
    )

    [(address, _status)] = response.redirect_chain
    assert "days=month" in address
    assert "unknown" not in address
    assert response.status_code == 200


def test_b27_a_number_that_is_looked_for_gets_into_no_address(browser, batches):
    response = browser.post(reverse("phones:batches"), {"name": "138 0013 8000", "kind": "excluded"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["name"]
    page = response.content.decode()
    assert 'value="138 0013 8000"' in page
    assert '<option value="excluded" selected>' in page


@pytest.mark.parametrize(
    "name", ["name", "kind", "state", "carrier", "region", "start", "end", "days", "older", "newer"]
)
def test_b26_no_parameter_breaks_the_batches(browser, batches, name):
    for value in NONSENSE:
        expected = 400 if "\0" in value else 200
        assert browser.get(reverse("phones:batches"), {name: value}).status_code == expected, value


def test_batches_go_page_by_page_and_back(browser, make_batch, now):
    made = [make_batch(name=str(number)) for number in range(51)]

    first = browser.get(reverse("phones:batches"))
    second = browser.get(reverse("phones:batches") + first.context["pager"].next)
    last = browser.get(reverse("phones:batches") + first.context["pager"].last)
    back = browser.get(reverse("phones:batches") + second.context["pager"].previous)

    assert rows(first) + rows(second) == made[::-1]
    assert rows(last) == made[:50][::-1]
    assert rows(back) == rows(first)
    assert second.context["pager"].next is None


# ── Jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["2", "1", "0"]),
        ({"kind": "export"}, ["2", "0"]),
        ({"state": "failed"}, ["1"]),
        ({"start": "2026-11-21"}, ["2", "1"]),
        ({"end": "2026-11-20"}, ["0"]),
    ],
)
def test_a_filter_finds_its_jobs_the_newest_first(browser, jobs, query, found):
    assert [job.title for job in rows(browser.get(reverse("phones:jobs"), query))] == found


def test_an_administrator_finds_the_jobs_of_somebody(browser, jobs):
    response = browser.get(reverse("phones:jobs"), {"by": jobs[2].by_id})

    assert rows(response) == [jobs[2]]


def test_others_find_their_own_whoever_is_asked_for(sign_in, jobs, boss):
    response = sign_in(jobs[2].by).get(reverse("phones:jobs"), {"by": boss.pk})

    assert rows(response) == [jobs[2]]
    assert "by" not in [column.name for column in response.context["table"].columns]


@pytest.mark.parametrize("name", ["kind", "state", "by", "start", "end", "days", "older", "newer"])
def test_no_parameter_breaks_the_jobs(browser, jobs, name):
    for value in NONSENSE:
        expected = 400 if "\0" in value else 200
        assert browser.get(reverse("phones:jobs"), {name: value}).status_code == expected, value


def test_a_filter_with_an_error_shows_it_beside_the_field_and_no_rows(browser, jobs):
    response = browser.get(reverse("phones:jobs"), {"start": "2026-11-23", "end": "2026-11-22", "kind": "export"})

    page = response.content.decode()
    assert 'id="end-error"' in page
    assert "<table" not in page
    assert '<option value="export" selected>' in page
