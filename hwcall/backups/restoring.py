"""A backup is brought back: into an empty place, whole or not at all."""

import shutil
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts import audit
from hwcall.backups import databases, manifest
from hwcall.backups.manifest import Manifest, Unusable
from hwcall.preparation import migrate


def restore(path: Path, *, now: datetime) -> Manifest:
    """Bring a backup back and the tables up to this version's; what it says of itself.

    Raises Unusable, with the reason, before anything is written: a place that is not empty, another kind of database, a
    later version, a member that is missing or damaged. What fails while it is brought back is taken back. Where the
    rows are not those of the backup, or this version's tables cannot be made of them, all stays to be looked at.
    """
    try:
        with zipfile.ZipFile(path) as backup:
            facts = Manifest.read(backup)
            _fits(facts)
            _place_is_empty()
            _is_whole(backup, facts)
            _bring_back(backup, facts)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise Unusable("This file is damaged, or no backup of HwCall.") from error
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror or error}.") from error
    if wrong := {name for name, rows in databases.counted().items() if facts.counts.get(name, rows) != rows}:
        raise Unusable(f"Restored, but the rows are not those of the backup in: {', '.join(sorted(wrong))}.")
    migrate()
    audit.record(by=None, action="backup.restore", about=path.name, at=now, made_at=facts.made_at)
    return facts


def _fits(facts: Manifest) -> None:
    if facts.vendor != connection.vendor:
        raise Unusable(f"This backup is of {facts.vendor}; the settings name a database of {connection.vendor}.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if later := [name for name in facts.migrations if name not in known]:
        raise Unusable(f"This backup is of a later version ({facts.version}; it has {later[-1]}). Update HwCall first.")


def _place_is_empty() -> None:
    if not databases.is_empty():
        raise Unusable("There is a database already. Restore into an empty one, and nothing can be overwritten.")
    for name, folder in manifest.folders().items():
        if folder.is_dir() and any(folder.iterdir()):
            raise Unusable(f"The folder {name} is not empty: {folder}. Move it away first.")


def _is_whole(backup: zipfile.ZipFile, facts: Manifest) -> None:
    database = manifest.DATABASE[facts.vendor]
    if database not in facts.members:
        raise Unusable("There is no database in this backup.")
    for name, known in facts.members.items():
        place = PurePosixPath(name)
        inside = name == database or (place.parts[0] in manifest.folders() and ".." not in place.parts)
        if not inside or place.is_absolute():
            raise Unusable(f"There is something in this backup that does not belong there: {name}.")
        try:
            with backup.open(name) as member:
                found = manifest.checksum(member)
        except KeyError as error:
            raise Unusable(f"{name} is missing in this backup.") from error
        if found != known:
            raise Unusable(f"{name} is damaged in this backup.")


def _bring_back(backup: zipfile.ZipFile, facts: Manifest) -> None:
    database = manifest.DATABASE[facts.vendor]
    try:
        for name in facts.members:
            if name != database:
                inside, *rest = PurePosixPath(name).parts
                _extract(backup, name, manifest.folders()[inside].joinpath(*rest))
        # The database last: until it stands, nobody takes this place for a room.
        with tempfile.TemporaryDirectory(prefix=".hwcall-restore-", dir=settings.DATA_DIR) as stage:
            copied = Path(stage) / database
            _extract(backup, database, copied)
            databases.load(copied)
    except BaseException:
        # They were empty before.
        for folder in manifest.folders().values():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _extract(backup: zipfile.ZipFile, name: str, to: Path) -> None:
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with backup.open(name) as member, to.open("xb") as file:
        shutil.copyfileobj(member, file, manifest.CHUNK)
    to.chmod(0o600)
