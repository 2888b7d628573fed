"""What became of a batch."""

import pytest

from accounts.modules import Module
from callback.models import Call
from stats.funnel import funnel


def page_of(batch) -> str:
    return f"/stats/batches/{batch.pk}/"


@pytest.fixture
def batch(desk, make_numbers, make_batch, xiaoli, type_of, now):
    """Ten numbers: six called, of which four were connected and three are valid, one of them a booking."""
    batch = make_batch(at=now)
    for code in (11, 12, 27, 28, 29, 29):
        desk.file(xiaoli, type_of(code), batch=batch)
    make_numbers(4, batch=batch)
    batch.refresh_from_db()
    return batch


def test_each_step_counts_the_numbers_that_came_so_far(batch):
    steps = funnel(batch).steps

    assert [step.count for step in steps] == [10, 6, 4, 3, 1]
    assert [step.of_all for step in steps] == [100, 60, 40, 30, 10]
    assert [step.of_before for step in steps] == [
        None,
        60,
        pytest.approx(66.67, abs=0.01),
        75,
        pytest.approx(33.3, abs=0.1),
    ]


def test_numbers_count_as_they_stand_now(desk, batch, xiaoli, type_of):
    phone = Call.objects.by(xiaoli).get(type__code=27).phone
    phone.type = type_of(28)
    phone.save(update_fields=["type"])

    assert [step.count for step in funnel(batch).steps] == [10, 6, 4, 2, 0]


def test_all_calls_are_told_though_some_numbers_were_called_twice(desk, batch, xiaoli, type_of, now):
    desk.call_again(Call.objects.by(xiaoli).filter(type__code=29).first(), type_of(11), at=now)

    found = funnel(batch)

    assert (found.called, found.calls, found.calls_a_number) == (6, 7, pytest.approx(7 / 6))


def test_a_batch_without_numbers_has_no_shares(make_batch):
    found = funnel(make_batch())

    assert [(step.count, step.of_all, step.of_before) for step in found.steps] == [(0, 0, None)] * 5
    assert found.calls_a_number is None


def test_the_batch_leads_to_it_where_the_statistics_are_open(sign_in, boss, batch, make_agent):
    importer = make_agent("小赵", modules=[Module.IMPORT])

    assert page_of(batch) in sign_in(boss).get(f"/phones/batches/{batch.pk}/").content.decode()
    assert page_of(batch) not in sign_in(importer).get(f"/phones/batches/{batch.pk}/").content.decode()


def test_the_page_shows_it_and_leads_on(sign_in, make_agent, batch):
    page = sign_in(make_agent("小赵", modules=[Module.TEAM])).get(page_of(batch))
    text = page.content.decode()

    assert page.status_code == 200
    assert f"/stats/team/?batch={batch.pk}" in text
    assert f"/phones/batches/{batch.pk}/" not in text


@pytest.mark.parametrize("pk", [0, 10**6, 2**63, 2**64])
def test_a_batch_that_is_not_there_is_none(sign_in, boss, pk):
    assert sign_in(boss).get(f"/stats/batches/{pk}/").status_code == 404


def test_who_has_no_statistics_is_refused(sign_in, xiaoli, batch):
    assert sign_in(xiaoli).get(page_of(batch)).status_code == 403
