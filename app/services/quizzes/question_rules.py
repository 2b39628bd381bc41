"""What the answers of a question may be, by its type, and the form in which they are stored.

An answer is `{id, text, credit, feedback, tolerance}`. `credit` is the share of the points in percent that it earns,
negative where it takes some away. The id is a small number that stays when the answer is edited, so that an attempt made
before can be graded by the mended key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from app.enums import QuestionType
from app.errors.base import InvalidRequest
from app.values.responses import ANY_NUMBER, number_of

Answer = dict[str, Any]

MOST_ANSWERS = 50
TOLERANCE_PLACES = 10
FULL = Decimal(100)
_NEARLY_FULL = Decimal(99)
_PLACES = Decimal("0.00001")
_CHOSEN = (QuestionType.SINGLE, QuestionType.MULTIPLE)
_TRUTH = {"true": 1, "false": 2}


def stored_answers(
    kind: QuestionType, given: Sequence[Mapping[str, Any]], *, known: Collection[int] = ()
) -> list[Answer]:
    """The answers as they are stored, or a refusal that names what is wrong with which.

    :param given: `text`, and optionally `id`, `is_correct` or `credit`, `feedback` and `tolerance`
    :param known: the ids that answers of the question have or have had
    """
    _refuse(_wrong_with_each(kind, given))
    answers = [_answer(each) for each in given]
    if kind == QuestionType.TRUE_FALSE:
        answers = _both(answers)
    else:
        _identify(answers, known)
    _give_credit(kind, given, answers)
    _refuse(_wrong_with_all(kind, answers))
    return [{**each, "credit": f"{each['credit'].normalize():f}"} for each in answers]


def _refuse(wrong: Iterator[tuple[str, str]]) -> None:
    details: dict[str, list[str]] = {}
    for path, sentence in wrong:
        details.setdefault(path, []).append(sentence)
    if details:
        raise InvalidRequest(details=details)


def _wrong_with_each(kind: QuestionType, given: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    if not given:
        yield "answers", "Give at least one answer."
    for place, each in enumerate(given):
        path = f"answers.{place}"
        if None not in (each.get("is_correct"), each.get("credit")) and each["is_correct"] != (
            each["credit"] > 0
        ):
            yield f"{path}.credit", "A correct answer earns a credit above 0, and a wrong one none."
        if each.get("tolerance") is not None and kind != QuestionType.NUMERIC:
            yield f"{path}.tolerance", "Only answers of a NUMERIC question have a tolerance."
        yield from _wrong_text(kind, path, each["text"])


def _wrong_text(kind: QuestionType, path: str, text: str) -> Iterator[tuple[str, str]]:
    if kind == QuestionType.TRUE_FALSE and text.lower() not in _TRUTH:
        yield f"{path}.text", "Must be true or false."
    if kind == QuestionType.NUMERIC and text != ANY_NUMBER and number_of(text) is None:
        yield f"{path}.text", "Must be a number such as 3.14, or * for any other number."


def _answer(given: Mapping[str, Any]) -> Answer:
    tolerance = given.get("tolerance")
    return {
        "id": given.get("id"),
        "text": given["text"],
        "feedback": given.get("feedback") or "",
        "tolerance": None if tolerance is None else _plain(Decimal(str(tolerance))),
    }


def _plain(tolerance: Decimal) -> str:
    return f"{round(tolerance, TOLERANCE_PLACES).normalize():f}"


def _both(answers: list[Answer]) -> list[Answer]:
    """True and false, in this order and under these ids, whichever were given."""
    by_text = {each["text"].lower(): each for each in answers}
    blank = {"feedback": "", "tolerance": None}
    return [{**by_text.get(text, blank), "id": key, "text": text} for text, key in _TRUTH.items()]


def _identify(answers: Sequence[Answer], known: Collection[int]) -> None:
    """Keep the known ids, each once. Every other answer gets one that none has had: an attempt may have chosen that one."""
    taken: set[int] = set()
    free = count(max(known, default=0) + 1)
    for each in answers:
        if each["id"] in taken or each["id"] not in known:
            each["id"] = next(free)
        taken.add(each["id"])


def _give_credit(kind: QuestionType, given: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> None:
    """The credit that was given, or what follows from which answers are correct."""
    asked: dict[Any, Mapping[str, Any]]
    if kind == QuestionType.TRUE_FALSE:
        asked = {_TRUTH[each["text"].lower()]: each for each in given}
        if not any("credit" in each or "is_correct" in each for each in given) and len(asked) == 1:
            (only,) = asked
            asked[only] = {**asked[only], "is_correct": True}
    else:
        asked = {answer["id"]: each for answer, each in zip(answers, given, strict=True)}
    is_correct = {key: _is_correct(kind, each) for key, each in asked.items()}
    right = sum(is_correct.values())
    for answer in answers:
        each = asked.get(answer["id"], {})
        credit = each.get("credit")
        if credit is None:
            credit = _usual_credit(kind, right, is_correct=is_correct.get(answer["id"], False))
        answer["credit"] = Decimal(credit).quantize(_PLACES)


def _is_correct(kind: QuestionType, given: Mapping[str, Any]) -> bool:
    if given.get("credit") is not None:
        return bool(given["credit"] > 0)
    by_default = kind not in (*_CHOSEN, QuestionType.TRUE_FALSE)
    stated = given.get("is_correct")
    return by_default if stated is None else bool(stated)


def _usual_credit(kind: QuestionType, right: int, *, is_correct: bool) -> Decimal:
    """In a MULTIPLE question a wrong choice costs as much as a right one earns; elsewhere an answer earns all or nothing."""
    if kind != QuestionType.MULTIPLE:
        return FULL if is_correct else Decimal(0)
    share = FULL / max(right, 1)
    return share if is_correct else -share


def _wrong_with_all(kind: QuestionType, answers: Sequence[Answer]) -> Iterator[tuple[str, str]]:
    if kind in _CHOSEN and len(answers) < 2:
        yield "answers", "Give at least two answers to choose from."
    texts = [(each["text"], each["tolerance"]) for each in answers]
    if len(set(texts)) < len(texts):
        yield "answers", "Two answers have the same text."
    earned = [each["credit"] for each in answers if each["credit"] > 0]
    if kind == QuestionType.MULTIPLE:
        if not _NEARLY_FULL <= sum(earned) <= FULL + 1:
            yield "answers", "The credits of the correct answers must add up to 100."
    elif max(earned, default=0) < _NEARLY_FULL:
        yield "answers", "One answer must be correct: a credit of 100."
    if kind == QuestionType.TRUE_FALSE and len([each for each in earned if each == FULL]) != 1:
        yield "answers", "Either true or false is correct, not both."
