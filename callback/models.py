"""The call log, and the tally that each call keeps up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from callback.querysets import CallQuerySet, TallyQuerySet
from config.models import BusinessType, Carrier, Region
from phones.models import Batch, Phone


class Call(models.Model):
    """One classification, as it was filed. An amendment, a re-queue or a deletion of its number never changes it."""

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
    # The type as it stands after amendments; the same as ``type`` until one is made.
    standing_type = models.ForeignKey(BusinessType, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    # Filed after its hold had ended: logged and counted, but the number's state did not follow it.
    late = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request_id"], name="request_files_one_call"),
            models.UniqueConstraint(fields=["token"], name="hold_has_one_result"),
        ]
        indexes = [models.Index(fields=["agent", "filed_at"], name="call_agent_filed")]

    def __str__(self) -> str:
        return f"{self.number} {self.type_id}"


class Tally(models.Model):
    """How many calls an agent filed on a day: one row per carrier, region and type, written with each call.

    The rows belong to one agent, so agents never wait for one another. ``filed`` counts calls under the type that they
    were filed as, ``standing`` under the type as it stands now; a call that was taken back counts in neither.
    """

    day = models.DateField()
    agent = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="+", db_index=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", db_index=False)
    type = models.ForeignKey(BusinessType, models.PROTECT, related_name="+", db_index=False)
    filed = models.IntegerField(default=0)
    standing = models.IntegerField(default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "agent", "carrier", "region", "type"], name="one_tally_a_day_agent_and_type"
            ),
            models.CheckConstraint(condition=Q(filed__gte=0, standing__gte=0), name="tally_is_not_negative"),
        ]
        indexes = [models.Index(fields=["agent", "day"], name="tally_agent_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.agent_id} {self.type_id}"
