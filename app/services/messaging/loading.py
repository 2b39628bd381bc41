"""Loading options: what the wording of notices reads, and no other columns.

Functions, because options are made when a statement is. Lists of notices mix kinds, so a statement loads what any of
them reads.
"""

from __future__ import annotations

from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from app.models.certificate import Certificate
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.enrollment import Enrollment
from app.models.instructor_request import InstructorRequest
from app.models.lesson import Lesson
from app.models.notice import Notice
from app.models.submission import Submission
from app.models.user import User

NAMES = (User.first_name, User.last_name, User.username)


def recipient() -> ORMOption:
    return joinedload(Notice.user).load_only(
        User.email, *NAMES, User.is_active, User.email_verified, User.password_hash
    )


def named() -> tuple[ORMOption, ORMOption]:
    """The recipient and the course by their names, for the admins' list."""
    return (
        joinedload(Notice.user).load_only(*NAMES),
        joinedload(Notice.course).load_only(Course.title, Course.code, Course.slug),
    )


def course() -> ORMOption:
    return joinedload(Notice.course).load_only(
        Course.title, Course.code, Course.slug, Course.instructor_id, Course.deleted_at
    )


def enrollment() -> ORMOption:
    return joinedload(Notice.enrollment).load_only(
        Enrollment.user_id, Enrollment.due_at, Enrollment.status, Enrollment.completed_at
    )


def learner() -> ORMOption:
    return joinedload(Notice.enrollment).joinedload(Enrollment.user).load_only(*NAMES)


def certificate() -> ORMOption:
    return joinedload(Notice.certificate).load_only(Certificate.number)


def change() -> ORMOption:
    return joinedload(Notice.change).load_only(CourseChange.action, CourseChange.notes, CourseChange.fields)


def request() -> ORMOption:
    return joinedload(Notice.request).load_only(
        InstructorRequest.status, InstructorRequest.reason, InstructorRequest.review_notes
    )


def applicant() -> ORMOption:
    return joinedload(Notice.request).joinedload(InstructorRequest.user).load_only(*NAMES)


def submission() -> ORMOption:
    graded = joinedload(Notice.submission)
    return graded.load_only(Submission.points, Submission.max_points, Submission.feedback)


def submitted_lesson() -> ORMOption:
    return joinedload(Notice.submission).joinedload(Submission.lesson).load_only(Lesson.title)


def email_change() -> ORMOption:
    return joinedload(Notice.email_change)
