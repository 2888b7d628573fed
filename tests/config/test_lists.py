"""The lists that each process keeps are those that stand in the database, whoever changed them."""

import pytest
from django.db import transaction

from config.lists import lists_of
from config.models import BusinessType, Carrier, Region, Room


def standing() -> tuple[list, list, list]:
    lists = lists_of(Room.objects.get())
    return [*map(str, lists.carriers)], [*map(str, lists.regions)], [*map(str, lists.types)]


def test_lists_are_read_once(room, django_assert_num_queries):
    lists_of(room)
    with django_assert_num_queries(0):
        lists_of(room)


@pytest.mark.parametrize("model", [Carrier, Region, BusinessType])
def test_a_change_past_the_actions_is_seen_at_once(room, model):
    before = standing()
    first = model.objects.in_order()[0]
    model.objects.filter(pk=first.pk).update(name="别的")
    changed = standing()
    assert changed != before
    assert any("别的" in name for names in changed for name in names)


def test_what_is_new_and_what_is_gone_is_seen_at_once(room):
    standing()
    region = Region.objects.create(name="某县", position=99)
    assert standing()[1][-1] == "某县"
    region.delete()
    assert "某县" not in standing()[1]


def test_what_was_rolled_back_is_not_taken_for_what_came_instead(room):
    with transaction.atomic():
        Region.objects.create(name="没有成", position=99)
        assert "没有成" in standing()[1]
        transaction.set_rollback(True)
    assert "没有成" not in standing()[1]
    Region.objects.create(name="成了", position=99)
    assert standing()[1][-1] == "成了"


def test_a_row_is_handed_what_it_points_at(room, make_numbers, django_assert_num_queries):
    phone = make_numbers(1)[0]
    phone = type(phone).objects.get(pk=phone.pk)
    lists = lists_of(room)
    with django_assert_num_queries(0):
        lists.hand_to([phone], "carrier", "region", "type")
        assert phone.carrier in lists.carriers
        assert phone.region in lists.regions
