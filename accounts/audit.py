"""The one way into the audit log and the login log, and who it names."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.masking import masked
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
    a telephone number only masked; in the ``reason`` that somebody has written they are found and masked here.
    """
    if "reason" in data:
        data["reason"] = masked(str(data["reason"]))
    return AuditEntry.objects.create(
        at=at or timezone.now(),
        by=by,
        action=action,
        object=_object(about),
        count=count,
        address=address or None,
        data=data,
    )


def who_last(actions: Collection[str], *, about: object = None) -> str:
    """The name of who last did one of these things, to something or at all; empty where the log has nobody."""
    entries = AuditEntry.objects.filter(action__in=actions).order_by("-at", "-pk")
    if about is not None:
        entries = entries.filter(object=_object(about))
    return entries.values_list("by__name", flat=True).first() or ""


def _object(about: object) -> str:
    return str(about)[:200]
