"""One moment: what is asked together is answered together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from callback.models import Call
from stats.moments import one_moment


@pytest.fixture
def meanwhile():
    """Let somebody else do something, on a connection of their own, and wait until it is done."""

    def meanwhile(action, *arguments):
        def alone():
            try:
                return action(*arguments)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(alone).result(timeout=30)

    return meanwhile


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_filed_meanwhile_is_seen_afterwards_and_waits_for_nobody(desk, xiaoli, type_of, meanwhile):
    desk.file(xiaoli, type_of(11))

    with one_moment():
        before = Call.objects.count()
        meanwhile(desk.file, xiaoli, type_of(12))
        still = Call.objects.count()

    assert (before, still, Call.objects.count()) == (1, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_moment_ends_whatever_happens_in_it(desk, xiaoli, type_of):
    def fails():
        with one_moment():
            return Call.objects.count() / 0

    with pytest.raises(ZeroDivisionError):
        fails()

    assert desk.file(xiaoli, type_of(11)).pk
