"""PostgreSQL that is killed, cut off, full, or has no connection left, while agents work."""

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import psycopg
import pytest
from django.db import connection

from tests import postgres
from tests.faults import rooms
from tests.faults.databases import Database, Line, database, fill
from tests.faults.rooms import FURNISH, asks, served, some_more, wait_until, work_through
from tests.installations import run

pytestmark = [
    pytest.mark.own_database,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="it is about a database server"),
]


@pytest.fixture(scope="module")
def server():
    with database() as server:
        yield server


@pytest.fixture(scope="module")
def furnished_there(server, tmp_path_factory):
    """A room in the server that may be killed: its variables, and what the players know of it."""
    variables = {
        "PATH": os.environ["PATH"],
        "HWCALL_DATA": str(tmp_path_factory.mktemp("there")),
        "DATABASE_URL": server.url,
    }
    run(variables, "migrate", "-v0")
    return variables, json.loads(run(variables, script=FURNISH).splitlines()[-1])


@pytest.fixture
def place(furnished_there):
    return furnished_there[0]


@pytest.fixture
def judge(server, place, record_property):
    """Judges by the calls of this test alone: the room goes on from test to test."""
    with psycopg.connect(server.url) as line:
        earlier = {str(request_id) for (request_id,) in line.execute("SELECT request_id FROM callback_call")}
    return lambda shift: rooms.judge(place, shift, record_property, earlier)


@pytest.fixture
def room(furnished_there):
    return furnished_there[1]


def test_f06_a_database_that_is_killed_and_comes_back_has_lost_nothing(
    server, place, room, tmp_path, judge, record_property
):
    def kill(shift):
        for _each in range(2):
            some_more(shift)
            server.kill()
            time.sleep(0.5)
            assert asks(web.port, "/readyz") == 503
            server.start()
        some_more(shift)

    with served(place, tmp_path) as web:
        shift = work_through(room, web, kill)

    judge(shift)
    record_property("kills", 2)
    assert any("status 503" in what for what in shift.times.oddities)


def test_f12_a_line_to_the_database_that_is_cut_or_swallows_loses_nothing(
    server, place, room, tmp_path, judge, record_property
):
    line = Line(server.url)

    def cut(shift):
        for _each in range(5):
            some_more(shift, 5)
            line.cut()
        for _each in range(2):
            some_more(shift, 5)
            line.swallow()
            time.sleep(1)
            line.cut()
            line.mend()
        some_more(shift)

    try:
        with served(place | {"DATABASE_URL": line.url}, tmp_path) as web:
            shift = work_through(room, web, cut)
    finally:
        line.close()

    judge(shift)
    record_property("kills", 7)


def test_f34_without_a_free_connection_people_are_asked_to_try_again(
    server, place, room, tmp_path, judge, record_property
):
    server.kill(signal.SIGINT)
    server.start("-N", "8")
    hogs = []

    def take_all(shift):
        some_more(shift)
        # Whoever works keeps its connection until it is taken away.
        with psycopg.connect(server.url, autocommit=True) as line:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
            line.execute(f"{others} AND backend_type = 'client backend'")
            with suppress(psycopg.OperationalError):
                while True:
                    hogs.append(psycopg.connect(server.url))
        wait_until(lambda: asks(web.port, "/readyz") == 503)
        wait_until(lambda: any("status 503" in what for what in shift.times.oddities))
        for hog in hogs:
            hog.close()
        some_more(shift)

    try:
        with served(place, tmp_path, workers=1) as web:
            shift = work_through(room, web, take_all)
        judge(shift)
        assert hogs
        assert any("status 503" in what for what in shift.times.oddities)
    finally:
        for hog in hogs:
            hog.close()
        server.kill(signal.SIGINT)
        server.start()


@pytest.fixture
def disk(small_disk, server, tmp_path):
    """A disk of a few megabytes that belongs to the server; nobody but root can make one."""

    def disk(size):
        # What the server may not walk through, it cannot reach.
        place = small_disk(server.data.parent / "small", size)
        os.chown(place, server.owner, -1)
        return place

    return disk


def test_f15_a_full_disk_under_the_data_loses_nothing_and_work_goes_on_when_there_is_room(
    server, disk, place, room, tmp_path, judge, record_property
):
    small = disk("64m")
    (small / "space").mkdir()
    os.chown(small / "space", server.owner, -1)
    administer(
        server, f"CREATE TABLESPACE small LOCATION '{small / 'space'}'", "ALTER DATABASE hwcall SET TABLESPACE small"
    )

    def fill_up(shift):
        some_more(shift)
        ballast = fill(small)
        wait_until(lambda: any("status 5" in what for what in list(shift.times.oddities)))
        ballast.unlink()
        some_more(shift)

    try:
        with served(place, tmp_path) as web:
            shift = work_through(room, web, fill_up)
        judge(shift)
    finally:
        administer(server, "ALTER DATABASE hwcall SET TABLESPACE pg_default", "DROP TABLESPACE small")


