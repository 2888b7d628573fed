"""What is in use is not deleted: its page says where it is used and how often, and disables it at one press."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import ForeignObjectRel
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, User
from callback.models import Amendment, Call, HourTally, Tally
from config import listing, uses
from config.models import BusinessType, Carrier, Region, Room
from phones.models import Archive, Batch, Event, Job, PaperLine, PaperSheet, Phone, State, Upload
from tests.buttons import button, offers

PAGES = {Carrier: "/carriers/", Region: "/regions/", BusinessType: "/business-types/", User: "/operators/"}
# Every column that can name one of the four, but for the room's, which names what is fixed.
COLUMNS = [
    pytest.param(model, relation, id=f"{model.__name__}-{relation.related_model.__name__}.{relation.field.name}")
    for model in PAGES
    for relation in uses.relations(model)
    if relation.related_model is not Room
]


@pytest.fixture
def office(make_administrator, sign_in) -> Client:
    return sign_in(make_administrator("老张"))


@pytest.fixture
def make_thing(room, make_agent):
    """One of the four that nothing refers to."""
    makers = {
        Carrier: lambda: Carrier.objects.create(name="新的", position=9),
        Region: lambda: Region.objects.create(name="新的", position=9),
        BusinessType: lambda: BusinessType.objects.create(code=13, name="新的", position=13),
        User: lambda: make_agent("小王"),
    }
    return lambda model: makers[model]()


class Maker:
    """Makes a row of any kind whose one column is given, and whose others name somebody and something else."""

    def __init__(self, agent: User, batch: Batch, type: BusinessType, now) -> None:
        self.agent, self.home, self.type, self.now = agent, batch, type, now

    def row(self, model: type, **given):
        return getattr(self, model.__name__.lower())(**given)

    def stock(self) -> dict:
        return {"batch": self.home, "carrier": self.home.carrier, "region": self.home.region}

    def phone(self, **given) -> Phone:
        fields = {"number": f"1990000{Phone.objects.count():04}", "place": Phone.objects.count(), **self.stock()}
        if "holder" in given:
            given |= {"state": State.HELD, "token": uuid4(), "taken_at": self.now, "expires_at": self.now}
        elif set(given) & {"type", "agent", "order_region"}:
            fields |= {"state": State.CLASSIFIED, "type": self.type, "agent": self.agent, "classified_at": self.now}
        return Phone.objects.create(**fields | given)

    def call(self, **given) -> Call:
        fields = {"request_id": uuid4(), "token": uuid4(), "number": "19900000001", "agent": self.agent}
        fields |= {"type": self.type, "standing_type": self.type, **self.stock()}
        fields |= {"taken_at": self.now, "filed_at": self.now, "day": self.now.date()}
        return Call.objects.create(**fields | given)

    def amendment(self, **given) -> Amendment:
        fields = {"call": self.call(), "ordinal": 1, "request_id": uuid4(), "by": self.agent, "at": self.now}
        fields |= {"reason": "听错", "type_from": self.type, "type_to": self.type}
        return Amendment.objects.create(**fields | given)

    def tally(self, **given) -> Tally:
        fields = {"day": self.now.date(), "agent": self.agent, "type": self.type, "filed": 1, "standing": 1}
        return Tally.objects.create(**fields | self.stock() | given)

    def hourtally(self, **given) -> HourTally:
        fields = {"hour_at": self.now, "agent": self.agent, "carrier": self.home.carrier, "filed": 1}
        return HourTally.objects.create(**fields | given)

    def papersheet(self, **given) -> PaperSheet:
        fields = {"request_id": uuid4(), "agent": self.agent, "by": self.agent, "carrier": self.home.carrier}
        return PaperSheet.objects.create(expires_at=self.now, **fields | given)

    def paperline(self, **given) -> PaperLine:
        fields = {"sheet": self.papersheet(), "line": 1, "number": "19900000001", "token": uuid4()}
        return PaperLine.objects.create(keyed_at=self.now, **fields | given)

    def batch(self, **given) -> Batch:
        fields = {"name": "剔除名单", "kind": Batch.Kind.EXCLUDED, "state": Batch.State.READY, "by": self.agent}
        fields |= {"carrier": self.home.carrier, "region": self.home.region}
        return Batch.objects.create(**fields | given)

    def event(self, **given) -> Event:
        return Event.objects.create(kind=Event.Kind.SKIP, number="19900000001", at=self.now, **given)

    def job(self, **given) -> Job:
        return Job.objects.create(**{"kind": Job.Kind.EXPORT, "by": self.agent, **given})

    def archive(self, **given) -> Archive:
        fields = {"job": self.job(), "at": self.now, "by": self.agent, "reason": "重复", "file": "x", "count": 1}
        return Archive.objects.create(**fields | given)

    def upload(self, **given) -> Upload:
        return Upload.objects.create(size=1, **given)

    def auditentry(self, **given) -> AuditEntry:
        return AuditEntry.objects.create(action="login", **given)


@pytest.fixture
def maker(make_agent, make_batch, type_of, now) -> Maker:
    return Maker(make_agent("小李"), make_batch(), type_of(11), now)


@pytest.mark.parametrize(("model", "relation"), COLUMNS)
def test_b67_whatever_names_it_keeps_it_and_is_counted(office, make_thing, maker, model, relation: ForeignObjectRel):
    thing = make_thing(model)
    only_one = relation.related_model in (Tally, HourTally, Archive) or relation.field.name == "holder"
    for _ in range(1 if only_one else 2):
        made = maker.row(relation.related_model, **{relation.field.name: thing})
    count = type(made)._base_manager.filter(**{relation.field.name: thing}).count()

    page = office.post(PAGES[model], button("delete", thing))

    assert page.status_code == 422
    assert str(count) in page.context["refused"].partition("（")[2]
    assert model._base_manager.filter(pk=thing.pk).exists()
    assert offers(page.content.decode().partition("strip danger")[2].partition("</form>")[0], "disable", thing)


@pytest.mark.parametrize("model", PAGES)
def test_it_is_disabled_at_one_press_and_then_there_is_nothing_left_to_offer(office, make_thing, maker, model):
    thing = make_thing(model)
    column = {Carrier: "carrier", Region: "region", BusinessType: "type", User: "agent"}[model]
    maker.row(Call, **{column: thing})
    office.post(PAGES[model], button("delete", thing))

    office.post(PAGES[model], button("disable", thing))
    page = office.post(f"{PAGES[model]}?state=enabled", button("delete", thing))

    thing.refresh_from_db()
    assert not (thing.is_active if model is User else thing.enabled)
    assert f'value="disable {thing.pk} ' not in page.content.decode()
    assert "已经停用" in page.context["refused"]


def test_a_region_that_operators_are_limited_to_says_how_many(office, make_thing, make_agent):
    region = make_thing(Region)
    for name in ("小李", "小赵", "小孙"):
        make_agent(name, region_ids=[region.pk])

    page = office.post("/regions/", button("delete", region))

    assert page.status_code == 422
    assert "3" in page.context["refused"]


def test_the_last_carrier_of_an_operator_is_no_use(office, make_thing, make_agent):
    carrier = make_thing(Carrier)
    agent = make_agent("小李", last_carrier=carrier)

    assert office.post("/carriers/", button("delete", carrier)).status_code == 302

    agent.refresh_from_db()
    assert agent.last_carrier is None


# ── What a page may ask for ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", [Carrier, Region, BusinessType])
def test_no_page_looks_through_the_stock_or_counts_the_log(office, maker, model):
    maker.row(Call)
    pages = PAGES[model], f"{PAGES[model]}{model.objects.in_order().first().pk}/"

    with CaptureQueriesContext(connection) as asked:
        assert [office.get(page).status_code for page in pages] == [200, 200]

    sql = [query["sql"] for query in asked]
    assert not [text for text in sql if "phones_phone" in text or "callback_tally" in text]
    assert all("LIMIT" in text for text in sql if "callback_call" in text)


def test_what_is_used_very_often_is_counted_so_far_and_no_further(office, maker, type_of, monkeypatch):
    monkeypatch.setattr(uses, "MOST", 3)
    monkeypatch.setattr(listing, "MOST", 3)
    for _ in range(5):
        maker.row(Call)

    assert uses.use_counts([type_of(11), type_of(12)]) == {type_of(11).pk: 3, type_of(12).pk: 0}
    assert ">3+<" in office.get("/business-types/").content.decode()


def test_a_type_that_only_amendments_name_is_not_simply_renamed(office, maker, make_thing):
    type = make_thing(BusinessType)
    maker.row(Amendment, type_to=type)

    assert "choice" in office.get(f"/business-types/{type.pk}/").context["form"].fields
