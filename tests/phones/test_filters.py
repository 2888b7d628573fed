"""The filter form: which numbers each condition means, and nonsense in any of them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import QueryDict
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.models import Carrier, Region
from phones import number_lists
from phones.filters import NumberListForm, PhoneFilter
from phones.models import Batch, Phone

ROOM = ZoneInfo("Asia/Shanghai")
FIELDS = ("region", "by", "carrier", "state", "type", "agent", "batch", "start", "end", "list")
NONSENSE = (
    "abc", "-1", "0", str(2**63), str(2**64), "0000-00-00", "9999-12-31", "1.5", "\0", "null", "é" * 500, "' OR 1=1 --",
    "{{7*7}}", "%", "_", "2026-02-30", "00000000-0000-0000-0000-000000000000", "１２", " ", "1e9", "NaN", "[]",
)  # fmt: skip


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.UPLOAD_DIR, settings.RESULT_DIR = tmp_path / "uploads", tmp_path / "results"


@pytest.fixture
def classified(make_numbers, make_agent, type_of, now):
    """``classified(28)`` makes a number that was filed under that code."""

    def make(code, *, by=None, at=None, **fields):
        [phone] = make_numbers(
            1, state="classified", type=type_of(code), agent=by or make_agent(), classified_at=at or now, **fields
        )
        return phone

    return make


@pytest.fixture
def boss(make_administrator):
    return make_administrator()


def find(user, query="", **chosen):
    form = PhoneFilter(QueryDict(query) if query else {key: str(value) for key, value in chosen.items()}, user=user)
    assert form.is_valid(), form.errors
    return set(form.apply(Phone.objects.counted()))


def test_no_condition_means_every_number(make_numbers, make_administrator):
    numbers = make_numbers(3)

    assert find(make_administrator()) == set(numbers)


def test_numbers_of_an_import_still_loading_are_never_meant(make_numbers, make_batch, make_administrator):
    make_numbers(2, batch=make_batch(state=Batch.State.LOADING))

    assert find(make_administrator()) == set()


def test_home_region_and_order_region_are_two_questions(classified, make_numbers, make_administrator):
    here, there = Region.objects.in_order()[:2]
    at_home = classified(11, region=here)
    ordered_here = classified(11, region=there, order_region=here)
    ordered_away = classified(11, region=here, order_region=there)
    [waiting] = make_numbers(1, region=here)
    boss = make_administrator()

    assert find(boss, region=here.pk) == {at_home, ordered_away, waiting}
    assert find(boss, region=here.pk, by="order") == {at_home, ordered_here, waiting}


def test_a_type_or_a_group_of_them(classified, make_numbers, make_administrator, type_of):
    numbers = {code: classified(code) for code in (11, 12, 21, 27, 28, 29)}
    make_numbers(1)
    boss = make_administrator()

    assert find(boss, type=type_of(12).pk) == {numbers[12]}
    assert find(boss, type="valid") == {numbers[11], numbers[12], numbers[27]}
    assert find(boss, type="booking") == {numbers[27]}
    assert find(boss, f"type=booking&type={type_of(28).pk}&type=") == {numbers[27], numbers[28]}
    assert find(boss, "type=") == set(Phone.objects.all())
    assert find(boss, type="invalid") == {numbers[21], numbers[28], numbers[29]}


def test_agent_state_carrier_and_batch(classified, make_numbers, make_agent, make_administrator):
    xiaoli, xiaowang = make_agent("小李"), make_agent("小王")
    hers, his = classified(11, by=xiaoli), classified(11, by=xiaowang)
    [other] = make_numbers(1, carrier=Carrier.objects.in_order()[1])
    boss = make_administrator()

    assert find(boss, agent=xiaoli.pk) == {hers}
    assert find(boss, state="classified") == {hers, his}
    assert find(boss, carrier=other.carrier_id) == {other}
    assert find(boss, batch=his.batch_id) == {his}
    assert find(boss, batch=his.batch_id, agent=xiaoli.pk) == set()


def test_days_are_the_rooms_days(classified, make_administrator):
    late = classified(11, at=datetime(2026, 11, 22, 23, 59, 59, tzinfo=ROOM))
    midnight = classified(11, at=datetime(2026, 11, 23, tzinfo=ROOM))
    boss = make_administrator()

    assert find(boss, start="2026-11-22", end="2026-11-22") == {late}
    assert find(boss, start="2026-11-23") == {midnight}
    assert find(boss, end="2026-11-23") == {late, midnight}
    assert find(boss, start="1996-11-23", end="2026-11-22") == {late}


def test_a_range_that_ends_before_it_starts_is_refused_beside_its_end(make_administrator):
    form = PhoneFilter({"start": "2026-11-23", "end": "2026-11-22"}, user=make_administrator())

    assert not form.is_valid()
    assert list(form.errors) == ["end"]


def test_of_a_repeated_parameter_the_last_counts(make_numbers, make_administrator):
    [phone] = make_numbers(1)

    assert find(make_administrator(), "state=excluded&state=pending") == {phone}


@pytest.mark.parametrize("field", FIELDS)
def test_nonsense_is_an_error_beside_its_field_or_finds_nothing_wrong(field, make_numbers, make_administrator):
    make_numbers(1)
    boss = make_administrator()

    for value in NONSENSE:
        form = PhoneFilter({field: value}, user=boss)
        if form.is_valid():
            list(form.apply(Phone.objects.counted()))
        else:
            assert list(form.errors) == [field], value


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=30) | st.integers().map(str)))
def test_b26_no_query_breaks_it(query, boss):
    form = PhoneFilter(query, user=boss)

    if form.is_valid():
        form.apply(Phone.objects.counted()).count()
        form.words()
    form.arguments()


def test_arguments_say_the_same_query_again(classified, make_administrator):
    here = Region.objects.in_order()[0]
    boss = make_administrator()
    form = PhoneFilter(QueryDict(f"region={here.pk}&by=order&state=&start=2026-11-01&after=7&x=y"), user=boss)

    assert form.arguments() == {"region": str(here.pk), "by": "order", "start": "2026-11-01"}


def test_words_name_what_was_chosen(classified, make_administrator, make_agent):
    phone = classified(11, by=make_agent("小李"))
    chosen = {"carrier": phone.carrier_id, "region": phone.region_id, "agent": phone.agent_id, "end": "2026-11-30"}
    form = PhoneFilter({key: str(value) for key, value in chosen.items()}, user=make_administrator())

    assert form.is_valid()
    assert form.words()[:3] == [str(phone.carrier), str(phone.region), "小李"]
    assert "2026-11-30" in form.words()[3]


# ── 指定号码 ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_given_list_means_exactly_its_numbers(make_numbers, make_administrator):
    first, second, _third = make_numbers(3)
    boss = make_administrator()
    pasted = f"{first.number}\n+86 {second.number[:3]}-{second.number[3:]}, 13800138000\n\nnichts\n{first.number}"

    kept = number_lists.keep_text(text=pasted, by=boss)

    assert find(boss, list=kept.key) == {first, second}
    form = PhoneFilter({"list": str(kept.key)}, user=boss)
    assert form.is_valid()
    assert form.given() == {"numbers": 3, "known": 2, "unknown": 1, "refused": 1, "repeated": 1}


def test_a_list_in_a_file_may_be_long(make_numbers, make_administrator, tmp_path):
    [phone] = make_numbers(1)
    boss = make_administrator()
    path = tmp_path / "list.txt"
    path.write_text("\n".join([phone.number, *(str(13_000_000_000 + n) for n in range(100_000))]))

    kept = number_lists.keep_file(path=path, name="list.txt", by=boss)

    assert len(kept.numbers) == 100_001
    assert find(boss, list=kept.key) == {phone}


def test_nobody_uses_anothers_list(make_administrator):
    kept = number_lists.keep_text(text="13800138000", by=make_administrator("老张"))

    form = PhoneFilter({"list": str(kept.key)}, user=make_administrator("老王"))

    assert not form.is_valid()
    assert list(form.errors) == ["list"]


def test_a_list_is_readable_by_the_server_alone(make_administrator, settings):
    kept = number_lists.keep_text(text="13800138000", by=make_administrator())

    folder = settings.UPLOAD_DIR / "lists"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / f"{kept.key}.json").stat().st_mode & 0o777 == 0o600


def test_lists_are_forgotten_after_thirty_days(make_administrator, now):
    boss = make_administrator()
    kept = number_lists.keep_text(text="13800138000", by=boss)
    written = datetime.now(ROOM)

    number_lists.forget_old(now=written + timedelta(days=29))
    assert number_lists.load(key=kept.key, by=boss)

    number_lists.forget_old(now=written + timedelta(days=31))
    assert number_lists.load(key=kept.key, by=boss) is None


def test_an_uploaded_list_is_read_as_an_import_reads_it(make_numbers, make_administrator):
    first, second = make_numbers(2)
    boss = make_administrator()
    file = TemporaryUploadedFile("名单.csv", "text/csv", 0, "utf-8")
    file.write(f"姓名,电话\n甲,{first.number}\n乙,+86{second.number}\n丙,123\n".encode("gb18030"))
    file.seek(0)
    file.size = 60
    form = NumberListForm({}, {"file": file})

    assert form.is_valid(), form.errors
    kept = form.keep(by=boss)

    assert kept.numbers == [first.number, second.number]
    assert kept.refused == 1


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_list_is_refused(text):
    form = NumberListForm({"text": text}, {})

    assert not form.is_valid()
    assert list(form.errors) == ["text"]


def test_a_list_that_is_too_long_says_its_limit(make_administrator, monkeypatch):
    monkeypatch.setattr(number_lists, "LIMIT", 2)
    form = NumberListForm({"text": "13800138000\n13800138001\n13800138002"}, {})

    assert form.is_valid()
    assert form.keep(by=make_administrator()) is None
    assert "2" in form.errors["text"][0]
