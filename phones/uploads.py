"""Lists that are sent in: received within limits, kept until they are imported, forgotten in time."""

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db import transaction

from accounts.models import User
from phones import jobs
from phones.models import Job, Upload
from phones.numbers import printable

KEPT = timedelta(days=7)
REJECTED_KEPT = timedelta(days=90)
ORPHANS_KEPT = timedelta(days=1)
# The file itself, the lists that are made of it, and the database that takes them in.
ROOM_NEEDED = 3
# Beyond this many times the limit the line is cut: reading on only to say no would take as long as the sender likes.
PATIENCE = 2


class Refused(Exception):
    """The list was not taken; ``code`` and ``data`` are the sentence that says why (phones.sentences)."""

    def __init__(self, code: str, **data: int | str) -> None:
        super().__init__(code, data)
        self.code = code
        self.data = data


def has_room(size: int) -> bool:
    return shutil.disk_usage(_root()).free >= ROOM_NEEDED * size


class Confirmed(Exception):
    """The list is being imported, or was: it is not checked any more."""


class ReceivedFile(UploadedFile):
    """A file on its way in, beside its final place; closed, it vanishes. ``refusal`` says why it was not kept."""

    def __init__(self, file, name: str, *, sha256: str, size: int, refusal: Refused | None) -> None:
        super().__init__(file=file, name=name, size=size)
        self.sha256 = sha256
        self.refusal = refusal
        self.place = file.name


class Receiver(FileUploadHandler):
    """Writes what comes in straight to where it is kept, with its checksum, and stops where there is too much of it."""

    # Why the sender was cut off in the middle, if he was: then there is no file to say it.
    cut: Refused | None = None

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        self._expected = content_length

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self._refusal = None if has_room(min(self._expected, settings.UPLOAD_LIMIT)) else Refused("no_space")
        self._digest = hashlib.sha256()
        self._size = 0
        self._file = tempfile.NamedTemporaryFile(dir=_root(), suffix=".part")  # noqa: SIM115

    def receive_data_chunk(self, raw_data, start):
        self._size += len(raw_data)
        if self._size > PATIENCE * settings.UPLOAD_LIMIT:
            self._file.close()
            self.cut = self._refusal
            raise StopUpload(connection_reset=True)
        if self._size > settings.UPLOAD_LIMIT and self._refusal is None:
            self._refusal = Refused("too_large", size=max(self._expected, self._size), limit=settings.UPLOAD_LIMIT)
            self._file.truncate(0)
        if self._refusal is None:
            self._digest.update(raw_data)
            self._file.write(raw_data)

    def file_complete(self, file_size):
        self._file.flush()
        return ReceivedFile(
            self._file, self.file_name or "", sha256=self._digest.hexdigest(), size=self._size, refusal=self._refusal
        )

    def upload_interrupted(self):
        if file := getattr(self, "_file", None):
            file.close()


def receive_file(*, by: User, file: ReceivedFile, now: datetime) -> Upload:
    """Keep a file that was sent and have it checked. Raises Refused."""
    if file.refusal:
        raise file.refusal
    if not file.size:
        raise Refused("empty_file")
    return _keep(
        by=by, source=Path(file.place), name=clean_name(file.name or ""), size=file.size, sha256=file.sha256, now=now
    )


def receive_text(*, by: User, text: str, name: str, now: datetime) -> Upload:
    """Keep pasted numbers as a text file, and have it checked. Raises Refused."""
    data = text.encode("utf-8", errors="replace")
    if not text.strip():
        raise Refused("empty_file")
    if not has_room(len(data)):
        raise Refused("no_space")
    with tempfile.NamedTemporaryFile(dir=_root(), suffix=".part") as file:
        file.write(data)
        file.flush()
        digest = hashlib.sha256(data).hexdigest()
        return _keep(by=by, source=Path(file.name), name=clean_name(name), size=len(data), sha256=digest, now=now)


def clean_name(name: str) -> str:
    """A file's name fit to be shown; it is never part of a path."""
    return printable(name.replace("\\", "/").rpartition("/")[2], 120)


@transaction.atomic
def check(*, upload: Upload, by: User, now: datetime, sheet: str | None = None, column: int | None = None) -> Upload:
    """Have the list checked, anew where it was before; an earlier check of it is called off. Raises Confirmed."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    running = upload.job if upload.job and upload.job.open else None
    if upload.batch_id or (running and running.kind == Job.Kind.IMPORT):
        raise Confirmed
    if running:
        jobs.cancel(job=running, by=by, now=now)
    upload.choices = {"sheet": sheet, "column": column}
    upload.reading = upload.comparison = {}
    upload.job = jobs.submit(kind=Job.Kind.CHECK, by=by, title=upload.file_name, now=now, upload=str(upload.pk))
    upload.save(update_fields=["choices", "reading", "comparison", "job"])
    return upload


def path(upload: Upload) -> Path:
    return folder(upload.pk) / "file"


def lists(upload: Upload, job_id: object = None) -> Path:
    """Where the lists are that a check has made of an upload: those of the last that ended, unless another is named."""
    return folder(upload.pk) / f"lists-{job_id or upload.reading.get('job', '')}"


def folder(pk: UUID) -> Path:
    return _root() / str(pk)


def rejected_count(upload: Upload) -> int:
    """How many rejected rows are still kept."""
    try:
        with (lists(upload) / "rejected.jsonl").open("rb") as lines:
            return sum(1 for _line in lines)
    except FileNotFoundError:
        return 0


def keep_rejected_only(upload: Upload) -> None:
    """Forget all of an upload that was imported but its rejected rows."""
    path(upload).unlink(missing_ok=True)
    for found in folder(upload.pk).glob("lists-*/*"):
        if found.name != "rejected.jsonl":
            found.unlink(missing_ok=True)


def forget_old(*, now: datetime) -> None:
    """Remove what was kept long enough: lists that nobody imported, rejected rows of old batches, what was cut off."""
    old = Upload.objects.exclude(job__state__in=["waiting", "running"])
    for upload in old.filter(batch=None, at__lt=now - KEPT) | old.filter(at__lt=now - REJECTED_KEPT):
        upload.delete()
        shutil.rmtree(folder(upload.pk), ignore_errors=True)
    for found in _root().iterdir():
        # A file on its way in may end between one look and the next.
        with suppress(FileNotFoundError):
            if found.stat().st_mtime < (now - ORPHANS_KEPT).timestamp():
                _forget(found)


def _forget(found: Path) -> None:
    if found.suffix == ".part":
        found.unlink()
    elif _is_orphan(found):
        shutil.rmtree(found, ignore_errors=True)


def _is_orphan(found: Path) -> bool:
    try:
        return not Upload.objects.filter(pk=UUID(found.name)).exists()
    except ValueError:
        return False


def _root() -> Path:
    root = Path(settings.UPLOAD_DIR)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def _keep(*, by: User, source: Path, name: str, size: int, sha256: str, now: datetime) -> Upload:
    upload = Upload(by=by, at=now, file_name=name, size=size, sha256=sha256)
    place = folder(upload.pk)
    place.mkdir(mode=0o700)
    try:
        os.link(source, place / "file")
        with transaction.atomic():
            upload.save()
            return check(upload=upload, by=by, now=now)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
