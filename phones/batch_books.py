"""What the page of a batch says: where its numbers are, what came in, and what became of it."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count

from config.models import BusinessType
from phones import actions, bars, uploads
from phones.models import Batch, Job, Phone, State, Upload

TONES = ((State.CLASSIFIED, "accent"), (State.HELD, "warn"), (State.PENDING, "invalid"), (State.EXCLUDED, "danger"))


@dataclass(frozen=True)
class TypeLine:
    """How many of a batch's numbers stand under a business type now."""

    type: BusinessType
    count: int
    share: float


class Books:
    """A batch, counted."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    @cached_property
    def states(self) -> dict[str, int]:
        return dict.fromkeys(State.values, 0) | Phone.objects.filter(batch=self.batch).states()

    @property
    def ties_out(self) -> bool:
        """imported = pending + held + classified + excluded + deleted"""
        return self.batch.new_count == sum(self.states.values()) + self.batch.deleted_count

    @cached_property
    def parts(self) -> list[bars.Part]:
        """The bar of where its numbers are."""
        return bars.bar((tone, self.states[state]) for state, tone in TONES)

    @cached_property
    def types(self) -> list[TypeLine]:
        """Its classified numbers by business type, as they stand now."""
        classified = Phone.objects.filter(batch=self.batch).classified().order_by()
        counts = dict(classified.values_list("type").annotate(Count("pk")))
        total = sum(counts.values())
        types = BusinessType.objects.filter(pk__in=counts).in_order()
        return [TypeLine(type, counts[type.pk], counts[type.pk] * 100 / total) for type in types]

    @cached_property
    def taken(self) -> int:
        """How many numbers stand in the way of a revert."""
        return actions.taken_count(self.batch)

    @property
    def archived(self) -> int:
        """How many of its numbers lie in archives, and stand in the way of a revert too."""
        return actions.archived_count(self.batch)

    @cached_property
    def revert_job(self) -> Job | None:
        """The revert that is under way."""
        return Job.objects.open().filter(kind=Job.Kind.REVERT, arguments__batch=self.batch.pk).first()

    @cached_property
    def upload(self) -> Upload | None:
        """The list that it was, while its rejected rows are kept."""
        upload = Upload.objects.filter(batch=self.batch).first()
        return upload if upload and (uploads.lists(upload) / "rejected.jsonl").is_file() else None

    @cached_property
    def named(self) -> int:
        """How many numbers an excluding list still has its word on."""
        return self.batch.exclusions.count()
