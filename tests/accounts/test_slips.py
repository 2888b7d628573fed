"""The slips with one-time passwords: what an operator is handed on paper."""

import pytest
from django.urls import reverse


@pytest.fixture
def slips(make_administrator, sign_in, room, settings):
    """The page of the passwords, as the browser that has opened HwCall under some address gets it."""

    def slips(host: str, **options) -> str:
        browser = sign_in(make_administrator())
        browser.post(reverse("accounts:operators_paste"), {"people": "李小雨"}, headers={"host": host}, **options)
        return browser.get(reverse("accounts:issued"), headers={"host": host}, **options).content.decode()

    return slips


@pytest.mark.parametrize("host", ["192.168.1.20:8000", "hwcall.office", "[fd00::20]:8000"])
def test_a_slip_names_the_address_under_which_hwcall_is_open(slips, host):
    assert f"<dd>http://{host}/</dd>" in slips(host)


def test_a_slip_names_the_address_behind_https(slips):
    assert "<dd>https://hwcall.office/</dd>" in slips("hwcall.office", secure=True)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.2:8000", "[::1]:8000", "LOCALHOST"])
def test_an_address_that_only_the_server_knows_is_left_to_be_written_by_hand(slips, host):
    page = slips(host)

    assert '<span class="blank">' in page
    assert f"<dd>http://{host}" not in page
    assert "请手写" in page


def test_a_slip_has_all_that_is_needed_for_the_first_login(slips, room):
    room.name = "气象服务中心"
    room.save()

    page = slips("hwcall.office")

    slip = page[page.index('class="slip"') :]
    assert "李小雨" in slip
    assert "op001" in slip
    assert "气象服务中心" in slip
