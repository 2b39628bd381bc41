"""Reading progress: the lessons of a course in order, each with the learner's progress in it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Integer, and_, func, select

from app.db.keyset import SortKey
from app.db.listings import Listing
from app.enums import EnrollmentStatus, FileKind
from app.errors.learning import NotEnrolled
from app.models import File, Lesson, LessonProgress, Section
from app.models.caller import Actor
from app.services.catalogue import courses
from app.services.learning import enrollments_read
from app.services.learning.enrollment_rows import EnrollmentRow


def get_enrollment(viewer: Actor, enrollment_id: UUID) -> EnrollmentRow:
    """An enrollment whose lessons the viewer may see. A learner who has left sees them while the course is visible to them."""
    enrollment = enrollments_read.get_visible(viewer, enrollment_id)
    if enrollment.user_id == viewer.id and enrollment.status == EnrollmentStatus.CANCELLED:
        courses.get_visible(viewer, enrollment.course_id)
    return enrollment


def list_of_enrollment(viewer: Actor, enrollment_id: UUID) -> Listing:
    """The progress of an enrollment, lesson by lesson."""
    enrollment = get_enrollment(viewer, enrollment_id)
    return _listing(enrollment.course_id, enrollment.id)


def list_own(user: Actor, ref: str | UUID) -> Listing:
    """The user's own progress in a course, lesson by lesson."""
    course = courses.get_visible(user, ref)
    enrollment = enrollments_read.get_held(user, course.id)
    if enrollment is None:
        raise NotEnrolled
    return _listing(course.id, enrollment.id)


def lessons_in_order(course_id: UUID | ColumnElement[UUID], enrollment_id: UUID | ColumnElement[UUID]) -> CTE:
    """Every lesson of the course. `position` counts over the whole course; `is_counted` lessons decide about completion."""
    progress = and_(LessonProgress.lesson_id == Lesson.id, LessonProgress.enrollment_id == enrollment_id)
    any_required = func.bool_or(Lesson.is_required).over()
    return (
        select(
            Lesson.id.label("lesson_id"),
            Lesson.section_id,
            Lesson.title,
            Lesson.type,
            func.row_number(type_=Integer)
            .over(order_by=(Section.position, Lesson.position))
            .label("position"),
            Lesson.is_required,
            (Lesson.is_required == any_required).label("is_counted"),
            LessonProgress.completed_at.is_not(None).label("is_completed"),
            LessonProgress.completed_at,
            func.coalesce(LessonProgress.position_seconds, 0).label("position_seconds"),
        )
        .join(Section, Section.id == Lesson.section_id)
        .outerjoin(LessonProgress, progress)
        .where(Lesson.course_id == course_id, Lesson.deleted_at.is_(None))
        .cte("lessons_in_order")
    )


def _listing(course_id: UUID, enrollment_id: UUID) -> Listing:
    lessons = lessons_in_order(course_id, enrollment_id)
    progress = and_(
        LessonProgress.lesson_id == lessons.c.lesson_id, LessonProgress.enrollment_id == enrollment_id
    )
    seen = func.coalesce(func.seconds_in(LessonProgress.watched, type_=Integer), 0)
    video = and_(File.lesson_id == lessons.c.lesson_id, File.kind == FileKind.LESSON_VIDEO)
    percent = func.least(100, 100 * seen / File.duration_seconds, type_=Integer)
    rows = (
        select(lessons, seen.label("watched_seconds"), percent.label("watched_percent"))
        .outerjoin(LessonProgress, progress)
        .outerjoin(File, video)
    )
    return Listing(rows, [SortKey(lessons.c.position), SortKey(lessons.c.lesson_id)], columns=True)
