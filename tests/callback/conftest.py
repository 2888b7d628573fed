"""Numbers changed by the thousand: re-queued, deleted and restored, each in one word."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from callback import actions, maintenance, paper, paper_results, piecework
from callback.models import Call
from callback.selections import Census
from config.models import Region
from phones import job_kinds, jobs, turns
from phones.filters import PhoneFilter
from phones.models import Archive, Batch, Job, PaperLine, PaperSheet, Phone


@pytest.fixture
def folders(settings, tmp_path):
    """Folders of the test's own for archives and for what jobs note down."""
    settings.DATA_DIR = tmp_path
    settings.RESULT_DIR, settings.ARCHIVE_DIR = tmp_path / "results", tmp_path / "archives"
    return tmp_path


@pytest.fixture
def small_pieces(monkeypatch):
    """Three numbers a piece, so that a few of them make several."""
    monkeypatch.setattr(piecework, "ROWS", 3)
    monkeypatch.setattr(turns, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(turns, "LONG_PAUSE_SECONDS", 0)


@pytest.fixture
def work(folders):
    """Let a worker do all jobs that wait, as the worker process does."""

    def work() -> None:
        while (job := jobs.take(now=timezone.now())) is not None:
            kind = job_kinds.of(job)
            jobs.perform(job, kind.run, kind.undo)

    return work


@pytest.fixture
def boss(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def call(carrier, type_of):
    """``call(agent, 28)`` takes the next number and files it; the call of long ago, unless ``at`` says otherwise."""

    def call(agent, code=28, *, at=None, **fields):
        at = at or timezone.now() - timedelta(days=2)
        phone = actions.take(agent=agent, carrier=carrier, now=at)
        filed = {"order_region": None, "note": "", "request_id": uuid4(), "now": at, **fields}
        return actions.classify(agent=agent, token=phone.token, type=type_of(code), **filed)

    return call


@pytest.fixture
def choose(boss):
    """The filter that a query string's fields stand for."""

    def choose(**fields) -> PhoneFilter:
        chosen = PhoneFilter({name: str(value) for name, value in fields.items()}, user=boss)
        assert chosen.is_valid(), chosen.errors
        return chosen

    return choose


@pytest.fixture
def ask(boss, choose):
    """Ask for a re-queue or a deletion of as many numbers as the page would count; the job waits for a worker."""

    def ask(kind, *, by=None, count=None, mark=None, reason="清理旧名单", request_id=None, **query) -> Job:
        chosen = choose(**query)
        census = Census(chosen.numbers())
        expected = census.requeueable if kind == Job.Kind.REQUEUE else census.deletable
        count = expected if count is None else count
        return maintenance.change_numbers(
            kind=kind, chosen=chosen, count=count, mark=mark, reason=reason, by=by or boss,
            request_id=request_id or uuid4(), now=timezone.now(), address="10.0.0.7",
        )  # fmt: skip

    return ask


@pytest.fixture
def requeue(ask, work):
    def requeue(**query) -> Job:
        job = ask(Job.Kind.REQUEUE, **query)
        work()
        return Job.objects.get(pk=job.pk)

    return requeue


@pytest.fixture
def delete(ask, work):
    def delete(**query) -> Job:
        job = ask(Job.Kind.DELETE, **query)
        work()
        return Job.objects.get(pk=job.pk)

    return delete


@pytest.fixture
def restore(boss, work):
    def restore(archive: Archive, *, reason="删错了") -> Job:
        job = maintenance.restore(
            archive=archive, reason=reason, by=boss, request_id=uuid4(), now=timezone.now(), address="10.0.0.7"
        )
        work()
        return Job.objects.get(pk=job.pk)

    return restore


@pytest.fixture
def books_balance():
    """imported = pending + held + classified + excluded + deleted, for each batch."""

    def books_balance() -> bool:
        return all(
            batch.new_count == Phone.objects.filter(batch=batch).count() + batch.deleted_count
            for batch in Batch.objects.all()
        )

    return books_balance


@pytest.fixture
def interrupt(monkeypatch):
    """Let a job break off at the end of its n-th piece, before that is written down; once."""

    def interrupt(error: Exception, *, piece: int) -> None:
        kept = []
        keep = turns.keep

        def counting(job, cursor):
            kept.append(cursor)
            if len(kept) == piece:
                raise error
            keep(job, cursor)

        monkeypatch.setattr(turns, "keep", counting)

    return interrupt


@pytest.fixture
def print_sheet(carrier):
    """``print_sheet(agent, 5)``: the next five numbers on a sheet of paper, kept for the day."""

    def print_sheet(agent, how_many, *, by=None, at=None, request_id=None, **fields) -> PaperSheet:
        at = at or timezone.now()
        given = {"carrier": carrier, "until": at + timedelta(hours=8), "request_id": request_id or uuid4(), **fields}
        return paper.take_sheet(agent=agent, how_many=how_many, by=by or agent, now=at, address=None, **given)

    return print_sheet


@pytest.fixture
def key_in(type_of):
    """``key_in(sheet, 7, 11)`` files line 7 as 11."""

    def key_in(sheet, line, code, *, by=None, at=None) -> Call:
        return paper_results.key_in(
            line=PaperLine.objects.get(sheet=sheet, line=line),
            type=type_of(code),
            order_region=None,
            note="",
            by=by or sheet.agent,
            now=at or timezone.now(),
        )

    return key_in


@pytest.fixture
def other_region(room) -> Region:
    return Region.objects.in_order()[1]
