"""What is decided about lists: to import one that was checked, to take a batch back."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import audit
from accounts.models import User
from config.models import Carrier, Region
from phones import jobs
from phones.models import Batch, Job, Phone, Upload


class NotChecked(Exception):
    """The list has no finished check: there is nothing to confirm yet."""


class NothingToImport(Exception):
    """No number of the list would be imported this way."""


class Taken(Exception):
    """Numbers of the batch were taken: it can't be reverted. ``count`` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class Archived(Exception):
    """Numbers of the batch lie in archives of /db: it can't be reverted. ``count`` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class NotForAgents(PermissionDenied):
    """Only an administrator lifts an exclusion (product.md, 4.1)."""


class NotReady(Exception):
    """The batch is no longer, or not yet, there to be reverted."""


@transaction.atomic
def confirm(
    *,
    upload: Upload,
    by: User,
    kind: Batch.Kind,
    carrier: Carrier,
    region: Region,
    name: str,
    now: datetime,
    address: str | None = None,
) -> Job:
    """Start the import of a checked list; confirmed again, it is the same job.

    An import that failed or was cancelled can be confirmed anew. Raises NotChecked, NothingToImport.
    """
    upload = Upload.objects.select_for_update(of=("self",)).select_related("job").get(pk=upload.pk)
    job = upload.job
    if job and job.kind == Job.Kind.IMPORT and (job.open or upload.batch_id):
        return job
    if not upload.comparison or (job and job.open):
        raise NotChecked
    count = upload.comparison["new"] if kind == Batch.Kind.PENDING else upload.reading["counts"]["distinct"]
    if not count:
        raise NothingToImport
    upload.job = jobs.submit(
        kind=Job.Kind.IMPORT, by=by, title=name, now=now,
        upload=str(upload.pk), batch_kind=str(kind), carrier=carrier.pk, region=region.pk, name=name,
    )  # fmt: skip
    upload.save(update_fields=["job"])
    audit.record(by=by, action="import.confirm", about=name, count=count, address=address, kind=str(kind))
    return upload.job


@transaction.atomic
def revert(*, batch: Batch, by: User, reason: str, now: datetime) -> Job:
    """Start the revert of a batch; asked for again while it runs, it is the same job.

    Raises NotForAgents, NotReady, Taken, Archived.
    """
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    if batch.kind == Batch.Kind.EXCLUDED and not by.is_administrator:
        raise NotForAgents
    running = Job.objects.open().filter(kind=Job.Kind.REVERT, arguments__batch=batch.pk).first()
    if running:
        return running
    if batch.state != Batch.State.READY:
        raise NotReady
    taken = taken_count(batch)
    if taken:
        raise Taken(taken)
    archived = archived_count(batch)
    if archived:
        raise Archived(archived)
    return jobs.submit(kind=Job.Kind.REVERT, by=by, title=batch.name, now=now, batch=batch.pk, reason=reason)


def taken_count(batch: Batch) -> int:
    """How many numbers stand in the way of a revert. Those of a list that excludes are taken back whoever had them."""
    if batch.kind == Batch.Kind.EXCLUDED:
        return 0
    return Phone.objects.filter(batch=batch).ever_taken().count()


def archived_count(batch: Batch) -> int:
    """How many numbers of a batch were deleted and could not come back after its revert; taken ones may be among them.

    A list that excludes takes back its word alone, and what has come with it comes back from an archive all the same.
    """
    return 0 if batch.kind == Batch.Kind.EXCLUDED else batch.deleted_count
