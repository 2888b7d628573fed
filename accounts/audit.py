"""The one way into the audit log and the login log."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import AuditEntry, User


def record(
    *,
    by: User | None,
    action: str,
    about: object = "",
    count: int | None = None,
    address: str | None = None,
    at: datetime | None = None,
    **data: Any,
) -> AuditEntry:
    """Write down who did what, to what or how many, and from where; now, unless ``at`` says otherwise.

    ``action`` is a verb with its object (``operator.disable``). Neither ``about`` nor ``data`` may hold a password, and
    a telephone number only masked.
    """
    return AuditEntry.objects.create(
        at=at or timezone.now(),
        by=by,
        action=action,
        object=str(about)[:200],
        count=count,
        address=address or None,
        data=data,
    )
