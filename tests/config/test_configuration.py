"""How carriers, regions and business types are changed, and what can never be."""

import threading
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import PROTECT, SET_NULL, ForeignObjectRel
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, SavedFilter, TableSetting, User
from config import actions, types, uses
from config.models import BusinessType, Carrier, Region, Room
from config.uses import InUse
from phones.models import Phone


@pytest.fixture
def who(make_administrator, now) -> dict:
    return {"by": make_administrator("老张"), "now": now, "address": "10.0.0.1"}


def names(model) -> list[str]:
    return [thing.name for thing in model.objects.in_order()]


# ── Carriers and regions ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", [Carrier, Region])
def test_a_new_one_stands_last(room, who, model):
    actions.add(model=model, name="新的", **who)

    assert names(model)[-1] == "新的"
    assert AuditEntry.objects.get().object == "新的"


@pytest.mark.parametrize("model", [Carrier, Region])
def test_a_name_is_there_once_even_among_the_disabled(room, who, model):
    first = model.objects.first()
    actions.set_enabled(thing=first, enabled=False, **who)

    with pytest.raises(actions.NameTaken):
        actions.add(model=model, name=first.name.upper(), **who)


def test_a_carrier_has_a_product(carrier, who):
    actions.rename(thing=carrier, name="中国移动", product="移动气象", **who)

    carrier.refresh_from_db()
    assert (carrier.name, carrier.product) == ("中国移动", "移动气象")


def test_a_renamed_one_may_keep_its_own_name(region, who):
    actions.rename(thing=region, name=region.name.upper(), **who)


def test_moving_changes_places_with_the_neighbour(room, who):
    one, two, three = Carrier.objects.in_order()

    actions.move(thing=three, step=-1, **who)
    assert list(Carrier.objects.in_order()) == [one, three, two]

    actions.move(thing=one, step=-1, **who)
    actions.move(thing=two, step=1, **who)
    assert list(Carrier.objects.in_order()) == [one, three, two]


def test_what_is_unused_is_deleted(room, who):
    thing = actions.add(model=Region, name="新的", **who)

    assert actions.delete(thing=thing, **who) == "新的"
    assert "新的" not in names(Region)


@pytest.mark.parametrize("field", ["carrier", "region"])
def test_b67_what_is_in_use_is_not_deleted_and_it_is_said_where(make_numbers, who, field):
    [phone, _other] = make_numbers(2)

    with pytest.raises(InUse) as refusal:
        actions.delete(thing=getattr(phone, field), **who)

    assert sorted(use.count for use in refusal.value.uses) == [1, 2]


def test_a_region_that_operators_are_limited_to_is_not_deleted(make_agent, region, who):
    make_agent("小李", region_ids=[region.pk])

    with pytest.raises(InUse):
        actions.delete(thing=region, **who)


def test_a_carrier_that_somebody_last_used_can_go_while_nothing_else_needs_it(make_agent, carrier, who):
    agent = make_agent("小李", last_carrier=carrier)

    actions.delete(thing=carrier, **who)

    agent.refresh_from_db()
    assert agent.last_carrier is None


def test_what_somebody_else_has_deleted_is_gone(region, who):
    Region.objects.filter(pk=region.pk).delete()

    with pytest.raises(actions.Gone):
        actions.rename(thing=region, name="新的", **who)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite lets one transaction write at a time anyway")
def test_two_who_add_the_same_name_at_once_make_one(room, make_administrator):
    boss = make_administrator()
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def add() -> None:
        try:
            together.wait()
            now = datetime.fromisoformat("2026-11-23T10:30:00+08:00")
            actions.add(model=Region, name="新的", by=boss, now=now, address=None)
            outcomes.append("added")
        except actions.NameTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["added", "taken"]


def test_a_name_that_only_the_database_knows_of_is_taken_too(room):
    with pytest.raises(actions.NameTaken):
        actions.save(Carrier(name=Carrier.objects.first().name))


# ── Business types ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_type_gets_the_first_free_code_and_stands_last_in_its_range(type_of, who):
    valid = types.add(codes=types.VALID_RANGE, name="全天天气", **who)
    invalid = types.add(codes=types.INVALID_RANGE, name="传真", **who)

    assert (valid.code, invalid.code) == (13, 23)
    assert [type.code for type in BusinessType.objects.current().filter(code__lt=21).in_order()] == [11, 12, 13]


def test_a_code_in_the_middle_is_used_again(type_of, who):
    types.remove(type=type_of(11), **who)

    new = types.add(codes=types.VALID_RANGE, name="全天天气", **who)

    assert new.code == 11
    assert [type.code for type in BusinessType.objects.current().filter(code__lt=21).in_order()] == [12, 11]


def test_a_full_range_takes_no_more(room, who):
    for number in range(4):
        types.add(codes=types.INVALID_RANGE, name=f"其他{number}", **who)

    with pytest.raises(types.NoFreeCode):
        types.add(codes=types.INVALID_RANGE, name="再一个", **who)


