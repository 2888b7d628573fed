"""The hidden pages answer everybody but administrators exactly as an address does at which there is nothing."""

import re

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.modules import Module

HIDDEN = ["/db", "/db/", "/web/db", "/web/db/", "/db/archives/1/restore", "/db/archives/1/restore/"]


@pytest.fixture
def browsers(make_user, sign_in) -> dict[str, Client]:
    """Everybody who is no administrator that can go on, by what they are."""
    disabled = make_user("小赵")
    left = sign_in(disabled)
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    return {
        "a stranger": Client(),
        "a stranger without a token": Client(enforce_csrf_checks=True),
        "who was disabled": left,
        "an agent": sign_in(make_user("小李")),
        "an agent without a token": sign_in(make_user("小李"), enforce_csrf_checks=True),
        "an agent with a one-time password": sign_in(make_user("小李", must_change_password=True)),
        "an agent with every module": sign_in(make_user("小王", modules=list(Module))),
    }


def nowhere(address: str) -> str:
    """An address as long, at which there is nothing."""
    return re.sub("[a-z]", "x", address)


def said(response, address: str) -> tuple:
    """All that an answer says, without the address itself and the tokens, which differ each time."""
    body = re.sub(r'(name="csrfmiddlewaretoken" value=|"X-CSRFToken": )"\w+"', "", response.content.decode())
    # The second in which it came.
    headers = sorted((name, text) for name, text in response.headers.items() if name != "Expires")
    return response.status_code, headers, body.replace(f'value="{address}"', 'value=""')


@pytest.mark.parametrize("address", HIDDEN)
@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
def test_b14_nobody_but_an_administrator_can_tell_it_from_nothing(browsers, verb, address):
    answers = {
        who: [said(browser.generic(verb, each), each) for each in (address, nowhere(address))]
        for who, browser in browsers.items()
    }

    assert {who for who, (hidden, nothing) in answers.items() if hidden != nothing} == set()
    assert {hidden[0] for hidden, _nothing in answers.values()} == {404}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nor_in_another_language_or_with_a_query(browsers, language):
    for browser in browsers.values():
        browser.cookies["hwcall_language"] = language
        hidden, nothing = (f"{address}?region=&carrier=1" for address in ("/db/", nowhere("/db/")))
        assert said(browser.get(hidden), hidden.replace("&", "&amp;")) == said(
            browser.get(nothing), nothing.replace("&", "&amp;")
        )


def test_an_administrator_gets_there(make_administrator, sign_in):
    browser = sign_in(make_administrator("老张"))

    assert browser.get("/db").status_code == 200
    assert browser.get("/web/db", follow=True).status_code == 200


def test_an_administrator_with_a_one_time_password_changes_it_first(make_administrator, sign_in):
    browser = sign_in(make_administrator("老张", must_change_password=True))

    assert browser.get("/db/").url == "/password/"


def test_who_is_no_administrator_any_more_finds_nothing(make_administrator, sign_in):
    boss = make_administrator("老张")
    browser = sign_in(boss)
    User.objects.filter(pk=boss.pk).update(role=Role.AGENT)

    assert browser.get("/db/").status_code == 404


def test_a_form_without_its_token_is_refused_to_an_administrator_as_everywhere(make_administrator, sign_in):
    browser = sign_in(make_administrator("老张"), enforce_csrf_checks=True)

    assert browser.post("/db/").status_code == 403
