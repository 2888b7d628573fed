"""``manage.py room``."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from config.models import Room


def test_the_settings_that_are_named_are_changed(room, capsys):
    call_command("room", lease=45, goal=120, name="气象服务中心")

    room.refresh_from_db()
    assert (room.lease_minutes, room.daily_goal, room.name) == (45, 120, "气象服务中心")
    assert "45 minutes" in capsys.readouterr().out


def test_a_goal_of_none_is_taken_away(room):
    Room.objects.update(daily_goal=100)

    call_command("room", goal=0)

    room.refresh_from_db()
    assert room.daily_goal is None


def test_what_call_opens_is_told_and_changed(room, capsys):
    call_command("room", call="sip:{number}@pbx.example")

    room.refresh_from_db()
    assert room.call_address == "sip:{number}@pbx.example"
    assert "call: sip:{number}@pbx.example" in capsys.readouterr().out


def test_a_change_is_on_record(room):
    call_command("room", lease=45)

    assert AuditEntry.objects.get(action="room.change").by is None


@pytest.mark.parametrize("wrong", [{"lease": 0}, {"lease": 2000}, {"goal": -1}, {"call": "javascript:{number}"}])
def test_nonsense_is_refused(room, wrong):
    with pytest.raises(CommandError):
        call_command("room", **wrong)
