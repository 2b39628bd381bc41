"""The responses of a learner: checked against the questions of the attempt, and stored by the ids of the key.

A learner names a choice by its number in the order in which it is shown. The ids of the key stay on the server: where
authors write the right answer first, they would give it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.enums import QuestionType
from app.errors.base import InvalidRequest
from app.services.quizzes.attempt_rows import AttemptRow

TYPED = (QuestionType.SHORT_TEXT, QuestionType.NUMERIC)


def stored(row: AttemptRow, given: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By question, `{"choices": [ids]}` or `{"text": …}`; an empty response is left out."""
    kinds = {each["question_id"]: each["type"] for each in row.contents}
    kept: dict[str, dict[str, Any]] = {}
    details: dict[str, list[str]] = {}
    for place, each in enumerate(given):
        key = str(each["question_id"])
        path, sentence = _wrong(each, kinds.get(key), row.orders.get(key, []), is_repeated=key in kept)
        if sentence:
            details[f"responses.{place}.{path}"] = [sentence]
            continue
        kept[key] = _response(each, row.orders.get(key, []))
    if details:
        raise InvalidRequest(details=details)
    return {key: each for key, each in kept.items() if each}


def _wrong(
    given: Mapping[str, Any], kind: str | None, order: Sequence[int], *, is_repeated: bool
) -> tuple[str, str]:
    """The member that is wrong, and the sentence about it; both are empty where nothing is."""
    if kind is None:
        return "question_id", "Not a question of this attempt."
    if is_repeated:
        return "question_id", "This question has a response already."
    if kind in TYPED:
        return ("choices", "Answer this question with a text.") if given.get("choices") else ("", "")
    if given.get("text"):
        return "text", "Answer this question with choices."
    return "choices", _wrong_choices(given.get("choices") or (), kind, order)


def _wrong_choices(choices: Sequence[int], kind: str, order: Sequence[int]) -> str:
    if any(not 1 <= each <= len(order) for each in choices):
        return f"Choices of this question are numbered from 1 to {len(order)}."
    if kind != QuestionType.MULTIPLE and len(set(choices)) > 1:
        return "This question takes one choice."
    return ""


def _response(given: Mapping[str, Any], order: Sequence[int]) -> dict[str, Any]:
    if given.get("choices"):
        return {"choices": sorted({order[number - 1] for number in given["choices"]})}
    return {"text": given["text"]} if given.get("text") else {}
