"""What is done to many numbers at once, written into the history of each."""

from datetime import datetime

from django.db import connection

from phones import loading
from phones.models import Batch, Event, Job


def write_down(kind: Event.Kind, ids: list[int], *, job: Job, now: datetime, batch: Batch | None = None) -> None:
    """Add a line to the history of each number, while its row is there; a deletion's points at no row.

    Who did it, and why, is the job's.
    """
    phone = "NULL" if kind == Event.Kind.DELETE else "id"
    condition, listed = loading.among(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO phones_event (kind, phone_id, number, at, by_id, reason, batch_id, job_id)"  # noqa: S608
            f" SELECT %s, {phone}, number, %s, %s, %s, %s, %s FROM phones_phone WHERE {condition} ORDER BY id",
            [
                kind.value,
                connection.ops.adapt_datetimefield_value(now),
                job.by_id,
                job.arguments["reason"],
                batch.pk if batch else None,
                Job._meta.pk.get_db_prep_value(job.pk, connection),
                listed,
            ],
        )
