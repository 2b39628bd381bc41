"""Enrolling oneself: one statement behind the course's row lock.

It decides, takes the seat, writes the enrollment and returns what the response shows. So the last seat goes to exactly
one of any number of concurrent requests, and the counter always equals the seats held.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.db.session import db
from app.db.statements import Statement, value_of
from app.enums import CourseStatus, EnrollmentStatus, Source
from app.errors.base import Unauthenticated
from app.errors.learning import AdmissionClosed, AlreadyEnrolled, CourseFull, CourseNotOpen, OwnCourse
from app.models import Course, Enrollment, User
from app.models.caller import Actor
from app.models.course_name import CourseName
from app.services.catalogue import courses
from app.services.learning import completion, enrollments_read, payments
from app.services.learning.enrollment_rows import EnrollmentRow, select_shown
from app.values import days
from app.values.identifiers import as_id

_USER = bindparam("user_id", type_=Uuid())
_MOMENT = func.coalesce(bindparam("at", type_=DateTime(timezone=True)), func.now())
_TODAY = bindparam("today", type_=Date())


def enroll(student: Actor, course_id: str | UUID, *, at: datetime | None = None) -> EnrollmentRow:
    """Enroll, or reactivate a cancelled enrollment, which keeps its progress and `enrolled_at`."""
    wanted_id = as_id(course_id)
    values = {
        "user_id": student.id,
        "course_id": wanted_id,
        "name": CourseName.spelled(str(course_id)),
        "at": at,
        "today": days.today(at),
    }
    is_by_id = wanted_id is not None
    row = _writing(is_by_id=is_by_id).first_behind(_locking(is_by_id=is_by_id), values)
    if row is None:
        _refuse(student, course_id, at)
    if row.reactivated_at is None:
        return row
    # A reactivated enrollment may have every counted lesson completed by now.
    completed = completion.settle_held(row.course_id, enrollment_ids=[row.id])
    return enrollments_read.reread(row.id) if completed else row


def _refuse(student: Actor, ref: str | UUID, at: datetime | None) -> NoReturn:
    """Raise what keeps them from enrolling. The locks are held, so it is still true."""
    course = courses.get_visible(student, ref)
    if db.session.scalar(select(User.id).where(User.id == student.id, User.deleted_at.is_(None))) is None:
        raise Unauthenticated
    if course.instructor_id == student.id:
        raise OwnCourse("You are the instructor of this course: you cannot enroll in it.")
    if course.status != CourseStatus.PUBLISHED:
        raise CourseNotOpen
    held = enrollments_read.get_held(student, course.id)
    if held is not None:
        raise AlreadyEnrolled(
            "You are already enrolled in this course.", details={"enrollment_id": [str(held.id)]}
        )
    if course.admission_deadline is not None and days.today(at) > course.admission_deadline:
        raise AdmissionClosed
    raise CourseFull


@cache
def _locking(*, is_by_id: bool) -> Statement[UUID]:
    """Lock the account against deletion, which cancels only the enrollments that it sees, and then the course's row."""

    def build() -> Select[UUID]:
        account = select(User.id).where(User.id == _USER).with_for_update(read=True)
        held = account.cte("account").prefix_with("MATERIALIZED")
        course = (
            select(Course.id)
            .select_from(held)
            .join(Course, true())
            .where(Course.id == _wanted(is_by_id=is_by_id))
        )
        return course.with_for_update(key_share=True, of=Course)

    return Statement(build, value_of)


@cache
def _writing(*, is_by_id: bool) -> Statement[EnrollmentRow]:
    return Statement(lambda: _write(_take_seat(is_by_id=is_by_id)), EnrollmentRow)


def _wanted(*, is_by_id: bool) -> ColumnElement[UUID]:
    if is_by_id:
        return bindparam("course_id", type_=Uuid())
    return CourseName.select_named(bindparam("name", type_=Text()))


def _take_seat(*, is_by_id: bool) -> CTE:
    """The course's row with one seat more taken, if the user may join it."""
    has_seat = or_(Course.total_seats.is_(None), Course.enrollment_count < Course.total_seats)
    is_there = exists().where(User.id == _USER, User.deleted_at.is_(None))
    is_held = exists().where(
        Enrollment.course_id == Course.id, Enrollment.user_id == _USER, Enrollment.holds_seat()
    )
    return (
        update(Course)
        .where(
            Course.id == _wanted(is_by_id=is_by_id),
            Course.deleted_at.is_(None),
            Course.status == CourseStatus.PUBLISHED,
            Course.instructor_id != _USER,
            or_(Course.admission_deadline.is_(None), Course.admission_deadline >= _TODAY),
            has_seat,
            is_there,
            ~is_held,
        )
        # Taking a seat is no edit of the course.
        .values(enrollment_count=Course.enrollment_count + 1, updated_at=Course.updated_at)
        .returning(Course.id, Course.price, Course.currency)
        .cte("seat")
    )


def _write(seat: CTE) -> Select[*tuple[Any, ...]]:
    """Insert or reactivate the enrollment, and return it as it is shown."""
    price = payments.of(seat.c.price, seat.c.currency)
    row = {
        "course_id": seat.c.id,
        "user_id": _USER,
        "source": literal(Source.SELF.value),
        "enrolled_at": _MOMENT,
        **price,
    }
    made = insert(Enrollment).from_select(list(row), select(*row.values()))
    is_unfinished, is_begun = Enrollment.completed_at.is_(None), Enrollment.is_begun()
    written = made.on_conflict_do_update(
        constraint=Enrollment.ONE_PER_PERSON,
        where=Enrollment.status == EnrollmentStatus.CANCELLED,
        set_={
            "status": case(
                (is_unfinished, EnrollmentStatus.ACTIVE.value), else_=EnrollmentStatus.COMPLETED.value
            ),
            "source": made.excluded.source,
            "assigned_by": null(),
            "due_at": null(),
            # What was undone counts as never begun.
            "enrolled_at": case((is_begun, Enrollment.enrolled_at), else_=_MOMENT),
            "reactivated_at": case((is_begun, _MOMENT)),
            "cancelled_at": null(),
            "cancellation_reason": null(),
            **payments.keeping_paid({name: made.excluded[name] for name in price}),
        },
    )
    held = written.returning(*Enrollment.__table__.columns).cte("held")
    return select_shown(held=held.c)
