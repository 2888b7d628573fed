"""What the check page proposes, and how far the numbers themselves agree: the carrier by prefix, the region by name."""

from dataclasses import dataclass
from typing import Any

from config.models import Carrier, Region

# The tables' words for a carrier begin with the two characters that name the network; what follows says that another
# company sells its numbers.
NETWORK = 2
# The last character of a region's name says what it is (a city, a county, a district); a list's name may leave it out.
SHORTEST_NAME = 2


@dataclass(frozen=True)
class Standing:
    """How the numbers of a list stand to a carrier, by their prefixes; land lines and unknown prefixes tell nothing."""

    carrier: Carrier
    agree: int
    other: int


@dataclass(frozen=True)
class ForRegion:
    """A region, and where it was seen: in the file's ``name``, by the ``prefix`` of numbers, or as the ``only`` one."""

    region: Region | None = None
    by: str = ""


def agrees(carrier: Carrier, kind: str) -> bool:
    """Whether the tables' word for a number's carrier means this one."""
    return bool(kind) and kind[:NETWORK] in carrier.name


def standings(carriers: list[Carrier], kinds: list[list[Any]]) -> list[Standing]:
    """How each carrier stands; ``kinds`` is what a comparison found, words and counts."""
    told = sum(count for kind, count in kinds if kind)
    agree = {carrier.pk: sum(count for kind, count in kinds if agrees(carrier, kind)) for carrier in carriers}
    return [Standing(carrier, agree[carrier.pk], told - agree[carrier.pk]) for carrier in carriers]


def for_carrier(found: list[Standing]) -> Standing | None:
    """The carrier that most prefixes tell; the only one where there is but one."""
    if len(found) == 1:
        return found[0]
    best = max(found, key=lambda standing: standing.agree, default=None)
    return best if best and best.agree else None


def for_region(regions: list[Region], file_name: str, cities: list[list[Any]]) -> ForRegion:
    """The region whose name stands in the file's name; else the one whose name has the numbers' commonest city."""
    if len(regions) == 1:
        return ForRegion(regions[0], "only")
    named = [(len(part), region) for region in regions if (part := _part_in(region.name, file_name))]
    if named:
        return ForRegion(max(named, key=lambda pair: pair[0])[1], "name")
    for city, _count in cities[:1]:
        for region in regions:
            if city in region.name:
                return ForRegion(region, "prefix")
    return ForRegion()


def _part_in(name: str, file_name: str) -> str:
    short = name[:-1]
    if name in file_name:
        return name
    return short if len(short) >= SHORTEST_NAME and short in file_name else ""
