"""Reader of Moodle XML. Its work is bounded: no document type, and so no entities, few levels, and a limit of elements.

The credit of an answer is in the attribute `fraction` or, in older files, in an element of that name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.parsers import expat

from app.adapters.quiz_files import FileImage, FileQuestion, UnreadableFileError, moodle_images
from app.adapters.quiz_files.html_text import markdown_of, text_in
from app.enums import QuestionType
from app.values.responses import number_of

_IS_LAST = True
DEEPEST = 30
MOST_ELEMENTS = 100_000

_TYPES = {
    "multichoice": QuestionType.SINGLE,
    "truefalse": QuestionType.TRUE_FALSE,
    "shortanswer": QuestionType.SHORT_TEXT,
    "numerical": QuestionType.NUMERIC,
}


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    children: list[_Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def all(self, name: str) -> list[_Element]:
        return [each for each in self.children if each.name == name]

    def first(self, name: str) -> _Element | None:
        return next(iter(self.all(name)), None)

    def said(self, name: str) -> str:
        """The text of a child, or of the `text` in it."""
        child = self.first(name)
        return "" if child is None else child.words

    @property
    def words(self) -> str:
        inner = self.first("text")
        return (self.text if inner is None else inner.text).strip()

    def worded(self, name: str, default: str = "html") -> str:
        """The same as Markdown, by the format that the child has."""
        child = self.first(name)
        if child is None:
            return ""
        return text_in(child.words, child.attributes.get("format", default))


class _Builder:
    """Builds the elements of a document without a document type."""

    def __init__(self) -> None:
        self.root: _Element | None = None
        self.open: list[_Element] = []
        self.elements = 0

    def parse(self, content: bytes) -> _Element:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(content, _IS_LAST)
        except expat.ExpatError as error:
            raise UnreadableFileError(f"The XML is broken in line {error.lineno}.") from error
        except UnreadableFileError:
            raise
        except (LookupError, ValueError):
            raise UnreadableFileError("The XML has an encoding that is not read: save it in UTF-8.") from None
        if self.root is None or self.root.name != "quiz":
            raise UnreadableFileError("The XML is no Moodle quiz.")
        return self.root

    def _refuse(self, *_: Any) -> None:
        raise UnreadableFileError("The XML has a document type, which is not allowed.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS or len(self.open) >= DEEPEST:
            raise UnreadableFileError("The XML has too many elements.")
        element = _Element(name, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, _name: str) -> None:
        self.open.pop()

    def _characters(self, data: str) -> None:
        self.open[-1].pieces.append(data)


def read(content: bytes) -> list[FileQuestion]:
    """Every question of the file, in order; categories are no questions."""
    root = _Builder().parse(content)
    asked = [each for each in root.all("question") if each.attributes.get("type") != "category"]
    return [_question(row, each) for row, each in enumerate(asked, start=1)]


def _question(row: int, element: _Element) -> FileQuestion:
    kind, name = element.attributes.get("type", ""), element.said("name")[:200]
    if kind not in _TYPES:
        return FileQuestion(row, name, reason=kind or "broken")
    try:
        image = _take_image(element)
        return FileQuestion(row, name, fields={"name": name, **_fields(element, kind)}, image=image)
    except (InvalidOperation, ValueError):  # a number beyond what is kept, or none
        return FileQuestion(row, name, reason="broken")


def _fields(element: _Element, kind: str) -> dict[str, Any]:
    is_several = kind == "multichoice" and element.said("single") in {"false", "0"}
    return {
        "type": QuestionType.MULTIPLE if is_several else _TYPES[kind],
        "text": element.worded("questiontext"),
        "explanation": element.worded("generalfeedback"),
        "points": _points(element),
        "case_sensitive": element.said("usecase") in {"1", "true"},
        "answers": list(_answers(element, kind)),
    }


def _take_image(element: _Element) -> FileImage | None:
    """The first image of the text that is in the file: where it stood in the text, nothing is left."""
    asked = element.first("questiontext")
    words = None if asked is None else asked.first("text")
    if asked is None or words is None:
        return None
    files = {
        each.attributes.get("name", ""): each.text
        for each in asked.all("file")
        if each.attributes.get("encoding") == "base64"
    }
    image, words.pieces = moodle_images.taken_from(words.text, files)
    return image


def _points(element: _Element) -> Decimal:
    """A grade of zero, which Moodle allows, would be no points: one instead."""
    grade = _number(element.said("defaultgrade") or element.said("defaultmark") or "1")
    return round(grade, 2) if grade >= Decimal("0.01") else Decimal(1)


def _answers(element: _Element, kind: str) -> Iterator[dict[str, Any]]:
    for answer in element.all("answer"):
        credit = _number(answer.attributes.get("fraction") or answer.said("fraction") or "0")
        yield {
            "text": _answer_text(answer, kind),
            "credit": round(credit, 5),
            "feedback": answer.worded("feedback"),
            **({"tolerance": abs(_number(answer.said("tolerance") or "0"))} if kind == "numerical" else {}),
        }


def _number(text: str) -> Decimal:
    found = number_of(text)
    if found is None:
        raise ValueError("no number")
    return found


def _answer_text(answer: _Element, kind: str) -> str:
    if kind == "multichoice":
        return text_in(answer.words, answer.attributes.get("format", "html"))
    return markdown_of(answer.words).lower() if kind == "truefalse" else answer.words
