"""What a phone number is: the one place where imports, searches and forms read a number."""

import datetime as dt
import math
import re
import unicodedata

from phones.numbering import Data, Number, Reason, Refusal, clean_mobile, display, judge, mask, printable, refuse

__all__ = [
    "Cell",
    "Data",
    "Number",
    "Reason",
    "Refusal",
    "Undecodable",
    "display",
    "mask",
    "normalise",
    "numbers_in",
    "printable",
]

TEXT_LIMIT = 200
Cell = str | float | int | bool | dt.date | dt.time | dt.timedelta | None


class Undecodable(str):
    """A text from a line whose bytes were in no known encoding: never read as a number."""

    __slots__ = ()


FORMULA_ERRORS = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
# The commonest disguises, so that a dirty list is nearly as quick as a clean one.
tidy_mobile = re.compile(
    r"\s*'?(?:\+?86|0086)?[ -]?(1[3-9][0-9])[ -]?([0-9]{4})[ -]?([0-9]{4})(?:\.0{1,4})?\s*", re.ASCII
).fullmatch
labelled_mobile = re.compile(r"[A-Za-z]+:? ?(1[3-9][0-9]{9})").fullmatch
date_text = re.compile(r"(?:19|20)[0-9]{2}([-/.])[01]?[0-9]\1[0-3]?[0-9](?:[ T][0-9:.]*)?").fullmatch
scientific_text = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})").fullmatch
decimal_text = re.compile(r"([0-9]+)\.0+").fullmatch
thousands_text = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+").fullmatch
starred_text = re.compile(r"[0-9]\s*\*+\s*[0-9]").search
has_digit = re.compile(r"[0-9]").search
LETTERS = re.compile(r"[^\W\d_]+|:")
ENTRY_ENDS = re.compile(r"[/\\,;|\n\r\u3001]|(?=\+)")
LOOKALIKES = str.maketrans("OoQIl", "00011")
LOOKALIKE_RUN = re.compile(r"[0-9OoQIl]*[0-9][0-9OoQIl]*")
_new_number = tuple.__new__  # a named tuple's own constructor costs as much as reading the number
LETTER_INSIDE = re.compile(r"[0-9]([A-Za-z])[0-9]")


def normalise(cell: Cell) -> Number | Refusal:
    """Read exactly one number; two numbers are refused as ``several``."""
    results = numbers_in(cell)
    if len(results) == 1:
        return results[0]
    return Refusal(Reason.SEVERAL, {"count": len(results)}, printable(str(cell)))


def numbers_in(cell: Cell) -> list[Number | Refusal]:
    """Read every number in a cell: at least one result, in the cell's order."""
    if type(cell) is str:
        if clean_mobile(cell):
            return [_new_number(Number, (cell, cell, False))]
        if tidy := tidy_mobile(cell) or labelled_mobile(cell):
            return [_new_number(Number, ("".join(tidy.groups()), printable(cell), True))]
        if cell.isdigit() and cell.isascii() and len(cell) <= TEXT_LIMIT:
            return [_judged(cell, cell)]
        return _read_text(cell)
    if type(cell) is float and 1.3e10 <= cell < 2e10 and cell.is_integer():
        text = str(int(cell))
        return [_new_number(Number, (text, text, False))]
    return [_read_value(cell)] if not isinstance(cell, str) else [refuse(Reason.BAD_BYTES, cell)]


def _read_value(value: float | int | bool | dt.date | dt.time | dt.timedelta | None) -> Number | Refusal:
    if value is None:
        return refuse(Reason.EMPTY, "")
    if isinstance(value, bool):
        return refuse(Reason.IS_BOOLEAN, str(value).upper())
    if not isinstance(value, int | float):
        return refuse(Reason.IS_A_DATE, str(value))
    if value < 0 or (isinstance(value, float) and not value.is_integer()):
        return refuse(Reason.NOT_WHOLE, f"{value:.15g}")
    if value >= 10**18:
        return refuse(Reason.TOO_LONG, f"{float(min(value, 10**300)):.15g}", digits=int(math.log10(value)) + 1)
    text = str(int(value))
    return _judged(text, text)


def _judged(digits: str, original: str) -> Number | Refusal:
    verdict = judge(digits, original)
    return Number(verdict, printable(original), verdict != original) if isinstance(verdict, str) else verdict


def _read_text(text: str) -> list[Number | Refusal]:
    if len(text) > TEXT_LIMIT:
        return [refuse(Reason.TOO_LONG_TEXT, text, length=len(text), limit=TEXT_LIMIT)]
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\u30fc", "-")
    plain = plain.strip().lstrip("'")
    if not plain.isprintable():
        plain = "".join(c for c in plain if c.isprintable() or c.isspace())
    if tidy := tidy_mobile(plain):
        return [Number("".join(tidy.groups()), printable(text), True)]
    if plain.startswith('="') and plain.endswith('"'):  # how Excel keeps a text a text in CSV
        plain = plain[2:-1]
    if refusal := _refuse_at_sight(plain, text):
        return [refusal]
    if scientific := scientific_text(plain):
        return [_read_scientific(scientific, text)]
    if decimal := decimal_text(plain):
        plain = decimal[1]
    elif thousands_text(plain) and isinstance(judge(joined := plain.replace(",", ""), text), str):
        plain = joined
    results = _read_entries(plain, text)
    return _suspect_letters(results, plain, text)


