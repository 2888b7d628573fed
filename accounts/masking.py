"""Telephone numbers in what people write, found well enough to keep them out of the log."""

import re

# A mobile's eleven digits or a land line behind its area code, with the blanks, dashes and brackets that people put in.
# Whether there is such a number is for ``phones`` to say; here one too many does no harm.
MARK = r"[\s.\-\u2010-\u2015_/]?"
MOBILE = rf"1{MARK}[3-9](?:{MARK}[0-9]){{9}}"
LAND_LINE = rf"(?<![0-9])[(\uff08]?0[0-9]{{2,3}}[)\uff09]?{MARK}[2-9](?:{MARK}[0-9]){{6,7}}"
NUMBER = re.compile(rf"{MOBILE}|{LAND_LINE}")


def holds_number(text: str) -> bool:
    return NUMBER.search(_plain(text)) is not None


def masked(text: str) -> str:
    """The text with only the last four digits of each number left, and of a mobile's the first three."""
    return NUMBER.sub(_starred, _plain(text)) if holds_number(text) else text


def _plain(text: str) -> str:
    """The text with digits of every kind (the wide ones of an input method among them) as plain ones."""
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)


def _starred(found: re.Match[str]) -> str:
    digits = re.sub("[^0-9]", "", found[0])
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"
