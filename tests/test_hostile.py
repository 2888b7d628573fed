"""Hostile lists, sent as people send theirs: a clear sentence or the numbers in them, and never a half of them."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from phones import actions, reader
from phones.models import Batch, Job, Phone, Upload
from phones.unreadable import Fault, Unreadable
from tests import hostile
from tests.phones import files
from tests.phones.conftest import confirm, upload_dir, work  # noqa: F401 -- fixtures
from tests.phones.files import NUMBERS, put

MIB = 1024  # of what getrusage counts in
READER_LIMIT = 600 * MIB
ROOT = Path(__file__).resolve().parent.parent
# Reads the list in each folder, and says what its readers have taken at most.
READ_ALL = """
import contextlib, resource, sys
from pathlib import Path
import django
django.setup()
from phones import reader
from phones.unreadable import Unreadable
for folder in Path(sys.argv[1]).iterdir():
    [place] = folder.iterdir()
    with contextlib.suppress(Unreadable):
        reader.read(place, "x.xlsx", out_dir=folder)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture
def browser(upload_dir, make_administrator, sign_in):  # noqa: F811
    return sign_in(make_administrator())


@pytest.fixture
def send(browser, work, carrier, region, now):  # noqa: F811
    """Send a file, and import what can be read of it; what became of it in words, or the batch."""

    def send(sample: hostile.Sample) -> Fault | Batch:
        response = browser.post("/phones/import/", {"file": SimpleUploadedFile("名单.xlsx", sample.content)})
        assert response.status_code in {302, 422}, sample.name
        if response.status_code == 422:
            return Fault.EMPTY_FILE
        work()
        upload = Upload.objects.order_by("at").last()
        page = browser.get(response.url)
        assert page.status_code == 200, sample.name
        if upload.job.state == Job.State.FAILED:
            assert upload.job.error in set(Fault), (sample.name, upload.job.error, upload.job.error_data)
            return Fault(upload.job.error)
        actions.confirm(
            upload=upload, by=upload.by, kind=Batch.Kind.PENDING, carrier=carrier, region=region, name="x", now=now
        )
        work()
        return Batch.objects.get(upload=upload)

    return send


@pytest.mark.django_db(transaction=True)
def test_b49_of_every_hostile_list_all_or_nothing_comes_in(send, record_property):
    outcomes, tried = {}, 0
    for sample in hostile.samples():
        came, tried = send(sample), tried + 1
        if isinstance(came, Batch):
            assert came.state == Batch.State.READY
            assert came.entries_tie_out
            outcomes[sample.name] = came.phones.count()
            Phone.objects.filter(batch=came).delete()
        else:
            outcomes[sample.name] = 0
            assert not Phone.objects.exists()

    record_property("inputs", tried)
    expected = {sample.name: sample.numbers for sample in hostile.samples()}
    assert outcomes == expected


def test_b45_no_reader_of_a_hostile_list_takes_more_than_600_mib(tmp_path):
    """Asked by a process of its own: what a child has taken at most begins with what its parent has."""
    for at, sample in enumerate(hostile.samples()):
        folder = tmp_path / str(at)
        folder.mkdir()
        put(folder, sample.content)

    asked = [sys.executable, "-c", READ_ALL, str(tmp_path)]
    said = subprocess.run(
        asked,
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "hwcall.settings"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert 0 < int(said) <= READER_LIMIT


def read(folder, content) -> int | str:
    """How many entries a reader of its own process finds, or why it refuses."""
    folder.mkdir()
    try:
        return reader.read(put(folder, content), "名单.xlsx", out_dir=folder).counts.entries
    except Unreadable as error:
        return error.code


@pytest.mark.parametrize("make", [files.workbook, files.old_workbook, files.ods], ids=["xlsx", "xls", "ods"])
def test_b49_a_file_cut_off_or_with_a_bit_turned_is_read_or_refused_in_words(tmp_path, make, record_property):
    """A hundred cuts and a hundred bits over the three kinds."""
    broken = list(hostile.damaged(make([[number] for number in NUMBERS]), random.Random(7), 34))
    folders = [tmp_path / str(at) for at in range(len(broken))]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(read, folders, broken))

    record_property("inputs", len(broken))
    assert [each for each in found if not isinstance(each, int) and each not in set(Fault)] == []
    assert all(each for each in found)


@pytest.mark.parametrize(
    ("content", "numbers"),
    [(hostile.with_macros(), NUMBERS[:1]), (hostile.with_links(), NUMBERS[:1]), (hostile.with_formulas(), NUMBERS[:2])],
    ids=["macros", "links", "formulas"],
)
def test_b50_macros_and_links_are_never_touched_and_formulas_count_as_their_values(tmp_path, content, numbers):
    reading = reader.read(put(tmp_path, content), "名单.xlsm", out_dir=tmp_path)

    lines = (tmp_path / "numbers.tsv").read_text().splitlines()
    assert [line.partition("\t")[2] for line in lines] == numbers
    assert reading.counts.rejected == reading.counts.entries - len(numbers)
