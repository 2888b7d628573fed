"""A backup made while people work brings the whole room back in an empty place; a damaged one brings nothing."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.installations import ROOT, installation, run

pytestmark = pytest.mark.own_database

# Every row of every table, told without its database's peculiarities; what a restore itself adds is left out.
TELL = """
import hashlib, json
from django.apps import apps
told = {}
for model in apps.get_models(include_auto_created=True):
    if model._meta.managed and model._meta.db_table not in ("django_content_type", "auth_permission"):
        rows = model.objects.order_by("pk").values_list()
        if model._meta.db_table == "accounts_auditentry":
            rows = rows.exclude(action__startswith="backup.")
        told[model._meta.db_table] = [len(rows), hashlib.sha256(repr(list(rows)).encode()).hexdigest()]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory, migrated):
    """A demonstration room in a place of its own, with a file in each folder; its variables and its backup."""
    folder = tmp_path_factory.mktemp("room")
    with installation(folder / "data", like=migrated) as variables:
        run(variables, "setup")
        run(variables, "demo")
        for name in ("archives", "results", "uploads"):
            place = folder / "data" / name
            place.mkdir(exist_ok=True)
            (place / "a file.bin").write_bytes(name.encode() * 1000)
        run(variables, "backup", f"--to={folder / 'backups'}")
        [backup] = (folder / "backups").glob("hwcall-*.zip")
        yield variables, backup


@pytest.fixture
def empty_place(tmp_path):
    with installation(tmp_path / "elsewhere") as variables:
        yield variables


def refused(variables, *arguments):
    """The one line that a command ends with."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_i9_a_backup_brings_the_whole_room_back(room, empty_place):
    variables, backup = room

    said = run(empty_place, "restore", str(backup))

    assert "The books balance." in said
    assert json.loads(run(empty_place, script=TELL)) == json.loads(run(variables, script=TELL))
    for name in ("archives", "results", "uploads"):
        assert Path(empty_place["HWCALL_DATA"], name, "a file.bin").read_bytes() == name.encode() * 1000


def test_a_room_is_never_overwritten(room):
    variables, backup = room
    before = run(variables, script=TELL)

    assert "There is a database already" in refused(variables, "restore", str(backup))
    assert run(variables, script=TELL) == before


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.999])
def test_a_backup_that_was_cut_off_brings_nothing(room, empty_place, tmp_path, share):
    whole = room[1].read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: int(len(whole) * share)])

    assert "damaged, or no backup" in refused(empty_place, "restore", str(cut))
    assert nothing_stands(empty_place)


def test_i9_a_flipped_byte_is_found_before_anything_is_written(room, empty_place, tmp_path):
    flipped = bytearray(room[1].read_bytes())
    flipped[len(flipped) // 3] ^= 0xFF
    damaged = tmp_path / "flipped.zip"
    damaged.write_bytes(flipped)

    assert "damaged" in refused(empty_place, "restore", str(damaged))
    assert nothing_stands(empty_place)


def rewritten(backup, to, *, leave_out=(), put=(), **said):
    """A copy of a backup with other words in its manifest, without some members, with others more."""
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            if name == "manifest.json":
                facts = json.loads(old.read(name)) | said
                for extra in put:
                    facts["members"][extra] = [1, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"]
                new.writestr(name, json.dumps(facts))
            elif name not in leave_out:
                new.writestr(name, old.read(name))
        for extra in put:
            new.writestr(extra, "x")
    return str(to)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"leave_out": ("archives/a file.bin",)}, "archives/a file.bin is missing"),
        ({"put": ("../outside",)}, "does not belong there"),
        ({"put": ("archives/../../outside",)}, "does not belong there"),
        ({"put": ("/tmp/outside",)}, "does not belong there"),  # noqa: S108 -- a hostile name, never written
        ({"vendor": "oracle"}, "the settings name a database of"),
        ({"format": 99}, "another version"),
        ({"migrations": ["phones.0999_from_the_future"]}, "Update HwCall first"),
        ({"members": {}}, "There is no database"),
        ({"members": "nonsense"}, "no manifest that can be read"),
        ({"surprise": 1}, "no manifest that can be read"),
    ],
)
def test_a_backup_that_is_not_what_it_should_be_brings_nothing(room, empty_place, tmp_path, how, words):
    changed = rewritten(room[1], tmp_path / "changed.zip", **how)

    assert words in refused(empty_place, "restore", changed)
    assert nothing_stands(empty_place)


def nothing_stands(variables):
    data = Path(variables["HWCALL_DATA"])
    files = [path for path in data.rglob("*") if path.is_file() and path.name not in ("start.lock", "secret_key")]
    if url := variables.get("DATABASE_URL"):
        with psycopg.connect(url) as place:
            [tables] = place.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        return not files and not tables
    return not files


def test_older_backups_go_and_the_newest_stay(room, tmp_path):
    variables, _backup = room
    folder = tmp_path / "kept"
    folder.mkdir()
    for name in ("hwcall-20200101-020000.zip", "hwcall-20200102-020000.zip", "hwcall-notes.zip", "holiday.jpg"):
        (folder / name).touch()

    run(variables, "backup", f"--to={folder}", "--keep=2")

    left = sorted(path.name for path in folder.iterdir())
    assert left[1] == "hwcall-20200102-020000.zip"
    assert left[::3] == ["holiday.jpg", "hwcall-notes.zip"]
    assert len(left) == 4


def test_a_backup_that_finds_no_room_leaves_nothing(room, tmp_path):
    variables, _backup = room
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        assert "MB free in" in refused(variables, "backup", f"--to={place}")
        assert not list(place.iterdir())
    finally:
        subprocess.run(["/bin/umount", str(place)], check=True)


def test_a_place_where_nothing_can_be_written_is_told_in_one_line(room, tmp_path):
    variables, _backup = room
    (tmp_path / "no folder").touch()

    told = refused(variables, "backup", f"--to={tmp_path / 'no folder' / 'backups'}")

    assert "The backup could not be written" in told
    assert "Traceback" not in told


def test_f31_a_backup_is_one_moment_though_numbers_are_taken_meanwhile(room, empty_place, tmp_path):
    variables, _backup = room
    taker = subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{TAKE_AND_FILE}"],
        cwd=ROOT,
        env=variables | {"DJANGO_SETTINGS_MODULE": "hwcall.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert taker.stdout.readline() == "filed\n"
        run(variables, "backup", f"--to={tmp_path}")
    finally:
        taker.kill()
        taker.wait()
    [backup] = tmp_path.glob("hwcall-*.zip")

    assert "The books balance." in run(empty_place, "restore", str(backup))


TAKE_AND_FILE = """
from uuid import uuid4
from django.utils import timezone
from accounts.models import User
from callback import actions
from config.models import BusinessType, Carrier
from phones.models import Phone
agent = User.objects.agents().enabled().order_by("pk").last()
type = BusinessType.objects.current().get(code=12)
while True:
    for carrier in Carrier.objects.enabled():
        phone = actions.take(agent=agent, carrier=carrier, now=timezone.now())
        if phone:
            actions.classify(agent=agent, token=phone.token, type=type, order_region=None, note="", request_id=uuid4(),
                now=timezone.now())
            print("filed", flush=True)
"""
