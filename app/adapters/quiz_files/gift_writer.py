"""Writer of GIFT. It has no points, and no rule about partial credit or case: these are lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.enums import QuestionType

_TRUE = "true"


def write(questions: Iterable[Mapping[str, Any]]) -> str:
    """All of them, with their texts marked as Markdown."""
    return "\n\n".join(map(_question, questions)) + "\n"


def _question(question: Mapping[str, Any]) -> str:
    name = f"::{_escaped(question['name'])}::" if question["name"] else ""
    explanation = f"####{_escaped(question['explanation'])}" if question["explanation"] else ""
    answers = _WRITERS[question["type"]](question["answers"])
    return f"{name}[markdown]{_escaped(question['text'])}{{{answers}{explanation}}}"


def _true_false(answers: list[Mapping[str, Any]]) -> str:
    by_credit = sorted(answers, key=lambda each: Decimal(each["credit"]))
    wrong, right = by_credit[0], by_credit[-1]
    on_wrong = f"#{_escaped(wrong['feedback'])}" if wrong["feedback"] or right["feedback"] else ""
    return ("TRUE" if right["text"] == _TRUE else "FALSE") + on_wrong + _feedback(right)


def _numeric(answers: list[Mapping[str, Any]]) -> str:
    return "#" + " ".join(
        f"={_credit(each)}{each['text']}:{each.get('tolerance') or 0}{_feedback(each)}" for each in answers
    )


def _short(answers: list[Mapping[str, Any]]) -> str:
    return " ".join(f"={_credit(each)}{_escaped(each['text'])}{_feedback(each)}" for each in answers)


def _single(answers: list[Mapping[str, Any]]) -> str:
    written = []
    for each in answers:
        is_right = Decimal(each["credit"]) == 100
        credit = "" if is_right or not Decimal(each["credit"]) else f"%{each['credit']}%"
        written.append(f"{'=' if is_right else '~'}{credit}{_escaped(each['text'])}{_feedback(each)}")
    return " ".join(written)


def _multiple(answers: list[Mapping[str, Any]]) -> str:
    return " ".join(f"~%{each['credit']}%{_escaped(each['text'])}{_feedback(each)}" for each in answers)


_WRITERS = {
    QuestionType.SINGLE: _single,
    QuestionType.MULTIPLE: _multiple,
    QuestionType.TRUE_FALSE: _true_false,
    QuestionType.SHORT_TEXT: _short,
    QuestionType.NUMERIC: _numeric,
}


def _credit(answer: Mapping[str, Any]) -> str:
    return "" if Decimal(answer["credit"]) == 100 else f"%{answer['credit']}%"


def _feedback(answer: Mapping[str, Any]) -> str:
    return f"#{_escaped(answer['feedback'])}" if answer["feedback"] else ""


def _escaped(text: str) -> str:
    for character in "\\~=#{}:":
        text = text.replace(character, f"\\{character}")
    # A line that begins with // would be a comment, and a blank one end the question.
    return text.replace("\n", "\\n")
