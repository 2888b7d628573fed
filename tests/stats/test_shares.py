"""A share says the same wherever it stands: in a table, in a sentence, in a chart and in a workbook."""

import pytest
from django.template import Context, Template
from django.utils.translation import override

from stats import best_hours, shares
from stats.charts import Span
from stats.hours import Sums
from stats.trend import trend
from tests.stats.test_hours import MONDAY, a_week, an_hour

# The second is exactly half, which Python rounds to the even digit; the last two are cut off by number_format.
SHARES = [(2, 3), (49, 400), (1, 8), (999, 1000), (1, 3), (0, 7), (7, 7)]


@pytest.mark.parametrize(("part", "of"), SHARES)
@pytest.mark.parametrize("digits", [0, 1])
def test_a_share_is_rounded_as_the_pages_round_it(part, of, digits):
    share = 100 * part / of

    shown = Template("{{ share|floatformat:digits }}").render(Context({"share": share, "digits": digits}))

    assert shares.percent(share, digits) == shown
    assert f"{shares.rounded(share, digits):.{digits}f}" == shown


def test_the_sentences_of_the_best_hours_say_what_the_table_says():
    found = best_hours.week(a_week() | dict([an_hour(1, 10, 300, 257)]))

    with override("en"):
        said = best_hours.words(found)
    assert "85.7% (257 of 300 calls)" in said[0]
    assert "53.5% of 3,100 calls" in said[-1]


def test_the_words_of_the_trend_say_what_its_table_says():
    line = trend(dict([an_hour(0, 9, 3, 2, valid=2)]), MONDAY.date(), MONDAY.date())

    assert "66.7%" in line.said


def test_the_share_above_a_bar_is_that_of_the_table():
    assert Span(MONDAY.date(), valid=1, invalid=7).share(0) == "13"
    assert Span(MONDAY.date(), valid=49, invalid=351).share(1) == "12.3"


def test_a_share_in_words_is_written_as_the_language_has_it():
    with override("de"):
        assert shares.percent(Sums(3, 2).share) == "66,7"
