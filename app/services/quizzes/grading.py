"""Grading of responses: exact, by the key of the question's version, and the same whenever it is done again.

A response is `{"choices": [ids of answers]}` or `{"text": …}`. Nothing earns less than no points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Any

from app.enums import QuestionType
from app.services.quizzes.question_rules import MOST_ANSWERS
from app.values.responses import is_near, matches, number_of

Content = Mapping[str, Any]
Response = Mapping[str, Any]

_CENT = Decimal("0.01")
_PLACES = Decimal("0.00001")
_DIGITS = 80
_SUM_PLACES = 40
"""Sums of fractions of up to fifty parts that differ do so within these places."""

NOTHING = Decimal(0)
_NONE, _ALL = Fraction(0), Fraction(1)
GRADED_BY = "version_id"
"""What a result has besides, where it was graded by another version of the question than the attempt has."""


@dataclass(frozen=True)
class AttemptResult:
    """The result of an attempt. `results` has, by question, `credit` in percent, `points`, and `of` how many."""

    results: dict[str, dict[str, str]]
    points: Decimal
    max_points: Decimal
    score: Decimal
    is_passed: bool


def credit_for(content: Content, response: Response | None) -> Decimal:
    """The share of the points that the response earns, from 0 to 100, to five decimals."""
    return _decimal(share_for(content, response) * 100).quantize(_PLACES)


def share_for(content: Content, response: Response | None) -> Fraction:
    """The same from 0 to 1, and exact: two of three right choices earn two thirds."""
    if not response:
        return _NONE
    kind = QuestionType(content["type"])
    if kind == QuestionType.MULTIPLE:
        earned = _of_several(content, response.get("choices") or ())
    elif kind in (QuestionType.SINGLE, QuestionType.TRUE_FALSE):
        chosen = set(response.get("choices") or ())
        earned = max((_share(each) for each in content["answers"] if each["id"] in chosen), default=_NONE)
    else:
        earned = _of_typed(content, response.get("text") or "")
    return min(max(earned, _NONE), _ALL)


def earned_answer(content: Content, response: Response | None) -> Mapping[str, Any] | None:
    """The accepted answer that a typed response matches, the one with the most credit."""
    text = (response or {}).get("text") or ""
    accepted = [each for each in content["answers"] if _accepts(content, each, text)]
    return max(accepted, key=_share, default=None)


def result_of(content: Content, response: Response | None) -> dict[str, str]:
    """The result of one question, as it is stored."""
    share, of = share_for(content, response), Decimal(content["points"])
    return {
        "credit": f"{_decimal(share * 100).quantize(_PLACES).normalize():f}",
        "points": f"{_decimal(share * Fraction(of)):f}",
        "of": str(of),
    }


def sum_up(results: dict[str, dict[str, str]], pass_percentage: Decimal) -> AttemptResult:
    """The score is cut, not rounded, after two decimals: it reaches the pass mark only where the points do."""
    with localcontext(prec=_DIGITS):
        # Thirds are stored with so many digits that their sum, rounded once, is the one of the fractions.
        points = round(sum((Decimal(each["points"]) for each in results.values()), NOTHING), _SUM_PLACES)
        most = sum((Decimal(each["of"]) for each in results.values()), NOTHING)
        score = (points * 100 / most).quantize(_CENT, ROUND_DOWN) if most else NOTHING
        is_passed = points * 100 >= pass_percentage * most
    return AttemptResult(results, points.quantize(_CENT, ROUND_HALF_UP), most, score, is_passed)


def grade(
    contents: Iterable[Content], responses: Mapping[str, Response], pass_percentage: Decimal
) -> AttemptResult:
    """Grade all questions of an attempt; one without a response earns nothing."""
    results = {each["question_id"]: result_of(each, responses.get(each["question_id"])) for each in contents}
    return sum_up(results, pass_percentage)


def _share(answer: Mapping[str, Any]) -> Fraction:
    return _fraction(answer["credit"])


@lru_cache(maxsize=1_024)
def _fraction(credit: str) -> Fraction:
    """The fraction that a credit of five decimals means: 33.33333 is a third, and 33.3 is 33.3."""
    exact = Fraction(credit) / 100
    simple = exact.limit_denominator(MOST_ANSWERS)
    return simple if abs(simple - exact) * 100 * 2 <= Fraction(_PLACES) else exact


def _decimal(number: Fraction) -> Decimal:
    with localcontext(prec=_DIGITS):
        return Decimal(number.numerator) / number.denominator


def _of_several(content: Content, choices: Iterable[int]) -> Fraction:
    chosen = set(choices)
    right = {each["id"] for each in content["answers"] if _share(each) > 0}
    if chosen == right:
        return _ALL
    if not content["partial_credit"]:
        return _NONE
    return sum((_share(each) for each in content["answers"] if each["id"] in chosen), _NONE)


def _of_typed(content: Content, text: str) -> Fraction:
    return max((_share(each) for each in content["answers"] if _accepts(content, each, text)), default=_NONE)


def _accepts(content: Content, answer: Mapping[str, Any], text: str) -> bool:
    if content["type"] == QuestionType.SHORT_TEXT:
        return bool(text.strip()) and matches(text, answer["text"], case_sensitive=content["case_sensitive"])
    given = number_of(text)
    if given is None:
        return False
    expected = number_of(answer["text"])
    return expected is None or is_near(given, expected, Decimal(answer.get("tolerance") or 0))
