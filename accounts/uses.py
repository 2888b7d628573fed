"""Where accounts use the configuration without a foreign key that would say so."""

from collections.abc import Iterator

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import User
from config.models import Region
from config.uses import Use


def limited_operators(thing: Model) -> Iterator[Use]:
    """How many operators are limited to a region."""
    if isinstance(thing, Region):
        limits = User.objects.exclude(region_ids=[]).values_list("region_ids", flat=True)
        if count := sum(thing.pk in limit for limit in limits):
            yield Use(_("Operators limited to it"), count)
