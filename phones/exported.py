"""Which numbers an export has held: kept in packed spans of ids, so that a number's page can name its exports."""

import zlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import sub
from typing import Any

from django.db.models import QuerySet

from phones.cells import Page
from phones.models import ExportedSpan, Job

# A span of this many ids packs to some kilobytes; a number's page reads one an export.
SPAN = 8192


class Members:
    """Collects the ids of the numbers that a job writes into its file."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._ids = array("q")

    def watch(self, pages: Iterable[Page], *, beside: bool = False) -> Iterator[Page]:
        """The pages as they come; a file that is begun anew begins its list anew.

        The keys of the rows are the numbers' ids, or else these stand ``beside`` them: None where a number is gone.
        """
        self._ids = array("q")
        for page in pages:
            self._ids.extend([pk for pk in page.beside if pk is not None] if beside else page.keys)
            yield page

    def keep(self) -> None:
        """Write the list down, in the transaction that finishes the job."""
        ids = sorted(set(self._ids))
        ExportedSpan.objects.bulk_create(
            ExportedSpan(job=self._job, first=span[0], last=span[-1], packed=pack(span))
            for span in (ids[start : start + SPAN] for start in range(0, len(ids), SPAN))
        )


def pack(ids: list[int]) -> bytes:
    """Ascending ids as the steps between them, compressed: an unbroken run of ids is next to nothing."""
    steps = array("q", map(sub, ids, chain([0], ids)))
    return zlib.compress(steps.tobytes(), 6)


def unpack(packed: Any) -> Iterator[int]:
    last = 0
    for step in memoryview(zlib.decompress(packed)).cast("q"):
        last += step
        yield last


def exports_of(phone_id: int) -> QuerySet[Job]:
    """The exports that a number stands in, the newest first."""
    spans = ExportedSpan.objects.filter(first__lte=phone_id, last__gte=phone_id).values_list("job", "packed")
    held = [job for job, packed in spans if phone_id in unpack(packed)]
    return Job.objects.filter(pk__in=held).select_related("by").order_by("-created_at")
