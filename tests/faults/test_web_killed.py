"""Web workers and servers that are killed, or stand still, while agents work."""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.rooms import BOOKS, judge, served, some_more, wait_until, work_through
from tests.installations import connected, run

pytestmark = pytest.mark.own_database

DYING = "tests.faults.dying:application"


def test_f01_a_worker_killed_before_or_after_the_commit_of_a_call_loses_and_doubles_nothing(
    place, room, tmp_path, record_property
):
    weak, points = tmp_path / "weak", ["before", "after"] * 3

    def kill(shift):
        for point in points:
            some_more(shift, 5)
            weak.write_text(point)
            wait_until(lambda: not weak.exists())
        some_more(shift)

    with served(place, tmp_path, application=DYING, variables={"HWCALL_WEAK_POINT": str(weak)}) as server:
        shift = work_through(room, server, kill)

    judge(place, shift, record_property)
    record_property("kills", len(points))
    cut = sum(count for what, count in shift.times.oddities.items() if "the line was cut" in what)
    assert cut >= len(points)


def test_f02_a_server_that_is_killed_or_told_to_end_loses_nothing(place, room, tmp_path, record_property):
    def end_and_begin_anew(shift):
        for how in (signal.SIGKILL, signal.SIGTERM):
            some_more(shift)
            server.kill(how)
            server.start()
        some_more(shift)

    with served(place, tmp_path) as server:
        shift = work_through(room, server, end_and_begin_anew)

    judge(place, shift, record_property)
    record_property("kills", 2)


def test_f03_a_worker_that_stood_still_until_the_number_went_to_another_changes_nothing_of_theirs(
    place, room, tmp_path, record_property
):
    weak = tmp_path / "weak"

    def stand_still(shift):
        # The first agent's press arrives at a worker that stops; their lease runs out meanwhile.
        some_more(shift, 1)
        weak.write_text("arrival")
        wait_until(lambda: not weak.exists())
        with connected(place) as line, served(place, tmp_path) as other:
            [[number]] = line.execute("SELECT number FROM phones_phone WHERE state = 'held'").fetchall()
            line.execute("UPDATE phones_phone SET expires_at = taken_at WHERE state = 'held'")
            others = {**room, "agents": room["agents"][1:]}
            seconds = work_through(others, other, lambda second: some_more(second, 1), agents=1)
        stuck.append((number, seconds))
        for pid in server.pids():
            os.kill(pid, signal.SIGCONT)
        some_more(shift, 1)

    stuck = []
    options = {"application": DYING, "workers": 1, "variables": {"HWCALL_WEAK_POINT": str(weak)}}
    with served(place, tmp_path, **options) as server:
        work_through(room, server, stand_still, agents=1)

    [(number, seconds)] = stuck
    filed = json.loads(run(place, script=BOOKS))[0]
    assert [row[2] for row in filed].count(number) == 2
    assert [
        key for key, result in seconds.history.results.items() if result.acknowledged and key not in str(filed)
    ] == []
    with connected(place) as line:
        late = line.execute("SELECT number, agent_id FROM callback_call WHERE late").fetchall()
    assert late == [(number, room["agents"][0]["operator"])]
    record_property("kills", 1)


def test_f04_workers_killed_at_any_moment_leave_a_whole_database(place, room, tmp_path, record_property):
    dice, times = random.Random(4), 10

    def kill_at_random(shift):
        for _each in range(times):
            some_more(shift, 3)
            time.sleep(dice.uniform(0, 0.2))
            wait_until(server.pids)
            os.kill(dice.choice(server.pids()), signal.SIGKILL)
        some_more(shift)

    with served(place, tmp_path) as server:
        shift = work_through(room, server, kill_at_random)

    judge(place, shift, record_property)
    record_property("kills", times)
    if connection.vendor == "sqlite":
        with connected(place) as line:
            assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def in_the_database(log: bytes, index: bytes) -> int:
    """How much of SQLite's log is written into the database itself, or has begun to be: that was flushed before.

    The index is laid out as in sqlite.org/walformat.html: 128 bytes from its begin is how many frames that are.
    """
    frames, page = int.from_bytes(index[128:132], sys.byteorder), int.from_bytes(log[8:12])
    return min(32 + frames * (24 + page), len(log)) if frames else 0


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's log; PostgreSQL's own is killed in F06")
def test_f05_a_database_copied_at_any_moment_with_a_log_that_ends_anywhere_is_whole(
    place, room, tmp_path, record_property
):
    dice, copies = random.Random(5), []
    source = Path(place["HWCALL_DATA"], "hwcall.sqlite3")

    def copy_at_random(shift):
        for each in range(6):
            some_more(shift, 5)
            heard = [key for key, result in list(shift.history.results.items()) if result.acknowledged]
            # What stands on the disk at one moment, as the power leaves it.
            pids = server.pids()
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(0.05)
            copy = tmp_path / f"copy-{each}.sqlite3"
            copy.write_bytes(source.read_bytes())
            log = Path(f"{source}-wal").read_bytes()
            flushed = in_the_database(log, Path(f"{source}-shm").read_bytes())
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            copies.append((copy, log, flushed, heard))
        some_more(shift)

    with served(place, tmp_path) as server:
        shift = work_through(room, server, copy_at_random)

    judge(place, shift, record_property)
    for copy, log, flushed, heard in copies:
        for end in (len(log), dice.randint(flushed, len(log)), dice.randint(flushed, len(log))):
            place_of = copy.with_name(f"{copy.stem}-{end}.sqlite3")
            place_of.write_bytes(copy.read_bytes())
            Path(f"{place_of}-wal").write_bytes(log[:end])
            with closing(sqlite3.connect(place_of)) as line:
                assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                filed = {key for (key,) in line.execute("SELECT request_id FROM callback_call")}
                held = "SELECT count(*), count(DISTINCT number) FROM phones_phone WHERE state = 'held'"
                [counts] = line.execute(held).fetchall()
            assert counts[0] == counts[1]
            # All that was acknowledged is in the whole log: each commit is flushed before its answer.
            assert end < len(log) or {key.replace("-", "") for key in heard} <= filed
    record_property("kills", len(copies) * 3)
