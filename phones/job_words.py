"""What the page of a job says: how far it is, how long it takes, and what can be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AuditEntry
from phones import files, job_kinds, jobs
from phones.models import Job, Upload
from phones.querysets import STALE_AFTER
from phones.sentences import sentence

# A living worker takes a job up at once.
PATIENCE = timedelta(seconds=10)
# A file that was made so lately is still awaited by the one who looks.
FRESH = timedelta(minutes=1)
DOWNLOADS_SHOWN = 20
TONES = {Job.State.RUNNING: "accent", Job.State.DONE: "accent", Job.State.FAILED: "danger"}


@dataclass(frozen=True)
class Stage:
    """One step of a job: ``status`` is before, now or after."""

    words: str
    status: str


@dataclass(frozen=True)
class Said:
    """The words of one job at one moment."""

    tone: str
    percent: int | None
    elapsed: str
    rest: str
    stages: list[Stage]
    waiting: str
    failure: str
    cancel_means: str
    kept_until: datetime | None
    fresh: bool
    upload: Upload | None
    foot: str
    facts: str
    query: str
    downloads: list[AuditEntry]


def describe(job: Job, *, now: datetime) -> Said:
    """What the page says of a job. Asks the database only what the job's own state makes interesting."""
    seconds = _elapsed(job, now)
    return Said(
        tone=TONES.get(Job.State(job.state), ""),
        percent=job.done * 100 // job.total if job.total else None,
        elapsed=duration(seconds) if job.started_at else "",
        rest=_rest(job, seconds),
        stages=stages(job),
        waiting=_waiting(job, now) if job.open else "",
        failure=failure(job) if job.state == Job.State.FAILED else "",
        cancel_means=str(job_kinds.of(job).cancel_means),
        kept_until=job.finished_at + files.KEPT if job.result and job.finished_at else None,
        fresh=bool(job.result and job.finished_at and now - job.finished_at < FRESH),
        upload=Upload.objects.filter(job=job).first() if job.kind == Job.Kind.CHECK else None,
        foot=job_kinds.of(job).foot,
        facts=job_kinds.of(job).facts,
        downloads=list(files.downloads(job)[:DOWNLOADS_SHOWN]) if job.kind in files.KINDS else [],
        query="?" + urlencode(job.arguments.get("filter", {}), doseq=True),
    )


def stages(job: Job) -> list[Stage]:
    """The steps of this kind of job, and where it stands among them."""
    steps = job_kinds.of(job).stages
    if job.state == Job.State.DONE:
        return [Stage(str(words), "before") for _code, words in steps]
    here = next((place for place, (code, _words) in enumerate(steps) if code == job.stage), -1)
    status = ["before" if place < here else "now" if place == here else "after" for place in range(len(steps))]
    return [Stage(str(words), each) for (_code, words), each in zip(steps, status, strict=True)]


def failure(job: Job) -> str:
    """Why it failed, as a sentence."""
    if job.error == "export_choice_gone":
        return _("What was chosen is no longer there: a region, a batch or the list of numbers. Choose anew.")
    return str(sentence(job.error, job.error_data))


def duration(seconds: int) -> str:
    """A length of time in the units that matter."""
    minutes, rest = divmod(seconds, 60)
    if minutes >= 60:
        return _("%(hours)s h %(minutes)s min") % {"hours": minutes // 60, "minutes": minutes % 60}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)s s") % {"seconds": rest}


def _elapsed(job: Job, now: datetime) -> int:
    if job.started_at is None:
        return 0
    return max(0, int(((job.finished_at or now) - job.started_at).total_seconds()))


def _rest(job: Job, elapsed: int) -> str:
    """About how long it still takes; nothing where that would be a guess."""
    if job.state != Job.State.RUNNING or not job.total or elapsed < 2 or job.done * 20 < job.total:
        return ""
    return duration(max(1, round(elapsed * (job.total - job.done) / job.done)))


def _waiting(job: Job, now: datetime) -> str:
    silent = job.state == Job.State.RUNNING and job.heartbeat_at and now - job.heartbeat_at > STALE_AFTER
    late = job.state == Job.State.WAITING and now - job.created_at > PATIENCE
    if (late or silent) and not jobs.worker_lives(now=now):
        return _(
            "The worker is not running, so the job waits. The system administrator starts it with ./run, or where"
            " HwCall runs as services, with: manage.py work"
        )
    if silent:
        return _("The worker of this job has fallen silent. Another one takes it up.")
    if job.state == Job.State.WAITING:
        before = Job.objects.open().filter(created_at__lt=job.created_at).count()
        said = ngettext("%(count)s job is before this one.", "%(count)s jobs are before this one.", before)
        return said % {"count": before} if before else ""
    return ""
