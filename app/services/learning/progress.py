"""Progress through lessons: completed, not completed, watched up to a position.

Recording progress locks the enrollment's row first. Of concurrent requests about the last lessons, the later one sees
what the earlier one committed, so the course is completed exactly once.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, insert

from app.db.session import db
from app.db.statements import Statement, value_of
from app.enums import EnrollmentStatus
from app.errors.base import NotFound
from app.errors.learning import NotEnrolled, PaymentRequired, QuizNotPassed
from app.errors.requests import Unavailable
from app.models import Course, Enrollment, Lesson, LessonProgress
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.learning import (
    completion,
    enrollments_read,
    homework,
    lesson_order,
    progress_read,
    quiz_rule,
)
from app.services.learning.enrollment_rows import EnrollmentRow, count_lessons, select_shown
from app.settings import settings

# The parameters of the statements that record progress.
_USER = bindparam("user_id", type_=Uuid())
_LESSON = bindparam("lesson_id", type_=Uuid())
_COMPLETED = bindparam("completed", type_=Boolean())
_POSITION = bindparam("position_seconds", type_=Integer())
_WATCHED = bindparam("watched", type_=Text())
_MOMENT = func.coalesce(bindparam("at", type_=DateTime(timezone=True)), func.now())


def record(
    user: Actor,
    lesson_id: UUID,
    *,
    completed: bool | None = None,
    position_seconds: int | None = None,
    at: datetime | None = None,
    watched: str | None = None,
    may_complete: bool = False,
) -> EnrollmentRow:
    """Mark a lesson completed or not, or store the position. The last counted lesson completes the course.

    :param watched: what was watched of its video, as the database writes it; from `watching`, which locks the enrollment
    :param may_complete: whether to complete the lesson, unless an earlier one comes first
    """
    values = {
        "user_id": user.id,
        "lesson_id": lesson_id,
        "completed": completed,
        "position_seconds": position_seconds,
        "at": at,
        "watched": watched,
    }
    rules = settings().paid_enrollment, settings().homework_completes
    if not may_complete:
        # What completes no course, as most requests, is one message.
        row = _writing(*rules, leaves_some=True).commit_first(LOCKING, values)
        if row is not None:
            return row
    statement = _writing(*rules)
    row = statement.first_behind(LOCKING, {**values, "completed": True}) if may_complete else None
    if row is None:
        row = statement.first_behind(LOCKING, values)
    if row is None:
        _refuse(user, lesson_id, completed=bool(completed))
    return _settled(row, at)


def complete(user: Actor, lesson_id: UUID, *, at: datetime | None = None) -> EnrollmentRow:
    """Mark a lesson completed. Idempotent."""
    return record(user, lesson_id, completed=True, at=at)


def complete_held(user: Actor, lesson_id: UUID) -> None:
    """Complete a lesson of an enrollment that this transaction has locked, unless an earlier lesson is missing."""
    values = {
        "user_id": user.id,
        "lesson_id": lesson_id,
        "completed": True,
        "position_seconds": None,
        "at": None,
        "watched": None,
    }
    row = _writing(settings().paid_enrollment, settings().homework_completes).first(values)
    if row is not None:
        _settled(row, None)


def _settled(row: EnrollmentRow, at: datetime | None) -> EnrollmentRow:
    """The enrollment after its progress was written: completed, if all that counts is done."""
    total = row.total_lessons
    if row.status != EnrollmentStatus.ACTIVE or not total or row.completed_lessons < total:
        return row
    completion.settle_held(row.course_id, enrollment_ids=[row.id], at=at)
    return enrollments_read.reread(row.id)


def _refuse(user: Actor, lesson_id: UUID, *, completed: bool) -> NoReturn:
    """Raise what keeps the user from recording progress in this lesson."""
    found = db.session.execute(
        select(
            Enrollment.id,
            Enrollment.course_id,
            Course.enforce_order,
            completion.is_paid(),
            Lesson.type,
            quiz_rule.is_open_to_marking(Enrollment.id, Lesson.id, Lesson.type),
        )
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(Enrollment.user_id == user.id, Enrollment.holds_seat())
    ).one_or_none()
    if found is None:
        refuse_outsider(user, lesson_id)
    enrollment_id, course_id, enforce_order, is_paid, lesson_type, is_open_to_marking = found
    if not is_paid:
        raise PaymentRequired
    if completed and enforce_order:
        lesson_order.refuse_skipping(course_id, enrollment_id, lesson_id)
    if completed and not is_open_to_marking:
        raise QuizNotPassed
    if completed:
        homework.refuse_unfinished(enrollment_id, lesson_id, lesson_type)
    # What refused the request has been changed since: the author deleted or moved lessons at this moment.
    raise Unavailable


def refuse_outsider(user: Actor, lesson_id: UUID) -> NoReturn:
    """Raise why a user without an enrollment that holds a seat cannot work on this lesson."""
    found = select(Lesson.course_id).where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None))
    course_id = db.session.scalar(found)
    if course_id is None:
        raise NotFound
    courses.get_visible(user, course_id)
    raise NotEnrolled


# Concurrent requests about lessons of one enrollment are served one after the other.
LOCKING: Statement[UUID] = Statement(
    lambda: (
        select(Enrollment.id)
        .join(Lesson, Lesson.course_id == Enrollment.course_id)
        .where(Enrollment.user_id == _USER, Lesson.id == _LESSON)
        .with_for_update(key_share=True, of=Enrollment)
    ),
    value_of,
)


@cache
def _writing(
    paid_enrollment: str, homework_completes: str, *, leaves_some: bool = False
) -> Statement[EnrollmentRow]:
    return Statement(
        lambda: _write(paid_enrollment, homework_completes, leaves_some=leaves_some), EnrollmentRow
    )


def _write(paid_enrollment: str, homework_completes: str, *, leaves_some: bool) -> Select[*tuple[Any, ...]]:
    """Write the progress, the visit and the lesson to resume at, and return the enrollment as it is shown.

    No row is returned, and nothing is written, where the request is refused.

    :param leaves_some: nor where the course would be completed by it
    """
    learner = _learner(paid_enrollment)
    course_id, enrollment_id = (
        select(column).scalar_subquery() for column in (learner.c.course_id, learner.c.id)
    )
    lessons = progress_read.lessons_in_order(course_id, enrollment_id)
    is_here = lessons.c.lesson_id == _LESSON
    is_done = case((and_(is_here, _COMPLETED.is_not(None)), _COMPLETED), else_=lessons.c.is_completed)
    is_left = exists(select(lessons.c.lesson_id).where(lessons.c.is_counted, ~is_done))
    allowed = (
        select(learner.c.id)
        .where(
            or_(
                ~func.coalesce(_COMPLETED, false()),
                lesson_order.was_completed(lessons, _LESSON),
                _may_be_completed(learner, lessons, homework_completes),
            ),
            or_(learner.c.status != EnrollmentStatus.ACTIVE, is_left) if leaves_some else true(),
        )
        .cte("allowed")
    )
    visited = _visit(allowed, lessons, is_done)
    counts = select(count_lessons(lessons.c.is_required, is_done)).scalar_subquery()
    return select_shown(held=visited.c, counts=counts).add_cte(_upsert(allowed))


def _learner(paid_enrollment: str) -> CTE:
    """The user's enrollment, where the lesson and the course are there and the enrollment is paid as the setting says."""
    return (
        select(Enrollment.id, Enrollment.course_id, Enrollment.status, Course.enforce_order, Lesson.type)
        .join(Course, Course.id == Enrollment.course_id)
        .join(Lesson, Lesson.course_id == Course.id)
        .where(Lesson.id == _LESSON, Lesson.deleted_at.is_(None), Course.deleted_at.is_(None))
        .where(
            Enrollment.user_id == _USER, Enrollment.holds_seat(), completion.is_paid_under(paid_enrollment)
        )
        .cte("learner")
    )


