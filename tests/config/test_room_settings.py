"""The room's own settings: what may be entered, when it applies, and what "Call" opens."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from callback import actions as desk
from config import room_actions
from config.call_address import call_address
from config.models import Room

PAGE = "/settings/"
OWN = {"way": "own"}


@pytest.fixture
def boss(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(boss, sign_in):
    return sign_in(boss)


@pytest.fixture
def save(browser, room):
    """``save(name="…")`` sends the form as it is shown, with other values in some of its fields."""

    def save(client=browser, **fields):
        form = client.get(PAGE).context["form"]
        shown = {name: form[name].value() for name in form.fields}
        return client.post(PAGE, {name: "" if value is None else value for name, value in (shown | fields).items()})

    return save


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def test_what_is_saved_stands_in_the_room_and_on_record(save, room, boss):
    response = save(name="气象服务中心", lease_minutes="45", daily_goal="120", way="sip:{number}")

    room.refresh_from_db()
    assert response.url == PAGE
    assert (room.name, room.lease_minutes, room.daily_goal) == ("气象服务中心", 45, 120)
    assert room.call_address == "sip:{number}"
    entry = AuditEntry.objects.get(action="room.change")
    assert (entry.by, entry.object) == (boss, "气象服务中心")
    assert entry.data["before"]["lease_minutes"] == 30
    assert entry.data["after"]["lease_minutes"] == 45


def test_the_log_tells_what_has_changed_in_the_readers_words(save, browser):
    save(name="气象服务中心", lease_minutes="45")

    page = browser.get("/audit/").content.decode()

    assert "修改系统设置" in page
    assert "30 → 45" in page
    assert "单位名称" in page


def test_saving_what_stands_already_is_no_event(save):
    save()

    assert not AuditEntry.objects.filter(action="room.change").exists()


def test_no_goal_is_an_empty_field(save, room):
    Room.objects.update(daily_goal=100)

    save(daily_goal="")

    room.refresh_from_db()
    assert room.daily_goal is None


def test_a_new_lease_holds_from_the_next_number_on(save, make_agent, make_numbers, now):
    [first, second] = make_numbers(2)
    agents = [make_agent("小李"), make_agent("小王")]
    desk.take(agent=agents[0], carrier=first.carrier, now=now)

    save(lease_minutes="5")
    desk.take(agent=agents[1], carrier=first.carrier, now=now)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.expires_at - now).total_seconds() == 30 * 60
    assert (second.expires_at - now).total_seconds() == 5 * 60


def test_the_sheet_opens_the_soft_phone_that_was_chosen(save, sign_in, make_agent, make_numbers):
    [phone] = make_numbers(1)
    agent = sign_in(make_agent("小李"))
    agent.post(reverse("callback:sheet"), {"take": "start"})

    save(**OWN, pattern="sip:{number}@pbx.example")

    assert f'href="sip:{phone.number}@pbx.example"' in agent.get(reverse("callback:sheet")).content.decode()


def test_showing_what_call_opens_saves_nothing(save, room):
    response = save(**OWN, pattern="callto:0{number}", do="try")

    page = response.content.decode()
    room.refresh_from_db()
    assert response.status_code == 200
    assert 'href="callto:019900000000"' in page
    assert 'value="callto:0{number}"' in page
    assert room.call_address == "tel:{number}"


@pytest.mark.parametrize(
    "pattern",
    [
        "javascript:alert({number})",
        "JavaScript:alert('{number}')",
        "java\tscript:alert({number})",
        "\x01javascript:{number}",
        " javascript:{number}",
        "data:text/html,{number}",
        "vbscript:{number}",
        "file:///etc/{number}",
        "https://pbx.example/call?n={number}",
        "http://pbx.example/{number}",
        "//pbx.example/{number}",
        "/{number}",
        "{number}",
        "{number}:1",
        "view-source:{number}",
        "blob:{number}",
        "ms-msdt:/id {number}",
        "ms-msdt:{number}",
        "search-ms:query={number}",
    ],
)
def test_an_address_that_opens_no_telephone_is_refused_with_a_way_out(save, room, pattern):
    response = save(**OWN, pattern=pattern)

    room.refresh_from_db()
    assert response.status_code == 422
    assert room.call_address == "tel:{number}"
    [said] = errors(response)["pattern"]
    assert "sip:" in said or "tel:" in said
    assert 'href="tel:19900000000"' in response.content.decode()


@pytest.mark.parametrize("pattern", ["", "sip:", "sip:number", "sip:{number}{number}", "sip:{号码}", "sip:{number} x"])
def test_an_address_without_one_place_for_the_number_is_refused(save, pattern):
    assert "pattern" in errors(save(**OWN, pattern=pattern))


def test_an_address_that_came_into_the_database_otherwise_opens_the_telephone():
    assert call_address("javascript:alert({number})", "19900000001") == "tel:19900000001"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lease_minutes", "0"),
        ("lease_minutes", "1441"),
        ("lease_minutes", str(2**64)),
        ("lease_minutes", "many"),
        ("lease_minutes", ""),
        ("daily_goal", "0"),
        ("daily_goal", "-1"),
        ("daily_goal", str(2**64)),
        ("name", "x" * 61),
        ("way", "nonsense"),
    ],
)
def test_nonsense_is_refused_beside_its_field(save, room, field, value):
    response = save(**{field: value})

    assert response.status_code == 422
    assert field in errors(response)
    assert not AuditEntry.objects.filter(action="room.change").exists()


@pytest.mark.parametrize("value", ["a\0b", "\ufffe", "9" * 5000, str(2**64)])
@pytest.mark.parametrize("field", ["name", "lease_minutes", "daily_goal", "way", "pattern", "stamp", "do"])
def test_no_nonsense_breaks_the_page(browser, field, value):
    form = {"name": "", "lease_minutes": "30", "daily_goal": "", "way": "own", "pattern": "tel:{number}"}

    assert browser.post(PAGE, form | {field: value}).status_code < 500


def test_the_second_is_told_and_saves_over_it_with_a_second_press(save, make_administrator, sign_in, room):
    second = sign_in(make_administrator("老王"))
    form = second.get(PAGE).context["form"]
    opened = {name: form[name].value() or "" for name in form.fields}
    save(lease_minutes="45", way="sip:{number}")

    late = second.post(PAGE, opened | {"lease_minutes": "60"})

    room.refresh_from_db()
    again = late.context["form"]
    assert late.status_code == 422
    assert "老张" in again.changed
    assert "45" in errors(late)["lease_minutes"][0]
    assert "sip:" in errors(late)["way"][0]
    assert room.lease_minutes == 45
    second.post(PAGE, opened | {"lease_minutes": "60", "stamp": again["stamp"].value()})
    room.refresh_from_db()
    assert room.lease_minutes == 60


def test_only_what_is_named_is_changed(room, boss):
    Room.objects.update(daily_goal=100)

    room_actions.change(changes={"lease_minutes": 45}, by=boss, now=timezone.now(), address=None)

    room.refresh_from_db()
    assert (room.lease_minutes, room.daily_goal) == (45, 100)