def test_f16_a_full_disk_under_the_log_of_the_database_loses_no_acknowledged_call(
    server, disk, place, room, tmp_path, judge, record_property
):
    small, log = disk("80m"), server.data / "pg_wal"
    server.kill(signal.SIGINT)
    move(server, log, small / "wal")
    log.symlink_to(small / "wal")
    server.start()

    def fill_up(shift):
        some_more(shift)
        ballast = fill(small)
        # The next piece of the log finds no room: the server gives up at once, and so does whoever tries to start it.
        with suppress(psycopg.Error), psycopg.connect(server.url, autocommit=True) as line:
            for _each in range(8):
                line.execute("CREATE TABLE IF NOT EXISTS heavy AS SELECT generate_series(1, 200000)")
                line.execute("DROP TABLE heavy")
                line.execute("SELECT pg_switch_wal()")
        wait_until(lambda: asks(web.port, "/readyz") != 200)
        ballast.unlink()
        if not server.is_there():
            with suppress(FileNotFoundError, ProcessLookupError, AssertionError):
                server.kill()
            server.start()
        some_more(shift)

    try:
        with served(place, tmp_path) as web:
            shift = work_through(room, web, fill_up)
        judge(shift)
        record_property("kills", 1)
    finally:
        server.kill(signal.SIGINT)
        log.unlink()
        move(server, small / "wal", log)
        server.start()


def test_f32_a_database_is_restored_to_a_moment_and_has_all_until_then_and_nothing_after(
    server, place, room, tmp_path, judge
):
    """By PostgreSQL's own means, as an office would set them up: a base backup, and the log that is kept."""
    kept, base = server.data.parent / "kept", server.data.parent / "base"
    kept.mkdir()
    os.chown(kept, server.owner, -1)
    server.kill(signal.SIGINT)
    server.start("-carchive_mode=on", "-cwal_level=replica", f"-carchive_command=cp %p {kept}/%f")
    where = psycopg.conninfo.conninfo_to_dict(server.url)
    backup = [postgres.find_programs() / "pg_basebackup", "-h", where["host"], "-p", where["port"], "-U", where["user"]]
    subprocess.run([*backup, "-D", base, "-X", "stream", "-c", "fast"], check=True, capture_output=True)

    with served(place, tmp_path) as web:
        until = work_through(room, web, some_more)
        with psycopg.connect(server.url, autocommit=True) as line:
            moment = line.execute("SELECT clock_timestamp()").fetchone()[0].isoformat()
        after = work_through(room, web, some_more)
    with psycopg.connect(server.url, autocommit=True) as line:
        line.execute("SELECT pg_switch_wal()")
        wait_until(lambda: line.execute("SELECT archived_count FROM pg_stat_archiver").fetchone()[0] >= 1)

    (base / "recovery.signal").touch()
    for path in [base, *base.rglob("*")]:
        os.chown(path, server.owner, -1)
    port = str(postgres.free_port())
    command = [
        str(base) if word == str(server.data) else port if word == where["port"] else word for word in server.command
    ]
    restored = Database(server.url.replace(f":{where['port']}/", f":{port}/"), base, command, server.owner)
    restored.start(
        f"-crestore_command=cp {kept}/%f %p", f"-crecovery_target_time={moment}", "-crecovery_target_action=promote"
    )
    try:
        with psycopg.connect(restored.url) as line:
            filed = {str(request_id) for (request_id,) in line.execute("SELECT request_id FROM callback_call")}
        run(place | {"DATABASE_URL": restored.url}, "verify")
    finally:
        restored.kill(signal.SIGINT)
        server.kill(signal.SIGINT)
        server.start()
    assert {key for key, result in until.history.results.items() if result.acknowledged} <= filed
    assert set(after.history.results) & filed == set()


def administer(server, *statements):
    with psycopg.connect(server.url.rpartition("/")[0] + "/postgres", autocommit=True) as line:
        for statement in statements:
            line.execute(statement)


def move(server, source, target):
    """To another disk, where it still belongs to the server."""
    shutil.move(source, target)
    for path in [target, *target.rglob("*")]:
        os.chown(path, server.owner, -1)
