"""Completion: an enrollment with every counted lesson completed becomes COMPLETED, with a certificate and notices.

It is set-based and idempotent: any number of enrollments take the same few statements, and each completes once however
many requests race. Required lessons count; where none is required, all do; a course without lessons is never completed.
The decision is made here alone; the percentages of `Enrollment` and `progress_read` follow the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Select,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningUpdate

from app.db.session import among, db, lock_name
from app.enums import EnrollmentStatus, PaymentStatus
from app.models import Certificate, Course, CourseVersion, Enrollment, Lesson, LessonProgress, User
from app.services.learning import certificates_pdf, enrollment_notices
from app.settings import settings

# The parameters of the statements below, which are built once.
_COURSE = bindparam("of_course", type_=Uuid())
_ENROLLMENTS = bindparam("of_enrollments", type_=ARRAY(Uuid()))


def settle(
    course_id: UUID,
    *,
    enrollment_ids: Sequence[UUID] | None = None,
    at: datetime | None = None,
    suppressed: str | None = None,
) -> list[UUID]:
    """Complete every ACTIVE enrollment of the course, or each of these, whose counted lessons are all completed.

    Certificates are dated by the completion, or by `at`. `suppressed` is the reason to record the notices and send none.
    """
    hold(course_id, enrollment_ids=enrollment_ids)
    return settle_held(course_id, enrollment_ids=enrollment_ids, at=at, suppressed=suppressed)


def hold(course_id: UUID, *, enrollment_ids: Sequence[UUID] | None = None) -> None:
    """Lock the enrollments that may complete, in id order, which avoids deadlocks.

    The decision is a later statement, so it sees the progress and payments that earlier holders of these locks have
    committed.
    """
    statement = _holding(of_all=enrollment_ids is None)
    db.session.execute(statement, _parameters(course_id, enrollment_ids))


def settle_held(
    course_id: UUID,
    *,
    enrollment_ids: Sequence[UUID] | None = None,
    at: datetime | None = None,
    suppressed: str | None = None,
) -> list[UUID]:
    """`settle` for enrollments that this transaction has locked already."""
    # The decision is a later statement: it sees a version of the course whose voiding this has waited for.
    lock_name(lock_of(course_id), is_shared=True)
    statement = _completing(settings().paid_enrollment, of_all=enrollment_ids is None)
    completed = db.session.scalars(statement, _parameters(course_id, enrollment_ids)).all()
    if completed:
        certificates_pdf.render_soon(_certify(completed, at))
        enrollment_notices.notify_completed(completed, suppressed=suppressed)
    return list(completed)


def lock_of(course_id: UUID) -> str:
    """The advisory lock that completions share, and that `renewals` holds exclusively."""
    return f"completions of {course_id}"


def counted_lessons(course_id: UUID | ColumnElement[UUID]) -> CTE:
    """The lessons that count towards completion: the required ones, or all where none is required."""
    present = (
        select(Lesson.id, Lesson.is_required, func.bool_or(Lesson.is_required).over().label("any_required"))
        .where(Lesson.course_id == course_id, Lesson.deleted_at.is_(None))
        .subquery()
    )
    return select(present.c.id).where(present.c.is_required == present.c.any_required).cte("counted")


def is_paid() -> ColumnElement[bool]:
    """The payment condition, by PAID_ENROLLMENT, under which an enrollment's lessons open and count."""
    return is_paid_under(settings().paid_enrollment)


def is_paid_under(paid_enrollment: str) -> ColumnElement[bool]:
    """`is_paid` under this value of the setting, for statements that are built once for each."""
    if paid_enrollment == "require":
        return Enrollment.payment_status != PaymentStatus.UNPAID
    return true()


def _parameters(course_id: UUID, enrollment_ids: Sequence[UUID] | None) -> dict[str, Any]:
    course: dict[str, Any] = {_COURSE.key: course_id}
    return course if enrollment_ids is None else {**course, _ENROLLMENTS.key: list(enrollment_ids)}


@cache
def _holding(*, of_all: bool) -> Select[int]:
    locked = (
        select(Enrollment.id)
        .where(_is_active(of_all=of_all))
        .order_by(Enrollment.id)
        .with_for_update(key_share=True)
        .subquery()
    )
    return select(func.count()).select_from(locked)


@cache
def _completing(paid_enrollment: str, *, of_all: bool) -> ReturningUpdate[UUID]:
    done = _done(of_all=of_all)
    return (
        update(Enrollment)
        .where(
            Enrollment.id == done.c.enrollment_id,
            _is_active(of_all=of_all),
            is_paid_under(paid_enrollment),
        )
        .values(
            status=EnrollmentStatus.COMPLETED,
            completed_at=func.greatest(done.c.latest, Enrollment.renewal_required_at),
            completion_number=Enrollment.completion_number + 1,
            renewal_required_at=None,
            course_version_id=CourseVersion.latest_of(_COURSE),
        )
        .returning(Enrollment.id)
        .execution_options(synchronize_session=False)
    )


def _is_active(*, of_all: bool) -> ColumnElement[bool]:
    ours = (Enrollment.course_id == _COURSE) & (Enrollment.status == EnrollmentStatus.ACTIVE)
    return ours if of_all else ours & (Enrollment.id == any_(_ENROLLMENTS))


def _done(*, of_all: bool) -> CTE:
    """Enrollments with every counted lesson completed, and the time of the latest.

    Materialized: where statistics say that the tables are empty, as after a bulk load, the planner would count again
    for each enrollment.
    """
    counted = counted_lessons(_COURSE)
    how_many = select(func.count()).select_from(counted).correlate(None).scalar_subquery()
    return (
        select(LessonProgress.enrollment_id, func.max(LessonProgress.completed_at).label("latest"))
        .join(counted, counted.c.id == LessonProgress.lesson_id)
        .join(Enrollment, Enrollment.id == LessonProgress.enrollment_id)
        .where(_is_active(of_all=of_all), LessonProgress.completed_at.is_not(None))
        .group_by(LessonProgress.enrollment_id)
        .having(func.count() == how_many)
        .cte("done")
        .prefix_with("MATERIALIZED")
    )


def _certify(enrollment_ids: Sequence[UUID], at: datetime | None) -> Sequence[UUID]:
    """Issue certificates with the current title, name and version, one for each completion; those that are new."""
    full_name = func.btrim(User.first_name + " " + User.last_name)
    issued_at = Enrollment.completed_at if at is None else literal(at)
    rows = (
        select(
            Enrollment.id,
            Enrollment.completion_number,
            Enrollment.course_version_id,
            Course.title,
            full_name,
            Enrollment.grade,
            issued_at,
        )
        .join(Course, Course.id == Enrollment.course_id)
        .join(User, User.id == Enrollment.user_id)
        .where(among(Enrollment.id, enrollment_ids))
    )
    columns = [
        "enrollment_id",
        "completion_number",
        "course_version_id",
        "course_title",
        "full_name",
        "grade",
        "issued_at",
    ]
    issued = (
        upsert(Certificate)
        .from_select(columns, rows)
        .on_conflict_do_nothing(constraint=Certificate.ONE_PER_COMPLETION)
        .returning(Certificate.id)
    )
    return db.session.scalars(issued).all()
