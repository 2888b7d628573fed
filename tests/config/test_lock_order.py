"""Deleting what people last worked on locks their rows in the order of ids, so that nobody stops anybody else."""

import threading
import time

import pytest
from django.db import connection, transaction

from accounts.models import User
from config import actions
from config.models import Carrier

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one write lock for everybody"),
]


@pytest.fixture
def unused(room) -> Carrier:
    return Carrier.objects.create(name="新的", position=9)


@pytest.fixture
def delete(unused, make_administrator, now):
    """Delete the carrier from a connection of its own."""
    by = make_administrator("老张")

    def delete() -> None:
        try:
            actions.delete(thing=unused, by=by, now=now, address=None)
        finally:
            connection.close()

    return delete


def wait_for_a_lock() -> None:
    """Until some transaction waits for a row."""
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    pytest.fail("nobody waits")


def test_who_holds_the_first_row_gets_the_second_while_a_deletion_waits(unused, delete, make_agent):
    first, second = make_agent("小李"), make_agent("小王")
    # What was written last stands last in the table: as they stand there, the second comes first.
    for agent in (second, first):
        User.objects.filter(pk=agent.pk).update(last_carrier=unused)
    deletion = threading.Thread(target=delete)

    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=first.pk)
        deletion.start()
        wait_for_a_lock()
        User.objects.select_for_update(no_key=True, nowait=True).get(pk=second.pk)
    deletion.join()

    assert not Carrier.objects.filter(pk=unused.pk).exists()
    assert not User.objects.exclude(last_carrier=None).exists()
