"""A worker process killed in the middle of a re-queue, a deletion or a restore: nothing is lost and nothing doubled."""

import json
import time
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.installations import connected, installation, run
from tests.phones.test_imports_killed import SILENCE, start

pytestmark = pytest.mark.own_database

HOW_MANY = 20_000
CALLED = 12_000
PREPARE = f"""
from uuid import uuid4
from django.utils import timezone
from accounts.models import User
from callback.models import Call
from config.furnish import furnish
from config.models import BusinessType, Carrier, Region
from phones.models import Batch, Phone, PLACES_A_BATCH
furnish()
by = User.objects.create(username="boss", name="boss", role="administrator")
carrier, region, now = Carrier.objects.first(), Region.objects.first(), timezone.now()
batch = Batch.objects.create(name="a", kind="pending", state="ready", carrier=carrier, region=region, by=by,
    entry_count={HOW_MANY}, new_count={HOW_MANY})
refused = BusinessType.objects.get(code=28)
result = dict(state="classified", type=refused, agent=by, classified_at=now, taken_at=now, note="n")
Phone.objects.bulk_create(Phone(number=f"1980{{n:07}}", batch=batch, carrier=carrier, region=region,
    place=batch.pk * PLACES_A_BATCH + n, **(result if n < {CALLED} else {{}})) for n in range({HOW_MANY}))
Call.objects.bulk_create((Call(request_id=uuid4(), token=uuid4(), phone=phone, number=phone.number, batch=batch,
    carrier=carrier, region=region, agent=by, type=refused, standing_type=refused, taken_at=now, filed_at=now,
    day=now.date()) for phone in Phone.objects.classified()), batch_size=1000)
"""
ASK = f"""
from uuid import uuid4
from django.utils import timezone
from accounts.models import User
from callback import maintenance
from phones import worker
from phones.filters import PhoneFilter
from phones.models import Archive, Job
by, now = User.objects.get(), timezone.now()
def ask(kind, count):
    chosen = PhoneFilter({{}}, user=by)
    assert chosen.is_valid()
    maintenance.change_numbers(kind=kind, chosen=chosen, count=count, reason="r", request_id=uuid4(), by=by, now=now)
KIND = "JOB"
if KIND == "requeue":
    ask(Job.Kind.REQUEUE, {CALLED})
else:
    ask(Job.Kind.DELETE, {HOW_MANY})
if KIND == "restore":
    worker.step()
    maintenance.restore(archive=Archive.objects.get(), reason="r", request_id=uuid4(), by=by, now=now)
"""
REPORT = """
import hashlib, json
from collections import Counter
from accounts.models import AuditEntry
from callback import archives
from callback.models import Call
from phones.models import Archive, Batch, Event, Job, Phone
digest = hashlib.sha256(repr(list(Phone.objects.order_by("pk").values_list())).encode()).hexdigest()
held = [row["number"] for archive in Archive.objects.all()
    for rows in archives.read(archives.verify(archive), 5000) for row in rows]
batch = Batch.objects.get()
job = Job.objects.order_by("created_at", "pk").last()
print(json.dumps({
    "digest": digest, "states": Phone.objects.states(), "job": Job.objects.order_by("-started_at").first().state,
    "archived": len(held), "distinct": len(set(held)), "ties": batch.new_count == Phone.objects.count()
    + batch.deleted_count, "calls": Call.objects.count(), "orphans": Call.objects.filter(phone=None).count(),
    "events": Counter(Event.objects.values_list("kind", flat=True)),
    "twice": Event.objects.count() - len(set(Event.objects.values_list("kind", "number"))),
    "record": list(AuditEntry.objects.filter(action__startswith="numbers.").order_by("pk").values_list("action",
    "count"))}))
"""
LOOK = "SELECT state, attempts, cursor FROM phones_job WHERE kind = '{kind}'"
CLASSIFIED, PENDING = {"classified": CALLED, "pending": HOW_MANY - CALLED}, {"pending": HOW_MANY}
# What stands in the end, by the kind of job: states, events, and the calls that lead to no number.
EXPECTED = {
    "requeue": (PENDING, {"requeue": CALLED}, 0, [["numbers.requeue", CALLED]]),
    "delete": ({}, {"delete": HOW_MANY}, CALLED, [["numbers.delete", HOW_MANY]]),
    "restore": (
        CLASSIFIED, {"delete": HOW_MANY, "restore": HOW_MANY}, 0,
        [["numbers.delete", HOW_MANY], ["numbers.restore", HOW_MANY]],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def room(migrated, tmp_path_factory):
    """The variables of a system with numbers and calls."""
    with installation(tmp_path_factory.mktemp("room"), like=migrated) as variables:
        run(variables, script=PREPARE)
        yield variables


@pytest.fixture(scope="module")
def asked(room, tmp_path_factory):
    """``asked("delete")``: the variables of the room in which a deletion waits for a worker; made once a kind."""
    with ExitStack() as systems:

        @cache
        def asked(kind):
            variables = systems.enter_context(installation(tmp_path_factory.mktemp(kind), like=room))
            run(variables, script=ASK.replace("JOB", kind))
            return variables

        yield asked


@pytest.fixture
def waiting(asked, kind, tmp_path):
    """The variables of such a room of the test's own."""
    with installation(tmp_path / "waiting", like=asked(kind)) as variables:
        yield variables


def look(line, variables, kind):
    """The job as another program sees it, and how long the archive is; quick, since the moment counts."""
    [(state, attempts, cursor)] = line.execute(LOOK.format(kind=kind)).fetchall()
    cursor = cursor if isinstance(cursor, dict) else json.loads(cursor)
    length = sum(path.stat().st_size for path in Path(variables["HWCALL_DATA"], "archives").glob("*"))
    return {"state": state, "attempts": attempts, "length": length, "cursor": cursor}


# The moments: as soon as it is begun; when so many are done; when the archive is ahead of what was committed.
BEGUN = lambda seen: True  # noqa: E731
AHEAD = lambda seen: seen["length"] > seen["cursor"].get("length", 0)  # noqa: E731


def after(done):
    return lambda seen: seen["cursor"].get("done", 0) >= done


@contextmanager
def working(variables):
    """A worker, which is gone in the end whatever happens to the test."""
    worker = start(variables)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def wait_until(variables, kind, worker, true):
    deadline = time.monotonic() + 400
    with connected(variables) as line:
        while not true(look(line, variables, kind)) and time.monotonic() < deadline:
            assert worker.poll() is None
            time.sleep(0.003)


def kill_when(variables, kind, moment, *, attempt):
    """Start a worker and kill it at a moment; whether that came in time."""
    with working(variables) as worker:
        wait_until(variables, kind, worker, lambda seen: ended(seen) or (seen["attempts"] == attempt and moment(seen)))
    with connected(variables) as line:
        in_time = look(line, variables, kind)["state"] == "running"
        line.execute(SILENCE)
    return in_time


def ended(seen):
    return seen["state"] in ("done", "failed")


def finish(variables, kind):
    with working(variables) as worker:
        wait_until(variables, kind, worker, ended)
    return json.loads(run(variables, script=REPORT))


@pytest.mark.parametrize(
    ("kind", "moments"),
    [
        ("requeue", (BEGUN, after(5_000))),
        ("requeue", (after(5_000), after(10_000))),
        ("delete", (BEGUN, AHEAD)),
        ("delete", (AHEAD, after(10_000))),
        ("delete", (after(10_000), AHEAD)),
        ("restore", (BEGUN, after(5_000))),
        ("restore", (after(5_000), after(15_000))),
    ],
)
def test_killed_twice_it_is_whole_in_the_end_and_counted_once(waiting, kind, moments):
    kills = 0
    for moment in moments:
        kills += kill_when(waiting, kind, moment, attempt=kills + 1)
    found = finish(waiting, kind)

    states, events, orphans, record = EXPECTED[kind]
    assert kills == 2, "no kill came in time"
    assert (found["job"], found["states"], found["events"]) == ("done", states, events)
    assert (found["calls"], found["orphans"], found["twice"]) == (CALLED, orphans, 0)
    assert found["archived"] == found["distinct"] == (0 if kind == "requeue" else HOW_MANY)
    assert found["ties"]
    assert found["record"] == record


@pytest.mark.parametrize("kind", ["delete"])
def test_a_deletion_killed_three_times_is_put_back_row_by_row(waiting, kind):
    before = json.loads(run(waiting, script=REPORT))

    for attempt, moment in enumerate((after(5_000), AHEAD, after(10_000)), start=1):
        assert kill_when(waiting, kind, moment, attempt=attempt)
    # And once more, while it is put back.
    assert kill_when(waiting, kind, lambda seen: seen["cursor"].get("undone", 0) >= 5_000, attempt=4)
    found = finish(waiting, kind)

    assert (found["job"], found["archived"]) == ("failed", 0)
    assert (found["digest"], found["states"]) == (before["digest"], CLASSIFIED)
    assert (found["orphans"], found["twice"], found["ties"]) == (0, 0, True)
    assert found["events"]["delete"] == found["events"]["restore"] >= 10_000
    assert found["record"] == [
        ["numbers.delete", found["events"]["delete"]],
        ["numbers.restore", found["events"]["delete"]],
    ]
