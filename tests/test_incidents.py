"""Faults of ours: whoever meets one is told a number, and the log knows it under the same."""

import json
import logging
import re

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import path

from hwcall.logs import OneLine
from hwcall.urls import *  # noqa: F403 -- the whole site, and two addresses at which something breaks
from hwcall.urls import urlpatterns as site

NUMBER = re.compile(r"[0-9A-F]{6}")


def broken(request):
    raise ZeroDivisionError("a secret of the inside")


def away(request):
    raise OperationalError("could not connect to server")


urlpatterns = [*site, path("broken/", broken), path("away/", away)]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def browser(make_administrator, sign_in) -> Client:
    return sign_in(make_administrator(), raise_request_exception=False)


def logged(caplog) -> list[str]:
    return [record.incident for record in caplog.records if hasattr(record, "incident")]


@pytest.mark.parametrize(("address", "status"), [("/broken/", 500), ("/away/", 503)])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_b42_the_number_on_the_page_is_the_number_in_the_log(browser, caplog, address, status, language):
    browser.cookies["hwcall_language"] = language

    response = browser.get(address)

    [number] = logged(caplog)
    page = response.content.decode()
    assert response.status_code == status
    assert NUMBER.fullmatch(number)
    assert number in page
    assert "ZeroDivisionError" not in page
    assert "secret" not in page


def test_two_faults_have_two_numbers(browser, caplog):
    browser.get("/broken/")
    browser.get("/broken/")

    assert len(set(logged(caplog))) == 2


def test_b39_the_line_of_the_log_has_the_number_and_the_trace(browser, caplog):
    browser.get("/broken/")

    [record] = [record for record in caplog.records if hasattr(record, "incident")]
    line = OneLine().format(record)
    event = json.loads(line)
    assert "\n" not in line
    assert event["incident"] == record.incident
    assert "ZeroDivisionError" in event["trace"]
    assert record.levelno == logging.ERROR


def test_a_database_that_is_away_asks_to_try_again(browser):
    assert browser.get("/away/").headers["Retry-After"] == "5"
