"""Demo data beside the records: the demo people, and a few rows of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from app.adapters import passwords
from app.db.session import db
from app.enums import CourseStatus, LessonType, Level
from app.models.lesson import Lesson
from app.models.user import User
from app.services.assigning import assignments
from app.services.catalogue import courses_workflow, courses_write
from app.services.catalogue.courses_read import CoursePage
from app.services.content import lessons
from app.services.learning import enrolling, progress, reviews
from app.services.people import users
from app.values.people import People
from app.values.terms import Terms
from demo.load import person, was_assigned
from demo.people import ADMIN, INSTRUCTORS, PASSWORD, PEOPLE, STUDENTS
from demo.turns import Load, writing

_COURSE = "Fire safety at work"
_WAITING = "Negotiating with care"
_REASON = "Yearly training"


def invite_people() -> None:
    """The nine people, once."""
    with writing():
        names = [each.name for each in PEOPLE]
        if db.session.scalar(select(User.id).where(User.username.in_(names)).limit(1)) is not None:
            return
        users.ensure_admin(
            email=ADMIN.email,
            password=PASSWORD,
            username=ADMIN.name,
            first_name=ADMIN.first_name,
            last_name=ADMIN.last_name,
        )
        for each in PEOPLE:
            if each.email != ADMIN.email:
                users.create(
                    email=each.email,
                    username=each.name,
                    first_name=each.first_name,
                    last_name=each.last_name,
                    role=each.role,
                    password=PASSWORD,
                )


def logins() -> list[User]:
    """The demo people who can still log in with the initial password, in their order."""
    addresses = [each.email for each in PEOPLE]
    able = db.session.scalars(select(User).where(func.lower(User.email).in_(addresses), User.can_log_in()))
    known = [user for user in able if passwords.matches(PASSWORD, user.password_hash)]
    return sorted(known, key=lambda user: addresses.index(user.email.lower()))


def seed(run: Load) -> None:
    """A course of today with people at every stage, and one that waits for a decision; once."""
    with run.transaction():
        if was_assigned(_REASON):
            return
        admin = person(ADMIN.email)
        instructor, second, *_ = (person(each.email) for each in INSTRUCTORS)
        course, written = _write_course(
            instructor, _COURSE, "What to do before, during and after a fire.", total_seats=4
        )
        courses_workflow.review(
            admin, course.id, status=CourseStatus.PUBLISHED, review_notes="Short and to the point."
        )
        _write_course(second, _WAITING, "Listening first, asking second.", price=Decimal("49.00"))
        _begin_learning(admin, course, written)


def _write_course(owner: User, title: str, about: str, **fields: Any) -> tuple[CoursePage, list[Lesson]]:
    """A course with three lessons, submitted for a decision."""
    course = courses_write.create(owner, title=title, short_description=about, level=Level.BEGINNER, **fields)
    written = lessons.create_many(
        owner,
        course_id=course.id,
        lessons=[
            {
                "title": "Welcome",
                "type": LessonType.TEXT,
                "content": f"**{title}.** {about}",
                "is_preview": True,
            },
            {"title": "The essentials", "type": LessonType.TEXT, "content": "1. Look.\n2. Think.\n3. Act."},
            {"title": "Further reading", "type": LessonType.RESOURCE, "is_required": False},
        ],
    )
    courses_workflow.submit(owner, course.id)
    return course, written


def _begin_learning(admin: User, course: CoursePage, written: list[Lesson]) -> None:
    """One has finished and says so, one has begun, one was assigned with a due date; a seat is left."""
    first, second, third, *_ = (person(each.email) for each in STUDENTS)
    welcome, essentials, _ = (lesson.id for lesson in written)
    enrolling.enroll(first, course.id)
    progress.complete(first, welcome)
    progress.complete(first, essentials)
    reviews.write(first, course.id, rating=5, comment="Short, and now I know where the exits are.")
    enrolling.enroll(second, course.id)
    progress.complete(second, welcome)
    assignments.assign(
        admin,
        course.id,
        People(emails=[third.email]),
        Terms(due_at=datetime.now(UTC) + timedelta(days=14)),
        reason=_REASON,
    )
