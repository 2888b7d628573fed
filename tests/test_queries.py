"""How many questions a page asks the database: the same ones, however many rows of everything there are."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.models import SavedFilter, User
from accounts.modules import Module
from callback import actions, amendments
from callback.models import Call
from config.models import BusinessType, Carrier, Region
from phones import exported
from phones.cells import Page
from phones.models import Archive, Batch, Event, Exclusion, Job, PaperSheet, Phone, Upload
from tests.test_roles import ADDRESSES, TABLE

FEW, MANY = 3, 12
# Pages that an agent sees otherwise than an administrator, or alone.
OF_AN_AGENT = (
    "callback:sheet", "callback:qr", "callback:keys", "callback:lookup", "callback:number", "callback:paper_sheets",
    "stats:mine", "stats:mine_excel", "stats:my_calls", "phones:jobs", "phones:job", "manual",
)  # fmt: skip
# A month, so that tables of days have rows, and charts their bars.
MONTH = {"start": "2026-11-01", "end": "2026-11-30"}
# The queue of each carrier is counted up to a limit of its own, and an office has a handful of them.
TWO_A_CARRIER = {"stats:home"}


class Full:
    """A room that grows: ``grow_to(12)`` lets there be a dozen of everything, also of what belongs to one thing."""

    def __init__(self, boss: User, make_agent, make_batch, make_numbers, type_of) -> None:
        self.boss, self.make_agent, self.type_of = boss, make_agent, type_of
        self.make_batch, self.make_numbers = make_batch, make_numbers
        self.count, self.now = 0, timezone.now()
        self.carrier = Carrier.objects.in_order()[0]
        self.agent = make_agent("小王", modules=list(Module), last_carrier=self.carrier, seen_at=self.now)
        self.batch = make_batch(name="泰山移动")
        [self.phone] = make_numbers(1, batch=self.batch)
        self.job = self.make_job(Job.Kind.EXPORT, Job.State.DONE)
        self.archive = self.make_archive()
        self.sheet = PaperSheet.objects.create(
            request_id=uuid4(), agent=self.agent, carrier=self.carrier, by=boss, at=self.now,
            expires_at=self.now + timedelta(hours=8),
        )  # fmt: skip
        self.upload = Upload.objects.create(by=boss, size=1, sha256="0" * 64)

    def grow_to(self, count: int) -> None:
        for ordinal in range(self.count, count):
            self.grow(ordinal)
        self.count = count

    def grow(self, ordinal: int) -> None:
        """One more of everything."""
        region = Region.objects.create(name=f"{ordinal}区", position=100 + ordinal)
        carrier = Carrier.objects.create(name=f"运营商{ordinal}", position=100 + ordinal)
        type = BusinessType.objects.create(code=27, name=f"旧{ordinal}", retired_at=self.now, position=ordinal)
        agent = self.make_agent(f"话务员{ordinal}", modules=list(Module), last_carrier=carrier, seen_at=self.now)
        User.objects.filter(pk=agent.pk).update(region_ids=[region.pk])
        batch = self.make_batch(name=f"{ordinal}批", region=region, carrier=carrier, by=agent)
        lists = self.make_batch(name=f"{ordinal}剔除", kind=Batch.Kind.EXCLUDED, region=region, by=agent)
        for numbers in (self.make_numbers(5, batch=batch), self.make_numbers(5, batch=self.batch)):
            self.call(self.make_agent("帮手"), numbers, region)
        excluded = self.make_numbers(1, batch=batch, state="excluded")[0]
        Exclusion.objects.create(phone=excluded, batch=lists)
        Exclusion.objects.create(phone=self.phone, batch=lists)
        for kind in Event.Kind:
            Event.objects.create(
                kind=kind, phone=self.phone, number=self.phone.number, at=self.now, by=agent, agent=agent,
                batch=lists, job=self.make_job(Job.Kind.REVERT, Job.State.DONE, by=agent),
            )  # fmt: skip
        for kind in Job.Kind:
            # A balance that is done has an answer of its own kind.
            for state in (Job.State.DONE, Job.State.FAILED, Job.State.WAITING)[kind == Job.Kind.BALANCE :]:
                self.make_job(kind, state, by=agent)
        self.make_archive(by=agent)
        Upload.objects.create(by=self.boss, size=1, sha256="0" * 64, file_name=f"{ordinal}.xlsx")
        SavedFilter.objects.create(user=self.boss, page="phones:export", name=f"{ordinal}", query="state=pending")
        self.log(agent, region, carrier, batch, type)

    def call(self, agent: User, numbers: list[Phone], region: Region) -> None:
        """Numbers of an agent: filed and amended, on paper, on its sheet, and pending."""
        filed, on_paper, held, more, _pending = numbers
        for phone, of in ((filed, agent), (self.phone, agent), (self.phone, self.agent)):
            call = self.file(of, phone, region)
            for seen, code in enumerate((28, 11)):
                amendments.amend(
                    call=call, by=self.boss, type=self.type_of(code), order_region=region if code == 11 else None,
                    note="改", reason="记错", seen=seen, request_id=uuid4(), now=self.now,
                )  # fmt: skip
        late = self.sheet.lines.count()
        sheet = PaperSheet.objects.create(
            request_id=uuid4(), agent=agent, carrier=self.carrier, by=self.boss, at=self.now,
            expires_at=self.sheet.expires_at,
        )  # fmt: skip
        for of, phone, line in ((sheet, on_paper, 1), (self.sheet, more, late + 1)):
            self.hold(phone, paper=of)
            of.lines.create(line=line, phone=phone, number=phone.number, token=phone.token)
        self.hold(held, holder=agent)

    def hold(self, phone: Phone, **holder) -> None:
        given = {"token": uuid4(), "taken_at": self.now, "expires_at": self.now + timedelta(hours=8), **holder}
        none = {"type": None, "agent": None, "classified_at": None, "order_region": None}
        Phone.objects.filter(pk=phone.pk).update(state="held", **(given | none))
        phone.refresh_from_db()

    def file(self, agent: User, phone: Phone, region: Region) -> Call:
        self.hold(phone, holder=agent)
        filed = {"type": self.type_of(11), "order_region": region, "note": "好"}
        return actions.classify(agent=agent, token=phone.token, request_id=uuid4(), now=self.now, **filed)

    def make_job(self, kind: Job.Kind, state: Job.State, *, by: User | None = None) -> Job:
        arguments = {"format": "csv", "language": "zh-hans", "filter": {"batch": str(self.batch.pk)}}
        job = Job.objects.create(
            kind=kind, state=state, by=by or self.boss, arguments=arguments, title="泰山区", created_at=self.now,
            finished_at=self.now, result="x", result_name="x.csv", error="disk_full" if state == "failed" else "",
        )  # fmt: skip
        if kind in (Job.Kind.EXPORT, Job.Kind.CALLS):
            members = exported.Members(job)
            list(members.watch([Page([self.phone.pk])]))
            members.keep()
        return job

    def make_archive(self, *, by: User | None = None) -> Archive:
        job = self.make_job(Job.Kind.DELETE, Job.State.DONE, by=by)
        return Archive.objects.create(
            job=job, at=self.now, by=by or self.boss, reason="合同到期", file="gone", sha256="", count=1
        )

    def log(self, agent: User, region: Region, carrier: Carrier, batch: Batch, type: BusinessType) -> None:
        """Lines that name things by their ids."""
        asked = {"region": region.pk, "carrier": carrier.pk, "batch": batch.pk, "agent": agent.pk, "type": [type.pk]}
        audit.record(by=agent, action="export.make", about="号码", count=1, address="10.0.0.7", filter=asked)
        audit.record(by=agent, action="batch.import", about=batch, count=1, address="10.0.0.7", batch=batch.pk)
        audit.record(
            by=agent, action="operator.change", about=agent, address="10.0.0.7",
            before={"regions": []}, after={"regions": [region.pk]},
        )  # fmt: skip
        audit.record(by=agent, action="login", about=agent.username, address=f"10.0.1.{agent.pk % 250}")
        audit.record(by=self.boss, action="export.download", about="号码", job=str(self.job.pk), address="10.0.0.7")


@pytest.fixture
def full(make_administrator, make_agent, make_batch, make_numbers, type_of, settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"
    settings.ARCHIVE_DIR = tmp_path / "archives"
    return Full(make_administrator(), make_agent, make_batch, make_numbers, type_of)


@pytest.fixture
def addresses(full):
    """Every address, with something of the room in its path."""
    things = {
        "accounts:operator": [full.agent.pk],
        "accounts:reset": [full.agent.pk],
        "config:carrier": [full.carrier.pk],
        "config:region": [full.batch.region_id],
        "config:business_type": [full.type_of(11).pk],
        "phones:batch": [full.batch.pk],
        "stats:batch": [full.batch.pk],
        "phones:import_check": [full.upload.pk],
        "phones:job": [full.job.pk],
        "callback:number": [full.phone.pk],
        "callback:paper_sheet": [full.sheet.pk],
        "callback:paper_print": [full.sheet.pk],
        "callback:restore": [full.archive.pk],
    }
    nothing = {"IntConverter": 10**6, "UUIDConverter": UUID(int=0)}

    def address(name: str) -> str:
        converters = ADDRESSES[name].pattern.converters.values()
        others = [nothing.get(type(each).__name__, "nothing") for each in converters]
        if name == "callback:amend" and (call := Call.objects.first()):
            others = [call.pk]
        return reverse(name, args=things.get(name, others))

    return address


def questions_of(client, address: str, query: dict[str, str]) -> list[str]:
    """What a page asks the database when it is not looked at for the first time; nothing where it is not there.

    What it writes is left out: who is there is written once a minute.
    """
    if client.get(address, query).status_code != 200:
        return []
    with CaptureQueriesContext(connection) as asked:
        client.get(address, query).getvalue()
    return [each["sql"] for each in asked.captured_queries if each["sql"].startswith(("SELECT", "WITH"))]


@pytest.mark.parametrize("who", ["administrator", "agent"])
def test_a_page_asks_no_more_of_a_full_room(full, addresses, sign_in, who):
    client = sign_in(full.boss if who == "administrator" else full.agent)
    names = [name for name in (TABLE if who == "administrator" else OF_AN_AGENT) if name != "accounts:logout"]
    pages = [(name, query) for name in names for query in ({}, MONTH)]
    asked = []

    for count in (FEW, MANY):
        full.grow_to(count)
        found = [questions_of(client, addresses(name), query) for name, query in pages]
        asked.append(dict(zip([f"{name} {query or ''}" for name, query in pages], found, strict=True)))

    few, many = asked
    grown = {name: (len(few[name]), len(many[name])) for name in few if len(many[name]) > len(few[name])}
    for name in [name for name in grown if name.split()[0] in TWO_A_CARRIER]:
        assert grown[name][1] - grown.pop(name)[0] == 2 * (MANY - FEW)
    assert grown == {}
    assert sum(map(bool, many.values())) > len(names)
