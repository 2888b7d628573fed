"""Which of the numbers that a re-queue or a deletion has noted down are meant still, and how they are found."""

import pytest
from django.db import connection

from callback import selections
from phones.filters import PhoneFilter
from phones.models import Phone, State


@pytest.fixture
def filtered(make_administrator):
    """A filter by its query."""

    def filtered(**query: str) -> PhoneFilter:
        found = PhoneFilter(query, user=make_administrator())
        assert found.is_valid()
        return found

    return filtered


def test_a_number_whose_state_has_changed_since_it_was_noted_down_is_not_meant_any_more(make_numbers, filtered):
    pending, excluded, _other = make_numbers(3)
    Phone.objects.filter(pk=excluded.pk).update(state=State.EXCLUDED)
    ids = [pending.pk, excluded.pk]

    assert [phone.pk for phone in selections.still_meant(filtered(state="pending"), ids)] == [pending.pk]
    assert selections.still_meant(filtered(), ids).count() == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the planner is PostgreSQL's")
@pytest.mark.parametrize("requeue", [True, False])
def test_before_an_import_is_counted_a_piece_is_found_by_its_ids_all_the_same(make_numbers, filtered, requeue):
    ids = [phone.pk for phone in make_numbers(4000)][:2000]
    numbers = selections.still_meant(filtered(state="pending"), ids)
    if requeue:
        numbers = selections.requeueable(selections.still_meant(filtered(), ids), **selections.PLAIN)

    with connection.cursor() as cursor:
        # So few rows are read through by themselves; a million are not.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = numbers.explain()

    assert "phones_phone_pkey" in plan
    assert "phone_batch_state" not in plan