def _may_be_completed(learner: CTE, lessons: CTE, homework_completes: str) -> ColumnElement[bool]:
    """Whether no earlier lesson is missing in a course in order, and what the lesson itself demands is done."""
    is_next = ~exists(select(lessons.c.lesson_id).where(lesson_order.is_missing_before(lessons, _LESSON)))
    return and_(
        or_(~learner.c.enforce_order, is_next),
        quiz_rule.is_open_to_marking(learner.c.id, _LESSON, learner.c.type),
        homework.may_be_completed(learner.c.type, learner.c.id, _LESSON, homework_completes),
    )


def _upsert(allowed: CTE) -> CTE:
    """The row of this enrollment and lesson. What is not in the request stays as it is."""
    row = {
        "enrollment_id": allowed.c.id,
        "lesson_id": _LESSON,
        "completed_at": case((_COMPLETED, _MOMENT)),
        "position_seconds": func.coalesce(_POSITION, 0),
        "watched": cast(func.coalesce(_WATCHED, "{}"), INT4MULTIRANGE),
        "watched_at": case((_WATCHED.is_not(None), func.now())),
    }
    made = insert(LessonProgress).from_select(list(row), select(*row.values()))
    completed_at = case(
        (_COMPLETED.is_(None), LessonProgress.completed_at),
        (_COMPLETED, func.coalesce(LessonProgress.completed_at, _MOMENT)),
    )
    written = made.on_conflict_do_update(
        index_elements=[LessonProgress.enrollment_id, LessonProgress.lesson_id],
        set_={
            "completed_at": completed_at,
            "position_seconds": func.coalesce(_POSITION, LessonProgress.position_seconds),
            "watched": func.coalesce(cast(_WATCHED, INT4MULTIRANGE), LessonProgress.watched),
            "watched_at": case((_WATCHED.is_not(None), func.now()), else_=LessonProgress.watched_at),
            "updated_at": func.now(),
        },
    )
    return written.returning(LessonProgress.lesson_id).cte("written")


def _visit(allowed: CTE, lessons: CTE, is_done: ColumnElement[bool]) -> CTE:
    """Store the visit, and the lesson to resume at: the next one from here that is not completed, else the first."""
    here = lessons.alias("visited")
    place = select(here.c.position).where(here.c.lesson_id == _LESSON).scalar_subquery()
    following = (
        select(lessons.c.lesson_id)
        .where(~is_done)
        .order_by(lessons.c.position < place, lessons.c.position)
        .limit(1)
        .scalar_subquery()
    )
    return (
        update(Enrollment)
        .where(Enrollment.id == allowed.c.id)
        .values(last_accessed=_MOMENT, resume_lesson_id=following)
        .returning(*Enrollment.__table__.columns)
        .cte("visited_enrollment")
    )
