r"""Reader of GIFT, Moodle's text format.

Lines that begin with `//` are comments wherever they are, inside a question as well. Blank lines separate questions.
`\~ \= \# \{ \} \: \n` are escapes. Of a TRUE_FALSE question the first feedback is for a wrong response, the second for a
right one, whichever of true and false is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from app.adapters.quiz_files import FileQuestion
from app.adapters.quiz_files.html_text import text_in
from app.enums import QuestionType
from app.values.responses import ANY_NUMBER, in_digits, number_of

_ESCAPES = {"n": "\n"}
_FORM = re.compile(r"\A\s*\[(html|moodle|plain|markdown)\]")
_CREDIT = re.compile(r"\A%(-?[0-9]{1,3}(?:\.[0-9]{1,10})?)%")
_LINE_END = re.compile(r"\r\n|[\r\n]")
_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}
_GAP = "\\_\\_\\_\\_\\_"
_RANGE = re.compile(r"\A\s*(-?[\d.]{1,40})\s*\.\.\s*(-?[\d.]{1,40})\s*\Z")
_SAFE = {character: chr(0xE000 + place) for place, character in enumerate("~=#{}:\\n")}
"""Escaped characters as private-use ones, while the structure is read."""

Answer = dict[str, Any]


class _LeftOutError(Exception):
    """This question is not in the subset."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(text: str) -> list[FileQuestion]:
    """Every question of the file, in order."""
    return [_question(row, block) for row, block in enumerate(_blocks(text), start=1)]


def _blocks(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in [*_LINE_END.split(text), ""]:
        if line.lstrip().startswith("//"):
            continue
        if line.strip() and not line.lstrip().startswith("$CATEGORY:"):
            lines.append(line)
        elif not line.strip() and lines:
            yield "\n".join(lines)
            lines = []


def _question(row: int, block: str) -> FileQuestion:
    protected = _protect(block)
    name, rest = _name_in(protected)
    try:
        return FileQuestion(row, name[:200], fields={"name": name[:200], **_fields(rest)})
    except _LeftOutError as left_out:
        return FileQuestion(row, name[:200] or _plain(rest)[:60], reason=left_out.reason)


def _protect(text: str) -> str:
    parts = text.split("\\")
    read = parts[0]
    is_escaped = True
    for part in parts[1:]:
        if is_escaped and part[:1] in _SAFE and part:
            read += _SAFE[part[0]] + part[1:]
        elif is_escaped and not part:
            read += _SAFE["\\"]
            is_escaped = False
            continue
        else:
            read += part if not is_escaped else "\\" + part
        is_escaped = True
    return read


def _plain(text: str) -> str:
    """The text with its escapes resolved."""
    for character, mark in _SAFE.items():
        text = text.replace(mark, _ESCAPES.get(character, character))
    return text.strip()


def _name_in(text: str) -> tuple[str, str]:
    stripped = text.strip()
    if stripped.startswith("::") and "::" in stripped[2:]:
        name, _, rest = stripped[2:].partition("::")
        return _plain(name), rest
    return "", stripped


def _fields(text: str) -> dict[str, Any]:
    before, opening, rest = text.partition("{")
    if not opening:
        raise _LeftOutError("description")
    inside, closing, after = rest.partition("}")
    if not closing or "{" in after:
        raise _LeftOutError("cloze" if closing else "broken")
    form = _FORM.match(before)
    asked = before[form.end() :] if form else before
    if after.strip():
        asked = f"{asked.rstrip()} {_GAP} {after.strip()}"
    words = form[1] if form else "moodle"
    inside, _, general = inside.partition("####")
    return {
        "text": text_in(_plain(asked), words),
        **_answers(inside.strip(), words),
        "explanation": _worded(general, words),
    }


def _answers(inside: str, form: str) -> dict[str, Any]:
    if not inside:
        raise _LeftOutError("essay")
    first, *feedback = inside.split("#")
    if first.strip().upper() in _TRUTH:
        return _true_false([_worded(each, form) for each in feedback], is_true=_TRUTH[first.strip().upper()])
    if inside.startswith("#"):
        return {
            "type": QuestionType.NUMERIC,
            "answers": [_number(each, form) for each in _numbers(inside[1:])],
        }
    return _listed(inside, form)


def _true_false(feedback: list[str], *, is_true: bool) -> dict[str, Any]:
    wrong, right = [*feedback, "", ""][:2]
    return {
        "type": QuestionType.TRUE_FALSE,
        "answers": [
            {"text": "true", "is_correct": is_true, "feedback": right if is_true else wrong},
            {"text": "false", "is_correct": not is_true, "feedback": wrong if is_true else right},
        ],
    }


def _numbers(inside: str) -> list[str]:
    if not inside.strip():
        raise _LeftOutError("no_answer")
    return [each for each in re.split(r"[=~]", inside) if each.strip()]


def _number(text: str, form: str) -> Answer:
    value, _, feedback = text.partition("#")
    credit, value = _credit_in(value.strip())
    written, _, near = value.partition(":")
    if written.strip() in {"", ANY_NUMBER}:
        # Any other number: what is left is the feedback on it.
        return {"text": ANY_NUMBER, "credit": Decimal(credit or 0), "feedback": _worded(feedback, form)}
    among = _RANGE.match(value)
    if among:
        low, high = _number_in(among[1]), _number_in(among[2])
        number, tolerance = f"{(low + high) / 2:f}", abs(high - low) / 2
    else:
        _number_in(written)
        number, tolerance = in_digits(written.strip()), abs(_number_in(near.strip() or "0"))
    return {
        "text": number,
        "tolerance": tolerance,
        "credit": Decimal(100) if credit is None else credit,
        "feedback": _worded(feedback, form),
    }


def _number_in(text: str) -> Decimal:
    found = number_of(text)
    if found is None:
        raise _LeftOutError("broken")
    return found


def _listed(inside: str, form: str) -> dict[str, Any]:
    marks = [each for each in re.split(r"([=~])", inside) if each.strip()]
    if marks[0] not in {"=", "~"}:
        # One accepted text may be written without its mark.
        marks = ["=", inside]
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    is_typed = all(mark == "=" for mark, _ in pairs)
    if is_typed and all("->" in text and _credit_in(text.strip())[0] is None for _, text in pairs):
        raise _LeftOutError("matching")
    answers = [_answer(mark, text, form, is_typed=is_typed) for mark, text in pairs]
    if is_typed:
        return {"type": QuestionType.SHORT_TEXT, "answers": answers}
    is_single = any(mark == "=" for mark, _ in pairs)
    return {"type": QuestionType.SINGLE if is_single else QuestionType.MULTIPLE, "answers": answers}


def _answer(mark: str, text: str, form: str, *, is_typed: bool) -> Answer:
    credit, rest = _credit_in(text.strip())
    words, _, feedback = rest.partition("#")
    usual = Decimal(100) if mark == "=" else Decimal(0)
    own = _FORM.match(words)
    read = _plain(words) if is_typed else _worded(words, own[1] if own else form)
    return {"text": read, "credit": usual if credit is None else credit, "feedback": _worded(feedback, form)}


def _credit_in(text: str) -> tuple[Decimal | None, str]:
    found = _CREDIT.match(text)
    return (Decimal(found[1]), text[found.end() :].strip()) if found else (None, text)


def _worded(text: str, form: str) -> str:
    own = _FORM.match(text)
    return text_in(_plain(text[own.end() :] if own else text), own[1] if own else form)
