"""What the room works with: carriers, regions, business types, and the room's own settings."""

from typing import Any, Self
from uuid import uuid4

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

REFUSED = 28
NOT_CONNECTED = 29
FIXED_CODES = (REFUSED, NOT_CONNECTED)
BOOKING = 27
VALID_CODES = (*range(11, 21), BOOKING)
INVALID_CODES = (*range(21, 27), *FIXED_CODES)


class InOrder(models.QuerySet[Any]):
    """Things that stand in an order of the administrator's choosing."""

    def in_order(self) -> Self:
        return self.order_by("position", "pk")

    def enabled(self) -> Self:
        return self.filter(enabled=True)


class Carrier(models.Model):
    """The carrier category that a number belongs to and an agent works on."""

    name = models.CharField(_("Name"), max_length=40)
    product = models.CharField(_("Product"), max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(_("Enabled"), default=True)

    objects = InOrder.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="carrier_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class Region(models.Model):
    """The home region of a number, or the one that an out-of-region order is for."""

    name = models.CharField(_("Name"), max_length=40)
    position = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(_("Enabled"), default=True)

    objects = InOrder.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name"], name="region_name_is_unique")]

    def __str__(self) -> str:
        return self.name


class BusinessTypeQuerySet(InOrder):
    def current(self) -> Self:
        """The types that stand under a code now; a retired one only names the calls that were filed under it."""
        return self.filter(retired_at=None)

    def on_offer(self) -> Self:
        """What an agent can file a call under."""
        return self.current().enabled()

    def in_order(self) -> Self:
        return self.order_by("position", "code", "pk")


class BusinessType(models.Model):
    """The outcome of a call. Its code says what it counts as; 28 and 29 are fixed and carry no name of their own."""

    code = models.PositiveSmallIntegerField(_("Code"), validators=[MinValueValidator(11), MaxValueValidator(29)])
    name = models.CharField(_("Name"), max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(_("Enabled"), default=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = BusinessTypeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__range=(11, 29)), name="business_type_code_is_11_to_29"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(retired_at=None), name="one_business_type_stands_under_a_code"
            ),
            models.CheckConstraint(
                condition=~Q(code__in=FIXED_CODES) | Q(enabled=True, retired_at=None),
                name="refused_and_not_connected_stay_enabled",
            ),
            models.CheckConstraint(
                condition=Q(code__in=FIXED_CODES, name="") | (~Q(code__in=FIXED_CODES) & ~Q(name="")),
                name="only_refused_and_not_connected_have_no_own_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """What it is called on the screen; the fixed two speak the reader's language."""
        if self.code == REFUSED:
            return gettext("Refused")
        if self.code == NOT_CONNECTED:
            return gettext("Not connected")
        return self.name

    @property
    def mark(self) -> str:
        """What is said beside it where it can be filed no more."""
        if self.retired_at:
            # The booking can go without another one in its place.
            return gettext("taken away") if self.code == BOOKING else gettext("replaced")
        return "" if self.enabled else gettext("disabled")

    @property
    def marked(self) -> str:
        """Its words with the mark, for lists where two may have the same name."""
        return gettext("%(type)s (%(mark)s)") % {"type": self, "mark": self.mark} if self.mark else str(self)

    @property
    def valid(self) -> bool:
        return self.code in VALID_CODES

    @property
    def fixed(self) -> bool:
        return self.code in FIXED_CODES

    @property
    def tone(self) -> str:
        """The state that colours it: valid, booking, or nothing for what is invalid."""
        if self.code == BOOKING:
            return "booking"
        return "valid" if self.valid else ""

    @property
    def key(self) -> str:
        """The key that files it: the digits are 11 to 20, the letters under them 21 to 29 (one rule for all codes)."""
        return "1234567890QWERTYUIO"[self.code - 11]


def new_version() -> str:
    return uuid4().hex


class Room(models.Model):
    """The room's own settings, one row; it points at the two fixed types, so that no database lets them go."""

    name = models.CharField(_("Name of the room"), max_length=60, blank=True)
    lease_minutes = models.PositiveSmallIntegerField(_("Lease in minutes"), default=30)
    daily_goal = models.PositiveIntegerField(_("Daily goal"), null=True, blank=True)
    # What a press on "Call" opens, {number} standing for the digits: the telephone, or an office's soft phone.
    call_address = models.CharField(_("Address to call"), max_length=120, default="tel:{number}")
    # The first visit: the steps that an administrator has confirmed, and when they were through or passed over.
    first_visit_steps = models.JSONField(default=list, blank=True)
    first_visit_ended_at = models.DateTimeField(null=True)
    # Another one after each change of carriers, regions or business types: triggers see to it.
    version = models.CharField(max_length=32, default=new_version, editable=False)
    refused = models.ForeignKey(BusinessType, models.PROTECT, related_name="+")
    not_connected = models.ForeignKey(BusinessType, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="there_is_one_room"),
            models.CheckConstraint(condition=Q(lease_minutes__range=(1, 1440)), name="lease_is_1_minute_to_1_day"),
        ]

    def __str__(self) -> str:
        return self.name
