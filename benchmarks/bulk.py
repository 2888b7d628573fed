"""What changes a million numbers at once, and what the desk feels of it."""

from collections.abc import Iterator
from uuid import uuid4

from django.utils import timezone

from benchmarks import imports, probe, stock
from benchmarks.ratio import Ratio, Sizes
from callback import maintenance, selections
from config.models import Carrier, Region
from hwcall.bench import room
from phones.filters import PhoneFilter
from phones.models import Archive, Batch, Job, Phone


def measure(sizes: Sizes) -> Iterator[Ratio]:
    imports.room_with_stock(sizes.seed)
    batch = stock.fill(sizes.rows, seed=sizes.seed)
    stock.classify_all(batch)
    works = {
        f"a re-queue of {sizes.rows:,} numbers": lambda: change(Job.Kind.REQUEUE, batch),
        f"an exclusion list of {sizes.rows // 2:,}": lambda: exclude(batch, sizes.rows // 2),
        f"a deletion of {sizes.rows // 2:,}": lambda: change(Job.Kind.DELETE, batch),
        f"the restore of {sizes.rows // 2:,}": restore,
    }
    for what, work in works.items():
        yield probe.beside(7, what, work, quiet_seconds=sizes.seconds)


def change(kind: Job.Kind, batch: Batch) -> None:
    boss = stock.boss()
    chosen = PhoneFilter({"batch": str(batch.pk)}, user=boss)
    if not chosen.is_valid():
        raise RuntimeError(chosen.errors)
    fitting = selections.requeueable if kind == Job.Kind.REQUEUE else selections.deletable
    job = maintenance.change_numbers(
        kind=kind, chosen=chosen, count=fitting(chosen.numbers()).count(), reason="benchmark", request_id=uuid4(),
        by=boss, now=timezone.now(),
    )  # fmt: skip
    finish(job)


def restore() -> None:
    [archive] = Archive.objects.all()
    boss = stock.boss()
    finish(maintenance.restore(archive=archive, reason="benchmark", request_id=uuid4(), by=boss, now=timezone.now()))


def exclude(batch: Batch, count: int) -> None:
    listed = Phone.objects.filter(batch=batch).order_by("pk").values_list("number", flat=True)[:count]
    carrier, region = Carrier.objects.in_order()[0], Region.objects.in_order()[0]
    room.take_in(list(listed), by=stock.boss(), carrier=carrier, region=region, kind=Batch.Kind.EXCLUDED)


def finish(job: Job) -> None:
    room.work()
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise RuntimeError(f"{job.kind} ended as {job.state}: {job.error} {job.error_data}")
