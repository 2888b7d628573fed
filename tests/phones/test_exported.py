"""Which numbers an export has held, told from packed ids."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from phones import exported, exports, job_kinds, jobs
from phones.cells import Page
from phones.exported import Members, exports_of, pack, unpack
from phones.filters import PhoneFilter
from phones.models import ExportedSpan, Job, Phone


@given(st.sets(st.integers(1, 2**62), min_size=1, max_size=300))
def test_what_was_packed_is_unpacked(ids):
    assert list(unpack(pack(sorted(ids)))) == sorted(ids)


def test_a_million_numbers_in_a_row_take_next_to_nothing():
    assert len(pack(list(range(10**6, 2 * 10**6)))) < 20_000


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.mark.django_db(transaction=True)
def test_an_export_is_found_by_each_number_that_it_held_and_by_no_other(
    make_numbers, make_administrator, now, monkeypatch
):
    monkeypatch.setattr(exported, "SPAN", 4)
    held = make_numbers(10)
    boss = make_administrator("张建国")
    chosen = PhoneFilter({"batch": str(held[0].batch_id)}, user=boss)
    assert chosen.is_valid()
    make_numbers(3)

    exports.submit(chosen=chosen, by=boss, file_format="csv", language="zh-hans", address=None, now=now)
    job = jobs.take(now=timezone.now())
    jobs.perform(job, job_kinds.of(job).run)

    assert ExportedSpan.objects.count() == 3
    for phone in Phone.objects.all():
        assert list(exports_of(phone.pk)) == ([job] if phone in held else [])


@pytest.mark.django_db
def test_a_file_that_was_begun_anew_lists_its_numbers_once(make_administrator):
    job = Job.objects.create(kind=Job.Kind.EXPORT, by=make_administrator())
    members = Members(job)

    for _twice in range(2):
        list(members.watch([Page([1, 2], [5, 3]), Page([3, 4], [None, 9])], beside=True))
    with transaction.atomic():
        members.keep()

    [span] = ExportedSpan.objects.all()
    assert list(unpack(span.packed)) == [3, 5, 9]
