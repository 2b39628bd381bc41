"""Grading of responses: exact, by the key of the question's version, and the same whenever it is done again.

A response is `{"choices": [ids of answers]}` or `{"text": …}`. Nothing earns less than no points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from app.enums import QuestionType
from app.services.quizzes.question_rules import FULL
from app.values.responses import is_near, matches, number_of

Content = Mapping[str, Any]
Response = Mapping[str, Any]

_CENT = Decimal("0.01")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class AttemptResult:
    """The result of an attempt. `results` has, by question, `credit` in percent, `points`, and `of` how many."""

    results: dict[str, dict[str, str]]
    points: Decimal
    max_points: Decimal
    score: Decimal
    is_passed: bool


def credit_for(content: Content, response: Response | None) -> Decimal:
    """The share of the points that the response earns, from 0 to 100."""
    if not response:
        return NOTHING
    kind = QuestionType(content["type"])
    if kind == QuestionType.MULTIPLE:
        earned = _of_several(content, response.get("choices") or ())
    elif kind in (QuestionType.SINGLE, QuestionType.TRUE_FALSE):
        chosen = set(response.get("choices") or ())
        earned = max((_credit(each) for each in content["answers"] if each["id"] in chosen), default=NOTHING)
    else:
        earned = _of_typed(content, response.get("text") or "")
    return min(max(earned, NOTHING), FULL)


def earned_answer(content: Content, response: Response | None) -> Mapping[str, Any] | None:
    """The accepted answer that a typed response matches, the one with the most credit."""
    text = (response or {}).get("text") or ""
    accepted = [each for each in content["answers"] if _accepts(content, each, text)]
    return max(accepted, key=_credit, default=None)


def result_of(content: Content, response: Response | None) -> dict[str, str]:
    """The result of one question, as it is stored."""
    credit, of = credit_for(content, response), Decimal(content["points"])
    return {"credit": f"{credit.normalize():f}", "points": str(of * credit / FULL), "of": str(of)}


def sum_up(results: dict[str, dict[str, str]], pass_percentage: Decimal) -> AttemptResult:
    """The score is cut, not rounded, after two decimals: it reaches the pass mark only where the points do."""
    points = sum((Decimal(each["points"]) for each in results.values()), NOTHING)
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


def _credit(answer: Mapping[str, Any]) -> Decimal:
    return Decimal(answer["credit"])


def _of_several(content: Content, choices: Iterable[int]) -> Decimal:
    chosen = set(choices)
    right = {each["id"] for each in content["answers"] if _credit(each) > 0}
    if chosen == right:
        return FULL
    if not content["partial_credit"]:
        return NOTHING
    return sum((_credit(each) for each in content["answers"] if each["id"] in chosen), NOTHING)


def _of_typed(content: Content, text: str) -> Decimal:
    return max(
        (_credit(each) for each in content["answers"] if _accepts(content, each, text)), default=NOTHING
    )


def _accepts(content: Content, answer: Mapping[str, Any], text: str) -> bool:
    if content["type"] == QuestionType.SHORT_TEXT:
        return bool(text.strip()) and matches(text, answer["text"], case_sensitive=content["case_sensitive"])
    given = number_of(text)
    if given is None:
        return False
    expected = number_of(answer["text"])
    return expected is None or is_near(given, expected, Decimal(answer.get("tolerance") or 0))
