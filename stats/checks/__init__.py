"""What must be true of the books at any moment: each check is a few sentences, and the SQL that asks the database.

The page of the balance and ``manage.py verify`` both go by these, in this order.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stats.checks import amendments, archives, batches, deeds, holds, hours, numbers, tallies
from stats.checks.check import Check, Words


@dataclass(frozen=True)
class Topic:
    """Checks of one kind: a step of the job that asks them."""

    name: str
    words: Words
    checks: tuple[Check, ...]


TOPICS = (
    Topic("batches", _("Where the imported numbers are"), batches.CHECKS),
    Topic("tallies", _("The statistics and the call log"), (*tallies.CHECKS, *hours.CHECKS)),
    Topic("numbers", _("How each number stands"), numbers.CHECKS),
    Topic("holds", _("Which number is on whose sheet"), holds.CHECKS),
    Topic("calls", _("How each call stands"), amendments.CHECKS),
    Topic("deeds", _("What was done to many numbers at once"), (*deeds.CHECKS, *archives.CHECKS)),
)
ALL = tuple(check for topic in TOPICS for check in topic.checks)
BY_NAME = {check.name: check for check in ALL}
