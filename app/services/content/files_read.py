"""Access to files: for those who may read the lesson; the work of a learner for its author and the course's instructor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, exists, or_, select

from app.db.session import db
from app.db.statements import Statement
from app.enums import CourseStatus, FileKind, Role
from app.errors.base import NotFound
from app.models.caller import Actor
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.file import File
from app.models.lesson import Lesson
from app.models.user import User
from app.services.catalogue import courses
from app.services.content import file_links, lessons_read
from app.services.content.file_links import LinkedFile
from app.services.learning import completion
from app.settings import settings

_FILE, _READER = bindparam("file_id", type_=Uuid()), bindparam("reader_id", type_=Uuid())


@dataclass(slots=True)
class Delivery:
    """What is needed to send a file."""

    stored_as: str
    name: str
    media_type: str
    size: int
    created_at: datetime


def get_linked(viewer: Actor | None, file_id: UUID) -> LinkedFile:
    """A file with a link for the viewer, who may read it."""
    file = db.session.get(File, file_id)
    if file is None:
        raise NotFound
    lessons_read.get_readable(viewer, file.lesson_id)
    if file.kind == FileKind.SUBMISSION_FILE:
        _check_submission(viewer, file)
    if file.kind == FileKind.QUESTION_IMAGE and (viewer is None or not _manages(viewer, file.course_id)):
        # Learners get it with the question, in an attempt.
        raise NotFound
    return file_links.linked(file, viewer)


def find_delivery(reader_id: UUID | None, file_id: UUID) -> Delivery | None:
    """The file, if the user may read it at this moment: the rule of `get_linked`, in one statement."""
    statement = _delivering(settings().paid_enrollment)
    return statement.first({"file_id": file_id, "reader_id": reader_id})


def _check_submission(viewer: Actor | None, file: File) -> None:
    """Other learners do not see that there is a submission, in a preview lesson neither."""
    if viewer is None or (file.uploaded_by_id != viewer.id and not _manages(viewer, file.course_id)):
        raise NotFound


def _manages(viewer: Actor, course_id: UUID) -> bool:
    return courses.get_visible(viewer, course_id).managed_by(viewer)


@cache
def _delivering(paid_enrollment: str) -> Statement[Delivery]:
    return Statement(lambda: _select(paid_enrollment), Delivery)


def _select(paid_enrollment: str) -> Select[*tuple[Any, ...]]:
    """The reader may have been deactivated, or have left the course, since the link was made."""
    is_submission = File.kind == FileKind.SUBMISSION_FILE
    is_manager = or_(User.role == Role.ADMIN, Course.instructor_id == User.id)
    is_learner = exists().where(
        Enrollment.course_id == Course.id,
        Enrollment.user_id == User.id,
        Enrollment.holds_seat(),
        completion.is_paid_under(paid_enrollment),
    )
    is_open = and_(
        Lesson.is_preview,
        Course.status == CourseStatus.PUBLISHED,
        File.kind.in_((FileKind.LESSON_FILE, FileKind.LESSON_VIDEO)),
    )
    is_own = or_(~is_submission, File.uploaded_by_id == User.id)
    return (
        select(File.stored_as, File.name, File.media_type, File.size, File.created_at)
        .join(Lesson, Lesson.id == File.lesson_id)
        .join(Course, Course.id == File.course_id)
        .outerjoin(User, and_(User.id == _READER, User.is_active))
        .where(File.id == _FILE, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(
            or_(and_(is_open, _READER.is_(None) | User.id.is_not(None)), is_manager, and_(is_learner, is_own))
        )
    )
