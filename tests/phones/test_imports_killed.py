"""A worker process killed in the middle of an import: another one completes it, and every number counts once."""

import json
import subprocess
import sys
import time

import pytest

from tests.installations import ROOT, connected, installation, run

pytestmark = pytest.mark.own_database

HOW_MANY = 50_000
PREPARE = f"""
from config.furnish import furnish
from config.models import Carrier, Region
from accounts.models import User
from django.utils import timezone
from phones import uploads, worker
from phones.models import Batch, Phone, PLACES_A_BATCH
furnish()
by = User.objects.create(username="boss", name="boss", role="administrator")
carrier, region = Carrier.objects.first(), Region.objects.first()
earlier = Batch.objects.create(name="earlier", kind="pending", state="ready", carrier=carrier, region=region, by=by,
    entry_count=100, new_count=100)
Phone.objects.bulk_create(Phone(number=f"1980{{n:07}}", batch=earlier, carrier=carrier, region=region,
    place=earlier.pk * PLACES_A_BATCH + n) for n in range(100))
text = "\\n".join(f"1980{{n:07}}" for n in range({HOW_MANY}))
uploads.receive_text(by=by, text=text, name="a.txt", now=timezone.now())
while worker.step():
    pass
"""
CONFIRM = """
from django.utils import timezone
from config.models import Carrier, Region
from phones import actions
from phones.models import Batch, Upload
upload, carrier, region = Upload.objects.get(), Carrier.objects.first(), Region.objects.first()
actions.confirm(upload=upload, by=upload.by, kind=Batch.Kind("KIND"), carrier=carrier, region=region, name="a",
    now=timezone.now())
"""
# The killed worker's silence would last 30 seconds.
SILENCE = "UPDATE phones_job SET heartbeat_at = NULL WHERE state = 'running'"
REPORT = """
import json
from phones.models import Batch, Exclusion, Job, Phone
job = Job.objects.get(kind="import")
batch = Batch.objects.get(name="a", state="ready")
print(json.dumps({"job": job.state, "attempts": job.attempts, "phones": Phone.objects.count(),
    "of_batch": batch.phones.count(), "new": batch.new_count, "known": batch.known_counts,
    "ties": batch.entries_tie_out, "states": Phone.objects.states(), "exclusions": Exclusion.objects.count(),
    "open": Batch.objects.filter(state="loading").count(), "places": batch.phones.values("place").distinct().count()}))
"""


def start(variables):
    return subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)


LOOK = "SELECT state, attempts FROM phones_job WHERE kind = 'import'"


@pytest.fixture(scope="module")
def checked(migrated, tmp_path_factory):
    """The variables of a system with a list that was checked."""
    with installation(tmp_path_factory.mktemp("checked"), like=migrated) as variables:
        run(variables, script=PREPARE)
        yield variables


@pytest.fixture
def waiting(checked, kind, tmp_path):
    """The variables of such a system of the test's own, in which the list's import waits for a worker."""
    with installation(tmp_path / "waiting", like=checked) as variables:
        run(variables, script=CONFIRM.replace("KIND", kind))
        yield variables


def wait_until(variables, worker, true):
    """Wait until something is true of the import's state and attempts; quick, since the moment counts."""
    deadline = time.monotonic() + 400
    with connected(variables) as line:
        while not true(*line.execute(LOOK).fetchall()[0]) and time.monotonic() < deadline:
            assert worker.poll() is None
            time.sleep(0.005)


@pytest.mark.parametrize("moments", [(0.0, 0.2), (0.4, 0.7)])
@pytest.mark.parametrize("kind", ["pending", "excluded"])
def test_killed_at_several_points_it_is_whole_in_the_end_and_counted_once(waiting, kind, moments):
    kills = 0
    for moment in moments:
        worker = start(waiting)
        wait_until(waiting, worker, lambda state, attempts, kills=kills: attempts > kills or state == "done")
        time.sleep(moment)
        worker.kill()
        worker.wait()
        with connected(waiting) as line:
            if line.execute(LOOK).fetchall()[0][0] == "running":
                kills += 1
                line.execute(SILENCE)
    worker = start(waiting)
    wait_until(waiting, worker, lambda state, attempts: state in ("done", "failed"))
    worker.terminate()
    worker.wait()
    found = json.loads(run(waiting, script=REPORT))

    assert kills or min(moments) > 0, "no kill came in time"
    assert found["attempts"] == kills + 1
    expected = {"pending": HOW_MANY} if kind == "pending" else {"excluded": HOW_MANY}
    assert found["job"] == "done"
    assert (found["phones"], found["of_batch"], found["new"]) == (HOW_MANY, HOW_MANY - 100, HOW_MANY - 100)
    assert (found["known"], found["states"]) == ({"pending": 100}, expected)
    assert (found["ties"], found["open"], found["places"]) == (True, 0, HOW_MANY - 100)
    assert found["exclusions"] == (HOW_MANY if kind == "excluded" else 0)
