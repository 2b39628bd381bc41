"""Images of questions: re-encoded, within the quotas, and kept as long as a question or an attempt shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
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

KEPT_AFTER_EDIT = timedelta(hours=1)
"""How long the images of a quiz are kept after a change of its questions: an attempt that starts meanwhile may have one."""


def replace(actor: Actor, question_id: UUID, *, alt: str, file: bytes | None = None) -> ManagedQuestion:
    """Set the image of a question, or another text of the image that it has."""
    if file is None:
        return _describe(actor, question_id, alt)
    found = questions.get_managed(actor, question_id)
    lesson = db.session.get_one(Lesson, found.lesson_id)
    courses.refuse_under_review(db.session.get_one(Course, lesson.course_id))
    checkpoint()
    # Before anything is locked: re-encoding is slow, and the disk may be, too.
    picture = images.portrait(file, longest_side=LONGEST_SIDE)
    width, height = images.size_of(picture)
    with _received(picture) as received, files.kept(received) as stored_as:
        files.lock_uploads_of(actor.id)
        course, question = questions.lock_question(actor, question_id)
        row = files.record(actor, FileKind.QUESTION_IMAGE, lesson, received, stored_as)
        changes = {"image_id": row.id, "image_alt": alt, "image_width": width, "image_height": height}
        questions.change(actor, course, question, changes)
    return ManagedQuestion(question, actor)


def remove(actor: Actor, question_id: UUID) -> ManagedQuestion:
    """Take the image off a question, if it has one."""
    course, question = questions.lock_question(actor, question_id)
    questions.change(actor, course, question, dict.fromkeys(questions.IMAGE))
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
