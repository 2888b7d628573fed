"""Requests that no browser sends."""

from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory
from django.urls import reverse

from hwcall.wsgi import application


@pytest.fixture
def one_connection():
    """As the test client has it: the request is served on the test's own connection, which stays open."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("charset", ["hex", "rot13", "utf-7", "undefined", "latin-1", "nonsense"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_b24_a_request_is_read_as_utf_8_whatever_it_claims(room, charset, method):
    body = b"username=x&password=y"
    environ = {
        **RequestFactory().generic(method, reverse("accounts:login") + "?next=x", body).environ,
        "CONTENT_TYPE": f"application/x-www-form-urlencoded; charset={charset}",
    }
    said = []

    page = b"".join(application(environ, lambda status, headers: said.append(status)))

    assert said[0].startswith("200" if method == "GET" else "403")
    assert "HwCall" in page.decode()


def test_a_nul_in_an_address_is_refused_with_words(client, room):
    assert client.get("/login/?next=%00").status_code == 400


@pytest.mark.parametrize("cookie", ["\x00aaaaaaaaaaaaaaaa", "../../etc", "A" * 32, "x" * 5000])
def test_a_session_cookie_that_is_none_of_ours_is_left_out(client, room, settings, cookie):
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie

    assert client.get(reverse("accounts:login")).status_code == 200


def test_b44_a_page_that_asks_for_no_file_takes_none(client, room):
    file = SimpleUploadedFile("big.bin", b"x" * 100_000)

    response = client.post(reverse("accounts:login"), {"username": "admin", "password": "x", "f": file})

    assert response.status_code in (403, 422)
    assert not response.wsgi_request.FILES


def test_a_list_that_is_too_large_is_refused_with_words(sign_in, make_administrator):
    browser = sign_in(make_administrator())
    file = SimpleUploadedFile("list.txt", b"13800138000\n" * 500_000)

    response = browser.post(reverse("phones:export_list"), {"file": file})

    assert response.status_code == 422
    assert "5 MB" in response.content.decode()


def test_a_long_paste_is_refused_before_it_is_read(sign_in, make_administrator):
    browser = sign_in(make_administrator())

    response = browser.post(reverse("phones:export_list"), {"text": "1," * 300_000})

    assert response.status_code == 422
    assert "20,000" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "status"),
    [({f"f{n}": "x" for n in range(1001)}, 413), ({"username": "x" * 17_000_000}, 413)],
    ids=["a thousand and one fields", "17 MB"],
)
def test_b24_too_much_for_a_form_is_refused_with_words_and_without_a_trace(client, room, caplog, fields, status):
    form = "application/x-www-form-urlencoded"

    response = client.post(reverse("accounts:login"), urlencode(fields), content_type=form)

    assert response.status_code == status
    assert [record for record in caplog.records if record.exc_info] == []
