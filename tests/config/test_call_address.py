"""What a press on "Call" opens: a telephone, whatever stands in the settings."""

import pytest

from config.call_address import call_address, is_call_address

NUMBER = "13800138000"


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("tel:{number}", "tel:13800138000"),
        ("sip:{number}@pbx.example;user=phone", "sip:13800138000@pbx.example;user=phone"),
        ("callto:{number}", "callto:13800138000"),
        ("CALLTO:9{number}", "CALLTO:913800138000"),
        ("x-phone.v2+tls:dial?to={number}&now=1", "x-phone.v2+tls:dial?to=13800138000&now=1"),
    ],
)
def test_a_pattern_opens_its_telephone(pattern, address):
    assert is_call_address(pattern)
    assert call_address(pattern, NUMBER) == address


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "{number}",
        "tel:",
        "tel:{number}{number}",
        "javascript:alert({number})",
        "JavaScript:alert({number})",
        "java\tscript:alert({number})",
        " javascript:alert({number})",
        "data:text/html,{number}",
        "vbscript:x({number})",
        "https://elsewhere.example/{number}",
        "//elsewhere.example/{number}",
        "blob:{number}",
        "sip:{number}@p b x",
        "sip:{number}\n",
        "sip:{number}\x00",
        "sip:{number.__class__}",
        "tel:{0}",
    ],
)
def test_what_opens_no_telephone_is_replaced_by_the_plain_one(pattern):
    assert not is_call_address(pattern)
    assert call_address(pattern, NUMBER) == "tel:13800138000"
