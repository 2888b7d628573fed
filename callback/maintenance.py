"""What is decided under /db: to re-queue numbers, to delete them, to restore an archive; each is then done by a job."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from phones import jobs
from phones.filters import PhoneFilter
from phones.models import Archive, Job

KINDS = (Job.Kind.REQUEUE, Job.Kind.DELETE, Job.Kind.RESTORE)


class AllBack(Exception):
    """All numbers of the archive were restored already."""


def all_jobs() -> QuerySet[Job]:
    """Every re-queue, deletion and restore, the newest first."""
    return Job.objects.filter(kind__in=KINDS).select_related("by").order_by("-created_at", "-pk")


def asked(by: User, request_id: UUID | None, kind: Job.Kind) -> Job | None:
    """The job that a form was sent for before, however it ended."""
    return Job.objects.filter(by=by, kind=kind, arguments__request=str(request_id)).first()


@transaction.atomic
def change_numbers(
    *,
    kind: Job.Kind,
    chosen: PhoneFilter,
    count: int,
    mark: int | None = None,
    reason: str,
    request_id: UUID,
    by: User,
    now: datetime,
    address: str | None = None,
) -> Job:
    """Ask for the re-queue or the deletion of the ``count`` numbers of a valid filter that it may touch.

    Where a ``mark`` is given (``Census.mark``), it is about just these numbers and no others that are as many.
    The same ``request_id`` again is the same job. Raises PermissionDenied for all but administrators.
    """
    by = _lock(by)
    return asked(by, request_id, kind) or _submit(
        kind, by=by, title=", ".join(chosen.words()) or _("All numbers"), reason=reason, request_id=request_id,
        now=now, address=address, filter=chosen.arguments(), count=count, **({} if mark is None else {"mark": mark}),
    )  # fmt: skip


@transaction.atomic
def restore(
    *, archive: Archive, reason: str, request_id: UUID, by: User, now: datetime, address: str | None = None
) -> Job:
    """Ask for the restore of an archive; asked for again while it is under way, it is the same job.

    Raises AllBack, and PermissionDenied for all but administrators.
    """
    by = _lock(by)
    archive = Archive.objects.select_for_update().get(pk=archive.pk)
    running = Job.objects.open().filter(kind=Job.Kind.RESTORE, arguments__archive=archive.pk).first()
    if known := running or asked(by, request_id, Job.Kind.RESTORE):
        return known
    if archive.restored_count == archive.count:
        raise AllBack
    return _submit(
        Job.Kind.RESTORE, by=by, title=archive.words, reason=reason, request_id=request_id, now=now, address=address,
        archive=archive.pk,
    )  # fmt: skip


def _lock(by: User) -> User:
    """Who asks, as they are now; two presses of one button queue up here. Raises PermissionDenied."""
    current: User = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not (current.is_active and current.is_administrator):
        raise PermissionDenied
    return current


def _submit(kind: Job.Kind, *, request_id: UUID, **arguments: Any) -> Job:
    return jobs.submit(kind=kind, request=str(request_id), **arguments)
