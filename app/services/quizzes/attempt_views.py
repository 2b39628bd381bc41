"""What is shown of an attempt: to its learner no key before it is submitted, and afterwards as much as the quiz reveals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from math import ceil
from typing import Any
from uuid import UUID

from app.enums import QuestionType, Reveal
from app.services.quizzes import grading
from app.services.quizzes.attempt_responses import TYPED
from app.services.quizzes.attempt_rows import AttemptRow
from app.services.quizzes.question_rules import FULL
from app.services.quizzes.question_views import ShownImage, shown_image
from app.services.quizzes.quizzes import attempts_left


class Shown(IntEnum):
    """How much of each question is shown, from nothing but the question to its key."""

    QUESTION = 0
    RESULT = 1
    KEY = 2


@dataclass(frozen=True)
class ShownChoice:
    """`id` is its number in the order of the attempt."""

    id: int
    text: str
    is_chosen: bool
    is_correct: bool | None
    feedback: str | None


@dataclass(frozen=True)
class ShownQuestion:
    id: UUID
    type: QuestionType
    text: str
    image: ShownImage | None
    points: Decimal
    choices: list[ShownChoice]
    response_text: str | None
    earned_points: Decimal | None
    credit: Decimal | None
    feedback: str | None
    accepted: list[str] | None
    explanation: str | None


@dataclass(frozen=True, kw_only=True)
class AttemptView(AttemptRow):
    """An attempt for its reader."""

    questions: list[ShownQuestion]
    attempts_left: int | None
    seconds_left: int | None
    pass_percentage: Decimal


def view_of(row: AttemptRow) -> AttemptView:
    """The attempt as its reader sees it: those who manage the course see all of it."""
    shown = _shown(row)
    return AttemptView(
        **vars(row),
        questions=[_question(row, content, shown) for content in row.contents],
        attempts_left=attempts_left(row.terms, row.attempts_used),
        seconds_left=_seconds_left(row),
        pass_percentage=row.terms.pass_percentage,
    )


def _shown(row: AttemptRow) -> Shown:
    if row.is_managed:
        return Shown.KEY
    if row.submitted_at is None:
        return Shown.QUESTION
    is_done = row.has_passed or attempts_left(row.terms, row.attempts_used) == 0
    revealed = {
        Reveal.SCORE: Shown.QUESTION,
        Reveal.CORRECTNESS: Shown.RESULT,
        Reveal.WHEN_DONE: Shown.KEY if is_done else Shown.RESULT,
        Reveal.ANSWERS: Shown.KEY,
    }[row.terms.reveal]
    # The key of an earlier attempt is the key of the one in progress.
    return min(revealed, Shown.RESULT) if row.has_open else revealed


def _seconds_left(row: AttemptRow) -> int | None:
    if row.expires_at is None or row.submitted_at is not None:
        return None
    return max(ceil((row.expires_at - row.now).total_seconds()), 0)


def _question(row: AttemptRow, content: grading.Content, shown: Shown) -> ShownQuestion:
    """As the attempt has it; what belongs to the key, from the version by which it was graded."""
    question_id = content["question_id"]
    response = row.responses.get(question_id, {})
    result = (row.results or {}).get(question_id)
    key = row.keys[question_id]
    is_typed = content["type"] in TYPED
    return ShownQuestion(
        id=UUID(question_id),
        type=QuestionType(content["type"]),
        text=content["text"],
        image=shown_image(content.get("image"), row.reader_id),
        points=Decimal(result["of"] if result else content["points"]),
        choices=[] if is_typed else _choices(row, content, response, shown),
        response_text=response.get("text"),
        earned_points=_cents(result["points"]) if result and shown >= Shown.RESULT else None,
        credit=_cents(result["credit"]) if result and shown >= Shown.RESULT else None,
        feedback=_typed_feedback(key, response) if is_typed and shown >= Shown.RESULT else None,
        accepted=_accepted(key) if is_typed and shown == Shown.KEY else None,
        explanation=key["explanation"] if shown == Shown.KEY else None,
    )


def _choices(
    row: AttemptRow, content: grading.Content, response: Mapping[str, Any], shown: Shown
) -> list[ShownChoice]:
    question_id = content["question_id"]
    texts = {each["id"]: each["text"] for each in content["answers"]}
    answers = {each["id"]: each for each in row.keys[question_id]["answers"]}
    chosen = set(response.get("choices", ()))
    return [
        ShownChoice(
            id=number,
            text=texts[key],
            is_chosen=key in chosen,
            is_correct=_is_right(answers.get(key)) if shown == Shown.KEY else None,
            feedback=_feedback_on(answers.get(key), is_chosen=key in chosen, shown=shown),
        )
        for number, key in enumerate(row.orders[question_id], start=1)
    ]


def _is_right(answer: Mapping[str, Any] | None) -> bool:
    """One that the mended key has no more earns nothing."""
    return answer is not None and Decimal(answer["credit"]) > 0


def _feedback_on(answer: Mapping[str, Any] | None, *, is_chosen: bool, shown: Shown) -> str | None:
    """On what was chosen; on the others it would be part of the key."""
    is_shown = shown == Shown.KEY or (is_chosen and shown == Shown.RESULT)
    return (answer or {}).get("feedback", "") if is_shown else None


def _typed_feedback(content: grading.Content, response: Mapping[str, Any]) -> str | None:
    earned = grading.earned_answer(content, response)
    return earned["feedback"] if earned else None


def _accepted(content: grading.Content) -> list[str]:
    """The answers that earn all points, numbers with their tolerance."""
    return [
        f"{each['text']} ± {each['tolerance']}" if Decimal(each.get("tolerance") or 0) else each["text"]
        for each in content["answers"]
        if Decimal(each["credit"]) >= FULL
    ]


def _cents(value: str) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
