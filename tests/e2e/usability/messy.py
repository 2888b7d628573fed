"""A list as offices get it: titles, merged cells, and numbers in every shape that a spreadsheet makes of them."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

FILE = "东平县_联通_11月第二批.xlsx"
FIRST, SECOND, LAND_LINE = "13054800001", "13054800002", "05388212345"
# What the room knows before the list comes: numbers of an earlier list, and one of people who are not to be called.
KNOWN = ["13054800021", "13054800022"]
EXCLUDED = ["13054800031"]
# Each number that is good, as it is dialled, and how the list writes it.
GOOD: list[tuple[str, Any]] = [
    (FIRST, 13054800001.0),
    (SECOND, "1.3054800002E10"),
    ("13054800005", "１３０５４８００００５"),
    ("13054800006", "+86 130 5480 0006"),
    ("13054800007", "0086-130-5480-0007"),
    ("13054800008", "电话：13054800008"),
    (LAND_LINE, "(0538) 821 2345"),
]
TWO_IN_ONE = ("13054800003", "13054800004")


@dataclass(frozen=True)
class Bad:
    """A cell that is no number, what must be said about it, and what must be said to do."""

    cell: Any
    reason: str
    to_do: str


BAD = [
    Bad("8212345", "座机缺少区号", "在前面加上区号"),
    Bad(5388212346.0, "区号前的 0 丢失", "改为 05388212346，并把该列设为文本"),
    Bad("1305480", "位数不够：7 位", "核对后补全"),
    Bad("130548000111", "位数太多：12 位", "核对后改正"),
    Bad("13O54800009", "含字母 O", "可能是数字 0：13054800009"),
    Bad("1.31E+10", "Excel 已丢失末尾数字", "在原表把该列设为文本后重新填写"),
    Bad("130****0010", "部分数字被星号遮住", "请索取号码完整的名单"),
    Bad("12054800011", "120 开头不是手机号段", "核对后改正"),
    Bad("0538-8212347转8001", "带分机号 8001", "若不拨分机也能接通，请去掉分机号"),
    Bad("95598", "服务号码", "只能导入手机和座机号码"),
    Bad("本人要求不再打", "没有数字", "若此处本应有号码，请补上"),
    Bad(date(2026, 11, 20), "是日期", "在原表把该列设为文本后重新填写"),
    Bad(None, "这一行没有号码", "若此处本应有号码，请补上"),
]


def write(folder: Path) -> tuple[Path, dict[int, Bad]]:
    """Save the list; the bad cells, by the row in which they stand."""
    book = Workbook()
    sheet = book.active
    _title(sheet)
    cells = [written for _number, written in GOOD]
    cells += [" / ".join(TWO_IN_ONE), "130-5480-0001", f"0{FIRST}", *KNOWN, *EXCLUDED]
    for ordinal, cell in enumerate(cells, 1):
        sheet.append([ordinal, f"用户{ordinal}", cell])
    sheet.append([])
    bad = {}
    for line in BAD:
        sheet.append([None, "补充", line.cell])
        bad[sheet.max_row] = line
    path = folder / FILE
    book.save(path)
    return path, bad


def _title(sheet: Any) -> None:
    """Two merged lines above a head of two lines, as somebody has drawn them to be printed."""
    for line in ("东平县联通外呼名单", "制表：老张　　2026 年 11 月 20 日　　内部资料"):
        sheet.append([line])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=4)
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
        sheet.cell(sheet.max_row, 1).alignment = Alignment(horizontal="center")
    sheet.append(["序号", "姓名", "联系方式", None])
    sheet.append([None, None, "电话", "备注"])
    for area in ("A3:A4", "B3:B4", "C3:D3"):
        sheet.merge_cells(area)
