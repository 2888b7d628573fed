"""The demonstration room."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts.models import AuditEntry, User
from callback import demo
from callback.models import Amendment, Call, Tally
from phones.models import Batch, Event, Phone, State


def test_it_is_never_mixed_with_a_real_room(make_agent):
    make_agent()

    with pytest.raises(CommandError, match="data here already"):
        call_command("demo")
    assert User.objects.count() == 1


@pytest.fixture(scope="module")
def filled(django_db_setup, django_db_blocker):
    """The people of a demonstration room, which takes its time to fill; the tests of it only look."""
    now = datetime(2026, 11, 23, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    with django_db_blocker.unblock(), transaction.atomic():
        filled = demo.fill(now=now, password="Wind-und-Wetter-4")
        # Now, or the end of each test would check all rows again.
        connection.check_constraints()
        yield filled
        transaction.set_rollback(True)


def test_the_room_is_believable(db, filled):
    assert len(filled) == 12
    assert Phone.objects.count() == 20_000
    assert Call.objects.count() > 8_000
    assert Phone.objects.pending().count() > 1_000


def test_the_books_of_the_room_balance(db, filled):
    for batch in Batch.objects.filter(kind="pending"):
        assert sum(Phone.objects.filter(batch=batch).states().values()) == batch.new_count
        assert batch.entries_tie_out
    counted = Call.objects.standing()
    assert Phone.objects.filter(state=State.CLASSIFIED).count() == counted.count()
    assert sum(Tally.objects.values_list("filed", flat=True)) == counted.count()
    assert sum(Tally.objects.values_list("standing", flat=True)) == counted.count()


def test_not_everything_went_smoothly_in_the_room(db, filled):
    assert Amendment.objects.count() > 50
    assert Call.objects.exclude(withdrawn_at=None).count() == Event.objects.filter(kind=Event.Kind.UNDO).count() > 20
    assert Event.objects.filter(kind=Event.Kind.SKIP).count() > 100
    assert AuditEntry.objects.filter(action="login").count() > 200
    for amendment in Amendment.objects.select_related("call__phone"):
        assert amendment.type_to_id == amendment.call.standing_type_id == amendment.call.phone.type_id


def test_nobody_called_before_the_numbers_came_in(db, filled):
    assert not [call for call in Call.objects.select_related("batch") if call.taken_at < call.batch.at]
