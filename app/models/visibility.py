"""Row-level access: which rows a viewer may see, as conditions for WHERE.

Lists and single reads use the same condition, so that a row which is missing in a list is 404 by its address as well. A
viewer of None is not logged in.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, true

from app.enums import Channel, CourseStatus, NoticeState
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.models.category import Category
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.instructor_request import InstructorRequest
from app.models.notice import Notice
from app.models.submission import Submission


def category_visible_to(viewer: Actor | None) -> ColumnElement[bool]:
    """Active categories; inactive ones to admins."""
    return or_(Category.is_active, literal(viewer is not None and viewer.is_admin))


def course_visible_to(viewer: Actor | None) -> ColumnElement[bool]:
    """Published courses, one's own, and those one is enrolled in; to admins all but the deleted."""
    present = Course.deleted_at.is_(None)
    if viewer is None:
        return and_(present, Course.status == CourseStatus.PUBLISHED)
    if viewer.is_admin:
        return present
    return and_(
        present,
        or_(
            Course.status == CourseStatus.PUBLISHED,
            Course.instructor_id == viewer.id,
            course_held_by(viewer),
        ),
    )


def course_listed_to(viewer: Actor | None) -> ColumnElement[bool]:
    """What the catalogue shows: published courses and one's own; to admins all but the deleted."""
    present = Course.deleted_at.is_(None)
    if viewer is None:
        return and_(present, Course.status == CourseStatus.PUBLISHED)
    if viewer.is_admin:
        return present
    return and_(present, or_(Course.status == CourseStatus.PUBLISHED, Course.instructor_id == viewer.id))


def course_held_by(viewer: Actor) -> ColumnElement[bool]:
    """The viewer has an ACTIVE or COMPLETED enrollment in the course."""
    held = and_(Enrollment.user_id == viewer.id, Enrollment.holds_seat())
    # Enrollments of the enclosing query, if it has any, are others than these.
    return exists().where(Enrollment.course_id == Course.id, held).correlate_except(Enrollment)


def enrollment_visible_to(viewer: Actor) -> ColumnElement[bool]:
    """One's own, those of the courses one teaches, and all to admins, who alone see those whose run was undone."""
    if viewer.is_admin:
        return true()
    is_theirs = or_(Enrollment.user_id == viewer.id, Enrollment.course.has(Course.instructor_id == viewer.id))
    return and_(Enrollment.is_begun(), is_theirs)


def submission_visible_to(viewer: Actor) -> ColumnElement[bool]:
    """One's own, those for the courses one teaches, and all to admins."""
    taught = exists().where(Course.id == Submission.course_id, Course.instructor_id == viewer.id)
    return true() if viewer.is_admin else or_(Submission.user_id == viewer.id, taught)


def assignment_visible_to(viewer: Actor) -> ColumnElement[bool]:
    """One's own runs; all of them to admins, whose ledgers hold what an instructor may not know.

    A preview is visible until it expires.
    """
    present = or_(Assignment.expires_at.is_(None), Assignment.expires_at > func.now())
    return present if viewer.is_admin else and_(present, Assignment.created_by_id == viewer.id)


def assignment_owned_by(viewer: Actor) -> ColumnElement[bool]:
    """The same, also after it has expired: for actions that say so."""
    return true() if viewer.is_admin else Assignment.created_by_id == viewer.id


def quiz_attempt_visible_to(viewer: Actor) -> ColumnElement[bool]:
    """One's own attempts, those in the courses one teaches, and all to admins. For statements with both rows joined."""
    is_theirs = or_(Enrollment.user_id == viewer.id, Course.instructor_id == viewer.id)
    return true() if viewer.is_admin else and_(is_theirs, Enrollment.is_begun())


def instructor_request_visible_to(viewer: Actor) -> ColumnElement[bool]:
    """One's own; all of them to admins."""
    return true() if viewer.is_admin else InstructorRequest.user_id == viewer.id


def notification_visible_to(reader: Actor) -> ColumnElement[bool]:
    """The reader's own notices in the app. Admins have no access to the notifications of others."""
    return and_(
        Notice.user_id == reader.id, Notice.channel == Channel.IN_APP, Notice.state == NoticeState.SENT
    )
