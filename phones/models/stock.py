"""The numbers, the batches that brought them, and the lists that exclude them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.models import BusinessType, Carrier, Region
from phones.models.paper import PaperSheet
from phones.querysets import BatchQuerySet, LastFour, PhoneQuerySet

PLACES_A_BATCH = 1 << 32


class State(models.TextChoices):
    """A number stands in exactly one."""

    PENDING = "pending", _("Pending")
    HELD = "held", _("On a sheet")
    CLASSIFIED = "classified", _("Classified")
    EXCLUDED = "excluded", _("Excluded")


class Batch(models.Model):
    """One import. Nothing of a batch that is not ready is handed out or counted."""

    class Kind(models.TextChoices):
        PENDING = "pending", _("Pending")
        EXCLUDED = "excluded", _("Excluded")

    class State(models.TextChoices):
        LOADING = "loading", _("Loading")
        READY = "ready", _("Ready")
        REVERTED = "reverted", _("Reverted")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(_("Batch name"), max_length=80)
    kind = models.CharField(_("State of the numbers"), max_length=8, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.LOADING)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", verbose_name=_("Carrier"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("Region"))
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # Set while it loads in pieces (on SQLite): what has a place at or after it is not handed out yet.
    first_place = models.BigIntegerField(null=True)
    # What the check of the file found, entry by entry: entries = distinct + repeated + rejected.
    entry_count = models.PositiveIntegerField(default=0)
    repeated_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    # What became of the distinct numbers: distinct = new + known, the known ones by the state that they were in.
    new_count = models.PositiveIntegerField(default=0)
    known_counts = models.JSONField(default=dict)
    # Of the known ones, how many stand under another carrier or region than this import's; they were left so.
    other_carrier_count = models.PositiveIntegerField(default=0)
    other_region_count = models.PositiveIntegerField(default=0)
    # How many of its new numbers were deleted since: imported = pending + held + classified + excluded + deleted.
    deleted_count = models.PositiveIntegerField(default=0)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="loading", first_place__isnull=False),
                name="one_batch_loads_in_pieces_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def entries_tie_out(self) -> bool:
        return self.entry_count == self.new_count + self.known_count + self.repeated_count + self.rejected_count

    @property
    def known_count(self) -> int:
        return sum(self.known_counts.values())


class Phone(models.Model):
    """One telephone number, with its hold in the same row, as it stands now.

    ``place`` is its place in the main line of its carrier's queue: the batch in the upper half, the file's order in the
    lower 32 bits; a skip moves it past the last. A number with a ``due_at`` stands in the come-back line instead
    (freed, taken back, re-queued, lifted) and is due from then on.
    """

    number = models.CharField(_("Number"), max_length=16)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="phones", db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", db_index=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    place = models.BigIntegerField()
    due_at = models.DateTimeField(null=True)
    # On an exclusion list though already classified: never re-queued.
    suppressed = models.BooleanField(default=False)

    holder = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    token = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Held by a printed sheet instead of an agent's screen; the sheet says whose it is.
    paper = models.ForeignKey(PaperSheet, models.PROTECT, null=True, related_name="+", db_index=False)

    # The last classification as it stands now; the call log (callback.Call) is the whole story.
    type = models.ForeignKey(BusinessType, models.PROTECT, null=True, related_name="+", db_index=False)
    order_region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    agent = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    classified_at = models.DateTimeField(null=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)

    objects = PhoneQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="number_is_unique"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="number_stands_in_one_state"),
            models.UniqueConstraint(fields=["holder"], condition=Q(state="held"), name="agent_holds_one_number"),
            models.CheckConstraint(
                condition=(
                    Q(state="held", token__isnull=False, expires_at__isnull=False, taken_at__isnull=False)
                    & (Q(holder__isnull=False, paper=None) | Q(holder=None, paper__isnull=False))
                )
                | (~Q(state="held") & Q(holder=None, paper=None, token=None, expires_at=None)),
                name="only_held_numbers_have_a_holder",
            ),
            models.CheckConstraint(
                condition=Q(state="classified", type__isnull=False, agent__isnull=False, classified_at__isnull=False)
                | (~Q(state="classified") & Q(type=None, agent=None, classified_at=None, order_region=None)),
                name="only_classified_numbers_have_a_type",
            ),
            models.CheckConstraint(condition=Q(due_at=None) | Q(state="pending"), name="only_pending_numbers_are_due"),
            models.CheckConstraint(
                condition=Q(suppressed=False) | Q(state="classified"), name="only_classified_numbers_are_suppressed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["carrier", "place", "id"], condition=Q(state="pending", due_at=None), name="phone_main_line"
            ),
            models.Index(
                fields=["carrier", "region", "place", "id"],
                condition=Q(state="pending", due_at=None),
                name="phone_main_line_of_region",
            ),
            models.Index(
                fields=["carrier", "due_at", "id"],
                condition=Q(state="pending", due_at__isnull=False),
                name="phone_come_back_line",
            ),
            models.Index(
                fields=["carrier", "region", "due_at", "id"],
                condition=Q(state="pending", due_at__isnull=False),
                name="phone_come_back_of_region",
            ),
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="phone_lease_end"),
            models.Index(fields=["paper"], condition=Q(paper__isnull=False), name="phone_on_paper"),
            models.Index(fields=["batch", "state"], name="phone_batch_state"),
            # What an export is asked for by, among ten million numbers of which few are filed. An import writes to none
            # of them, a press on a business type to each: some 35 of 300 microseconds of that update.
            models.Index(fields=["agent", "id"], condition=Q(agent__isnull=False), name="phone_of_agent"),
            models.Index(fields=["type", "id"], condition=Q(type__isnull=False), name="phone_of_type"),
            models.Index(
                fields=["classified_at", "id"], condition=Q(classified_at__isnull=False), name="phone_classified_at"
            ),
            # Number lookup: people remember how a number ends.
            models.Index(LastFour("number"), name="phone_last_four"),
        ]

    def __str__(self) -> str:
        return self.number


class Exclusion(models.Model):
    """An exclusion list's word on one number; a number is excluded, or suppressed, while any stands."""

    phone = models.ForeignKey(Phone, models.CASCADE, related_name="exclusions")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="exclusions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "phone"], name="list_excludes_a_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.phone_id} by {self.batch_id}"
