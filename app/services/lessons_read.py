"""Who reads what of the lessons: the outline whoever sees the course, the body whoever is entitled to it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, func, select

from app.db import db
from app.enums import CourseStatus
from app.errors import NotEnrolled, NotFound, PaymentRequired, Unauthenticated
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.lesson import Lesson
from app.models.section import Section
from app.models.user import User
from app.paging import Listing, SortKey
from app.services import completion, courses, lessons_outline, sections


def list_of_course(viewer: User | None, course_id: UUID) -> Listing:
    """The outline; `position` counts over the whole course."""
    course = courses.get_visible(viewer, course_id)
    place = func.row_number().over(order_by=(Section.position, Lesson.position))
    rows = (
        select(*lessons_outline.COLUMNS, Section.title.label("section_title"), place.label("position"))
        .join(Section, Section.id == Lesson.section_id)
        .where(Lesson.course_id == course.id, Lesson.deleted_at.is_(None))
        .subquery()
    )
    keys = [SortKey(rows.c.position), SortKey(rows.c.id)]
    return Listing(select(rows), keys, columns=True, total=course.lesson_count)


def list_of_section(viewer: User | None, section_id: UUID) -> Listing:
    """The outline of one section; `position` counts within it."""
    section = sections.get_visible(viewer, section_id)
    rows = select(*lessons_outline.COLUMNS, Lesson.position.label("position"))
    present = rows.where(Lesson.section_id == section.id, Lesson.deleted_at.is_(None))
    return Listing(present, [SortKey(Lesson.position), SortKey(Lesson.id)], columns=True)


def get_readable(viewer: User | None, lesson_id: UUID) -> Lesson:
    """The lesson with its body: to the owner, admins and the enrolled, and to everybody where it is a preview."""
    reader = and_(
        Enrollment.course_id == Course.id,
        Enrollment.user_id == (viewer.id if viewer else None),
        Enrollment.holds_seat(),
    )
    found = db.session.execute(
        select(Lesson, Course, Enrollment.id, completion.is_paid())
        .join(Course, Course.id == Lesson.course_id)
        .outerjoin(Enrollment, reader)
        .where(Lesson.id == lesson_id, Lesson.deleted_at.is_(None), Course.visible_to(viewer))
    ).one_or_none()
    if found is None:
        raise NotFound
    lesson, course, enrollment_id, is_paid = found
    if not _is_open(lesson, course, viewer):
        _refuse_without(viewer, enrollment_id, is_paid=is_paid)
    return lesson


def _is_open(lesson: Lesson, course: Course, viewer: User | None) -> bool:
    """Readable without an enrollment."""
    is_shown = lesson.is_preview and course.status == CourseStatus.PUBLISHED
    return is_shown or (viewer is not None and course.managed_by(viewer))


def _refuse_without(viewer: User | None, enrollment_id: UUID | None, *, is_paid: bool) -> None:
    if viewer is None:
        raise Unauthenticated
    if enrollment_id is None:
        raise NotEnrolled
    if not is_paid:
        raise PaymentRequired
