"""Telephone numbers in what people write do not reach the log whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import audit
from accounts.masking import holds_number, masked
from accounts.models import AuditEntry


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("客户说打 13800138000", "客户说打 138****8000"),
        ("改打13800138000，别打这个", "改打138****8000，别打这个"),
        ("138 0013 8000", "138****8000"),
        ("138-0013-8000", "138****8000"),
        ("1 3 8 0 0 1 3 8 0 0 0", "138****8000"),
        ("+8613800138000", "+86138****8000"),
        ("１３８００１３８０００", "138****8000"),
        ("١٣٨٠٠١٣٨٠٠٠", "138****8000"),
        ("13800138000 13900139000", "138****8000 139****9000"),
        ("13800138000/13900139000", "138****8000/139****9000"),
        ("1380013800013900139000", "138****8000139****9000"),
        ("0538-8000000", "053****0000"),
        ("(0538) 8000000", "053****0000"),
        ("（０５３８）８００００００", "053****0000"),
        ("010 8888 8888", "010****8888"),
    ],
)
def test_a_number_is_masked_however_it_is_written(written, kept):
    assert masked(written) == kept
    assert holds_number(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "听错了",
        "2026-11-23 10:30",
        "20261123",
        "1,000,000 元",
        "批次 132，共 11,206 个",
        "11 改成 12",
        "138****8000",
        "8000",
        "0538",
        "①②③④",
    ],
)
def test_what_is_no_number_stays_as_it_is(written):
    assert masked(written) == written
    assert not holds_number(written)


@given(st.text(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text())
def test_nothing_around_it_hides_a_mobile_number(before, number, after):
    assert number not in masked(before + number + after)


@given(st.text())
def test_what_is_masked_holds_no_number_any_more(text):
    assert masked(masked(text)) == masked(text)


def test_b41_an_endless_text_is_looked_through_quickly():
    assert not holds_number("1 3 x " * 20_000)
    assert not holds_number("0" * 100_000)


def test_the_log_keeps_no_number_of_a_reason(make_agent):
    audit.record(by=make_agent("小李"), action="call.amend", about="138****8000", reason="客户换了号 13900139000")

    assert AuditEntry.objects.get().data == {"reason": "客户换了号 139****9000"}
