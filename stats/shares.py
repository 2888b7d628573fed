"""Shares in words and in workbooks: rounded as the pages round them, so that no two places say two things."""

from decimal import ROUND_HALF_UP, Decimal

from django.template.defaultfilters import floatformat


def percent(share: float, digits: int = 1) -> str:
    """A share as the reader's language writes it. ``number_format`` would cut its digits off."""
    return str(floatformat(share, digits))


def rounded(share: float, digits: int = 1) -> float:
    """The same as a number; ``round`` would make 12.2 of 12.25."""
    return float(Decimal(repr(share)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
