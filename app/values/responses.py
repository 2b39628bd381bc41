"""What learners type as the answer to a question: numbers as people write them, and text compared as people read it."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation, localcontext

LONGEST_RESPONSE = 1_000
ANY_NUMBER = "*"
"""What a key has for every other number."""
MOST_DIGITS = 40
"""Before the decimals of a number, and of these."""

_NUMBER = re.compile(
    rf"[+-]?\d{{1,{MOST_DIGITS}}}(?:\.\d{{0,{MOST_DIGITS}}})?(?:[eE][+-]?\d{{1,3}})?"
    rf"|[+-]?\.\d{{1,{MOST_DIGITS}}}(?:[eE][+-]?\d{{1,3}})?"
)
_DIGITS = 120
"""More than two numbers of this form have between them, so that their difference is exact enough."""

_SEPARATORS = str.maketrans({"\u066b": ".", "\u2212": "-"})
"""The decimal separator of Arabic, and the minus sign of typesetters."""


def number_of(text: str) -> Decimal | None:
    """The number, in any script's digits, with a point or a comma before the decimals; None where it is none."""
    written = text.strip().translate(_SEPARATORS)
    if written.count(",") == 1 and "." not in written:
        written = written.replace(",", ".")
    if not _NUMBER.fullmatch(written):
        return None
    try:
        return Decimal(written)
    except InvalidOperation:  # digits of two scripts in one number
        return None


def in_digits(text: str) -> str:
    """The number of a text with a point and without an exponent, as other programs read it; one that is long as it is."""
    number = number_of(text)
    if number is None:
        return text
    written = f"{number:f}" if abs(number.adjusted()) <= MOST_DIGITS else ""
    return written if number_of(written) == number else text


def is_near(given: Decimal, expected: Decimal, tolerance: Decimal) -> bool:
    """Whether they differ by the tolerance at most."""
    with localcontext(prec=_DIGITS):
        return abs(given - expected) <= tolerance


def plain(text: str, *, case_sensitive: bool) -> str:
    """The text for a comparison: normalized (NFKC), white space as one space, without case unless it counts."""
    folded = unicodedata.normalize("NFKC", text)
    if not case_sensitive:
        folded = unicodedata.normalize("NFKC", folded.casefold())
    return " ".join(folded.split())


def matches(response: str, accepted: str, *, case_sensitive: bool) -> bool:
    r"""Whether a response is the accepted text, in which `*` is any text and `\*` an asterisk. Linear in the response."""
    parts = [
        plain(each.replace("\0", "*"), case_sensitive=case_sensitive)
        for each in accepted.replace("\\*", "\0").split("*")
    ]
    given = plain(response, case_sensitive=case_sensitive)
    if len(parts) == 1:
        return given == parts[0]
    first, *middle, last = parts
    if len(given) < len(first) + len(last) or not (given.startswith(first) and given.endswith(last)):
        return False
    end, place = len(given) - len(last), len(first)
    for part in middle:
        found = given.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
