"""Looking a file over before anything reads it: what it is by its content, and whether it would harm its reader."""

import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from phones.unreadable import Fault, Unreadable

MIB = 1 << 20
MAX_FILE = 100 * MIB
MAX_UNPACKED = 1024 * MIB
MAX_RATIO = 100
MAX_PARTS = 1000
MAX_ROWS = 1_048_576
MAX_COLUMNS = 512
# The reader lays the whole rectangle of a sheet out in memory, at 24 to 32 bytes a cell.
MAX_CELLS = 16 * MAX_ROWS


class Kind(StrEnum):
    """The file formats that we read."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    TEXT = "text"


SIGNATURES = (
    (re.compile(rb"%PDF-"), Fault.PDF),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|BM.{4}\0{4}|II\*\0|MM\0\*|RIFF.{4}WEBP|.{4}ftyp(?:hei|avif)", re.S),
     Fault.PICTURE),
    (re.compile(rb"MZ[^\0]{0,80}\0|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe", re.S), Fault.EXECUTABLE),
    (re.compile(rb"Rar!\x1a|7z\xbc\xaf|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ|\x28\xb5\x2f\xfd"), Fault.ARCHIVE),
    (re.compile(rb"\{\\rtf"), Fault.DOCUMENT),
)  # fmt: skip
MARKUP = re.compile(rb"\s*<(?:!doctype html|html|head|meta|body|table|style|script|div|!--)", re.I)
CONTROLS = bytes(set(range(32)) - set(b"\0\t\n\v\f\r\x1a\x1b"))
CELL = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
FILLED_CELL = re.compile(rb'<(?:\w+:)?c\b[^<>]{0,200}? r="([A-Z]{1,3})([0-9]{1,7})"[^<>]{0,200}(?<!/)>')
OVERLAP = 512
NOT_XML = (".bin", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tiff", ".emf", ".wmf", ".svg")


def look_over(path: Path) -> Kind:
    """Say what the file is, by its content alone; raises Unreadable where it is not for us."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(Fault.EMPTY_FILE)
    if size > MAX_FILE:
        raise Unreadable(Fault.TOO_LARGE, size=size, limit=MAX_FILE)
    with path.open("rb") as file:
        head = file.read(65536)
        if head.startswith((b"PK\3\4", b"PK\5\6")):
            return _look_over_zip(file)
        if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return _look_over_ole(file)
    _look_over_text(head)
    return Kind.TEXT


def looks_like_utf_16(head: bytes) -> str | None:
    """The byte order of UTF-16 without a mark, told by the NULs beside ASCII."""
    if head.count(0) * 5 < len(head):
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > even * 10:
        return "utf-16-le"
    return "utf-16-be" if even > odd * 10 else None


def _look_over_text(head: bytes) -> None:
    for signature, fault in SIGNATURES:
        if signature.match(head):
            raise Unreadable(fault)
    bare = head.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if not bare.strip():
        raise Unreadable(Fault.NOT_A_WORKBOOK if b"\0" in head else Fault.NO_ROWS)
    if MARKUP.match(bare) or (bare.lstrip().startswith(b"<?xml") and b"<html" in bare.lower()):
        raise Unreadable(Fault.HTML)
    if bare.lstrip().startswith(b"<?xml"):
        raise Unreadable(Fault.XML)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or looks_like_utf_16(head):
        return
    controls = len(bare) - len(bare.translate(None, CONTROLS))
    if controls * 20 > len(bare) or head.count(0) * 3 > len(head):
        raise Unreadable(Fault.NOT_A_WORKBOOK)


