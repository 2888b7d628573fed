"""Language and theme: what a browser remembers, and where it goes on to."""

import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.parametrize("address", ["/language/", "/theme/"])
@pytest.mark.parametrize(
    "target",
    [
        *("foo", "home", "accounts:login", "foo.bar", "operators/", "", " ", "\t/x", "\x00", "ÿ", "x" * 100_000),
        *("//elsewhere.test/", "/\\elsewhere.test", "https://elsewhere.test/", "javascript:alert(1)", "//["),
    ],
)
def test_b21_what_is_no_path_of_ours_leads_to_the_front_door(address, target):
    response = Client().post(address, {"next": target})

    assert response.status_code == 302
    assert response.url == reverse("home")


@pytest.mark.parametrize("address", ["/language/", "/theme/"])
@pytest.mark.parametrize("target", ["/operators/?page=2", "/[", "/no-such-page/"])
def test_a_path_of_ours_is_gone_back_to(address, target):
    response = Client().post(address, {"next": target})

    assert response.status_code == 302
    assert response.url == target


def test_a_language_is_remembered_and_nonsense_is_not():
    assert Client().post("/language/", {"language": "en"}).cookies["hwcall_language"].value == "en"
    assert "hwcall_language" not in Client().post("/language/", {"language": "tlh"}).cookies


def test_a_theme_is_remembered_and_nonsense_forgets_it():
    assert Client().post("/theme/", {"theme": "dark"}).cookies["hwcall_theme"].value == "dark"
    assert Client().post("/theme/", {"theme": "x"}).cookies["hwcall_theme"].value == ""
