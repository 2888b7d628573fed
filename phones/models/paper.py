"""Numbers on paper: a printed sheet of numbers, and its lines."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from config.models import Carrier


class PaperSheet(models.Model):
    """A printed sheet of numbers that an agent calls without a computer; its numbers are held by the paper."""

    # The request that took it: sent again, it finds this sheet and takes no numbers again.
    request_id = models.UUIDField()
    agent = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    # What is not keyed in by then goes back to the queue.
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request_id"], name="request_takes_one_paper_sheet")]
        indexes = [models.Index(fields=["agent", "at"], name="paper_sheet_agent_at")]

    def __str__(self) -> str:
        return str(self.pk)


class PaperLine(models.Model):
    """One number on a printed sheet. Its token is that of the hold, by which its result is known."""

    sheet = models.ForeignKey(PaperSheet, models.PROTECT, related_name="lines", db_index=False)
    line = models.PositiveSmallIntegerField()
    phone = models.ForeignKey("phones.Phone", models.SET_NULL, null=True, related_name="+")
    number = models.CharField(max_length=16)
    token = models.UUIDField()
    # Who typed the result in, and when; the call itself is the agent's.
    keyed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    keyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "line"], name="lines_of_a_paper_sheet_are_counted"),
            models.UniqueConstraint(fields=["token"], name="paper_line_is_one_hold"),
            models.CheckConstraint(
                condition=Q(keyed_by=None, keyed_at=None) | Q(keyed_by__isnull=False, keyed_at__isnull=False),
                name="paper_line_is_keyed_by_somebody_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id}.{self.line}"
