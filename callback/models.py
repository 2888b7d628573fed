"""The call log, and the tally that each call keeps up."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from callback.querysets import CallQuerySet, HourTallyQuerySet, TallyQuerySet
from config.models import BusinessType, Carrier, Region
from phones.models import Batch, Phone
from phones.querysets import LastFour


class Call(models.Model):
    """One classification. What was filed is never changed; what stands is what the amendments have made of it.

    A re-queue or a deletion of its number leaves it as it is.
    """

    # The request that filed it: sent again, it finds this call and files no second one.
    request_id = models.UUIDField()
    # The hold that it ended: a hold has one result.
    token = models.UUIDField()
    phone = models.ForeignKey(Phone, models.SET_NULL, null=True, related_name="calls")
    number = models.CharField(max_length=16)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    order_region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    agent = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    type = models.ForeignKey(BusinessType, models.PROTECT, related_name="+")
    note = models.CharField(_("Note"), max_length=200, blank=True)
    # As it stands after amendments; the same as filed until one is made.
    standing_type = models.ForeignKey(BusinessType, models.PROTECT, related_name="+")
    standing_order_region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    standing_note = models.CharField(max_length=200, blank=True)
    taken_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    # The room's day that it counts for: what a tally's day means stays so, whatever clock the room goes by later.
    day = models.DateField()
    # Filed after its hold had ended: logged and counted, but the number's state did not follow it.
    late = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request_id"], name="request_files_one_call"),
            models.UniqueConstraint(fields=["token"], name="hold_has_one_result"),
        ]
        indexes = [
            models.Index(fields=["agent", "filed_at"], name="call_agent_filed"),
            # The calls behind a figure of the statistics, day by day.
            models.Index(fields=["day", "id"], name="call_day"),
            # Number lookup: people remember how a number ends.
            models.Index(LastFour("number"), "agent", name="call_last_four"),
            # A number that was deleted still has its history, and finds it again when it is restored.
            models.Index(fields=["number"], condition=Q(phone=None), name="call_of_deleted_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.type_id}"


class Amendment(models.Model):
    """A correction of a call's result: who, when, from what to what, and why. Lines are added and never changed."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="amendments", db_index=False)
    # The first, the second … of its call: who amends says which one they have seen.
    ordinal = models.PositiveSmallIntegerField()
    # The request that made it: sent again, it finds this amendment and makes no second one.
    request_id = models.UUIDField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    type_from = models.ForeignKey(BusinessType, models.PROTECT, related_name="+", db_index=False)
    type_to = models.ForeignKey(BusinessType, models.PROTECT, related_name="+", db_index=False)
    order_region_from = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    order_region_to = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+", db_index=False)
    note_from = models.CharField(max_length=200, blank=True)
    note_to = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "ordinal"], name="amendments_of_a_call_are_counted"),
            models.UniqueConstraint(fields=["request_id"], name="request_makes_one_amendment"),
            models.CheckConstraint(condition=Q(ordinal__gte=1) & ~Q(reason=""), name="amendment_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}.{self.ordinal} {self.type_from_id} → {self.type_to_id}"


class Tally(models.Model):
    """How many calls an agent filed on a day: one row per batch and type, written with each call.

    The rows belong to one agent, so agents never wait for one another. ``filed`` counts calls under the type that they
    were filed as, ``standing`` under the type as it stands now; a call that was taken back counts in neither.
    """

    day = models.DateField()
    agent = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", db_index=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    type = models.ForeignKey(BusinessType, models.PROTECT, related_name="+", db_index=False)
    filed = models.IntegerField(default=0)
    standing = models.IntegerField(default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "agent", "batch", "carrier", "region", "type"],
                name="one_tally_a_day_agent_batch_and_type",
            ),
            models.CheckConstraint(condition=Q(filed__gte=0, standing__gte=0), name="tally_is_not_negative"),
        ]
        indexes = [models.Index(fields=["agent", "day"], name="tally_agent_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.agent_id} {self.type_id}"


class HourTally(models.Model):
    """How many calls an agent filed in an hour, as first filed; written with each call, as ``Tally`` is.

    It answers at what hours people are reached. A call that was taken back does not count.
    """

    # The hour's beginning in UTC: no change of the room's clock moves what was counted.
    hour_at = models.DateTimeField()
    agent = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", db_index=False)
    filed = models.IntegerField(default=0)
    valid = models.IntegerField(default=0)
    booking = models.IntegerField(default=0)
    not_connected = models.IntegerField(default=0)

    objects = HourTallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour_at", "agent", "carrier"], name="one_tally_an_hour_agent_and_carrier"),
            models.CheckConstraint(
                condition=Q(booking__gte=0, valid__gte=F("booking"), not_connected__gte=0)
                & Q(filed__gte=F("valid") + F("not_connected")),
                name="hour_tally_adds_up",
            ),
        ]
        indexes = [models.Index(fields=["agent", "hour_at"], name="hour_tally_agent_hour")]

    def __str__(self) -> str:
        return f"{self.hour_at} {self.agent_id}"
