"""Writer of GIFT. It has no points, and no rule about partial credit or case: these are lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.enums import QuestionType
from app.values.responses import ANY_NUMBER, in_digits

_TRUE = "true"
_FORM = "[markdown]"


def write(questions: Iterable[Mapping[str, Any]]) -> str:
    """All of them, with their texts marked as Markdown."""
    return "\n\n".join(map(_question, questions)) + "\n"


def _question(question: Mapping[str, Any]) -> str:
    name = f"::{_escaped(question['name'])}::" if question["name"] else ""
    explanation = f"####{_worded(question['explanation'])}" if question["explanation"] else ""
    answers = _WRITERS[question["type"]](question["answers"])
    return f"{name}{_FORM}{_escaped(question['text'])}{{{answers}{explanation}}}"


def _true_false(answers: list[Mapping[str, Any]]) -> str:
    by_credit = sorted(answers, key=_credit_of)
    wrong, right = by_credit[0], by_credit[-1]
    on_wrong = f"#{_worded(wrong['feedback'])}" if wrong["feedback"] or right["feedback"] else ""
    return ("TRUE" if right["text"] == _TRUE else "FALSE") + on_wrong + _feedback(right)


def _numeric(answers: list[Mapping[str, Any]]) -> str:
    return "#" + " ".join(f"={_credit(each)}{_number(each)}{_feedback(each)}" for each in answers)


def _number(answer: Mapping[str, Any]) -> str:
    is_any = answer["text"] == ANY_NUMBER
    return ANY_NUMBER if is_any else f"{in_digits(answer['text'])}:{answer.get('tolerance') or 0}"


def _short(answers: list[Mapping[str, Any]]) -> str:
    return " ".join(
        f"={_credit(each, is_needed=_needs_credit(each))}{_escaped(each['text'])}{_feedback(each)}"
        for each in answers
    )


def _needs_credit(answer: Mapping[str, Any]) -> bool:
    """Whether the text would be read as a credit, or as one half of a matching question."""
    return answer["text"].lstrip().startswith("%") or "->" in answer["text"]


def _single(answers: list[Mapping[str, Any]]) -> str:
    most = max(map(_credit_of, answers))
    written = []
    for each in answers:
        is_right = _credit_of(each) == most
        is_usual = _credit_of(each) == (100 if is_right else 0)
        credit = _credit(each, is_needed=not is_usual or each["text"].lstrip().startswith("%"))
        written.append(f"{'=' if is_right else '~'}{credit}{_worded(each['text'])}{_feedback(each)}")
    return " ".join(written)


def _multiple(answers: list[Mapping[str, Any]]) -> str:
    return " ".join(
        f"~{_credit(each, is_needed=True)}{_worded(each['text'])}{_feedback(each)}" for each in answers
    )


_WRITERS = {
    QuestionType.SINGLE: _single,
    QuestionType.MULTIPLE: _multiple,
    QuestionType.TRUE_FALSE: _true_false,
    QuestionType.SHORT_TEXT: _short,
    QuestionType.NUMERIC: _numeric,
}


def _credit_of(answer: Mapping[str, Any]) -> Decimal:
    return Decimal(answer["credit"])


def _credit(answer: Mapping[str, Any], *, is_needed: bool = False) -> str:
    """The credit of an answer, unless it is what its mark says."""
    is_written = is_needed or (_credit_of(answer) != 100)
    return f"%{answer['credit']}%" if is_written else ""


def _feedback(answer: Mapping[str, Any]) -> str:
    return f"#{_worded(answer['feedback'])}" if answer["feedback"] else ""


def _worded(text: str) -> str:
    """A text whose beginning is not read as the name of a format."""
    return f"{_FORM if text.lstrip().startswith('[') else ''}{_escaped(text)}"


def _escaped(text: str) -> str:
    for character in "\\~=#{}:":
        text = text.replace(character, f"\\{character}")
    # A line that begins with // would be a comment, and a blank one end the question.
    return text.replace("\n", "\\n")
