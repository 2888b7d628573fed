"""What every answer carries, and what a request may claim about itself: looked at over all addresses of the site."""

import json
import re

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Role, User
from config.models import Carrier
from tests.installations import installation, run
from tests.test_roles import TABLE, arguments  # noqa: F401 -- a fixture

EVIL = "evil.example"
COOKIES = """
import json
from django.test import Client
from accounts.models import User
from config.furnish import furnish
from django.conf import settings
furnish()
user, _made = User.objects.get_or_create(username="boss", name="boss", role="administrator")
user.set_password("Wind-und-Wetter-4")
user.save()
client = Client()
page = client.get("/login/", secure=settings.HTTPS)
client.post("/login/", {"username": "boss", "password": "Wind-und-Wetter-4"}, secure=settings.HTTPS)
print(json.dumps({"hsts": page.headers.get("Strict-Transport-Security", ""), "cookies":
    {name: [bool(c["httponly"]), c["samesite"], bool(c["secure"]), c["path"], c["domain"]]
     for name, c in client.cookies.items() if name.partition("hwcall_")[2] in ("session", "csrf")}}))
"""


@pytest.fixture
def office(make_administrator, sign_in):
    return sign_in(make_administrator("老张"))


@pytest.fixture
def pages(office, arguments):  # noqa: F811
    """What every address answers an administrator."""
    return lambda **headers: {name: office.get(reverse(name, args=arguments(name)), **headers) for name in TABLE}


def is_page(answer) -> bool:
    """Whether a browser would show it: not what the open sheet asks for by itself, which is a word or two."""
    return answer.headers.get("Content-Type", "text/html").startswith("text/html")


def test_b12_cookies_are_out_of_scripts_reach_and_with_https_for_it_alone(migrated, tmp_path):
    with installation(tmp_path / "place", like=migrated) as place:
        variables = place | {"HWCALL_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        plain = json.loads(run(variables, script=COOKIES).splitlines()[-1])
        https = json.loads(run(variables | {"HWCALL_HTTPS": "true"}, script=COOKIES).splitlines()[-1])

    assert plain["cookies"] == {
        "hwcall_session": [True, "Lax", False, "/", ""],
        "hwcall_csrf": [True, "Lax", False, "/", ""],
    }
    assert https["cookies"] == {
        "__Host-hwcall_session": [True, "Lax", True, "/", ""],
        "__Host-hwcall_csrf": [True, "Lax", True, "/", ""],
    }
    assert (plain["hsts"], https["hsts"]) == ("", "max-age=31536000")


def test_b13_no_answer_to_somebody_who_is_signed_in_is_kept_by_a_cache(pages):
    kept = {name for name, answer in pages().items() if "no-store" not in answer.headers["Cache-Control"]}

    assert kept == set()


def test_b19_looking_at_every_address_changes_nothing(pages, make_numbers):
    make_numbers(3)

    # A request is written down as seen, and downloads are on record: nothing else may come of a look.
    def rows() -> dict:
        kept = {
            model: list(model.objects.values()) for model in apps.get_models() if model not in (Session, AuditEntry)
        }
        for user in kept[User]:
            del user["seen_at"]
        return {(model, row.get("id", str(row))): row for model, rows in kept.items() for row in rows}

    pages()
    before = rows()

    pages()

    after = rows()
    assert {key for key, row in before.items() if after.get(key) != row} == set()


def test_b20_no_page_can_be_framed(pages):
    answers = pages() | {"login": Client().get("/login/"), "nothing": Client().get("/nowhere/")}
    open_to_frames = {
        name
        for name, answer in answers.items()
        if is_page(answer)
        and (
            answer.headers.get("X-Frame-Options") != "DENY"
            or "frame-ancestors 'none'" not in answer.headers.get("Content-Security-Policy", "")
        )
    }

    assert open_to_frames == set()


def test_b22_the_name_that_is_asked_for_gets_into_no_page(pages):
    answers = pages(HTTP_HOST=EVIL, HTTP_X_FORWARDED_HOST=EVIL)
    told = {
        name
        for name, answer in answers.items()
        if EVIL.encode() in answer.getvalue() or EVIL in answer.headers.get("Location", "")
    }

    assert told == set()


@pytest.mark.parametrize("host", [EVIL, "hwcall.office.evil.example", "hwcall.office@evil.example", "x" * 5000, "a b"])
def test_b22_where_the_names_are_known_another_one_is_refused(room, settings, host):
    settings.ALLOWED_HOSTS = ["hwcall.office"]

    assert Client().get("/login/", HTTP_HOST="hwcall.office").status_code == 200
    assert Client().get("/login/", HTTP_HOST=host).status_code == 400
    assert Client().get("/login/", HTTP_HOST="hwcall.office", HTTP_X_FORWARDED_HOST=host).status_code == 200


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_CLIENT_IP", "HTTP_FORWARDED"])
def test_b23_without_a_proxy_of_ones_own_no_header_says_where_somebody_is(make_agent, header):
    make_agent("小李", username="xiaoli")
    for forged in range(5):
        wrong = {"username": "xiaoli", "password": "wrong"}
        last = Client().post(
            "/login/", wrong, **{header: f"for=1.2.3.{forged}" if "FORWARDED" in header else "1.2.3.4"}
        )

    assert last.status_code == 429
    assert set(AuditEntry.objects.filter(action="login.failed").values_list("address", flat=True)) == {"127.0.0.1"}


def test_b31_every_page_allows_our_own_files_alone(pages):
    answers = list(filter(is_page, pages().values()))
    [policy] = {answer.headers.get("Content-Security-Policy") for answer in answers}
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))

    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["form-action"] == "'self'"
    assert directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert {answer.headers.get("X-Content-Type-Options") for answer in answers} == {"nosniff"}


