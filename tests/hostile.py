"""Every hostile list that may be sent in, made anew each time, and what must become of it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.phones import files
from tests.phones.files import NUMBERS, cell, workbook, xlsx_of, zipped

EVERY_ENCODING = ("utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be")
LINES = ["姓名,手机", *(f"小李,{number}" for number in NUMBERS)]


@dataclass(frozen=True)
class Sample:
    """A file, and how many numbers it brings in; none where it has to be refused as a whole."""

    name: str
    content: bytes
    numbers: int = 0


def samples() -> Iterator[Sample]:
    yield from sizes()
    yield from packages()
    yield from not_lists()
    yield from contents()
    yield from texts()


def sizes() -> Iterator[Sample]:
    """Small files that claim, or unpack to, what no memory holds."""
    yield Sample("far cell", files.far_cell())
    yield Sample("far cell that the look-over does not see", files.hidden_far_cell())
    yield Sample("far cell that is only coloured", files.coloured_far_cell(), 1)
    yield Sample("sheet of 16,384 columns", files.wide_sheet())
    yield Sample("lying dimension", files.lying_dimension(), 1)
    yield Sample("one cell in every place of an .ods", files.repeated_cells())
    yield Sample("zip bomb", files.zip_bomb())
    yield Sample("zip bomb with a lying header", files.lying_bomb())
    yield Sample("lying size", files.lying_size())
    yield Sample("a thousand and one parts", files.many_parts())
    yield Sample("more than a million rows", files.too_many_rows())


def packages() -> Iterator[Sample]:
    """Entities in each part, and parts that are not what they should be."""
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        yield Sample(f"entity bomb in {part}", files.entity_bomb(part))
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    yield Sample("entity of another file", zipped(xlsx_of(cell("A1", "&e;"), prologue=outside)))
    whole = xlsx_of(cell("A1", NUMBERS[0]))
    for part in whole:
        yield Sample(f"without {part}", zipped({name: text for name, text in whole.items() if name != part}))
    climbing = {**whole, "../../../etc/cron.d/x": "x", "/etc/passwd": "x"}
    yield Sample("parts with paths that climb", zipped(climbing), 1)


def not_lists() -> Iterator[Sample]:
    yield Sample("workbook with a password", files.protected_workbook())
    yield Sample("zip with a password", files.encrypted_zip())
    yield Sample("program", files.executable())
    yield Sample("picture", files.picture())
    yield Sample("PDF", b"%PDF-1.7\n" + b"x" * 1000)
    yield Sample("page", b"<html><body>19900000001</body></html>")
    yield Sample("document", files.word_document())
    yield Sample("noise", random.Random(1).randbytes(5000))
    yield Sample("nothing", b"\n \r\n")
    yield Sample("header alone", "手机\n".encode())


def contents() -> Iterator[Sample]:
    """Workbooks with things in them that must not be touched."""
    yield Sample("macros", with_macros(), 1)
    yield Sample("links to other files", with_links(), 1)
    yield Sample("formulas with and without values", with_formulas(), 2)
    yield Sample("escaped surrogate", zipped(xlsx_of(cell("A1", "_xD800_") + cell("A2", NUMBERS[0]))), 1)
    yield Sample("reference to a surrogate", zipped(xlsx_of(cell("A1", "&#xD800;") + cell("A2", NUMBERS[0]))))
    yield Sample(
        "escaped control characters", zipped(xlsx_of(cell("A1", "_x0000__x001B_") + cell("A2", NUMBERS[0]))), 1
    )
    hidden = [[number] for number in NUMBERS]
    yield Sample("numbers on a hidden sheet", workbook([["说明"]], hidden=hidden), 30)
    yield Sample("old workbook", files.old_workbook([[number] for number in NUMBERS]), 30)


def texts() -> Iterator[Sample]:
    for encoding in EVERY_ENCODING:
        yield Sample(f"text in {encoding}", "\n".join(LINES).encode(encoding), 30)
    for name, end in (("CR", "\r"), ("CR LF", "\r\n"), ("LF CR", "\n\r")):
        yield Sample(f"lines that end in {name}", end.join(LINES).encode(), 30)
    stray = [f'"{line}' if at == 5 else line for at, line in enumerate(LINES)]
    yield Sample("a quote that is never closed", "\n".join(stray).encode(), 30)
    ragged = [line + "," * (at % 7) for at, line in enumerate(LINES)]
    yield Sample("ragged rows", "\n".join(ragged).encode(), 30)
    controls = "".join(map(chr, range(1, 32))).replace("\n", "").replace("\r", "")
    yield Sample("control characters", "\n".join([*LINES, f"小{controls}王,没有"]).encode(), 30)
    yield Sample("NULs", "\n".join([*LINES, "小\0王,没\0有"]).encode(), 30)
    yield Sample("lone surrogates", "\n".join([*LINES, ""]).encode() + b"\xed\xa0\x80\xed\xb0\x80,\xed\xa0\x80\n", 30)
    yield Sample("bytes of no encoding", "\n".join([*LINES, ""]).encode() + b"\xff\xfe\xff,\x80\x81\n", 30)
    yield Sample("a field of ten megabytes", "\n".join([*LINES, "x" * 10_000_000]).encode(), 30)
    yield Sample("a line of a million fields", "\n".join([*LINES, "," * 1_000_000]).encode(), 30)
    yield Sample("markup, formulas and templates", "\n".join([*LINES, "<script>alert(1)</script>,=1+1"]).encode(), 30)
    yield Sample("directions and joiners", "\n".join([*LINES, "\u202e小\u200b王\ufeff,\u202e9"]).encode(), 30)


def with_macros() -> bytes:
    parts = xlsx_of(cell("A1", NUMBERS[0]))
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml"
    )
    return zipped(parts | {"xl/vbaProject.bin": 'Sub Auto_Open(): Shell "touch /tmp/hwcall-was-here"'})


def with_links() -> bytes:
    link = (
        f'<?xml version="1.0"?><externalLink xmlns="{files.MAIN}" xmlns:r="{files.OFFICE}">'
        '<externalBook r:id="rId1"><sheetNames><sheetName val="x"/></sheetNames></externalBook></externalLink>'
    )
    target = (
        f'<?xml version="1.0"?><Relationships xmlns="{files.PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{files.OFFICE}/externalLinkPath" Target="http://127.0.0.1:9/x.xlsx" TargetMode="External"/>'
        "</Relationships>"
    )
    parts = xlsx_of(cell("A1", NUMBERS[0]))
    return zipped(
        parts | {"xl/externalLinks/externalLink1.xml": link, "xl/externalLinks/_rels/externalLink1.xml.rels": target}
    )


def with_formulas() -> bytes:
    """A formula with its value, one that asks a program for it and has one too, and two without."""
    rows = [
        f'<c r="A1"><f>1990000+1</f><v>{NUMBERS[0]}</v></c>',
        f'<c r="A2" t="str"><f>cmd|\'/C calc\'!A0</f><v>{NUMBERS[1]}</v></c>',
        '<c r="A3"><f>WEBSERVICE("http://127.0.0.1:9/")</f></c>',
        '<c r="A4" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    ]
    return zipped(xlsx_of("".join(f'<row r="{at}">{row}</row>' for at, row in enumerate(rows, 1))))


def damaged(content: bytes, dice: random.Random, times: int) -> Iterator[bytes]:
    """A file cut off at so many places, and so many times with one bit of it turned."""
    for _each in range(times):
        at = dice.randrange(len(content))
        yield content[:at]
        yield content[:at] + bytes([content[at] ^ (1 << dice.randrange(8))]) + content[at + 1 :]
