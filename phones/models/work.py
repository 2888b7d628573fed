"""Long work: jobs, and the lists under check that they read."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from phones.models.stock import Batch
from phones.querysets import JobQuerySet


class Job(models.Model):
    """Long work, done by the worker process: with progress, cancel, and taken up again when its worker died."""

    class Kind(models.TextChoices):
        CHECK = "check", _("Check of a file")
        IMPORT = "import", _("Import")
        REVERT = "revert", _("Reverting a batch")
        EXPORT = "export", _("Export")
        CALLS = "calls", _("Export of calls")
        LOG = "log", _("Export of the log")
        REQUEUE = "requeue", _("Re-queue")
        DELETE = "delete", _("Deletion")
        RESTORE = "restore", _("Restoring an archive")
        BALANCE = "balance", _("Balance")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    arguments = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    cursor = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # A file under RESULT_DIR, and what a browser shall call it.
    result = models.CharField(max_length=200, blank=True)
    result_name = models.CharField(max_length=200, blank=True)
    # A code of phones.sentences and what the sentence names.
    error = models.CharField(max_length=40, blank=True)
    error_data = models.JSONField(default=dict)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(total=None) | Q(done__lte=F("total")), name="job_does_not_exceed_itself")
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="job_open"),
            models.Index(fields=["by", "created_at"], name="job_by_at"),
        ]

    def __str__(self) -> str:
        return self.title or self.kind

    @property
    def open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)


class Upload(models.Model):
    """A list under check: a file or pasted text that was sent, what reading it found, and the batch that it became."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # What the administrator chose where the guess was wrong: sheet, column.
    choices = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    # What the reader found (phones.reader) and how it compares with the stock (phones.comparison); empty until then.
    reading = models.JSONField(default=dict)
    comparison = models.JSONField(default=dict)
    batch = models.OneToOneField(Batch, models.SET_NULL, null=True, related_name="upload")

    class Meta:
        indexes = [models.Index(fields=["by", "at"], name="upload_by_at")]

    def __str__(self) -> str:
        return self.file_name


class ExportedSpan(models.Model):
    """Some of the numbers that an export has held: their ids from ``first`` to ``last``, packed (phones.exported)."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="spans")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    packed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["first", "last"], name="exported_span_ids")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.first}–{self.last}"


class Archive(models.Model):
    """What a deletion took out of the stock: a file in ARCHIVE_DIR from which all of it can be restored.

    ``count`` numbers stand in it, and ``restored_count`` of them were brought back.
    """

    job = models.OneToOneField(Job, models.PROTECT, related_name="archive")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    words = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    count = models.PositiveBigIntegerField()
    restored_count = models.PositiveBigIntegerField(default=0)
    restored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(restored_count__lte=F("count")), name="archive_restores_what_it_holds")
        ]

    def __str__(self) -> str:
        return self.words or str(self.at)
