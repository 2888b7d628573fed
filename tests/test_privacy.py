"""Numbers are masked for whoever has no right to see them whole, and who has seen them is on record."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions
from phones.models import Phone
from phones.numbers import mask

SHEET, LOOKUP = reverse("callback:sheet"), reverse("callback:lookup")
ALL = [Module.SHEET, Module.MINE, Module.LOOKUP]


def whole(number: str) -> str:
    """As a page shows it."""
    return f"<span>{number[:3]}</span><span>{number[3:7]}</span><span>{number[7:]}</span>"


@pytest.fixture
def call(make_agent, carrier, make_numbers, type_of):
    """A call of 小李's, who has no right to whole numbers, and one more number that waits."""
    make_numbers(2)
    agent = make_agent("小李", modules=ALL)
    now = timezone.now() - timedelta(minutes=2)
    phone = actions.take(agent=agent, carrier=carrier, now=now)
    filed = {"type": type_of(11), "order_region": None, "note": "", "request_id": uuid4()}
    return actions.classify(agent=agent, now=now, token=phone.token, **filed)


@pytest.fixture
def seen():
    return lambda: list(AuditEntry.objects.filter(action="numbers.show").order_by("pk"))


def test_the_number_on_ones_own_sheet_is_whole_and_those_before_it_are_masked(call, sign_in, seen):
    page = sign_in(call.agent).post(SHEET, {"take": "start"}, follow=True).content.decode()

    assert whole(Phone.objects.held_by(call.agent).get().number) in page
    # In the strip and among the last ten.
    assert page.count(mask(call.number)) == 2
    assert call.number not in page.replace("</span><span>", "")
    assert not seen()


def test_with_the_right_those_before_it_are_whole_as_well(call, sign_in, seen):
    call.agent.modules = [*ALL, Module.WHOLE_NUMBERS]
    call.agent.save()

    page = sign_in(call.agent).post(SHEET, {"take": "start"}, follow=True).content.decode()

    assert page.count(whole(call.number)) == 2
    assert not seen()


@pytest.mark.parametrize("address", ["callback:number", "callback:amend", "stats:my_calls", "callback:lookup"])
def test_without_the_right_every_page_masks(call, sign_in, seen, address):
    client = sign_in(call.agent)
    key = {"callback:number": [call.phone_id], "callback:amend": [call.pk]}.get(address, [])

    if address == "callback:lookup":
        page = client.post(LOOKUP, {"query": call.number[-4:]}, follow=True).content.decode()
    else:
        page = client.get(reverse(address, args=key)).content.decode()

    assert mask(call.number) in page
    assert call.number not in page.replace("</span><span>", "")
    assert not seen()


def test_a_look_at_whole_numbers_is_on_record_once_an_hour(call, sign_in, make_administrator, seen):
    boss = make_administrator()
    client, address = sign_in(boss), reverse("callback:number", args=[call.phone_id])

    assert whole(call.number) in client.get(address, REMOTE_ADDR="192.0.2.7").content.decode()
    client.get(address)

    entry = seen()[0]
    assert (entry.by, entry.object, entry.count, entry.address) == (boss, mask(call.number), 1, "192.0.2.7")
    assert entry.data == {"page": "callback:number"}
    assert len(seen()) == 1
    session = client.session
    session["whole_numbers"] = {page: at - 3601 for page, at in session["whole_numbers"].items()}
    session.save()
    client.get(address)
    assert len(seen()) == 2


def test_a_page_without_numbers_leaves_no_record(make_administrator, sign_in, room, seen):
    client = sign_in(make_administrator())

    for name in ("stats:team", "config:regions", "accounts:operators"):
        client.get(reverse(name))

    assert not seen()


def test_who_gives_out_rights_gives_none_that_they_lack(make_user, sign_in, make_agent):
    agent = make_agent("小王")
    deputy = sign_in(make_user("小赵", modules=[Module.OPERATORS, Module.SHEET]))
    address = reverse("accounts:operator", args=[agent.pk])
    page = deputy.get(address)
    assert "查看完整号码" not in page.content.decode()
    form = page.context["form"]
    sent = {"username": agent.username, "name": agent.name, "is_active": "on", "stamp": form["stamp"].value()}

    refused = deputy.post(address, sent | {"modules": ["sheet", "whole_numbers"]})

    agent.refresh_from_db()
    assert refused.status_code == 422
    assert Module.WHOLE_NUMBERS not in agent.modules


def test_an_administrator_gives_the_right(make_administrator, sign_in, make_agent):
    agent = make_agent("小王")
    boss = sign_in(make_administrator())
    address = reverse("accounts:operator", args=[agent.pk])
    page = boss.get(address)
    assert "查看完整号码" in page.content.decode()
    sent = {"username": agent.username, "name": agent.name, "is_active": "on", "role": "agent"}

    boss.post(address, sent | {"stamp": page.context["form"]["stamp"].value(), "modules": ["sheet", "whole_numbers"]})

    agent.refresh_from_db()
    assert agent.may_open(Module.WHOLE_NUMBERS)


def test_each_page_that_shows_whole_numbers_has_a_name_in_the_log(call, sign_in, make_administrator, seen):
    call.agent.modules = [*ALL, Module.WHOLE_NUMBERS]
    call.agent.save()
    boss = sign_in(make_administrator())
    for name, key in (("callback:number", [call.phone_id]), ("callback:amend", [call.pk]), ("phones:export", [])):
        boss.get(reverse(name, args=key))
    sign_in(call.agent).get(reverse("stats:my_calls"))

    page = boss.get(reverse("stats:audit")).content.decode()

    assert len(seen()) == 4
    assert not [entry for entry in seen() if entry.data["page"] in page]
