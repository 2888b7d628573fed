"""What a running server gives away, writes down and stands: files, logs, slow clients, full disks, hostile lists."""

import json
import re
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from hwcall.processes import die_with_parent
from tests.faults.databases import fill
from tests.faults.rooms import asks, judge, served, some_more, told, wait_until, work_through
from tests.installations import ROOT, connected, installation
from tests.phones import files

pytestmark = pytest.mark.own_database

HIDDEN = [
    *("/db.sqlite3", "/hwcall.sqlite3", "/data/hwcall.sqlite3", "/hwcall.sqlite3-wal", "/hwcall.sqlite3-shm"),
    *("/secret_key", "/data/secret_key", "/uploads/", "/results/", "/archives/", "/backups/", "/server.log"),
    *("/.git/config", "/.git/HEAD", "/.env", "/manage.py", "/hwcall/settings.py", "/requirements.txt"),
    *(
        "/static/../hwcall/settings.py",
        "/static/%2e%2e/manage.py",
        "/static/..%2f..%2fmanage.py",
        "/static//etc/passwd",
    ),
    *("/static/....//manage.py", "/pictures/../../manage.py", "/static/%00", "//etc/passwd", "/admin/", "/__debug__/"),
]
NUMBER = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def test_b43_nothing_but_pages_has_an_address(place, room, tmp_path, record_property):
    Path(place["HWCALL_DATA"], "uploads").mkdir(exist_ok=True)
    with served(place, tmp_path) as server:
        statuses = {path: asks(server.port, path) for path in HIDDEN}
        inside = {path: answer.status for path, answer in zip(
            HIDDEN, told(room["office"][0], server.port, *[(path,) for path in HIDDEN]), strict=True
        )}  # fmt: skip

    record_property("inputs", len(HIDDEN) * 2)
    # A stranger is sent to the login page for what is no address, as for all that is none of theirs.
    assert {path for path, status in statuses.items() if status not in {302, 404, 400}} == set()
    assert {path for path, status in inside.items() if status not in {404, 400, 301}} == set()


def test_b27_no_log_holds_a_number(place, room, tmp_path):
    with connected(place) as line:
        [[number]] = line.execute("SELECT number FROM phones_phone ORDER BY id LIMIT 1").fetchall()
    hostile = f'/nowhere/%0d%0a%1b[31m{number}"}}'
    with served(place, tmp_path) as server:
        work_through(room, server, lambda shift: some_more(shift, 5))
        told(
            room["office"][0],
            server.port,
            ("/lookup/", {"number": number}),
            ("/audit/", {"object": number}),
            (hostile,),
            ("/login/", {"username": f'{number}\r\n{{"level": "ERROR"}}\x1b[2J', "password": number}),
        )
        log = server.log.read_text(errors="replace")

    with connected(place) as line:
        entries = str(line.execute("SELECT object, data FROM accounts_auditentry").fetchall())
    assert not NUMBER.search(log)
    assert not NUMBER.search(entries)


def test_b39_what_people_send_stays_inside_its_line_of_the_log(place, room, tmp_path):
    """A site whose pages fail writes down what was asked for."""
    with served(place, tmp_path) as server:
        with connected(place) as line:
            line.execute("ALTER TABLE config_room RENAME TO config_gone")
        with closing(socket.create_connection(("127.0.0.1", server.port))) as raw:
            raw.sendall(
                b"GET /sheet/%0d%0a{%22level%22:%22forged%22}/%1b[2J HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            raw.recv(100)
        asks(server.port, "/login/")
        with connected(place) as line:
            line.execute("ALTER TABLE config_gone RENAME TO config_room")
        log = server.log.read_text()

    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert events
    assert "forged" not in {event["level"] for event in events}
    assert not any(ord(sign) < 32 and sign != "\n" for sign in log)


def test_b28_fifty_clients_that_send_slowly_keep_nobody_from_working(place, room, tmp_path, record_property):
    def be_slow(shift):
        some_more(shift)
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _each in range(50)]
        for at, each in enumerate(slow):
            head = b"POST /login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nusername="
            each.sendall(head if at % 2 else b"GET /login/ HTTP/1.1\r\nX-Slow: ")
        some_more(shift, 20)
        for each in slow:
            each.close()

    # As many threads as ./run gives two workers.
    with served(place, tmp_path, threads=32) as server:
        shift = work_through(room, server, be_slow, agents=3)

    judge(place, shift, record_property)
    record_property("inputs", 50)


def test_b46_a_far_cell_kills_only_the_reader(place, room, tmp_path):
    """The list that made its reader ask for 512 GiB, sent to a running site whose workers go on as they are."""
    with served(place, tmp_path) as server:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "work"], cwd=ROOT, env=server.variables, preexec_fn=die_with_parent()
        )
        try:
            before = server.pids()
            sent = [told(room["office"][0], server.port, ("/phones/import/", {}, content()))[0]
                    for content in (files.far_cell, files.hidden_far_cell, files.repeated_cells)]  # fmt: skip
            with connected(place) as line:
                states = "SELECT state FROM phones_job WHERE kind = 'check'"
                wait_until(lambda: [row[0] for row in line.execute(states).fetchall()].count("failed") == 3)
            pages = [told(room["office"][0], server.port, (each.location,))[0] for each in sent]
            alive = worker.poll() is None
            after = server.pids()
        finally:
            worker.kill()
            worker.wait()

    assert [each.status for each in sent] == [302] * 3
    assert [page.status for page in pages] == [200] * 3
    assert "1048576" in pages[0].body.decode().replace(",", "")
    assert after == before
    assert alive


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's disk; PostgreSQL's are filled in F15 and F16")
def test_f14_a_full_disk_under_sqlite_loses_nothing_and_work_goes_on_when_there_is_room(
    furnished, room, small_disk, tmp_path, record_property
):
    small = small_disk(tmp_path / "small", "24m")

    def fill_up(shift):
        some_more(shift)
        ballast = fill(small)
        wait_until(lambda: any("status 5" in what for what in list(shift.times.oddities)))
        reads.append(told(room["office"][0], server.port, ("/phones/batches/",))[0].status)
        ballast.unlink()
        some_more(shift)

    reads = []
    with installation(small / "place", like=furnished[0]) as place:
        with served(place, tmp_path) as server:
            shift = work_through(room, server, fill_up)
        judge(place, shift, record_property)
        with connected(place) as line:
            assert line.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert reads == [200]


def test_f17_a_full_disk_for_uploads_and_a_full_log_keep_nobody_from_calling(
    place, room, small_disk, tmp_path, record_property
):
    uploads = small_disk(Path(place["HWCALL_DATA"], "uploads"), "64k")
    temporary = small_disk(tmp_path / "temporary", "64k")

    def fill_up(shift):
        some_more(shift)
        fill(uploads)
        fill(temporary)
        big = b"19900000001\n" * 400_000
        answers.append(told(room["office"][0], server.port, ("/phones/import/", {}, big))[0])
        some_more(shift)

    answers = []
    options = {"log": Path("/dev/full"), "variables": {"TMPDIR": str(temporary)}}
    with served(place, tmp_path, **options) as server:
        shift = work_through(room, server, fill_up)

    judge(place, shift, record_property)
    [answer] = answers
    assert answer.status in {413, 422, 507}
    assert "HwCall" in answer.body.decode()
    assert [path.name for path in uploads.iterdir() if path.name not in {"ballast", "turn.lock"}] == []
