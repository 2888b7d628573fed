"""A whole room at work: lists come in, numbers are taken and filed, and administrators do all that they can do."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from callback import actions, amendments, maintenance, paper, paper_results
from callback.models import Call
from callback.selections import Census
from config.models import BusinessType, Carrier, Region
from phones import actions as phones_actions
from phones import job_kinds, jobs, lifting, uploads
from phones.filters import PhoneFilter
from phones.models import Archive, Batch, Event, Job, PaperLine, PaperSheet, Phone, Upload


def work() -> None:
    """Do all jobs that wait, as the worker process does."""
    while (job := jobs.take(now=timezone.now())) is not None:
        kind = job_kinds.of(job)
        jobs.perform(job, kind.run, kind.undo)


class Room:
    """What happens goes by the real clock, as jobs do."""

    def __init__(self, boss: User, agents: list[User], carrier: Carrier, region: Region) -> None:
        self.boss, self.agents, self.carrier, self.region = boss, agents, carrier, region
        self._serial = count(1)

    def numbers(self, how_many: int) -> list[str]:
        """Numbers that nobody knows yet."""
        return [f"1990000{next(self._serial):04}" for _ in range(how_many)]

    def bring_in(self, numbers: list[str], kind: str = Batch.Kind.PENDING, *, repeated: int = 0) -> Batch:
        """Import a list that was checked (by nobody: the reader is a process of its own)."""
        known = Phone.objects.filter(number__in=numbers).count()
        counts = {"entries": len(numbers) + repeated, "distinct": len(numbers), "repeated": repeated, "rejected": 0}
        upload = Upload.objects.create(
            by=self.boss, size=1, sha256="", reading={"job": "x", "counts": counts},
            comparison={"new": len(numbers) - known},
        )  # fmt: skip
        uploads.lists(upload).mkdir(parents=True)
        listed = "".join(f"{row}\t{number}\n" for row, number in enumerate(numbers, start=1))
        (uploads.lists(upload) / "numbers.tsv").write_text(listed)
        job = phones_actions.confirm(
            upload=upload, by=self.boss, kind=Batch.Kind(kind), carrier=self.carrier, region=self.region,
            name="泰山移动", now=self.now,
        )  # fmt: skip
        return Batch.objects.get(pk=self._done(job).cursor["batch"])

    def exclude(self, numbers: list[str]) -> Batch:
        return self.bring_in(numbers, Batch.Kind.EXCLUDED)

    def revert(self, batch: Batch) -> None:
        phones_actions.revert(batch=batch, by=self.boss, reason="导错了", now=self.now)
        work()

    def lift(self, number: str) -> None:
        lifting.lift(number=number, by=self.boss, reason="本人同意", now=self.now)

    def take(self, agent: User) -> Phone | None:
        return actions.take(agent=agent, carrier=self.carrier, now=self.now)

    def call(self, agent: User, code: int = 11, *, late: bool = False, **fields) -> Call:
        """Take a number and file it; with ``late``, an administrator frees it before."""
        phone = self.take(agent)
        if late:
            actions.free(agent=agent, by=self.boss, now=self.now)
        filed = {"order_region": None, "note": "", "request_id": uuid4(), **fields}
        type = BusinessType.objects.current().get(code=code)
        return actions.classify(agent=agent, token=phone.token, type=type, now=self.now, **filed)

    def undo(self, call: Call) -> None:
        actions.undo(agent=call.agent, call_id=call.pk, now=self.now)
        actions.pause(agent=call.agent, now=self.now)

    def print_sheet(self, agent: User, how_many: int) -> PaperSheet:
        """Numbers on a sheet of paper, kept for a day."""
        return paper.take_sheet(
            agent=agent, carrier=self.carrier, how_many=how_many, until=self.now + timedelta(days=1),
            request_id=uuid4(), by=agent, now=self.now, address=None,
        )  # fmt: skip

    def key_in(self, line: PaperLine, code: int) -> Call:
        type = BusinessType.objects.current().get(code=code)
        return paper_results.key_in(line=line, type=type, order_region=None, note="", by=self.boss, now=self.now)

    def amend(self, call: Call, code: int, **fields) -> None:
        changed = {"order_region": None, "note": "", "reason": "听错了", "seen": call.amendments.count(), **fields}
        type = BusinessType.objects.current().get(code=code)
        amendments.amend(call=call, type=type, request_id=uuid4(), by=self.boss, now=self.now, **changed)

    def requeue(self, **query: str) -> Job:
        return self._maintain(Job.Kind.REQUEUE, lambda census: census.requeueable, query)

    def delete(self, **query: str) -> Job:
        return self._maintain(Job.Kind.DELETE, lambda census: census.deletable, query)

    def restore(self, archive: Archive) -> Job:
        return self._done(
            maintenance.restore(archive=archive, reason="删错了", by=self.boss, request_id=uuid4(), now=self.now)
        )

    def _maintain(self, kind: Job.Kind, size: Callable[[Census], int], query: dict[str, str]) -> Job:
        chosen = PhoneFilter(query, user=self.boss)
        assert chosen.is_valid(), chosen.errors
        job = maintenance.change_numbers(
            kind=kind, chosen=chosen, count=size(Census(chosen.numbers())), reason="清理", request_id=uuid4(),
            by=self.boss, now=self.now,
        )  # fmt: skip
        return self._done(job)

    def _done(self, job: Job) -> Job:
        work()
        job.refresh_from_db()
        assert job.state == Job.State.DONE, (job.error, job.error_data)
        return job

    @property
    def now(self) -> datetime:
        return timezone.now()


def settle(room: Room) -> None:
    """One of everything that leaves a trace: what a check guards, there is some of it to break."""
    xiaoli, xiaowang = room.agents
    numbers = room.numbers(20)
    room.bring_in(numbers, repeated=2)
    room.bring_in(room.numbers(5))
    room.undo(room.call(xiaoli, 12))
    room.call(xiaoli, 11, note="下午再打")
    room.amend(room.call(xiaowang, 12), 27, note="改约")
    room.call(xiaoli, 28)
    room.requeue(type=str(BusinessType.objects.current().get(code=28).pk))
    room.call(xiaoli, 29, late=True)
    room.call(xiaowang, 21)
    room.delete(type=str(BusinessType.objects.current().get(code=21).pk))
    room.call(xiaowang, 22)
    room.restore(Archive.objects.get())
    room.exclude([numbers[-1], Call.objects.filter(type__code=11).latest("pk").number, *room.numbers(1)])
    room.take(xiaoli)
    room.take(xiaowang)


def live(room: Room, *, seed: int, steps: int = 40) -> None:
    """Whatever can happen happens, in any order."""
    dice = random.Random(seed)
    room.bring_in(room.numbers(20))
    for agent in room.agents * 3:
        room.call(agent, dice.choice([11, 22, 28]))
    for _step in range(steps):
        agent = dice.choice(room.agents)
        do = dice.choice(
            [_bring_in, _file, _file, _file, _paper, _paper, _leave, _late, _undo, _amend, _exclude, _free, _maintain]
        )
        do(room, agent, dice)


def _bring_in(room: Room, agent: User, dice: random.Random) -> None:
    known = list(Phone.objects.values_list("number", flat=True)[:3])
    gone = list(Event.objects.filter(kind=Event.Kind.DELETE).values_list("number", flat=True)[:2])
    room.bring_in([*room.numbers(dice.randint(2, 8)), *known, *gone])


def _file(room: Room, agent: User, dice: random.Random) -> None:
    if room.take(agent):
        room.call(agent, dice.choice([11, 12, 21, 22, 27, 28, 28, 29, 29]), order_region=room.region, note="记")


def _paper(room: Room, agent: User, dice: random.Random) -> None:
    sheet = PaperSheet.objects.order_by("-pk").first()
    what = dice.choice(["print", "key in", "key in", "key in", "take back", "give back", "free"])
    if what == "print" or sheet is None:
        with suppress(paper.NoneLeft):
            room.print_sheet(agent, dice.randint(1, 6))
    elif what == "give back":
        paper.give_back(sheet=sheet, by=room.boss, now=room.now, address=None)
    elif what == "free":
        actions.free(agent=sheet.agent, by=room.boss, now=room.now)
    else:
        line = dice.choice(list(sheet.lines.select_related("sheet__agent")))
        with suppress(paper_results.AlreadyKeyed, paper_results.GivenBack, paper_results.Gone, actions.TooLate):
            room.key_in(line, dice.choice([11, 22, 28, 29]))
            if what == "take back":
                paper_results.take_back(line=line, by=room.boss, now=room.now)


def _leave(room: Room, agent: User, dice: random.Random) -> None:
    phone = room.take(agent)
    if phone and dice.random() < 0.5:
        actions.skip(agent=agent, token=phone.token, reason="later", now=room.now)
    elif dice.random() < 0.5:
        actions.pause(agent=agent, now=room.now)


def _late(room: Room, agent: User, dice: random.Random) -> None:
    if room.take(agent):
        room.call(agent, dice.choice([11, 29]), late=True)


def _undo(room: Room, agent: User, dice: random.Random) -> None:
    if room.take(agent):
        room.undo(room.call(agent, dice.choice([11, 28])))


def _amend(room: Room, agent: User, dice: random.Random) -> None:
    calls = list(Call.objects.standing().order_by("pk"))
    if calls:
        with suppress(amendments.NothingChanged):
            room.amend(dice.choice(calls), dice.choice([11, 12, 21, 28]), note=dice.choice(["", "改"]))


def _exclude(room: Room, agent: User, dice: random.Random) -> None:
    numbers = list(Phone.objects.order_by("pk").values_list("number", flat=True))
    room.exclude([*dice.sample(numbers, min(3, len(numbers))), *room.numbers(1)])


def _free(room: Room, agent: User, dice: random.Random) -> None:
    lists = list(Batch.objects.ready().filter(kind=Batch.Kind.EXCLUDED))
    excluded = Phone.objects.excluded().first()
    if lists and dice.random() < 0.5:
        room.revert(dice.choice(lists))
    elif excluded:
        room.lift(excluded.number)


def _maintain(room: Room, agent: User, dice: random.Random) -> None:
    archive = Archive.objects.filter(restored_count=0).last()
    what = dice.choice(["requeue", "delete", "restore"])
    if what == "requeue":
        room.requeue()
    elif what == "delete":
        batch = dice.choice(list(Batch.objects.ready().order_by("pk")) or [None])
        if batch:
            room.delete(batch=str(batch.pk))
    elif archive:
        room.restore(archive)
