"""The load proof finds what it is there to find, and a small room passes it."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from hwcall.bench import place, room
from hwcall.bench.history import Filed, History
from hwcall.bench.office import lists
from hwcall.bench.times import Times
from tests.installations import ROOT, address

SMALL = ["--agents=4", "--seconds=9", "--pause=1", "--poll=0.4", "--cuts=30", "--logins=1", "--rows=400", "--seed=3"]


def server() -> str:
    """The database that the suite runs on, as the command is told of it."""
    return place.SQLITE if connection.vendor == "sqlite" else address("postgres")


def databases() -> set[str]:
    if connection.vendor == "sqlite":
        return set()
    with psycopg.connect(server().replace("postgres:", "postgresql:", 1)) as line:
        return {name for (name,) in line.execute("SELECT datname FROM pg_database WHERE datname LIKE 'hwcall_bench_%'")}


@pytest.mark.own_database
def test_f12_a_small_room_loses_nothing_though_its_lines_are_cut(tmp_path):
    data, result = tmp_path / "data", tmp_path / "found.json"
    data.mkdir()
    before = databases()

    done = subprocess.run(
        [sys.executable, "manage.py", "bench", *SMALL, f"--database={server()}", f"--json={result}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HWCALL_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(result.read_text())
    verdict = found["verdict"]
    assert (verdict["doubled"], verdict["lost"], verdict["unknown"], found["balances"]) == ([], [], [], True)
    assert verdict["acknowledged"] > 4
    assert any(what.startswith("killed") for what in found["oddities"])
    assert not [what for what in found["oddities"] if "status 5" in what], found["log"]
    assert "the books balance" in done.stdout
    assert not list(data.glob("bench-*"))
    assert databases() == before


@pytest.mark.django_db
def test_no_load_is_played_where_somebody_works(make_agent):
    make_agent("小李")

    with pytest.raises(room.NotEmpty):
        room.furnish(agents=1, logins=0, stock=1, seed=1, password="egal")


def test_the_real_database_is_not_among_the_variables_of_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@somewhere/real")
    monkeypatch.setenv("HWCALL_HTTPS", "true")

    with place.made(place.SQLITE, tmp_path) as variables:
        folder = Path(variables["HWCALL_DATA"])
        assert not {"DATABASE_URL", "HWCALL_HTTPS"} & set(variables)
        assert folder.parent == tmp_path

    assert not folder.exists()


def filed_like(result) -> Filed:
    hold = result.hold
    return Filed(result.request_id, hold.token, hold.number, hold.agent, result.code)


def heard(history: History, number: str, *, agent: int = 1, since: float = 0, until: float = 1, code: int = 11):
    """A number that an agent saw, and whose result was acknowledged."""
    result = history.sent(str(uuid4()), history.shown(str(uuid4()), number, agent, since), code)
    history.acknowledged(result, until)
    return result


def test_i3_an_acknowledged_result_that_is_not_in_the_log_is_lost():
    history = History()
    kept, gone = heard(history, "13800138000"), heard(history, "13800138001")

    verdict = history.compare([filed_like(kept)])

    assert verdict.lost == [gone.request_id]
    assert not verdict.clean


@pytest.mark.parametrize("change", [{"number": "13900139000"}, {"agent": 2}, {"code": 12}, {"token": str(uuid4())}])
def test_a_result_that_is_filed_otherwise_than_it_was_sent_is_lost(change):
    history = History()
    result = heard(history, "13800138000")

    verdict = history.compare([filed_like(result)._replace(**change)])

    assert verdict.lost == [result.request_id]


def test_a_call_that_nobody_sent_is_unknown():
    history = History()
    call = Filed(str(uuid4()), str(uuid4()), "13800138000", 1, 11)

    assert history.compare([call]).unknown == [call.request_id]


def test_i4_a_result_that_was_never_acknowledged_may_be_filed_or_not():
    history = History()
    results = [history.sent(str(uuid4()), history.shown(str(uuid4()), number, 1, 0), 11) for number in ("1", "2")]

    verdict = history.compare([filed_like(results[0])])

    assert verdict.clean
    assert (verdict.unacknowledged, verdict.filed_unheard) == (2, 1)


def test_i1_a_number_on_two_sheets_at_once_is_doubled():
    history = History()
    heard(history, "13800138000", agent=1, since=0, until=10)
    heard(history, "13800138000", agent=2, since=9, until=20)
    heard(history, "13800138001", agent=1, since=11, until=12)

    assert history.doubled() == ["13800138000"]


def test_a_number_that_comes_back_later_is_not_doubled():
    history = History()
    heard(history, "13800138000", agent=1, since=0, until=10)
    heard(history, "13800138000", agent=2, since=10, until=20)

    assert not history.doubled()


def test_a_number_seen_again_is_the_same_hold():
    history = History()
    first = history.shown("token", "13800138000", 1, 5)

    assert history.shown("token", "13800138000", 1, 9) is first
    assert first.since == 5


def test_the_numbers_of_a_seed_are_mobiles_and_none_comes_twice():
    made = [*room.numbers(5000, seed=7), *room.numbers(5000, seed=7, start=5000)]

    assert len(set(made)) == 10_000
    assert all(len(number) == 11 and "13" <= number[:2] <= "19" for number in made)


def test_each_list_that_comes_in_repeats_a_tenth_and_goes_on():
    first, second = (body.decode().split("\r\n")[1:] for body in islice(lists(100, seed=7, start=1000), 2))
    stock = list(room.numbers(1000, seed=7))

    assert len(set(stock) & set(first)) == 10
    assert len(set(first) & set(second)) == 10
    assert not set(stock) & set(second)


def test_a_percentile_is_a_time_that_was_taken():
    times = Times()
    for milliseconds in range(1, 101):
        times.add("classify", milliseconds / 1000)

    summary = times.summary("classify", [""])

    assert (summary.count, summary.p50, summary.p99, summary.longest) == (100, 50, 99, 100)
    assert times.summary("take", [""]) is None
