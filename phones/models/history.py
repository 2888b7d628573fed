"""What happened to numbers besides being taken and classified."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from phones.models.stock import Batch, Phone
from phones.models.work import Job


class Event(models.Model):
    """What happened to a number besides being taken and classified: how a hold ended, or what an administrator did.

    A line is added and never changed; only the number that it points at may go (the text of it stays).
    """

    class Kind(models.TextChoices):
        SKIP = "skip", _("Skipped")
        PAUSE = "pause", _("Paused")
        LEASE_END = "lease_end", _("Lease ended")
        FREE = "free", _("Freed by an administrator")
        RECALL = "recall", _("Recalled")
        UNDO = "undo", _("Taken back")
        DISPLACED = "displaced", _("Made way for a number taken back")
        LIFT = "lift", _("Exclusion lifted")
        REVERT = "revert", _("Batch reverted")
        REQUEUE = "requeue", _("Re-queued")
        DELETE = "delete", _("Deleted")
        RESTORE = "restore", _("Restored")

    kind = models.CharField(max_length=12, choices=Kind)
    phone = models.ForeignKey(Phone, models.SET_NULL, null=True, related_name="events")
    number = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    # The hold that ended: whose it was, since when, and its token, by which a late result proves whose it is.
    agent = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    token = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    # The exclusion list that recalled it or whose word no longer stands, or the import that was taken back.
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+")
    # The revert, re-queue, deletion or restore that it was part of.
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token"], condition=~Q(token=None), name="hold_ends_once"),
        ]
        indexes = [
            models.Index(fields=["agent", "at"], name="event_agent_at"),
            # A number that was deleted still has its history, and finds it again when it is restored.
            models.Index(fields=["number"], condition=Q(phone=None), name="event_of_deleted_number"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