EXTRA = {
    "role": "administrator",
    "is_active": "off",
    "is_staff": "on",
    "is_superuser": "on",
    "must_change_password": "",
    "password": "pbkdf2$x",
    "username": "root",
    "id": "1",
    "pk": "1",
    "by": "1",
    "agent": "1",
    "holder": "1",
    "owner": "1",
    "state": "done",
    "token": "0" * 32,
    "created_at": "2000-01-01",
    "at": "2000-01-01",
    "fixed": "on",
    "retired": "on",
    "enabled": "",
    "position": "99",
    "code": "28",
    "session_epoch": "9",
}
FORMS = {
    "/carriers/{carrier}/": {"name": "新名", "product": "宽带"},
    "/settings/": {},
    "/password/": {"current": "x"},
}


@pytest.mark.parametrize("page", FORMS)
def test_b16_the_names_of_all_columns_beside_a_forms_own_fields_change_nothing(make_administrator, sign_in, page):
    boss = make_administrator("老张")
    office, carrier = sign_in(boss), Carrier.objects.in_order()[0]
    columns = {field.attname for model in apps.get_models() for field in model._meta.concrete_fields}
    fields = {name: EXTRA.get(name, "1") for name in columns | set(EXTRA)} | FORMS[page]
    stamp = re.search(r'name="stamp" value="([^"]*)"', office.get(page.format(carrier=carrier.pk)).content.decode())
    rows = ("id", "role", "is_active", "password", "username", "must_change_password", "modules")
    before = list(User.objects.values(*rows))
    others = list(Carrier.objects.exclude(pk=carrier.pk).values()), carrier.enabled, carrier.position

    status = office.post(page.format(carrier=carrier.pk), fields | ({"stamp": stamp[1]} if stamp else {})).status_code

    carrier.refresh_from_db()
    assert status in {302, 422}
    assert list(User.objects.values(*rows)) == before
    assert (list(Carrier.objects.exclude(pk=carrier.pk).values()), carrier.enabled, carrier.position) == others
    assert User.objects.get(pk=boss.pk).role == Role.ADMINISTRATOR
