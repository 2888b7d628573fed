"""Which place and carrier a number's first digits tell, by the tables of the ``phone`` package."""

import struct
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from phone import Phone

from phones.numbering import area_length


class Origin(NamedTuple):
    """Where a number was issued; ``carrier`` is the package's own text, empty for a land line.

    A number may since have been carried to another carrier.
    """

    province: str
    city: str
    carrier: str
    area_code: str


def origin(number: str) -> Origin | None:
    """The origin of a canonical number, of which seven digits are enough; None where the tables do not know it."""
    if number.startswith("0"):
        return _areas().get(number[: area_length(number)])
    return _origin_of_mobile(number[:7])


def tally(numbers: Path) -> dict[Origin | None, int]:
    """Count a list (``numbers.tsv``: row, tab, number) by origin, the commonest first."""
    with numbers.open(encoding="ascii") as lines:
        starts = Counter(line.partition("\t")[2][:7] for line in lines)
    origins: Counter[Origin | None] = Counter()
    for start, count in starts.items():
        origins[origin(start)] += count
    return dict(origins.most_common())


class _Tables(NamedTuple):
    """The package's tables by column, sorted: seven digits, their place as an offset, their kind of carrier."""

    starts: Sequence[int]
    places: Sequence[int]
    kinds: bytes
    buffer: bytes


@cache
def _tables() -> _Tables:
    """Half a million entries of 9 bytes: read at first use, in half a second.

    The package itself unpacks an entry for every step of a search, some 20 microseconds a number; ``bisect`` takes one.
    """
    phone = Phone()
    entries = memoryview(phone.buf)[phone.first_phone_record_offset :]
    usable = len(entries) - len(entries) % phone.phone_fmt_length
    starts, places, kinds = zip(*struct.iter_unpack(phone.phone_fmt, entries[:usable]), strict=True)
    return _Tables(array("i", starts), array("i", places), bytes(kinds), phone.buf)


def _origin_of_mobile(start: str) -> Origin | None:
    if len(start) != 7 or not start.isdecimal():
        return None
    tables = _tables()
    entry = bisect_left(tables.starts, int(start))
    if entry == len(tables.starts) or tables.starts[entry] != int(start):
        return None
    return _origin(tables.places[entry], tables.kinds[entry])


@cache
def _origin(offset: int, kind: int) -> Origin:
    buffer = _tables().buffer
    province, city, _, area = buffer[offset : buffer.index(b"\0", offset)].decode().split("|")
    return Origin(province, city, Phone.get_phone_no_type(kind) or "", area)


@cache
def _areas() -> dict[str, Origin]:
    """Area codes with their places; of cities that share a code, the one with the most mobile prefixes."""
    areas: dict[str, Origin] = {}
    for offset, _ in Counter(_tables().places).most_common():
        place = _origin(offset, 0)
        areas.setdefault(place.area_code, place)
    return areas
