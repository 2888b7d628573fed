import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phones.numbers import Number, Reason, Refusal, Undecodable, display, mask, normalise, numbers_in, printable


def canonicals(cell):
    return [result.canonical for result in numbers_in(cell) if isinstance(result, Number)]


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        " 13800138000\t",
        "138 0013 8000",
        "138-0013-8000",
        "138\u20110013\u20148000",
        "138.0013.8000",
        "(138)00138000",
        "138\u00a00013\u30008000",
        "1380\u200b013\ufeff8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "+0086 138 0013 8000",
        "（+86）13800138000",
        "008613800138000",
        "8613800138000",
        "013800138000",
        "'13800138000",
        '="13800138000"',
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "13800138000.0",
        "13800138000.00",
        "1.3800138E10",
        "1.3800138e+10",
        "1.3800138000E+10",
        "13,800,138,000",
        "手机：13800138000",
        "手机2：13800138000",
        "tel: 13800138000",
        "Tel13800138000",
        "张三13800138000（本人）",
        "13800138000\u202e",
        "138\x0000138000",
        "13800138000\ud800",
        13800138000,
        13800138000.0,
    ],
)
def test_b54_every_disguise_is_the_same_number(text):
    assert canonicals(text) == ["13800138000"]
    assert isinstance(normalise(text), Number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0538-8000000", "05388000000"),
        ("(0538) 800 0000", "05388000000"),
        ("05388000000", "05388000000"),
        ("+86 538 8000000", "05388000000"),
        ("86-0538-8000000", "05388000000"),
        ("010 8888 8888", "01088888888"),
        ("+86 10 8888 8888", "01088888888"),
        ("0538－8000000", "05388000000"),
        ("0755ー80000000", "075580000000"),
        ("座机 021-80000000", "02180000000"),
    ],
)
def test_a_land_line_keeps_its_area_code(text, number):
    assert canonicals(text) == [number]


@pytest.mark.parametrize("mark", ["/", "、", ",", "，", ";", "；", "|", "｜", " ", "\n", "\r\n", " 或 ", " or ", "\\"])
def test_two_numbers_in_a_cell_are_both_read(mark):
    assert canonicals(f"13800138000{mark}13900139000") == ["13800138000", "13900139000"]


@pytest.mark.parametrize("text", ["+1 800 555 0100", "+1-380-013-8000", "(+1) 380 013 8000", "tel: +7 138 0013 8000"])
def test_a_number_abroad_never_passes_for_a_mobile_once_its_plus_is_left_out(text):
    assert canonicals(text) == []
    assert normalise(text).reason == Reason.FOREIGN_NUMBER


def test_a_second_number_needs_no_country_code():
    assert canonicals("+86 138 0013 8000 139 0013 9000") == ["13800138000", "13900139000"]


@pytest.mark.parametrize(
    "text",
    [
        "138 0013 8000 139 0013 9000",
        "13800138000（13900139000）",
        "+8613800138000+8613900139000",
        "a13800138000b13900139000",
    ],
)
def test_two_numbers_need_no_clear_mark_between_them(text):
    assert canonicals(text) == ["13800138000", "13900139000"]


def test_one_number_is_asked_for_and_two_are_refused():
    refusal = normalise("13800138000/13900139000")

    assert refusal == Refusal(Reason.SEVERAL, {"count": 2}, "13800138000/13900139000")


def test_a_good_number_beside_a_bad_one_is_kept():
    number, refusal = numbers_in("0538-8000000/8000001")

    assert number.canonical == "05388000000"
    assert (refusal.reason, refusal.data) == (Reason.NO_AREA_CODE, {"number": "8000001"})


