"""How many numbers a filter means: exact where it is cheap, and up to a limit elsewhere."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.models import Carrier, Region
from phones import totals
from phones.filters import PhoneFilter
from phones.models import Batch, Phone
from phones.totals import Total


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


@pytest.fixture
def total(boss):
    def total(**chosen) -> Total:
        form = PhoneFilter({name: str(value) for name, value in chosen.items()}, user=boss)
        assert form.is_valid(), form.errors
        return totals.of_numbers(form)

    return total


@pytest.fixture
def stock(make_numbers, make_batch, type_of, make_agent, now):
    """Two batches at different places, one number classified for elsewhere, one excluded, one deleted."""
    there = Region.objects.in_order()[1]
    first, second = make_batch(), make_batch(carrier=Carrier.objects.in_order()[1], region=there)
    filed = {"type": type_of(11), "agent": make_agent(), "classified_at": now, "order_region": there}
    make_numbers(3, batch=first)
    make_numbers(1, batch=first, state="classified", **filed)
    make_numbers(2, batch=second)
    make_numbers(1, batch=second, state="excluded")
    Phone.objects.filter(batch=second, state="pending").first().delete()
    Batch.objects.filter(pk=second.pk).update(deleted_count=1)
    return first, second


def test_the_total_is_that_of_the_numbers_whatever_is_asked(stock, total, boss):
    first, second = stock
    queries = [
        {},
        {"batch": first.pk},
        {"batch": second.pk},
        {"carrier": second.carrier_id},
        {"region": first.region_id},
        {"region": second.region_id, "by": "order"},
        {"region": first.region_id, "carrier": second.carrier_id},
        {"batch": first.pk, "region": first.region_id, "by": "home"},
        {"state": "pending"},
        {"batch": first.pk, "state": "pending"},
        {"type": "valid"},
        {"start": "2026-11-01"},
    ]

    for chosen in queries:
        form = PhoneFilter({name: str(value) for name, value in chosen.items()}, user=boss)
        assert form.is_valid()
        assert total(**chosen) == Total(form.numbers().count()), chosen


def test_a_batch_that_is_loading_is_not_counted(stock, total, make_numbers, make_batch):
    make_numbers(4, batch=make_batch(state=Batch.State.LOADING))

    assert total() == Total(6)
    assert total(state="pending") == Total(4)


def test_beyond_the_limit_nobody_counts_on(stock, total, monkeypatch):
    monkeypatch.setattr(totals, "COUNTED", 3)

    assert total(state="pending") == Total(3, more=True)
    assert total(state="excluded") == Total(1)
    assert total() == Total(6)


def test_the_batches_say_it_without_a_look_at_the_numbers(stock, total):
    with CaptureQueriesContext(connection) as asked:
        total(carrier=stock[0].carrier_id)

    assert not [query["sql"] for query in asked if "phones_phone" in query["sql"]]
