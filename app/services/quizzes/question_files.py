"""Questions from a file of GIFT or Moodle XML, and into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.adapters.quiz_files import (
    FileImage,
    FileQuestion,
    UnreadableFileError,
    gift_reader,
    gift_writer,
    moodle_reader,
    moodle_writer,
)
from app.db.session import db
from app.enums import Mode, QuestionFileFormat, QuestionOutcome
from app.errors.base import InvalidRequest
from app.models import Question
from app.models.caller import Actor
from app.services.content import files
from app.services.quizzes import question_images, question_rules, questions
from app.services.quizzes.question_images import Picture
from app.values import characters
from app.values.downloads import Download

LONGEST = {"name": 200, "text": 10_000, "explanation": 5_000}
LONGEST_ANSWER = 2_000
LARGEST_GIFT = 1024 * 1024
MOST_PICTURES = 20
LARGEST_TOLERANCE = 10**9


@dataclass(frozen=True)
class ImportedQuestion:
    row: int
    name: str
    outcome: QuestionOutcome
    reason: str | None
    question_id: UUID | None = None


@dataclass(frozen=True)
class QuestionImport:
    """What became of each question of a file."""

    format: QuestionFileFormat
    mode: Mode
    results: Sequence[ImportedQuestion]

    @property
    def created(self) -> int:
        return sum(each.outcome == QuestionOutcome.CREATED for each in self.results)

    @property
    def skipped(self) -> int:
        return len(self.results) - self.created


def read_in(actor: Actor, lesson_id: UUID, *, file: bytes, mode: Mode) -> QuestionImport:
    """Add the questions of a file to a quiz. What is not in the subset is skipped, and named with the reason."""
    lesson = questions.get_managed_quiz(actor, lesson_id)
    form, found = _read(file)
    judged = [_judged(each) for each in found]
    questions.refuse_too_many(lesson, sum(fields is not None for _, fields in judged))
    pictures = _Pictures()
    drawn = [
        pictures.of(each.image, result, fields) for each, (result, fields) in zip(found, judged, strict=True)
    ]
    made: Iterator[Question] = iter(())
    if mode == Mode.RUN:
        wanted = [(fields, picture) for _, fields, picture in drawn if fields is not None]
        with question_images.kept([picture for _, picture in wanted if picture]) as stored:
            files.lock_uploads_of(actor.id)
            lesson = questions.lock_quiz(actor, lesson_id)
            images = iter(question_images.record_all(actor, lesson, stored))
            rows = [
                {**fields, **(next(images) if picture else question_images.NONE)}
                for fields, picture in wanted
            ]
            made = iter(questions.add_many(lesson, rows) if rows else ())
    results = [
        replace(result, question_id=getattr(next(made, None), "id", None)) if fields else result
        for result, fields, _ in drawn
    ]
    return QuestionImport(form, mode, results)


def write_out(actor: Actor, lesson_id: UUID, *, form: QuestionFileFormat) -> Download:
    """All questions of a quiz, with their key."""
    lesson = questions.get_managed_lesson(actor, lesson_id)
    present = select(Question).where(Question.lesson_id == lesson.id, Question.deleted_at.is_(None))
    rows = db.session.scalars(present.order_by(Question.position))
    name, media_type, write = _WRITERS[form]
    has_images = form == QuestionFileFormat.MOODLE_XML
    written = write([_written(row, has_image=has_images) for row in rows]).encode()
    return Download(written, name, media_type, tag=sha256(written).hexdigest()[:32])


class _Pictures:
    """Draws the pictures of a file, each of which takes a process of its own: of a bounded number."""

    def __init__(self) -> None:
        self._left = MOST_PICTURES

    def of(
        self, image: FileImage | None, result: ImportedQuestion, fields: dict[str, Any] | None
    ) -> tuple[ImportedQuestion, dict[str, Any] | None, Picture | None]:
        """The result and the fields of a question with its picture, or with the reason why that is left out."""
        if fields is None or image is None:
            return result, fields, None
        reason = f"Its image was left out: a file may have {MOST_PICTURES}."
        if self._left:
            self._left -= 1
            try:
                return result, fields, question_images.draw(image.content, characters.tidied(image.alt))
            except InvalidRequest as refusal:
                reason = f"Its image was left out. {next(iter(refusal.details.values()))[0]}"
        return replace(result, reason=reason), fields, None


def _written(row: Question, *, has_image: bool) -> dict[str, Any]:
    fields = {each: getattr(row, each) for each in questions.FIELDS}
    content = question_images.content_of(row) if has_image else None
    return {**fields, "image": FileImage(content, row.image_alt or "")} if content else fields


_WRITERS = {
    QuestionFileFormat.GIFT: ("questions.gift", "text/plain", gift_writer.write),
    QuestionFileFormat.MOODLE_XML: ("questions.xml", "application/xml", moodle_writer.write),
}


def _read(file: bytes) -> tuple[QuestionFileFormat, list[FileQuestion]]:
    content = file.removeprefix(b"\xef\xbb\xbf")
    try:
        if content.lstrip().startswith(b"<"):
            return QuestionFileFormat.MOODLE_XML, moodle_reader.read(content.lstrip())
        _refuse_long_gift(content)
        return QuestionFileFormat.GIFT, gift_reader.read(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidRequest(details={"file": ["The file is not in UTF-8."]}) from None
    except UnreadableFileError as error:
        raise InvalidRequest(details={"file": [str(error)]}) from None


def _refuse_long_gift(content: bytes) -> None:
    if len(content) > LARGEST_GIFT:
        raise UnreadableFileError(f"A file of GIFT may have at most {LARGEST_GIFT:,} bytes.")


def _judged(found: FileQuestion) -> tuple[ImportedQuestion, dict[str, Any] | None]:
    """The result of a question, and its fields if it can be created."""
    if found.fields is None:
        return ImportedQuestion(found.row, found.name, QuestionOutcome.UNSUPPORTED, found.reason), None
    fields = _tidied(found.fields)
    try:
        _refuse_unfit(fields)
        question_rules.stored_answers(fields["type"], fields["answers"])
    except InvalidRequest as refusal:
        sentence = next(iter(refusal.details.values()))[0]
        return ImportedQuestion(found.row, found.name, QuestionOutcome.INVALID, sentence), None
    return ImportedQuestion(found.row, found.name, QuestionOutcome.CREATED, None), fields


def _tidied(fields: Mapping[str, Any]) -> dict[str, Any]:
    answers = [
        {**each, **{name: characters.tidied(each[name]) for name in ("text", "feedback")}}
        for each in fields["answers"]
    ]
    texts = {name: characters.tidied(fields[name]) for name in LONGEST if name in fields}
    return {**fields, **texts, "answers": answers}


def _refuse_unfit(fields: Mapping[str, Any]) -> None:
    """What the API would refuse in a body: lengths, characters, and numbers beyond their range."""
    texts = [(name, fields.get(name, ""), most) for name, most in LONGEST.items()]
    texts += [
        ("answers", each[name], LONGEST_ANSWER) for each in fields["answers"] for name in ("text", "feedback")
    ]
    for name, text, most in texts:
        if len(text) > most or characters.forbidden_in(text) is not None:
            raise InvalidRequest(
                details={name: [f"A {name} is too long, or has a character that is not allowed."]}
            )
    if not fields["text"].strip() or any(not each["text"].strip() for each in fields["answers"]):
        raise InvalidRequest(details={"text": ["A text is empty."]})
    if len(fields["answers"]) > question_rules.MOST_ANSWERS:
        raise InvalidRequest(details={"answers": ["Has too many answers."]})
    if fields.get("points", 1) > 1_000:
        raise InvalidRequest(details={"points": ["Has more than 1,000 points."]})
    if any(
        abs(each["credit"]) > 100 or each.get("tolerance", 0) > LARGEST_TOLERANCE
        for each in fields["answers"]
        if "credit" in each
    ):
        raise InvalidRequest(details={"answers": ["A credit or a tolerance is out of range."]})
