"""The numbering plan: which digits are a number within China, what a wrong one is called, how a right one is shown."""

import re
from enum import StrEnum
from typing import NamedTuple

ORIGINAL_LIMIT = 60

Data = dict[str, int | str]


class Reason(StrEnum):
    """Why a cell is no number; behind each code, the data that its sentence needs."""

    EMPTY = "empty"
    NO_DIGITS = "no_digits"
    TOO_SHORT = "too_short"  # digits
    TOO_LONG = "too_long"  # digits
    NOT_A_SEGMENT = "not_a_segment"  # prefix
    NOT_AN_AREA_CODE = "not_an_area_code"  # prefix
    NO_AREA_CODE = "no_area_code"  # number
    ZERO_LOST = "zero_lost"  # suggestion
    DIGITS_LOST = "digits_lost"
    LETTER = "letter"  # letter, digit, suggestion (any of the last two may be "")
    MASKED = "masked"
    FOREIGN_DIGITS = "foreign_digits"
    FOREIGN_NUMBER = "foreign_number"  # prefix, the country's code: +1, +852
    SERVICE_NUMBER = "service_number"  # number
    EXTENSION = "extension"  # extension
    SEVERAL = "several"  # count
    FORMULA = "formula"
    FORMULA_ERROR = "formula_error"  # error
    NOT_WHOLE = "not_whole"
    IS_A_DATE = "is_a_date"
    IS_BOOLEAN = "is_boolean"
    TOO_LONG_TEXT = "too_long_text"  # length, limit
    BAD_BYTES = "bad_bytes"


class Number(NamedTuple):
    """A number as it is dialled within China: a mobile's 11 digits, or a land line behind its area code.

    ``healed`` where the text differed; a number cell that shows the same digits is not called healed.
    """

    canonical: str
    original: str
    healed: bool


class Refusal(NamedTuple):
    """What could not be read without doubt, and why; ``original`` is fit for storing and showing."""

    reason: Reason
    data: Data
    original: str


clean_mobile = re.compile(r"1[3-9][0-9]{9}").fullmatch
land_line = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[0-9]{7,8}").fullmatch
likely_land_line = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}").fullmatch
service_number = re.compile(r"[48]00[0-9]{7}|9[56][0-9]{3,4}|(?:9510|1010)[0-9]{4}|1[0-2][0-9]{1,3}").fullmatch
local_number = re.compile(r"[2-9][0-9]{6,7}").fullmatch
# How the codes of countries are cut: one digit for 1 and 7, two for some, else three (ITU-T E.164).
country_code = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}").match


def judge(digits: str, original: str, *, plus: bool = False) -> str | Refusal:
    """The canonical form of these ASCII digits, or why there is none; ``plus`` where a + stands before them."""
    body = digits
    if plus or digits.startswith("00"):
        body = digits.removeprefix("00")
        if body and not body.startswith("86"):
            return _refuse_foreign(body, original)
        body = body[2:]
        if not clean_mobile(body) and likely_land_line(f"0{body}"):
            return f"0{body}"
    elif digits.startswith("86") and (clean_mobile(digits[2:]) or land_line(digits[2:])):
        body = digits[2:]
    if clean_mobile(body) or land_line(body):
        return body
    if body.startswith("0") and clean_mobile(body[1:]):  # a mobile dialled from another city, as it once was
        return body[1:]
    return _explain(body or digits, original)


def _refuse_foreign(body: str, original: str) -> Refusal:
    code = country_code(body)
    return refuse(Reason.FOREIGN_NUMBER, original, prefix=f"+{code[0] if code else body[:3]}")


def _explain(digits: str, original: str) -> Refusal:
    count = len(digits)
    if service_number(digits):
        return refuse(Reason.SERVICE_NUMBER, original, number=digits)
    if digits.startswith("0"):
        if count >= 10 and digits[1] == "1" and digits[2] != "0":
            return refuse(Reason.NOT_AN_AREA_CODE, original, prefix=digits[:3])
        short = count < area_length(digits) + 7
        return refuse(Reason.TOO_SHORT if short else Reason.TOO_LONG, original, digits=count)
    if local_number(digits):
        return refuse(Reason.NO_AREA_CODE, original, number=digits)
    if likely_land_line(f"0{digits}"):
        return refuse(Reason.ZERO_LOST, original, suggestion=f"0{digits}")
    if count != 11:
        return refuse(Reason.TOO_SHORT if count < 11 else Reason.TOO_LONG, original, digits=count)
    return refuse(Reason.NOT_A_SEGMENT, original, prefix=digits[:3])


def printable(text: str, limit: int = ORIGINAL_LIMIT) -> str:
    """The text without controls, direction marks and surrogates, cut to ``limit``: safe to store and to show."""
    text = text[: limit * 4]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return text.strip()[:limit]


def display(canonical: str) -> list[str]:
    """The groups in which a number is shown: 138 0013 8000, 0538 800 0000, 010 8888 8888."""
    if clean_mobile(canonical):
        return [canonical[:3], canonical[3:7], canonical[7:]]
    if land_line(canonical):
        area = area_length(canonical)
        return [canonical[:area], canonical[area:-4], canonical[-4:]]
    return [canonical]


def mask(canonical: str) -> str:
    """The number for logs: 138****8000, 0538***0000; what is no number is starred out whole."""
    groups = display(canonical)
    if len(groups) == 1:
        return "*" * len(canonical)
    return f"{groups[0]}{'*' * len(groups[1])}{groups[2]}"


def area_length(digits: str) -> int:
    """How many of a land line's digits are its area code: three in the largest cities, else four."""
    return 3 if digits[:2] in ("01", "02") else 4


def refuse(reason: Reason, original: str, **data: int | str) -> Refusal:
    """A refusal whose original may come from anywhere: it is cleaned here."""
    return Refusal(reason, data, printable(original))