def _look_over_ole(file: BinaryIO) -> Kind:
    """Tell an old workbook from a protected one by the names in its directory, whose entries are 128 bytes."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _has_stream(data, "EncryptedPackage"):
            raise Unreadable(Fault.ENCRYPTED)
        if _has_stream(data, "Workbook") or _has_stream(data, "Book"):
            return Kind.XLS
        if any(_has_stream(data, name) for name in ("WordDocument", "PowerPoint Document")):
            raise Unreadable(Fault.DOCUMENT)
    raise Unreadable(Fault.NOT_A_WORKBOOK)


def _has_stream(data: mmap.mmap, name: str) -> bool:
    entry = name.encode("utf-16-le").ljust(64, b"\0")
    at = data.find(entry)
    while at >= 0 and at % 128:
        at = data.find(entry, at + 1)
    return at >= 0


def _look_over_zip(file: BinaryIO) -> Kind:
    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
            _check_claims(parts)
            kind = _kind_of_package(package)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, zlib.error, struct.error, NotImplementedError) as error:
        raise Unreadable(Fault.DAMAGED, detail=repr(error)[:200]) from error
    total = 0
    for part in parts:
        total += _check_part(file, part, total)
    return kind


def _check_claims(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS:
        raise Unreadable(Fault.TOO_MANY_PARTS, count=len(parts), limit=MAX_PARTS)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(Fault.ENCRYPTED)
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if unpacked > MAX_UNPACKED or any(_is_bomb(part.compress_size, part.file_size) for part in parts):
        raise Unreadable(Fault.BOMB, size=packed, unpacked=unpacked)


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > MIB and unpacked > MAX_RATIO * packed


def _kind_of_package(package: zipfile.ZipFile) -> Kind:
    names = set(package.namelist())
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    if "mimetype" in names:
        mimetype = package.read("mimetype")[:200]
        if b"opendocument.spreadsheet" not in mimetype:
            raise Unreadable(Fault.DOCUMENT if b"opendocument" in mimetype else Fault.ARCHIVE)
        if b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise Unreadable(Fault.ENCRYPTED)
        return Kind.ODS
    if "[Content_Types].xml" not in names:
        raise Unreadable(Fault.ARCHIVE)
    types = package.read("[Content_Types].xml")
    if "xl/workbook.xml" in names or b"spreadsheetml" in types or b"ms-excel" in types:
        return Kind.XLSX
    raise Unreadable(Fault.DOCUMENT if b"processingml" in types or b"presentationml" in types else Fault.ARCHIVE)


def _check_part(file: BinaryIO, part: zipfile.ZipInfo, before: int) -> int:
    """Inflate one part for what it truly holds, since headers lie; returns its true size."""
    is_xml = not part.filename.lower().endswith(NOT_XML)
    rows = columns = size = check = 0
    tail = b""
    for chunk in _inflated(file, part):
        size += len(chunk)
        if before + size > MAX_UNPACKED or _is_bomb(part.compress_size, size):
            raise Unreadable(Fault.BOMB, size=part.compress_size, unpacked=before + size)
        check = zlib.crc32(chunk, check)
        if is_xml:
            window = tail + chunk
            _refuse_entities(window)
            rows, columns = _furthest(CELL, window, rows, columns)
            tail = window[-OVERLAP:]
    if size != part.file_size or check != part.CRC:
        raise Unreadable(Fault.DAMAGED, detail=f"size or checksum of {part.filename[:100]}")
    if _is_far(rows, columns):
        _check_filled_cells(file, part)
    return size


def _refuse_entities(xml: bytes) -> None:
    if b"\0" in xml:  # UTF-16
        xml = xml.replace(b"\0", b"")
    if b"<!" in xml and (b"<!DOCTYPE" in xml or b"<!ENTITY" in xml):
        raise Unreadable(Fault.ENTITIES)


def _check_filled_cells(file: BinaryIO, part: zipfile.ZipInfo) -> None:
    """Raise far_cell, unless the far cells are merely coloured: those cost the reader nothing."""
    rows = columns = 0
    tail = b""
    for chunk in _inflated(file, part):
        window = tail + chunk
        rows, columns = _furthest(FILLED_CELL, window, rows, columns)
        tail = window[-OVERLAP:]
    if _is_far(rows, columns):
        raise Unreadable(Fault.FAR_CELL, rows=rows, columns=columns)


def _is_far(rows: int, columns: int) -> bool:
    return rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS


def _furthest(pattern: re.Pattern[bytes], xml: bytes, rows: int, columns: int) -> tuple[int, int]:
    found = pattern.findall(xml)
    if not found:
        return rows, columns
    letters, numbers = zip(*found, strict=True)
    return max(rows, max(map(int, numbers))), max(columns, *map(_column_number, set(letters)))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _inflated(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part's bytes, at most 1 MiB at a time, however many its header admits to."""
    file.seek(part.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\3\4") or part.compress_type not in (0, 8):
        raise Unreadable(Fault.DAMAGED, detail=f"header of {part.filename[:100]}")
    file.seek(sum(struct.unpack("<HH", header[26:])), 1)
    left, inflater = part.compress_size, zlib.decompressobj(-15)
    try:
        while left and (packed := file.read(min(left, MIB))):
            left -= len(packed)
            if part.compress_type == 0:
                yield packed
            while part.compress_type == 8 and packed and not inflater.eof:
                yield inflater.decompress(packed, MIB)
                packed = inflater.unconsumed_tail
        yield from iter(lambda: inflater.decompress(b"", MIB), b"")  # what the last chunk's limit held back
    except zlib.error as error:
        raise Unreadable(Fault.DAMAGED, detail=repr(error)[:200]) from error
