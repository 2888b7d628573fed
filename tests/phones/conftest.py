"""Lists that come in: sent, checked, imported, each in one word."""

import threading

import pytest
from django.utils import timezone

from config.models import Region
from phones import actions, job_kinds, jobs, uploads
from phones.models import Batch, Job, Upload


@pytest.fixture
def upload_dir(settings, tmp_path):
    """A folder of the test's own for what is sent in."""
    settings.UPLOAD_DIR = settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def work():
    """Let a worker do all jobs that wait, as the worker process does."""

    def work() -> None:
        while (job := jobs.take(now=timezone.now())) is not None:
            kind = job_kinds.of(job)
            jobs.perform(job, kind.run, kind.undo, threading.Event())

    return work


@pytest.fixture
def send(upload_dir, make_administrator, now):
    """``send("19900000001", …)`` uploads a list of these lines, which is not checked yet."""

    def send(*lines: str, name: str = "名单.txt", by=None, at=None) -> Upload:
        by = by or make_administrator()
        return uploads.receive_text(by=by, text="\n".join(lines), name=name, now=at or now)

    return send


@pytest.fixture
def check(send, work):
    """Upload a list and have it checked."""

    def check(*lines: str, **options) -> Upload:
        upload = send(*lines, **options)
        work()
        return Upload.objects.get(pk=upload.pk)

    return check


@pytest.fixture
def confirm(carrier, region, now):
    """Confirm a checked list; its job waits for a worker."""

    def confirm(upload: Upload, kind: str = Batch.Kind.PENDING, **options) -> Job:
        chosen = {"carrier": carrier, "region": region, "name": "泰山移动", **options}
        return actions.confirm(upload=upload, by=upload.by, kind=Batch.Kind(kind), now=now, **chosen)

    return confirm


@pytest.fixture
def bring_in(check, confirm, work):
    """Upload, check and import a list; returns its batch."""

    def bring_in(*lines: str, kind: str = Batch.Kind.PENDING, **options) -> Batch:
        job = confirm(check(*lines), kind, **options)
        work()
        job.refresh_from_db()
        assert job.state == Job.State.DONE, (job.error, job.error_data)
        return Batch.objects.get(pk=job.cursor["batch"])

    return bring_in


@pytest.fixture
def exclude(bring_in):
    """Import a list as excluded."""
    return lambda *lines, **options: bring_in(*lines, kind=Batch.Kind.EXCLUDED, **options)


@pytest.fixture
def revert(work, now):
    """Ask for a batch to be taken back, and have it done; returns the job."""

    def revert(batch: Batch, *, by=None, reason: str = "导错了") -> Job:
        job = actions.revert(batch=batch, by=by or batch.by, reason=reason, now=now)
        work()
        job.refresh_from_db()
        return job

    return revert


@pytest.fixture
def other_region(room) -> Region:
    return Region.objects.in_order()[1]


@pytest.fixture
def interrupt(monkeypatch):
    """Let the progress of a handler raise at its n-th word; a cancel stays, and raises at every later one too."""

    def interrupt(error, at):
        told = []
        tell = jobs.Progress.tell

        def counting(self, **fields):
            told.append(fields)
            if len(told) == at and error is jobs.Cancelled:
                self._why = error
            elif len(told) == at:
                raise error
            tell(self, **fields)

        monkeypatch.setattr(jobs.Progress, "tell", counting)
        return told

    return interrupt
