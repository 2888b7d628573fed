"""Every field of every form of the door, the operators and the configuration, against nonsense: never a failure."""

from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client

from config.models import BusinessType, Carrier, Region

# Percent-encoded, as a browser sends it; what no browser sends is sent by whoever likes.
NONSENSE = {
    "2^63": str(2**63),
    "2^64": str(2**64),
    "-1": "-1",
    "letters": "abc",
    "NUL": "%00",
    "1 MB": "9" * 1_000_000,
    "lone surrogate": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "empty": "",
    "a row that is not there": f"delete+{10**17}",
    "a verb without a row": "delete",
    "an unknown verb": "explode+1",
    "a verb with too large a key": f"end+{2**64}",
}
FIELDS = {
    "/login/": ["username", "password", "carrier", "next"],
    "/password/": ["current", "new", "again"],
    "/operators/": ["do"],
    "/operators/new/": ["username", "name", "role", "modules", "regions", "own_password", "stamp"],
    "/operators/{operator}/": [
        "username",
        "name",
        "role",
        "modules",
        "regions",
        "is_active",
        "own_password",
        "stamp",
    ],
    "/operators/{operator}/reset/": ["own_password", "stamp"],
    "/operators/paste/": ["people"],
    "/carriers/": ["name", "product", "do"],
    "/carriers/{carrier}/": ["name", "product", "stamp"],
    "/regions/": ["name", "do"],
    "/regions/{region}/": ["name", "stamp"],
    "/business-types/": ["codes", "name", "do"],
    "/business-types/{type}/": ["name", "choice", "stamp"],
    "/holds/": ["agent", "token", "next"],
    "/language/": ["language", "next"],
    "/theme/": ["theme", "next"],
}
# What the fields hold that are not tried, so that the one that is tried is looked at.
SENSE = {
    "username": "xiaowang",
    "password": "x",
    "current": "x",
    "new": "Wind-und-Wetter-5",
    "again": "Wind-und-Wetter-5",
    "name": "小王",
    "role": "agent",
    "codes": "valid",
    "choice": "spelling",
    "people": "小王",
}
SWEEP = [(page, field) for page, fields in FIELDS.items() for field in fields]


@pytest.fixture
def post(make_administrator, make_agent, sign_in):
    """Send one field's value as it stands, percent-encoded, among sensible ones."""
    arguments = {
        "operator": make_agent("小李").pk,
        "carrier": Carrier.objects.in_order()[0].pk,
        "region": Region.objects.in_order()[0].pk,
        "type": BusinessType.objects.get(code=12).pk,
    }
    office = sign_in(make_administrator("老张"))

    def post(page: str, field: str, *values: str):
        others = {name: value for name, value in SENSE.items() if name in FIELDS[page] and name != field}
        if "do" in FIELDS[page] and field != "do":
            others.pop("do", None)
        body = "&".join([urlencode(others), *(f"{field}={value}" for value in values)])
        client = Client() if page == "/login/" else office
        return client.post(page.format(**arguments), body, content_type="application/x-www-form-urlencoded")

    return post


@pytest.mark.parametrize(("page", "field"), SWEEP)
def test_b56_no_value_of_a_field_fails_its_page(post, page, field):
    failed = {}
    for nonsense, value in NONSENSE.items():
        with transaction.atomic():
            if (status := post(page, field, value).status_code) >= 500:
                failed[nonsense] = status
            # The next value meets the room as this one did.
            transaction.set_rollback(True)
    assert not failed


@pytest.mark.parametrize(("page", "field"), SWEEP)
def test_b24_values_that_come_several_times_fail_no_page(post, page, field):
    assert post(page, field, "1", "1", "abc", str(2**63)).status_code < 500
    assert post(page, field, *map(str, range(900))).status_code < 500


@pytest.mark.parametrize("page", ["/operators/new/", "/operators/{operator}/"])
def test_a_region_beyond_what_a_database_counts_is_refused_beside_its_field(post, page):
    response = post(page, "regions", str(2**63))

    assert response.status_code == 422
    assert "regions" in response.context["form"].errors


@pytest.mark.parametrize("parameter", ["q", "role", "state", "page", "q[]", "q__regex"])
def test_b26_no_value_in_the_address_fails_the_list_of_operators(make_administrator, sign_in, parameter):
    office = sign_in(make_administrator("老张"))

    for nonsense, value in NONSENSE.items():
        assert office.get(f"/operators/?{parameter}={value}").status_code < 500, nonsense
        assert office.get(f"/operators/?{parameter}=1&{parameter}={value}").status_code < 500, nonsense


@pytest.mark.parametrize("do", ["end", "unlock", "reset", "enable", "disable", "delete"])
@pytest.mark.parametrize("key", ["0", str(10**17), str(2**64), "x", ""])
def test_a_button_of_nobody_changes_nothing(make_administrator, sign_in, do, key):
    office = sign_in(make_administrator("老张"))

    page = office.post("/operators/", {"do": f"{do} {key}"}, follow=True)

    assert page.status_code == 200
    assert len(page.context["messages"]) == 1
