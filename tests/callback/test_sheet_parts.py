"""What an answer draws anew on a sheet that stands open: no more than a press has changed."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from config.models import BusinessType
from phones.models import Phone

URL = reverse("callback:sheet")
OF_THE_SHEET = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{URL}"}


@pytest.fixture
def agent(make_agent):
    return make_agent("小李")


@pytest.fixture
def browser(agent, sign_in):
    return sign_in(agent)


@pytest.fixture
def press(browser, agent):
    """Press a business type on the sheet as it stands open, and what comes back."""

    def press(drawn: str, **changed):
        token = Phone.objects.held_by(agent).get().token
        filed = {"token": token, "request_id": uuid4(), "code": 11, "order_region": "", "note": "", "drawn": drawn}
        return browser.post(URL, filed | changed, headers=OF_THE_SHEET)

    return press


@pytest.fixture
def drawn(browser, make_numbers) -> str:
    """What the open sheet says about itself, with a number on it and one more in the queue."""
    make_numbers(2)
    page = browser.post(URL, {"take": "start"}, follow=True).content.decode()
    return re.search(r'name="drawn" value="([^"]+)"', page)[1]


def test_the_next_number_comes_without_types_and_foot_that_stand_there_already(press, drawn, agent):
    answer = press(drawn)

    page = answer.content.decode()
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#call", "exchange settle:0ms")
    assert re.findall(r"^<\w+[^>]* id=\"([\w-]+)\"", page, re.MULTILINE) == ["call", "rail", "carrier-menu"]
    assert f"tel:{Phone.objects.held_by(agent).get().number}" in page
    assert 'name="code"' not in page
    assert 'name="pause"' not in page


def test_a_type_that_has_changed_since_is_drawn_with_all_of_the_sheet(press, drawn):
    BusinessType.objects.current().filter(code=12).update(name="换卡")

    answer = press(drawn)

    assert answer["HX-Retarget"] == "#main"
    assert "换卡" in answer.content.decode()


def test_a_sheet_in_another_language_is_drawn_anew(press, drawn, browser):
    browser.cookies["hwcall_language"] = "en"

    assert press(drawn)["HX-Retarget"] == "#main"


def test_what_is_refused_is_drawn_with_what_was_typed(press, drawn):
    answer = press(drawn, code=99, note="下午再打")

    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#main")
    assert "下午再打" in answer.content.decode()


def test_a_sheet_without_a_next_number_is_drawn_anew(press, drawn):
    press(drawn)

    assert press(drawn)["HX-Retarget"] == "#main"


def test_a_sheet_that_says_nothing_about_itself_is_drawn_anew(press, drawn):
    assert press("")["HX-Retarget"] == "#main"