def _refuse_at_sight(plain: str, original: str) -> Refusal | None:
    if not plain or plain.isspace():
        return refuse(Reason.EMPTY, original)
    if plain.upper() in FORMULA_ERRORS:
        return refuse(Reason.FORMULA_ERROR, original, error=plain.upper())
    if plain.startswith("="):
        return refuse(Reason.FORMULA, original)
    if not plain.isascii() and any(c.isdigit() and not c.isascii() for c in plain):
        return refuse(Reason.FOREIGN_DIGITS, original)
    if not has_digit(plain):
        return refuse(Reason.NO_DIGITS, original)
    if date_text(plain):
        return refuse(Reason.IS_A_DATE, original)
    if starred_text(plain):
        return refuse(Reason.MASKED, original)
    return None


def _read_scientific(match: re.Match[str], original: str) -> Number | Refusal:
    """Read 1.3800138E10, which says every digit; Excel's 1.38E+10 has lost what it did not show.

    Excel shows at most six figures by itself, so that more of them are taken for all there were.
    """
    figures, exponent = match[1] + (match[2] or ""), int(match[3])
    digits = figures.ljust(exponent + 1, "0")
    if exponent > 20 or len(digits) != exponent + 1 or len(figures) < min(7, exponent + 1):
        return refuse(Reason.DIGITS_LOST, original)
    verdict = judge(digits, original)
    return Number(verdict, printable(original), True) if isinstance(verdict, str) else verdict


def _read_entries(plain: str, original: str) -> list[Number | Refusal]:
    """Read text that may hold labels and several numbers, where it holds a digit at all."""
    results: list[Number | Refusal] = []
    for entry in ENTRY_ENDS.split(plain):
        labelled = [piece for piece in LETTERS.split(entry) if has_digit(piece)]
        found = [_read_piece(piece, original) for piece in labelled]
        while len(found) > 1 and _is_aside(found[0], found[1]):
            del found[0]  # the 2 of a label such as "phone 2: 138..."
        if len(found) > 1 and _is_aside(found[-1], found[-2]):
            return [refuse(Reason.EXTENSION, original, extension="".join(re.findall("[0-9]", labelled[-1])))]
        results += [result for piece in found for result in piece]
    if any(isinstance(result, Number) for result in results):
        return results
    if len(results) == 1:
        return results
    verdict = judge("".join(re.findall("[0-9]", plain)), original, plus=_begins_with_plus(plain))
    return [verdict if isinstance(verdict, Refusal) else results[0]]


def _begins_with_plus(text: str) -> bool:
    return text.lstrip(" (").startswith("+")


def _is_aside(piece: list[Number | Refusal], neighbour: list[Number | Refusal]) -> bool:
    """Whether a piece is a few digits beside a number: a label's, or an extension."""
    return (
        isinstance(piece[0], Refusal)
        and piece[0].reason in (Reason.TOO_SHORT, Reason.SERVICE_NUMBER)
        and int(piece[0].data.get("digits", 5)) <= 6
        and isinstance(neighbour[0], Number)
    )


def _read_piece(piece: str, original: str) -> list[Number | Refusal]:
    """Read digits with marks between them: one number, or several side by side."""
    runs = re.findall("[0-9]+", piece)
    plus = _begins_with_plus(piece)
    whole = judge("".join(runs), original, plus=plus)
    if isinstance(whole, str):
        return [Number(whole, printable(original), whole != original)]
    numbers: list[Number] = []
    rest = ""
    for run in runs:
        rest += run
        # The + is the first number's: without it, +1 800 555 0100 would be a mobile.
        if isinstance(verdict := judge(rest, original, plus=plus and not numbers), str):
            numbers.append(Number(verdict, printable(original), True))
            rest = ""
    if not numbers:
        return [whole]
    if rest and len(rest) <= 6:
        return [refuse(Reason.EXTENSION, original, extension=rest)]
    return [whole] if rest else [*numbers]


def _suspect_letters(results: list[Number | Refusal], plain: str, original: str) -> list[Number | Refusal]:
    """Name the letter that stands where a digit should, if one does."""
    if all(isinstance(result, Number) for result in results):
        return results
    mended = LOOKALIKE_RUN.sub(lambda run: run[0].translate(LOOKALIKES), plain)
    if mended != plain:
        letter = next(a for a, b in zip(plain, mended, strict=True) if a != b)
        guess = _read_entries(mended, original)
        if all(isinstance(result, Number) for result in guess):
            suggestion = guess[0].canonical if isinstance(guess[0], Number) else ""
            return [
                refuse(
                    Reason.LETTER, original, letter=letter, digit=letter.translate(LOOKALIKES), suggestion=suggestion
                )
            ]
    abroad = isinstance(results[0], Refusal) and results[0].reason == Reason.FOREIGN_NUMBER
    if len(results) == 1 and not abroad and (inside := LETTER_INSIDE.search(plain)):
        return [refuse(Reason.LETTER, original, letter=inside[1], digit="", suggestion="")]
    return results
