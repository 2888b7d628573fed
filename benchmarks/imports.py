"""The import of a million rows, against reading them with calamine and writing them with the least that keeps numbers
unique."""

import csv
import os
import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Self

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from python_calamine import CalamineWorkbook

from benchmarks import probe, stock
from benchmarks.ratio import Ratio, Sizes, best_of, timed
from config.models import Carrier, Region
from hwcall.bench import room
from phones import actions, numbers, uploads, workbooks
from phones.models import Batch, Job, Upload
from phones.numbering import clean_mobile

GOALS = {"postgresql": 1.3, "sqlite": 1.5}
MOST_MIB = 400
BLOCK = 20_000
# Numbers that are there before the first import.
STOCK = 20_000


def measure(sizes: Sizes) -> Iterator[Ratio]:
    room_with_stock(sizes.seed)
    prepare()
    again = None
    for at, kind in enumerate(("xlsx", "csv", "txt"), 1):
        path = make_list(kind, sizes.rows, seed=sizes.seed, start=at * sizes.rows + STOCK)
        with Memory() as memory:
            ours = timed(lambda path=path: take_in(path))
        if again is None:
            yield Ratio(3, "memory of an import with its reader", memory.mib, "MiB", MOST_MIB)
            again = timed(lambda path=path: take_in(path))
            yield Ratio(3, f"the same {kind} again", again, "s", 0.8, "its first import", ours)
        least = timed(lambda path=path: take_in_least(path))
        what = f"import of {sizes.rows:,} numbers, .{kind}"
        against = "reading and one sorted insert"
        yield Ratio(3, what, ours, "s", GOALS[connection.vendor], against, least)
    yield normalising(sizes)
    path = make_list("csv", sizes.rows, seed=sizes.seed, start=5 * sizes.rows)
    yield probe.beside(3, "an import", lambda: take_in(path), quiet_seconds=sizes.seconds)


def room_with_stock(seed: int) -> None:
    boss, carrier, region = stock.boss(), Carrier.objects.in_order()[0], Region.objects.in_order()[0]
    room.take_in(list(room.numbers(STOCK, seed=seed)), by=boss, carrier=carrier, region=region)


def make_list(kind: str, rows: int, *, seed: int, start: int) -> Path:
    """A file with a heading and so many numbers that nobody has yet."""
    path = Path(settings.DATA_DIR, f"list-{start}.{kind}")
    listed = room.numbers(rows, seed=seed, start=start)
    if kind == "xlsx":
        columns = [workbooks.Column("phone", 14)]
        workbooks.write(path, "list", columns, lambda: ((number,) for number in listed), rows)
    else:
        with path.open("w") as file:
            file.writelines(f"{number}\n" for number in ("phone", *listed))
    return path


class Memory(Thread):
    """Looks all the time at the most that this process and any child of it ever had.

    What the system adds up of children that have ended is no measure: one begins as a copy of this process, and keeps
    its size on record.
    """

    def __enter__(self) -> Self:
        self.daemon, self.children, self.ended = True, 0.0, Event()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()
        self.mib = most_mib("self") + self.children

    def run(self) -> None:
        while not self.ended.wait(0.02):
            for task in Path("/proc/self/task").iterdir():
                with suppress(OSError):
                    for child in (task / "children").read_text().split():
                        # Before it is another program, it shows what this one has.
                        if Path(f"/proc/{child}/cmdline").read_bytes() != Path("/proc/self/cmdline").read_bytes():
                            self.children = max(self.children, most_mib(child))


