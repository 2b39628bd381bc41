"""Writer of Moodle XML. The rule about partial credit is lost: Moodle has none.

The image of a question is a file of its text, which refers to it at its end.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from app.adapters.quiz_files import FileImage
from app.enums import QuestionType
from app.values.responses import in_digits

_IMAGE = "image.webp"
_SPECIAL = re.compile(r"[\\\[\]]")
"""Characters that would end the text of an image in Markdown."""

_TYPES = {
    QuestionType.SINGLE: "multichoice",
    QuestionType.MULTIPLE: "multichoice",
    QuestionType.TRUE_FALSE: "truefalse",
    QuestionType.SHORT_TEXT: "shortanswer",
    QuestionType.NUMERIC: "numerical",
}


def write(questions: Iterable[Mapping[str, Any]]) -> str:
    """All of them, with their texts marked as Markdown."""
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>", *map(_question, questions), "</quiz>", ""]
    )


def _question(question: Mapping[str, Any]) -> str:
    return "\n".join(
        [f"<question type={quoteattr(_TYPES[question['type']])}>", *_parts(question), "</question>"]
    )


def _parts(question: Mapping[str, Any]) -> Iterator[str]:
    name = question["name"] or question["text"].strip().split("\n")[0][:100]
    yield f"<name><text>{escape(name)}</text></name>"
    yield _asked(question["text"], question.get("image"))
    yield _formatted("generalfeedback", question["explanation"])
    yield f"<defaultgrade>{question['points']}</defaultgrade>"
    if _TYPES[question["type"]] == "multichoice":
        yield f"<single>{'true' if question['type'] == QuestionType.SINGLE else 'false'}</single>"
    if question["type"] == QuestionType.SHORT_TEXT:
        yield f"<usecase>{int(question['case_sensitive'])}</usecase>"
    for each in question["answers"]:
        is_number = question["type"] == QuestionType.NUMERIC
        yield _answer({**each, "text": in_digits(each["text"])} if is_number else each)


def _asked(text: str, image: FileImage | None) -> str:
    if image is None:
        return _formatted("questiontext", text)
    alt = _SPECIAL.sub(r"\\\g<0>", image.alt)
    words = escape(f"{text}\n\n![{alt}](@@PLUGINFILE@@/{_IMAGE})")
    file = f'<file name="{_IMAGE}" path="/" encoding="base64">{b64encode(image.content).decode()}</file>'
    return f'<questiontext format="markdown"><text>{words}</text>{file}</questiontext>'


def _answer(answer: Mapping[str, Any]) -> str:
    tolerance = answer.get("tolerance")
    near = f"<tolerance>{tolerance}</tolerance>" if tolerance is not None else ""
    text, feedback = escape(answer["text"]), _formatted("feedback", answer["feedback"])
    return f'<answer fraction="{answer["credit"]}" format="markdown"><text>{text}</text>{feedback}{near}</answer>'


def _formatted(name: str, text: str) -> str:
    return f'<{name} format="markdown"><text>{escape(text)}</text></{name}>'
