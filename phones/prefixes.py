"""Which place and carrier a number's first digits tell, by the tables of the ``phone`` package."""

import struct
import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from phone import Phone

from phones.numbering import area_length

# How the package packs an entry.
ENTRY = "<iiB"
# How many ways there are to go on behind the 1 of a mobile's first seven digits.
MOBILES = 1_000_000


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


class Tally:
    """A list (``numbers.tsv``: row, tab, number) counted by ``origins``, the commonest first.

    Each seven digits are looked up once, and the room for them does not grow with the list.
    """

    def __init__(self, numbers: Path) -> None:
        counts, others = array("I", bytes(4 * MOBILES)), Counter[str]()
        with numbers.open(encoding="ascii") as lines:
            for line in lines:
                number = line.partition("\t")[2]
                if number[0] == "1":
                    counts[int(number[1:7])] += 1
                else:
                    others[number[:7]] += 1
        found = Counter[Origin | None]()
        for other, count in others.items():
            found[origin(other)] += count
        self._carriers, self._carrier_of = [""], bytearray(MOBILES)
        for start, count in enumerate(counts):
            if count:
                mobile = _origin_of_mobile(f"1{start:06}")
                found[mobile] += count
                self._carrier_of[start] = self._index(mobile.carrier if mobile else "")
        self.origins = dict(found.most_common())

    def carrier(self, number: str) -> str:
        """The carrier of a number of the list, empty where none is known."""
        return self._carriers[self._carrier_of[int(number[1:7])]] if number[0] == "1" else ""

    def _index(self, carrier: str) -> int:
        if carrier not in self._carriers:
            self._carriers.append(carrier)
        return self._carriers.index(carrier)


def tally(numbers: Path) -> dict[Origin | None, int]:
    """Count a list by origin, the commonest first."""
    return Tally(numbers).origins


class _Tables(NamedTuple):
    """The package's tables by column, sorted: seven digits, their place as an offset, their kind of carrier."""

    starts: Sequence[int]
    places: Sequence[int]
    kinds: bytes
    buffer: bytes


@cache
def _tables() -> _Tables:
    """Half a million entries of 9 bytes (two integers of 4, and a byte): read at first use, byte by byte of all entries
    at once, which takes some milliseconds and no object for each.

    The package itself unpacks an entry for every step of a search, some 20 microseconds a number; ``bisect`` takes one.
    """
    phone = Phone()
    if phone.phone_fmt != ENTRY:
        raise RuntimeError(f"the tables are of another form: {phone.phone_fmt}")
    entries = phone.buf[phone.first_phone_record_offset :]
    size = struct.calcsize(ENTRY)
    entries = entries[: len(entries) - len(entries) % size]
    starts, places = (_integers([entries[first + at :: size] for at in range(4)]) for first in (0, 4))
    return _Tables(starts, places, entries[8::size], phone.buf)


def _integers(by_byte: list[bytes]) -> "array[int]":
    """Integers whose bytes stand apart: all the lowest ones first."""
    joined = bytearray(4 * len(by_byte[0]))
    for at, column in enumerate(by_byte):
        joined[at::4] = column
    integers = array("i", bytes(joined))
    if sys.byteorder == "big":
        integers.byteswap()
    return integers


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
