"""What is always true of the stock, whoever writes: each promise is a constraint, and each is tried here."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from phones.models import Batch, Event, Exclusion, Job, PaperSheet, Phone, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(make_numbers):
    return make_numbers(1)[0]


@pytest.fixture
def hold(make_agent, now):
    """The fields of a hold."""

    def hold(agent=None):
        return {
            "state": State.HELD,
            "holder": agent or make_agent(),
            "token": uuid4(),
            "taken_at": now,
            "expires_at": now + timedelta(minutes=30),
        }

    return hold


@pytest.fixture
def result(make_agent, type_of, now):
    """The fields of a classification."""
    return {"state": State.CLASSIFIED, "type": type_of(11), "agent": make_agent(), "classified_at": now}


@pytest.fixture
def sheet(make_agent, carrier, now):
    agent = make_agent()
    return PaperSheet.objects.create(request_id=uuid4(), agent=agent, carrier=carrier, by=agent, at=now, expires_at=now)


def refused(name):
    return pytest.raises(IntegrityError, match=name)


def put(phone, **fields):
    """Write past every action. On SQLite a broken uniqueness names its columns instead of itself."""
    with transaction.atomic():
        Phone.objects.filter(pk=phone.pk).update(**fields)


def test_b55_a_number_is_there_once(phone):
    with refused("number_is_unique|phones_phone.number"):
        put(phone.batch.phones.create(
            number="19911111111", carrier=phone.carrier, region=phone.region, place=9
        ), number=phone.number)  # fmt: skip


def test_a_number_stands_in_one_of_four_states(phone):
    with refused("number_stands_in_one_state|only_"):
        put(phone, state="lost")


def test_i2_an_agent_holds_one_number(make_numbers, make_agent, hold):
    agent = make_agent()
    first, second = make_numbers(2)
    put(first, **hold(agent))

    with refused("agent_holds_one_number|phones_phone.holder_id"):
        put(second, **hold(agent))


@pytest.mark.parametrize("missing", ["holder", "token", "taken_at", "expires_at"])
def test_a_held_number_needs_a_whole_hold(phone, hold, missing):
    with refused("only_held_numbers_have_a_holder"):
        put(phone, **hold() | {missing: None})


@pytest.mark.parametrize("part", ["holder", "token", "expires_at"])
def test_a_number_that_is_not_held_has_no_part_of_a_hold(phone, hold, part):
    with refused("only_held_numbers_have_a_holder"):
        put(phone, **{part: hold()[part]})


def test_a_sheet_of_paper_holds_many_numbers(make_numbers, hold, sheet):
    for number in make_numbers(3):
        put(number, **hold() | {"holder": None, "paper": sheet})

    assert Phone.objects.filter(paper=sheet).count() == 3


def test_a_held_number_is_held_by_a_screen_or_by_paper_and_not_by_both(phone, hold, sheet):
    with refused("only_held_numbers_have_a_holder"):
        put(phone, **hold() | {"paper": sheet})
    with refused("only_held_numbers_have_a_holder"):
        put(phone, **hold() | {"holder": None})


@pytest.mark.parametrize("missing", ["token", "taken_at", "expires_at"])
def test_what_paper_holds_is_a_whole_hold(phone, hold, sheet, missing):
    with refused("only_held_numbers_have_a_holder"):
        put(phone, **hold() | {"holder": None, "paper": sheet, missing: None})


def test_only_a_held_number_is_on_paper(phone, sheet):
    with refused("only_held_numbers_have_a_holder"):
        put(phone, paper=sheet)


def test_a_request_takes_one_sheet_of_paper(sheet, now):
    again = {"agent": sheet.agent, "carrier": sheet.carrier, "by": sheet.agent, "expires_at": now}
    with refused("request_takes_one_paper_sheet|request_id"), transaction.atomic():
        PaperSheet.objects.create(request_id=sheet.request_id, **again)


@pytest.mark.parametrize(
    ("field", "name"),
    [("line", "lines_of_a_paper_sheet_are_counted|line"), ("token", "paper_line_is_one_hold|token")],
)
def test_a_line_of_paper_is_one_line_and_one_hold(sheet, field, name):
    first = {"line": 1, "token": uuid4(), "number": "19900000001"}
    other = {"line": 2, "token": uuid4(), "number": "19900000002"}
    sheet.lines.create(**first)

    with refused(name), transaction.atomic():
        sheet.lines.create(**other | {field: first[field]})


@pytest.mark.parametrize("field", ["keyed_by", "keyed_at"])
def test_a_keyed_line_says_by_whom_and_when(sheet, now, field):
    half = {"keyed_by": sheet.agent} if field == "keyed_by" else {"keyed_at": now}
    with refused("paper_line_is_keyed_by_somebody_at_some_time"), transaction.atomic():
        sheet.lines.create(line=1, token=uuid4(), number="19900000001", **half)


@pytest.mark.parametrize("missing", ["type", "agent", "classified_at"])
def test_a_classified_number_needs_a_whole_result(phone, result, missing):
    with refused("only_classified_numbers_have_a_type"):
        put(phone, **result | {missing: None})


@pytest.mark.parametrize("part", ["type", "agent", "classified_at"])
def test_a_number_that_is_not_classified_has_no_part_of_a_result(phone, result, part):
    with refused("only_classified_numbers_have_a_type"):
        put(phone, **{part: result[part]})


def test_only_classified_numbers_have_an_order_region(phone, region):
    with refused("only_classified_numbers_have_a_type"):
        put(phone, order_region=region)


@pytest.mark.parametrize("state", [State.HELD, State.CLASSIFIED, State.EXCLUDED])
def test_only_pending_numbers_are_due(phone, hold, result, now, state):
    fields = {State.HELD: hold(), State.CLASSIFIED: result, State.EXCLUDED: {"state": State.EXCLUDED}}[state]

    with refused("only_pending_numbers_are_due"):
        put(phone, **fields, due_at=now)


@pytest.mark.parametrize("state", [State.PENDING, State.EXCLUDED])
def test_only_classified_numbers_are_suppressed(phone, state):
    with refused("only_classified_numbers_are_suppressed"):
        put(phone, state=state, suppressed=True)


def test_a_list_excludes_a_number_once(phone, make_batch):
    batch = make_batch(kind=Batch.Kind.EXCLUDED)
    Exclusion.objects.create(phone=phone, batch=batch)

    with refused("list_excludes_a_number_once|phones_exclusion.batch_id"), transaction.atomic():
        Exclusion.objects.create(phone=phone, batch=batch)


def test_one_batch_loads_in_pieces_at_a_time(make_batch):
    make_batch(state=Batch.State.LOADING, first_place=1)
    make_batch(state=Batch.State.LOADING, first_place=None)

    with refused("one_batch_loads_in_pieces_at_a_time|phones_batch.state"), transaction.atomic():
        make_batch(state=Batch.State.LOADING, first_place=2)


def test_a_hold_ends_once(phone, now):
    token = uuid4()
    Event.objects.create(kind=Event.Kind.SKIP, phone=phone, number=phone.number, at=now, token=token)

    with refused("hold_ends_once|phones_event.token"), transaction.atomic():
        Event.objects.create(kind=Event.Kind.PAUSE, phone=phone, number=phone.number, at=now, token=token)


def test_a_job_does_not_exceed_itself(make_administrator):
    with refused("job_does_not_exceed_itself"), transaction.atomic():
        Job.objects.create(kind=Job.Kind.EXPORT, by=make_administrator(), done=11, total=10)
