"""The two ways from the database into a .csv write the same bytes: rows by the csv module, and lines by PostgreSQL."""

import csv
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from config.models import BusinessType, Region
from phones import cells, csv_lines, exports, files
from phones.filters import PhoneFilter
from phones.models import Phone

ROOM = ZoneInfo("Asia/Shanghai")
pytestmark = pytest.mark.django_db

# What a file may have to hold: formulas, also after what is cleaned away, quotes, line ends, what XML cannot hold.
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\r\n@1", "＝1", "＋1", "－1", "＠1", " =1", "'=1", "^=1",
    "]", '"', '""', 'a"b', '","', '"\r\n"', 'a\n"b"\nc', "a\rb\r\nc\n\rd\n", "\n", "\r", "\t", ",;", "\\", "\\n",
    r"\&", "%s", "{0}", "\x01", "a\x01b", "\x07=1", "\x08\x0b\x0c\x1b\x1f\x7f\x85", "\ufffe\uffff=", "\ufffd",
    "\u202e=1", "\u2028a\u2029b", "\ufeff=1", "𠮷😀", "下午=3点", "-" * 200,
)  # fmt: skip


@pytest.fixture
def hostile(make_numbers, make_batch, make_agent, type_of, room):
    """Numbers with hostile notes, and names of everything that has one as hostile."""
    at = datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=ROOM)
    for ordinal, text in enumerate(HOSTILE):
        name = text[:20]
        region = Region.objects.create(name=name, position=50 + ordinal)
        batch, agent = make_batch(name=name, region=region), make_agent(name)
        filed = {
            "type": type_of(11),
            "agent": agent,
            "state": "classified",
            "classified_at": at.replace(hour=ordinal % 24),
        }
        make_numbers(1, batch=batch, note=text, order_region=region, suppressed=bool(ordinal % 2), **filed)
    BusinessType.objects.filter(code=11).update(name='=有"效')
    make_numbers(2, batch=batch, taken_at=at)


@pytest.mark.parametrize("chosen", [{}, {"order": "-number"}])
@pytest.mark.parametrize("page", [1, 7, 10_000])
def test_hostile_texts_are_written_alike_by_both_ways_to_a_csv(make_administrator, hostile, tmp_path, chosen, page):
    form = PhoneFilter(chosen, user=make_administrator())
    assert form.is_valid()
    sources = list(exports._sources(make_administrator()).values())
    titles = [column.title for column in exports.columns()]
    pages = {
        how: exports._pages(form.numbers(), form.order, page, how.reader(sources, beside=form.order.field or None))
        for how in ([cells, csv_lines] if connection.vendor == "postgresql" else [cells])
    }

    rows = [row for each in pages[cells] for row in each.rows]
    files.write_csv(tmp_path / "rows.csv", titles, iter(rows))

    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.reader(file))[1:]
    assert [row[9] for row in told] == [cells.harmless(row[9] or "") for row in rows]
    assert not [cell for row in told for cell in row if cell.startswith(cells.FORMULA_STARTS)]
    if csv_lines in pages:
        count = files.write_lines(tmp_path / "lines.csv", titles, pages[csv_lines])
        assert count == len(HOSTILE) + 2
        assert (tmp_path / "lines.csv").read_bytes() == (tmp_path / "rows.csv").read_bytes()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite writes no lines")
def test_an_empty_page_has_no_lines(make_administrator):
    read = csv_lines.reader(list(exports._sources(make_administrator()).values()), beside="number")

    assert read(Phone.objects.order_by("pk")) == read(Phone.objects.none()) == cells.Page([], [])
