"""Pages of a long table: each row stands on one of them, in any order, from either end, while rows come and go."""

from random import Random

import pytest

from hwcall.pager import END
from phones import paging
from phones.filters import ORDERS
from phones.models import Phone
from tests.phones.test_filters import NONSENSE


@pytest.fixture
def numbers(make_numbers):
    """Seven numbers whose order of import is not that of their digits."""
    phones = make_numbers(7)
    digits = [phone.number for phone in phones]
    Random(3).shuffle(digits)
    for phone in phones:
        phone.number = f"x{phone.pk}"
    Phone.objects.bulk_update(phones, ["number"])
    for phone, number in zip(phones, digits, strict=True):
        phone.number = number
    Phone.objects.bulk_update(phones, ["number"])
    return phones


def in_order(order: paging.Order) -> list[Phone]:
    return sorted(Phone.objects.all(), key=lambda phone: getattr(phone, order.field or "pk"), reverse=order.descending)


def onward(order: paging.Order, size: int) -> list[list[Phone]]:
    pages = [paging.page(Phone.objects.all(), {}, order=order, size=size)]
    while after := pages[-1].after:
        pages.append(paging.page(Phone.objects.all(), {"after": str(after)}, order=order, size=size))
    return [page.rows for page in pages]


def back(order: paging.Order, size: int) -> list[list[Phone]]:
    pages = [paging.page(Phone.objects.all(), {"before": END}, order=order, size=size)]
    while before := pages[0].before:
        pages.insert(0, paging.page(Phone.objects.all(), {"before": str(before)}, order=order, size=size))
    return [page.rows for page in pages]


@pytest.fixture(params=[(name, few) for name in ORDERS for few in (False, True)], ids=str)
def order(request) -> paging.Order:
    name, few = request.param
    return ORDERS[name].of_few() if few else ORDERS[name]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_each_row_stands_on_one_page_from_either_end(numbers, order, size):
    onwards, backwards = onward(order, size), back(order, size)

    assert [row for page in onwards for row in page] == in_order(order)
    assert [row for page in backwards for row in page] == in_order(order)
    assert all(len(page) == size for page in [*onwards[:-1], *backwards[1:]])


def test_the_first_and_the_last_page_know_that_there_is_nothing_beyond(numbers, order):
    first = paging.page(Phone.objects.all(), {}, order=order, size=3)
    last = paging.page(Phone.objects.all(), {"before": END}, order=order, size=3)

    assert first.before is None
    assert last.after is None


def test_rows_that_come_in_move_no_page(numbers, order, make_numbers):
    first = paging.page(Phone.objects.all(), {}, order=order, size=3)
    asked = {"after": str(first.after)}
    second = paging.page(Phone.objects.all(), asked, order=order, size=2)

    make_numbers(3)
    again = paging.page(Phone.objects.all(), asked, order=order, size=2)

    kept = [row for row in again.rows if row in numbers]
    assert kept == second.rows[: len(kept)]
    assert not set(first.rows) & set(again.rows)


def test_by_ids_alone_a_place_stands_though_its_row_has_gone(numbers):
    gone = numbers[2].pk
    Phone.objects.filter(pk=gone).delete()

    page = paging.by_id(Phone.objects.all(), {"after": str(gone)})

    assert page.rows == numbers[3:]


def test_by_another_column_a_place_that_has_gone_is_the_first_page(numbers):
    gone = numbers[2].pk
    Phone.objects.filter(pk=gone).delete()

    page = paging.page(Phone.objects.all(), {"after": str(gone)}, order=ORDERS["number"])

    assert page.rows == in_order(ORDERS["number"])


@pytest.mark.parametrize("name", ["after", "before"])
def test_a_place_that_makes_no_sense_is_the_first_page(numbers, order, name):
    first = in_order(order)[:3]

    for nonsense in (*NONSENSE, "end ", str(2**63), "9" * 5000):
        assert paging.page(Phone.objects.all(), {name: nonsense}, order=order, size=3).rows == first, nonsense