def most_mib(process: str) -> float:
    found = re.search(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


# ── HwCall ───────────────────────────────────────────────────────────────────────────────────────────────────


def take_in(path: Path) -> None:
    """Send, check, confirm and import, all as the pages and the worker do it."""
    upload = send(path)
    room.work()
    upload.refresh_from_db()
    carrier, region = Carrier.objects.in_order()[0], Region.objects.in_order()[0]
    # Of a list that was imported before, the check says that there is nothing to import.
    with suppress(actions.NothingToImport):
        actions.confirm(
            upload=upload, by=upload.by, kind=Batch.Kind.PENDING, carrier=carrier, region=region, name=path.name,
            now=timezone.now(),
        )  # fmt: skip
        room.work()
    if Job.objects.filter(state=Job.State.FAILED).exists():
        raise RuntimeError(f"the import failed: {Job.objects.filter(state=Job.State.FAILED).values()[0]}")


def send(path: Path) -> Upload:
    name = f"{stock.now_to_the_second()}{path.suffix}"
    os.link(path, path.with_name(name))
    with path.with_name(name).open("rb") as file:
        size = path.stat().st_size
        received = uploads.ReceivedFile(file, name, sha256=name.rjust(64, "0")[:64], size=size, refusal=None)
        return uploads.receive_file(by=stock.boss(), file=received, now=timezone.now())


# ── The least ────────────────────────────────────────────────────────────────────────────────────────────────


def prepare() -> None:
    """A table like that of the numbers, with the very same indexes and keys."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE limit_phone (LIKE phones_phone INCLUDING ALL)")
            cursor.execute(
                "SELECT format('ALTER TABLE limit_phone ADD %%s', pg_get_constraintdef(oid)) FROM pg_constraint"
                " WHERE conrelid = 'phones_phone'::regclass AND contype = 'f'"
            )
            for (key,) in cursor.fetchall():
                cursor.execute(key)
            return
        cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'phones_phone' AND type IN ('table', 'index')")
        for (text,) in cursor.fetchall():
            if text:
                renamed = text.replace('"phones_phone"', '"limit_phone"')
                cursor.execute(re.sub(r'INDEX "', 'INDEX "limit_', renamed).replace("%", "%%"))


def take_in_least(path: Path) -> None:
    """Read the file and insert what is not there yet, in the order of the numbers, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute('CREATE TEMPORARY TABLE least (row int, number varchar(16) COLLATE "C") ON COMMIT DROP')
            with cursor.copy("COPY least FROM STDIN") as copy:
                for block in blocks(enumerate(read_least(path))):
                    copy.write("".join([f"{row}\t{number}\n" for row, number in block]))
            anti_join = " WHERE NOT EXISTS (SELECT 1 FROM limit_phone p WHERE p.number = s.number)"
        else:
            cursor.execute("DROP TABLE IF EXISTS temp.least")
            cursor.execute("CREATE TEMPORARY TABLE least (row int, number text)")
            cursor.executemany("INSERT INTO least VALUES (%s, %s)", enumerate(read_least(path)))
            anti_join = ""
        cursor.execute(
            f"INSERT {'' if anti_join else 'OR IGNORE'} INTO limit_phone"  # noqa: S608 -- of constants
            " (number, batch_id, carrier_id, region_id, state, place, suppressed, note)"
            " SELECT number, (SELECT min(id) FROM phones_batch), (SELECT min(id) FROM config_carrier),"
            " (SELECT min(id) FROM config_region), 'pending',"
            f" row, FALSE, '' FROM least s{anti_join} ORDER BY number"
        )


def read_least(path: Path) -> Iterator[str]:
    if path.suffix == ".xlsx":
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows()
        next(rows)
        yield from (str(row[0]) for row in rows)
        return
    with path.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from (row[0] for row in rows)


def blocks(rows: Iterable) -> Iterator[list]:
    rows = iter(rows)
    while block := list(islice(rows, BLOCK)):
        yield block


# ── What is a number ─────────────────────────────────────────────────────────────────────────────────────────

plain_mobile = re.compile("1[3-9][0-9]{9}").fullmatch
MARKS = re.compile(r"[\s\-()']+")
PREFIX = re.compile(r"^(?:\+?86|0086)(?=1[3-9][0-9]{9})")


def normalising(sizes: Sizes) -> Ratio:
    cells = list(dirty(sizes.rows, seed=sizes.seed))
    ours = best_of(2, lambda: normalise_all(cells, read_as_an_import))
    least = best_of(2, lambda: normalise_all(cells, least_number))
    return Ratio(3, f"normalising {sizes.rows:,} cells", ours, "s", 1.5, "a regex fast path", least)


def normalise_all(cells: list[str], read: Callable) -> None:
    for cell in cells:
        read(cell)


def read_as_an_import(cell: str) -> object:
    """What a row costs: numbers_in is asked where it isn't plain already that the cell is a number."""
    return cell if type(cell) is str and clean_mobile(cell) else numbers.numbers_in(cell)


def least_number(cell: str) -> str | None:
    """The limit: what is plain at a glance, and for the rest the commonest disguises."""
    if plain_mobile(cell):
        return cell
    text = MARKS.sub("", unicodedata.normalize("NFKC", cell)).removesuffix(".0")
    text = PREFIX.sub("", text)
    return text if plain_mobile(text) else None


def dirty(rows: int, *, seed: int) -> Iterator[str]:
    """Numbers as lists have them, one in ten in some disguise."""
    dice = random.Random(seed)  # noqa: S311
    disguises: list[Callable[[str], str]] = [
        lambda text: f"+86{text}", lambda text: f"0086{text}", lambda text: f"86 {text}", lambda text: f" {text} ",
        lambda text: f"{text[:3]}-{text[3:7]}-{text[7:]}", lambda text: f"{text[:3]} {text[3:7]} {text[7:]}",
        lambda text: f"{text}.0", lambda text: text.translate({ord("0") + at: 0xFF10 + at for at in range(10)}),
        lambda text: text[:-1], lambda text: f"phone {text}",
    ]  # fmt: skip
    for number in room.numbers(rows, seed=seed):
        yield dice.choice(disguises)(number) if dice.random() < 0.1 else number
