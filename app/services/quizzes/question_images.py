"""Images of questions: re-encoded, within the quotas, and kept as long as a question or an attempt shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, any_, cast, exists, func, select

from app.adapters import images, storage
from app.adapters.received_files import ReceivedFile
from app.db.session import checkpoint, db
from app.enums import FileKind
from app.errors.base import InvalidRequest
from app.models import Course, Question, QuestionVersion, QuizAttempt
from app.models.caller import Actor
from app.models.file import File
from app.models.lesson import Lesson
from app.services.catalogue import courses
from app.services.content import files
from app.services.quizzes import questions
from app.services.quizzes.question_views import IMAGE_NAME, ManagedQuestion

LONGEST_SIDE = 1600

NONE = dict.fromkeys(questions.IMAGE)
"""The columns of a question without an image."""

KEPT_AFTER_EDIT = timedelta(hours=1)
"""How long the images of a quiz are kept after a change of its questions: an attempt that starts meanwhile may have one."""


class Picture(NamedTuple):
    """A re-encoded picture, with what it shows in words, and its size in pixels."""

    content: bytes
    alt: str
    width: int
    height: int


class StoredPicture(NamedTuple):
    picture: Picture
    file: ReceivedFile
    stored_as: str


def replace(actor: Actor, question_id: UUID, *, alt: str, file: bytes | None = None) -> ManagedQuestion:
    """Set the image of a question, or another text of the image that it has."""
    if file is None:
        return _describe(actor, question_id, alt)
    found = questions.get_managed(actor, question_id)
    lesson = db.session.get_one(Lesson, found.lesson_id)
    courses.refuse_under_review(db.session.get_one(Course, lesson.course_id))
    checkpoint()
    # Before anything is locked: re-encoding is slow, and the disk may be, too.
    with kept([draw(file, alt)]) as stored:
        files.lock_uploads_of(actor.id)
        course, question = questions.lock_question(actor, question_id)
        (changes,) = record_all(actor, lesson, stored)
        questions.change(actor, course, question, changes)
    return ManagedQuestion(question, actor)


def draw(content: bytes, alt: str) -> Picture:
    """Re-encode an uploaded picture. InvalidRequest: it is none, or too large."""
    picture = images.portrait(content, longest_side=LONGEST_SIDE)
    return Picture(picture, alt, *images.size_of(picture))


@contextmanager
def kept(pictures: Sequence[Picture]) -> Iterator[list[StoredPicture]]:
    """Store these while they are recorded; if that fails, they are removed."""
    with ExitStack() as opened:
        stored = []
        for picture in pictures:
            received = opened.enter_context(_received(picture.content))
            stored.append(StoredPicture(picture, received, opened.enter_context(files.kept(received))))
        yield stored


def record_all(actor: Actor, lesson: Lesson, stored: Sequence[StoredPicture]) -> list[dict[str, Any]]:
    """Record stored pictures within the quotas, see `files.record`, and return the columns of their questions."""
    return [
        {
            "image_id": files.record(actor, FileKind.QUESTION_IMAGE, lesson, file, stored_as).id,
            "image_alt": picture.alt,
            "image_width": picture.width,
            "image_height": picture.height,
        }
        for picture, file, stored_as in stored
    ]


def content_of(question: Question) -> bytes | None:
    """The image of a question, for an export."""
    stored_as = db.session.scalar(select(File.stored_as).where(File.id == question.image_id))
    return storage.read(stored_as) if question.image and stored_as else None


def remove(actor: Actor, question_id: UUID) -> ManagedQuestion:
    """Take the image off a question, if it has one."""
    course, question = questions.lock_question(actor, question_id)
    questions.change(actor, course, question, NONE)
    return ManagedQuestion(question, actor)


def delete_unused() -> bool:
    """Delete the images that no question shows, and no attempt. Whether there may be more."""
    shown = exists().where(Question.image_id == File.id, Question.deleted_at.is_(None))
    edited = exists().where(
        Question.lesson_id == File.lesson_id, Question.updated_at > func.now() - KEPT_AFTER_EDIT
    )
    attempted = (
        exists()
        .where(Question.lesson_id == File.lesson_id, QuestionVersion.question_id == Question.id)
        .where(QuestionVersion.content["image"]["id"].astext == cast(File.id, Text))
        .where(QuizAttempt.lesson_id == File.lesson_id, QuestionVersion.id == any_(QuizAttempt.version_ids))
    )
    unused = select(File.id).where(File.kind == FileKind.QUESTION_IMAGE, ~shown, ~edited, ~attempted)
    return files.remove_rows(File.id.in_(unused.limit(files.SWEPT_AT_ONCE))) == files.SWEPT_AT_ONCE


def _describe(actor: Actor, question_id: UUID, alt: str) -> ManagedQuestion:
    course, question = questions.lock_question(actor, question_id)
    if question.image is None:
        raise InvalidRequest(details={"file": ["Send a picture: the question has none yet."]})
    questions.change(actor, course, question, {"image_alt": alt})
    return ManagedQuestion(question, actor)


@contextmanager
def _received(picture: bytes) -> Iterator[ReceivedFile]:
    draft = storage.draft()
    try:
        with storage.refusing_when_full():
            draft.write(picture)
        yield ReceivedFile(draft, IMAGE_NAME, len(picture))
    finally:
        draft.close()
