"""A backup is made: while people work, and never half of one under a backup's name."""

import os
import re
import shutil
import tempfile
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts import audit
from hwcall.backups import databases, manifest
from hwcall.backups.manifest import Manifest, Unusable

NAME = re.compile(r"hwcall-\d{8}-\d{6}(?:-\d+)?\.zip")
FREE = 64 * 1024 * 1024


def make(folder: Path, *, now: datetime, keep: int | None = None) -> Path:
    """Write a backup into a folder and return its path; with ``keep``, older ones beyond that number are deleted.

    Raises Unusable where it cannot be made; then the folder is as before.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _room_for_it(folder)
        path = _free_name(folder, now)
        with tempfile.TemporaryDirectory(prefix=".hwcall-backup-", dir=folder) as stage:
            written = _write(Path(stage), now)
            _onto_the_disk(written)
            written.replace(path)
        _onto_the_disk(folder)
    except OSError as error:
        raise Unusable(f"The backup could not be written: {error.strerror or error}.") from error
    audit.record(by=None, action="backup.make", about=path.name, at=now, size=path.stat().st_size)
    if keep:
        for old in sorted(found for found in folder.iterdir() if NAME.fullmatch(found.name))[:-keep]:
            old.unlink()
    return path


def _write(stage: Path, now: datetime) -> Path:
    copied = stage / manifest.DATABASE[connection.vendor]
    migrations, counts = databases.copy(copied)
    members: dict[str, tuple[int, str]] = {}
    written = stage / "backup.zip"
    # A dump is packed already; a SQLite file shrinks to a third at the quickest level.
    packed = zipfile.ZIP_DEFLATED if connection.vendor == "sqlite" else zipfile.ZIP_STORED
    with zipfile.ZipFile(written, "w", allowZip64=True) as backup:
        members[copied.name] = _add(backup, copied, copied.name, packed)
        copied.unlink()
        # After the database: what it speaks of was written before it was spoken of.
        for name, folder in manifest.folders().items():
            for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if file.is_file() and not file.is_symlink():
                    # What was cleared away since the list was made is not missed.
                    with suppress(FileNotFoundError):
                        inside = f"{name}/{file.relative_to(folder).as_posix()}"
                        members[inside] = _add(backup, file, inside, zipfile.ZIP_STORED)
        facts = Manifest(
            format=manifest.FORMAT,
            version=manifest.version(),
            made_at=timezone.localtime(now).isoformat(timespec="seconds"),
            vendor=connection.vendor,
            migrations=migrations,
            counts=counts,
            members=members,
        )
        backup.writestr(manifest.NAME, facts.text())
    written.chmod(0o600)
    return written


def _add(backup: zipfile.ZipFile, file: Path, name: str, packed: int) -> tuple[int, str]:
    member = zipfile.ZipInfo(name)
    member.compress_type = packed
    member._compresslevel = 1  # type: ignore[attr-defined]  # ZipInfo has no public name for it before Python 3.13
    size, digest = 0, manifest.hashlib.sha256()
    with file.open("rb") as source, backup.open(member, "w", force_zip64=True) as target:
        for piece in manifest.pieces(source):
            size += len(piece)
            digest.update(piece)
            target.write(piece)
    return size, digest.hexdigest()


def _room_for_it(folder: Path) -> None:
    """Refuse before anything is written where the disk is plainly too small."""
    needed = 0
    for file in (file for place in manifest.folders().values() for file in place.rglob("*") if file.is_file()):
        # Cleared away since it was listed.
        with suppress(FileNotFoundError):
            needed += file.stat().st_size
    if connection.vendor == "sqlite":
        needed += 2 * Path(settings.DATABASES["default"]["NAME"]).stat().st_size
    free = shutil.disk_usage(folder).free
    if free < needed + FREE:
        raise Unusable(f"There are {free >> 20:,} MB free in {folder}; a backup may need {(needed + FREE) >> 20:,} MB.")


def _free_name(folder: Path, now: datetime) -> Path:
    stem = f"hwcall-{timezone.localtime(now):%Y%m%d-%H%M%S}"
    names = (f"{stem}{again}.zip" for again in ("", *(f"-{number}" for number in range(2, 100))))
    return next(folder / name for name in names if not (folder / name).exists())


def _onto_the_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