def test_a_name_stands_once_among_the_current_types(type_of, who):
    with pytest.raises(actions.NameTaken):
        types.add(codes=types.VALID_RANGE, name=type_of(11).name, **who)
    with pytest.raises(actions.NameTaken):
        types.respell(type=type_of(12), name=type_of(11).name, **who)


def test_a_corrected_spelling_shows_in_the_calls_of_the_past(type_of, make_call, who):
    call = make_call(type_of(11))

    types.respell(type=type_of(11), name="早晚的天气", **who)

    call.refresh_from_db()
    assert call.type.name == "早晚的天气"


def test_a_new_meaning_leaves_the_calls_of_the_past_their_name(type_of, make_call, who, now):
    old = type_of(11)
    call = make_call(old)

    new = types.replace(type=old, name="全天天气", **who)

    call.refresh_from_db()
    assert call.type == old
    assert call.type.name == old.name
    assert call.type.retired_at == now
    assert type_of(11) == new
    assert (new.name, new.position, new.enabled) == ("全天天气", old.position, True)


def test_a_used_type_is_not_deleted(type_of, make_call, who):
    make_call(type_of(11))

    with pytest.raises(InUse) as refusal:
        types.remove(type=type_of(11), **who)

    assert sorted(use.count for use in refusal.value.uses) == [1, 1]


def test_an_unused_type_is_deleted(type_of, who):
    types.remove(type=type_of(12), **who)

    assert not BusinessType.objects.filter(code=12).exists()


def test_a_used_booking_is_taken_away_and_its_calls_keep_it(type_of, make_call, who):
    call = make_call(type_of(27))

    types.remove(type=type_of(27), **who)

    call.refresh_from_db()
    assert call.type.retired_at
    assert not BusinessType.objects.current().filter(code=27).exists()


def test_the_booking_can_be_added_again(type_of, make_call, who):
    make_call(type_of(27))
    types.remove(type=type_of(27), **who)

    assert types.add(codes=types.BOOKING_RANGE, name="预约", **who).code == 27


def test_a_type_moves_inside_its_range_only(type_of, who):
    types.move(type=type_of(12), step=-1, **who)
    types.move(type=type_of(21), step=-1, **who)

    assert [type.code for type in BusinessType.objects.current().in_order()] == [12, 11, 21, 22, 27, 28, 29]


def test_a_disabled_type_is_off_the_sheet_and_can_come_back(type_of, who):
    types.set_enabled(type=type_of(11), enabled=False, **who)
    assert not BusinessType.objects.on_offer().filter(code=11).exists()

    types.set_enabled(type=type_of(11), enabled=True, **who)
    assert BusinessType.objects.on_offer().filter(code=11).exists()


@pytest.mark.parametrize("code", [28, 29])
def test_28_and_29_are_fixed(type_of, who, code):
    for change in (
        lambda: types.respell(type=type_of(code), name="别的", **who),
        lambda: types.replace(type=type_of(code), name="别的", **who),
        lambda: types.set_enabled(type=type_of(code), enabled=False, **who),
        lambda: types.move(type=type_of(code), step=-1, **who),
        lambda: types.remove(type=type_of(code), **who),
    ):
        with pytest.raises(types.Fixed):
            change()


def test_a_retired_type_can_be_changed_no_more(type_of, who):
    old = type_of(11)
    types.replace(type=old, name="全天天气", **who)

    with pytest.raises(actions.Gone):
        types.respell(type=old, name="别的", **who)


def test_every_change_is_on_record(type_of, region, who):
    new = types.add(codes=types.VALID_RANGE, name="全天天气", **who)
    types.respell(type=new, name="全日天气", **who)
    types.replace(type=new, name="一周天气", **who)
    types.set_enabled(type=type_of(13), enabled=False, **who)
    types.move(type=type_of(13), step=-1, **who)
    types.remove(type=type_of(13), **who)
    actions.rename(thing=region, name="新泰山", **who)
    actions.set_enabled(thing=region, enabled=False, **who)
    actions.move(thing=region, step=1, **who)
    actions.delete(thing=region, **who)

    verbs = [action.partition(".")[2] for action in AuditEntry.objects.order_by("pk").values_list("action", flat=True)]
    changes = ["add", "rename", "replace", "disable", "move", "delete"]
    assert verbs == [*changes, "rename", "disable", "move", "delete"]
    assert {entry.address for entry in AuditEntry.objects.all()} == {"10.0.0.1"}
    assert {entry.by for entry in AuditEntry.objects.all()} == {User.objects.administrators().get()}


# ── Always true, whoever writes ──────────────────────────────────────────────────────────────────────────────


