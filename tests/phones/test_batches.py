"""The pages of batches."""

import pytest

from accounts.modules import Module
from callback import actions as desk
from phones.batch_books import Books
from phones.models import Batch, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(upload_dir, make_agent, sign_in):
    return sign_in(make_agent("小王", modules=[Module.IMPORT]))


def test_i7_a_batch_says_where_its_numbers_are(browser, make_numbers, make_agent, carrier, type_of, now):
    make_numbers(5)
    batch = Batch.objects.get()
    agent = make_agent()
    phone = desk.take(agent=agent, carrier=carrier, now=now)
    desk.classify(
        agent=agent, token=phone.token, type=type_of(11), order_region=None, note="", request_id=phone.token, now=now
    )
    desk.take(agent=agent, carrier=carrier, now=now)

    books = Books(batch)

    assert books.states == {"pending": 3, "held": 1, "classified": 1, "excluded": 0}
    assert books.ties_out
    assert [(line.type.code, line.count, line.share) for line in books.types] == [(11, 1, 100)]
    assert books.taken == 2
    page = browser.get(f"/phones/batches/{batch.pk}/").content.decode()
    assert "disabled" in page
    assert 'name="reason"' not in page


def test_books_that_do_not_tie_out_are_said_so(make_numbers):
    make_numbers(3)
    Batch.objects.update(new_count=4)

    assert not Books(Batch.objects.get()).ties_out


@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_a_batch_shows_what_came_in(browser, bring_in, kind):
    batch = bring_in("19900000001", "测试", kind=kind)

    assert browser.get(f"/phones/batches/{batch.pk}/").status_code == 200


def test_rejected_rows_are_linked_while_they_are_kept(make_administrator, sign_in, bring_in):
    batch = bring_in("19900000001", "测试")
    browser = sign_in(batch.by)

    assert f"/phones/import/{batch.upload.pk}/rejected/" in browser.get(f"/phones/batches/{batch.pk}/").content.decode()


def test_a_revert_asks_for_a_reason(browser, bring_in):
    batch = bring_in("19900000001")

    refused = browser.post(f"/phones/batches/{batch.pk}/", {"reason": "  "})
    taken = browser.post(f"/phones/batches/{batch.pk}/", {"reason": "导错了"})

    job = Job.objects.get(kind=Job.Kind.REVERT)
    assert (refused.status_code, taken.url) == (422, f"/jobs/{job.pk}/")


def test_a_batch_that_was_taken_from_is_refused_with_the_reason(browser, make_numbers, make_agent, carrier, now):
    make_numbers(2)
    desk.take(agent=make_agent(), carrier=carrier, now=now)

    response = browser.post(f"/phones/batches/{Batch.objects.get().pk}/", {"reason": "导错了"})

    assert response.status_code == 422
    assert not Job.objects.exists()


def test_a_cancelled_import_has_no_page(browser, make_batch):
    batch = make_batch(state=Batch.State.CANCELLED)

    assert browser.get(f"/phones/batches/{batch.pk}/").status_code == 404


@pytest.mark.parametrize("pk", [0, 99999, 1 << 70])
def test_there_is_no_such_batch(browser, pk):
    assert browser.get(f"/phones/batches/{pk}/").status_code == 404


@pytest.mark.parametrize("older", ["", "abc", "-1", "9" * 40, "１", "1"])
def test_the_list_survives_any_page(browser, make_batch, older):
    make_batch()

    assert browser.get("/phones/batches/", {"older": older}).status_code == 200


def test_older_batches_are_on_the_next_page(browser, make_batch):
    batches = [make_batch(name=f"批次{serial}号") for serial in range(52)]

    first = browser.get("/phones/batches/").content.decode()
    second = browser.get("/phones/batches/", {"older": batches[2].pk}).content.decode()

    assert "批次51号" in first
    assert "批次1号" not in first
    assert "批次1号" in second


def test_an_agent_sees_why_an_exclusion_list_stays_and_cannot_post_it_away(browser, exclude):
    place = f"/phones/batches/{exclude('19900000001').pk}/"

    page, posted = browser.get(place).content.decode(), browser.post(place, {"reason": "导错了"})

    assert 'name="reason"' not in page
    assert posted.status_code == 403
    assert not Job.objects.filter(kind=Job.Kind.REVERT).exists()


def test_an_administrator_may_take_an_exclusion_list_back(exclude, sign_in):
    batch = exclude("19900000001")

    assert 'name="reason"' in sign_in(batch.by).get(f"/phones/batches/{batch.pk}/").content.decode()
