"""Sample files for the readers, honest and hostile: by hand or by openpyxl, and by ``xlwt`` the .xls."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlwt

NUMBERS = [f"1990000{n:04}" for n in range(1, 31)]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def relations(target: str, kind: str) -> str:
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def xlsx_of(sheet_data: str, *, before: str = "", prologue: str = "") -> dict[str, str]:
    """The parts of a workbook whose only sheet has this XML for its data."""
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations("xl/workbook.xml", "officeDocument"),
        "xl/_rels/workbook.xml.rels": relations("worksheets/sheet1.xml", "worksheet"),
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        '<sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{prologue}<worksheet xmlns="{MAIN}">{before}'
        f"<sheetData>{sheet_data}</sheetData></worksheet>",
    }


def cell(reference: str, text: str) -> str:
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def zipped(parts: dict[str, str] | dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def workbook(rows: Iterable[Sequence[Any]], *, title: str = "名单", hidden: Iterable[Sequence[Any]] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if hidden:
        other = book.create_sheet("隐藏")
        other.sheet_state = "hidden"
        for row in hidden:
            other.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def old_workbook(rows: Iterable[Sequence[Any]]) -> bytes:
    """A BIFF8 .xls whose whole numbers are number cells."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("名单")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods(rows: Iterable[Sequence[Any]], *, trailing: bool = True) -> bytes:
    """As LibreOffice writes it: the sheet is filled up to its last row and column with repeated empty cells."""
    body = ""
    for row in rows:
        cells = "".join(_ods_cell(value) for value in row)
        body += f'<table:table-row>{cells}<table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
    if trailing:
        body += (
            '<table:table-row table:number-rows-repeated="1048500">'
            '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        )
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{name}:office:1.0"'
        f' xmlns:table="{name}:table:1.0" xmlns:text="{name}:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="名单">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{name}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mimetype}"/></manifest:manifest>'
    )
    return zipped({"mimetype": mimetype, "META-INF/manifest.xml": manifest, "content.xml": content})


def _ods_cell(value: Any) -> str:
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"


def far_cell() -> bytes:
    """4 KB that made calamine ask for 512 GiB and abort its process."""
    return zipped(xlsx_of(cell("A1", "19900000001") + cell("XFD1048576", "x")))


def hidden_far_cell() -> bytes:
    """The same in other quotes, which the look-over does not see: the child's limits have to stop it."""
    return zipped(xlsx_of((cell("A1", "19900000001") + cell("XFD1048576", "x")).replace('"', "'")))


def coloured_far_cell() -> bytes:
    """A far cell without content, as left behind by colouring a whole row."""
    return zipped(xlsx_of(cell("A1", "19900000001") + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'))


def wide_sheet() -> bytes:
    return zipped(xlsx_of(cell("A1", "19900000001") + cell("XFD2", "x")))


def lying_dimension() -> bytes:
    return zipped(xlsx_of(cell("A1", "19900000001"), before='<dimension ref="A1:XFD1048576"/>'))


def repeated_cells() -> bytes:
    """An .ods that says of one cell that it stands in every place of the largest sheet."""
    cells = ods([["19900000001"]], trailing=False)
    with zipfile.ZipFile(io.BytesIO(cells)) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    parts["content.xml"] = parts["content.xml"].replace(
        "<table:table-row><table:table-cell ",
        '<table:table-row table:number-rows-repeated="1048576">'
        '<table:table-cell table:number-columns-repeated="16384" ',
    )
    return zipped(parts)


def entity_bomb(part: str = "xl/worksheets/sheet1.xml") -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    parts = xlsx_of(cell("A1", "&e9;"))
    declaration, _, rest = parts[part].partition("?>")
    parts[part] = f'{declaration}?><!DOCTYPE x [<!ENTITY e0 "ha">{levels}]>{rest}'
    return zipped(parts)


def zip_bomb() -> bytes:
    """150 KB that unpack to 150 MB in one cell."""
    return zipped(xlsx_of(cell("A1", "1" * 150_000_000)))


def lying_bomb() -> bytes:
    """The same, whose headers say that it unpacks to as little as it takes."""
    content = zip_bomb()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        [part] = [part for part in package.infolist() if part.file_size > 1_000_000]
    true, lie = struct.pack("<I", part.file_size), struct.pack("<I", part.compress_size)
    return content.replace(true, lie)


def lying_size() -> bytes:
    """A small sheet whose header says half its size."""
    content = zipped(xlsx_of("".join(cell(f"A{n}", NUMBERS[n - 1]) for n in range(1, 31))))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
    return content.replace(struct.pack("<I", part.file_size), struct.pack("<I", part.file_size // 2))


def many_parts() -> bytes:
    return zipped({**xlsx_of(cell("A1", "19900000001")), **{f"xl/media/{n}.txt": "" for n in range(1001)}})


def too_many_rows() -> bytes:
    return b"19900000001\n" * 1_000_001


def compound_file(*streams: str) -> bytes:
    """An OLE2 file that holds nothing but a directory with these names."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    entries = [name.encode("utf-16-le").ljust(64, b"\0") + b"\0" * 64 for name in ("Root Entry", *streams)]
    return header + b"".join(entries).ljust(512, b"\0")


def protected_workbook() -> bytes:
    return compound_file("EncryptionInfo", "EncryptedPackage")


def encrypted_zip() -> bytes:
    """A workbook in a zip whose parts are marked as encrypted."""
    content = bytearray(zipped(xlsx_of(cell("A1", "19900000001"))))
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 1)
    return bytes(content)


def word_document() -> bytes:
    types = TYPES.replace("spreadsheetml.sheet", "wordprocessingml.document").replace("xl/workbook", "word/document")
    return zipped({"[Content_Types].xml": types, "word/document.xml": "<w/>"})


def picture() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + zlib.compress(b"\0" * 100)


def executable() -> bytes:
    return b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff" + b"\0" * 400


def put(folder: Path, content: bytes | str, name: str = "名单") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