def refused(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        (Carrier, r"carrier_name_is_unique|config_carrier\.name"),
        (Region, r"region_name_is_unique|config_region\.name"),
    ],
)
def test_the_database_knows_a_name_once(room, model, constraint):
    with refused(constraint), transaction.atomic():
        model.objects.create(name=model.objects.first().name)


@pytest.mark.parametrize("code", [10, 30, 0])
def test_the_database_knows_the_codes(room, code):
    with refused("business_type_code_is_11_to_29"), transaction.atomic():
        BusinessType.objects.create(code=code, name="别的")


def test_the_database_lets_one_current_type_stand_under_a_code(room):
    with refused(r"one_business_type_stands_under_a_code|config_businesstype\.code"), transaction.atomic():
        BusinessType.objects.create(code=11, name="别的")


@pytest.mark.parametrize("fields", [{"enabled": False}, {"retired_at": "2026-11-23T10:00:00Z"}])
def test_the_database_keeps_28_and_29_enabled(type_of, fields):
    with refused("refused_and_not_connected_stay_enabled"), transaction.atomic():
        BusinessType.objects.filter(code=28).update(**fields)


@pytest.mark.parametrize(("code", "name"), [(28, "别的"), (11, "")])
def test_the_database_names_all_but_28_and_29(room, code, name):
    with refused("only_refused_and_not_connected_have_no_own_name"), transaction.atomic():
        BusinessType.objects.filter(code=code).update(name=name)


def test_the_database_lets_28_and_29_never_go(type_of):
    with pytest.raises(IntegrityError):
        type_of(28).delete()


def test_the_database_knows_one_room(room):
    with refused("there_is_one_room"), transaction.atomic():
        Room.objects.create(pk=2, refused=room.refused, not_connected=room.not_connected)


@pytest.mark.parametrize("minutes", [0, 1441])
def test_the_database_keeps_the_lease_between_a_minute_and_a_day(room, minutes):
    with refused("lease_is_1_minute_to_1_day"), transaction.atomic():
        Room.objects.update(lease_minutes=minutes)


def test_sums_that_outlived_their_calls_keep_a_type_too(type_of, make_call, who):
    call = make_call(type_of(11))
    Phone.objects.update(type=None, state="pending", agent=None, classified_at=None)
    type(call).objects.all().delete()

    with pytest.raises(InUse):
        types.remove(type=type_of(11), **who)


# ── What is in use ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("model", [Carrier, Region, BusinessType, User])
def test_every_row_that_stands_in_the_way_has_its_word_or_none_on_purpose(model):
    protecting = {relation.related_model._meta.label_lower for relation in uses.relations(model)}

    assert protecting <= set(uses.WORDS)


@pytest.mark.parametrize("model", [Carrier, Region, BusinessType, User])
def test_every_relation_protects_what_it_names_or_lets_go_of_it(model):
    every = [field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ForeignObjectRel)]

    # What operators have arranged for themselves is nobody's record, and goes with them.
    records = [relation for relation in every if relation.related_model not in (SavedFilter, TableSetting)]
    assert {relation.on_delete for relation in records} <= {PROTECT, SET_NULL}


@pytest.mark.parametrize("field", ["carrier", "region"])
def test_a_refusal_counts_nothing_while_others_wait(make_numbers, who, field):
    [phone] = make_numbers(1)

    with CaptureQueriesContext(connection) as asked, pytest.raises(InUse) as refusal:
        actions.delete(thing=getattr(phone, field), **who)

    assert not [query["sql"] for query in asked if "COUNT(" in query["sql"]]
    assert [use.count for use in refusal.value.uses] == [1, 1]


def test_a_deletion_looks_through_the_stock_once_a_column(make_numbers, who):
    make_numbers(1)
    thing = Region.objects.create(name="新的", position=9)

    with CaptureQueriesContext(connection) as asked:
        actions.delete(thing=thing, **who)

    looks = [query["sql"] for query in asked if 'FROM "phones_phone"' in query["sql"]]
    assert len(looks) == 2
    assert all("LIMIT 1" in sql for sql in looks)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite lets one transaction write at a time anyway")
def test_what_comes_into_use_meanwhile_is_not_deleted(room, make_batch, who, monkeypatch):
    thing = Region.objects.create(name="新的", position=9)
    look = uses.is_used

    def look_and_be_late(thing) -> bool:
        found = look(thing)
        elsewhere = threading.Thread(target=lambda: (make_batch(region=thing), connection.close()))
        elsewhere.start()
        elsewhere.join()
        return found

    monkeypatch.setattr(uses, "is_used", look_and_be_late)

    with pytest.raises(InUse) as refusal:
        actions.delete(thing=thing, **who)

    assert [use.count for use in refusal.value.uses] == [1]
    assert Region.objects.filter(pk=thing.pk).exists()


def test_a_change_is_on_record_with_the_time_of_the_action(region, who, now):
    actions.rename(thing=region, name="新泰山", **who)

    assert AuditEntry.objects.get().at == now