@pytest.mark.parametrize(
    ("cell", "reason", "data"),
    [
        (None, "empty", {}),
        ("  \u200b", "empty", {}),
        ("测试", "no_digits", {}),
        ("见备注", "no_digits", {}),
        ("1990000", "too_short", {"digits": 7}),
        ("1990000001", "too_short", {"digits": 10}),
        ("0538800", "too_short", {"digits": 7}),
        ("0086", "too_short", {"digits": 4}),
        ("19900000012345", "too_long", {"digits": 14}),
        (1e300, "too_long", {"digits": 301}),
        (10**400, "too_long", {"digits": 401}),
        ("12300000001", "not_a_segment", {"prefix": "123"}),
        ("10600000001", "not_a_segment", {"prefix": "106"}),
        ("01234567890", "not_an_area_code", {"prefix": "012"}),
        ("8000001", "no_area_code", {"number": "8000001"}),
        ("8000-0001", "no_area_code", {"number": "80000001"}),
        ("5388000000", "zero_lost", {"suggestion": "05388000000"}),
        (5388000000.0, "zero_lost", {"suggestion": "05388000000"}),
        ("1.99E+10", "digits_lost", {}),
        ("1.38E+10", "digits_lost", {}),
        ("199OOOO0003", "letter", {"letter": "O", "digit": "0", "suggestion": "19900000003"}),
        ("l9900000003", "letter", {"letter": "l", "digit": "1", "suggestion": "19900000003"}),
        ("199I0000003", "letter", {"letter": "I", "digit": "1", "suggestion": "19910000003"}),
        ("1990o000003", "letter", {"letter": "o", "digit": "0", "suggestion": "19900000003"}),
        ("199a0000003", "letter", {"letter": "a", "digit": "", "suggestion": ""}),
        ("138****8000", "masked", {}),
        ("١٣٨٠٠١٣٨٠٠٠", "foreign_digits", {}),
        ("+852 1234 5678", "foreign_number", {"prefix": "+852"}),
        ("0085212345678", "foreign_number", {"prefix": "+852"}),
        ("+1 212 555 1234", "foreign_number", {"prefix": "+1"}),
        ("001-212-555-1234", "foreign_number", {"prefix": "+1"}),
        ("+44 20 7946 0958", "foreign_number", {"prefix": "+44"}),
        ("+1 212 555 1234 ext. 12", "foreign_number", {"prefix": "+1"}),
        ("+1,212,555,1234", "foreign_number", {"prefix": "+1"}),
        ("+1 212 555 1O34", "foreign_number", {"prefix": "+1"}),
        ("+13800138000", "foreign_number", {"prefix": "+1"}),
        ("00", "too_short", {"digits": 2}),
        ("400-800-1234", "service_number", {"number": "4008001234"}),
        ("8008001234", "service_number", {"number": "8008001234"}),
        ("95588", "service_number", {"number": "95588"}),
        ("10086", "service_number", {"number": "10086"}),
        ("110", "service_number", {"number": "110"}),
        ("0538-8000000-801", "extension", {"extension": "801"}),
        ("05388000000转801", "extension", {"extension": "801"}),
        ("13800138000 ext. 8001", "extension", {"extension": "8001"}),
        ("=A1", "formula", {}),
        ("#N/A", "formula_error", {"error": "#N/A"}),
        ("#ref!", "formula_error", {"error": "#REF!"}),
        (13800138000.5, "not_whole", {}),
        (-13800138000, "not_whole", {}),
        (float("nan"), "not_whole", {}),
        (float("inf"), "not_whole", {}),
        (dt.date(2026, 11, 23), "is_a_date", {}),
        (dt.time(12, 0), "is_a_date", {}),
        ("2026-11-23", "is_a_date", {}),
        ("2026/11/23 10:00", "is_a_date", {}),
        (True, "is_boolean", {}),
        ("1" * 201, "too_long_text", {"length": 201, "limit": 200}),
        (Undecodable("13800138000"), "bad_bytes", {}),
    ],
)
def test_b54_what_is_doubtful_is_refused_with_its_reason(cell, reason, data):
    refusal = normalise(cell)

    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.data) == (reason, data)


@pytest.mark.parametrize(
    ("cell", "healed"),
    [
        ("13800138000", False),
        (13800138000.0, False),
        ("138 0013 8000", True),
        ("13800138000.0", True),
        ("0538-8000000", True),
    ],
)
def test_a_number_knows_whether_it_was_healed(cell, healed):
    assert normalise(cell).healed is healed


def test_a_healed_number_keeps_the_text_as_it_was():
    assert normalise("手机：138 0013 8000").original == "手机：138 0013 8000"


def test_a_long_text_is_kept_in_part():
    assert normalise("x" * 10_000_000).original == "x" * 60


def test_a_number_is_shown_in_groups():
    assert display("13800138000") == ["138", "0013", "8000"]
    assert display("05388000000") == ["0538", "800", "0000"]
    assert display("01088888888") == ["010", "8888", "8888"]


def test_a_masked_number_hides_its_middle_and_a_text_hides_whole():
    assert mask("13800138000") == "138****8000"
    assert mask("05388000000") == "0538***0000"
    assert mask("hello") == "*****"


@given(st.from_regex(r"(1[3-9][0-9]{9}|0(10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8})", fullmatch=True, alphabet="0123456789"))
def test_a_canonical_number_is_read_as_itself(number):
    assert normalise(number) == Number(number, number, False)


@given(st.text(alphabet="0123456789+-() .Oo/,eE转*'=：１２\u200b\u202e\x00\ud800", max_size=40) | st.text(max_size=250))
def test_b54_whatever_is_read_is_canonical_and_fit_to_be_stored(text):
    results = numbers_in(text)

    assert results
    for result in results:
        assert result.original.isprintable()
        assert len(result.original) <= 60
        result.original.encode()
        if isinstance(result, Number):
            assert normalise(result.canonical) == Number(result.canonical, result.canonical, False)


@given(st.floats() | st.integers() | st.booleans() | st.datetimes() | st.timedeltas() | st.none())
def test_every_kind_of_cell_has_an_answer(cell):
    assert len(numbers_in(cell)) == 1


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True, alphabet="0123456789"),
    st.lists(st.sampled_from(" -.()\u00a0\u200b"), max_size=10),
)
def test_marks_between_the_digits_change_nothing(number, marks):
    text = "".join(digit + (marks[n] if n < len(marks) else "") for n, digit in enumerate(number))

    assert canonicals(text) == [number]


def test_b56_a_text_for_showing_has_no_controls():
    assert printable("a\x00b\u202ec\ud800d\ne") == "abcd e"
