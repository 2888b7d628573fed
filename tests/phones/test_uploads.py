"""What is sent in: received within limits, kept for its owner alone, forgotten in time."""

import hashlib
import shutil
import stat
from collections import namedtuple
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from phones import number_lists, uploads
from phones.models import Job, Upload

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = b"19900000001\n19900000002\n"
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def browser(upload_dir, make_administrator, sign_in):
    return sign_in(make_administrator())


def post(browser, content=NUMBERS, name="名单.txt", **fields):
    return browser.post("/phones/import/", {"file": SimpleUploadedFile(name, content), **fields})


def leftovers(folder):
    return [path.name for path in folder.iterdir() if path.name != "turn.lock"]


def test_a_file_is_kept_as_it_was_sent(browser, upload_dir):
    post(browser)

    upload = Upload.objects.get()
    assert uploads.path(upload).read_bytes() == NUMBERS
    assert (upload.size, upload.sha256) == (len(NUMBERS), hashlib.sha256(NUMBERS).hexdigest())
    assert upload.job.kind == Job.Kind.CHECK
    assert leftovers(upload_dir) == [str(upload.pk)]


def test_b43_nobody_else_on_the_machine_can_read_it(browser):
    post(browser)

    upload = Upload.objects.get()
    assert stat.S_IMODE(uploads.folder(upload.pk).stat().st_mode) == 0o700
    assert stat.S_IMODE(uploads.path(upload).stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\名单\\十一月.xlsx", "十一月.xlsx"),
        ("a\r\nSet-Cookie: x.txt", None),
        ("\u202egpj.exe.txt", "gpj.exe.txt"),
        ("名" * 300 + ".txt", None),
        ("<script>alert(1)</script>.txt", None),
    ],
)
def test_b38_a_file_name_is_only_shown(browser, sent, shown):
    response = post(browser, name=sent)

    upload = Upload.objects.get()
    assert response.status_code == 302
    assert upload.file_name.isprintable()
    assert "/" not in upload.file_name
    assert len(upload.file_name) <= 120
    assert shown is None or upload.file_name == shown
    assert uploads.path(upload).name == "file"


def test_b44_too_large_a_file_is_refused_and_leaves_nothing(browser, settings, upload_dir):
    settings.UPLOAD_LIMIT = 10_000

    response = post(browser, b"19900000001\n" * 1000)

    assert response.status_code == 422
    assert "9.8" in response.content.decode()
    assert not Upload.objects.exists()
    assert leftovers(upload_dir) == []


def test_b58_where_there_is_no_room_a_file_is_refused_and_leaves_nothing(browser, monkeypatch, upload_dir):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(100, 99, 1))

    response = post(browser)

    assert response.status_code == 422
    assert not Upload.objects.exists()
    assert leftovers(upload_dir) == []


@pytest.mark.parametrize("content", [b"", None])
def test_nothing_is_refused(browser, content, upload_dir):
    response = post(browser, content) if content is not None else browser.post("/phones/import/", {"numbers": "  \n"})

    assert response.status_code == 422
    assert leftovers(upload_dir) == []


def test_b58_a_list_that_nobody_imported_is_forgotten_after_a_week(send, now, upload_dir):
    upload = send("19900000001")
    Job.objects.update(state=Job.State.DONE)

    uploads.forget_old(now=now + timedelta(days=6))
    assert Upload.objects.exists()
    uploads.forget_old(now=now + timedelta(days=8))

    assert not Upload.objects.exists()
    assert not uploads.folder(upload.pk).exists()


def test_the_rejected_rows_of_a_batch_are_kept_for_ninety_days(bring_in, now):
    batch = bring_in("19900000001", "没有")
    place = uploads.lists(batch.upload)

    uploads.forget_old(now=now + timedelta(days=89))
    assert (place / "rejected.jsonl").exists()
    uploads.forget_old(now=now + timedelta(days=91))

    assert not place.exists()
    batch.refresh_from_db()
    assert batch.new_count == 1


def test_what_was_cut_off_is_removed_the_next_day(upload_dir):
    (upload_dir / "x.part").touch()
    (upload_dir / "0dd0b4a8-6f56-4f0e-9d2c-2c0f9a1c8f11").mkdir()
    (upload_dir / "lists").mkdir()

    uploads.forget_old(now=timezone.now())
    assert len(list(upload_dir.iterdir())) == 3
    uploads.forget_old(now=timezone.now() + timedelta(days=2))

    assert leftovers(upload_dir) == ["lists"]


def test_a_new_check_calls_the_earlier_one_off(send, now):
    upload = send("19900000001")
    first = upload.job

    again = uploads.check(upload=upload, by=upload.by, now=now, column=1)

    first.refresh_from_db()
    assert first.state == Job.State.CANCELLED
    assert (again.job.state, again.choices["column"]) == (Job.State.WAITING, 1)


def test_a_confirmed_list_is_not_checked_anew(check, confirm, work, now):
    upload = check("19900000001")
    job = confirm(upload)

    for _each in range(2):
        with pytest.raises(uploads.Confirmed):
            uploads.check(upload=upload, by=upload.by, now=now, column=0)
        work()

    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_what_vanishes_while_it_tidies_up_is_no_matter(upload_dir):
    (upload_dir / "lists").mkdir()
    for gone in ("x.part", "lists/x.json"):
        # A link to nowhere is listed and has no date, as what was removed just now.
        (upload_dir / gone).symlink_to(upload_dir / "nowhere")

    uploads.forget_old(now=timezone.now())
    number_lists.forget_old(now=timezone.now())

    assert not (upload_dir / "nowhere").exists()


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"


def test_b59_what_was_sent_in_is_never_served_back_as_it_is(browser, work):
    post(browser, EICAR + b"\n" + NUMBERS)
    work()
    upload = Upload.objects.get()

    answers = [
        browser.get(address)
        for address in (
            f"/phones/import/{upload.pk}/",
            f"/phones/import/{upload.pk}/?tab=rejected",
            f"/phones/import/{upload.pk}/rejected/",
            f"/phones/import/{upload.pk}/file",
            f"/uploads/{upload.pk}/file",
            f"/jobs/{upload.job_id}/",
            f"/jobs/{upload.job_id}/file/",
        )
    ]

    assert {answer.status_code for answer in answers} <= {200, 404}
    assert [answer for answer in answers if answer.getvalue().startswith(EICAR[:10])] == []
    assert {answer.headers.get("X-Content-Type-Options") for answer in answers} == {"nosniff"}
