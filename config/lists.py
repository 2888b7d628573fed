"""The room's carriers, regions and business types, kept by each process, so that the desk need not ask for them.

The room's row has a version, which the database changes with every carrier, region and business type. Whoever has read
that row has the right lists by it: what is read after a version is never older than it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from config.models import BusinessType, Carrier, Region, Room


@dataclass(frozen=True)
class Lists:
    """All of them in their order, the disabled and retired ones among them; nobody changes these objects."""

    version: str
    carriers: tuple[Carrier, ...]
    regions: tuple[Region, ...]
    types: tuple[BusinessType, ...]

    @cached_property
    def enabled_carriers(self) -> tuple[Carrier, ...]:
        return tuple(carrier for carrier in self.carriers if carrier.enabled)

    @cached_property
    def enabled_regions(self) -> tuple[Region, ...]:
        return tuple(region for region in self.regions if region.enabled)

    @cached_property
    def types_on_offer(self) -> tuple[BusinessType, ...]:
        """What an agent can file a call under."""
        return tuple(type for type in self.types if type.enabled and type.retired_at is None)

    @cached_property
    def _by_id(self) -> dict[type, dict[int, Any]]:
        kinds = {Carrier: self.carriers, Region: self.regions, BusinessType: self.types}
        return {kind: {thing.pk: thing for thing in things} for kind, things in kinds.items()}

    def hand_to(self, rows: Iterable[Any], *fields: str) -> None:
        """Give rows what their foreign keys ``fields`` point at; what is newer than these lists they ask for."""
        for row in rows:
            for name in fields:
                field = row._meta.get_field(name)
                known = self._by_id[field.related_model].get(getattr(row, field.attname))
                if known is not None:
                    setattr(row, name, known)


_kept: Lists | None = None


def lists_of(room: Room) -> Lists:
    """The lists by a row of the room that was just read; three queries where this process has another version."""
    global _kept
    # Two threads may both read them: then the later one's stay, and either's are right.
    lists = _kept
    if lists is None or lists.version != room.version:
        carriers, regions, types = (
            Carrier.objects.in_order(),
            Region.objects.in_order(),
            BusinessType.objects.in_order(),
        )
        _kept = lists = Lists(room.version, tuple(carriers), tuple(regions), tuple(types))
    return lists
