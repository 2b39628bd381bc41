"""Renewals: a version of a course makes the completions of earlier versions void, and their learners complete it again.

The enrollment is ACTIVE again, with a due date of its own and without a grade; progress in unchanged lessons stays. What
was completed is no less true: the former certificate stays verifiable and says that it is superseded, and the next
completion has a certificate of its own. Who has left the course since renews it if they come back. Set-based: the same
few statements for any number of learners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, text, update

from app.db.listings import Listing, ordered_by
from app.db.session import among, db, lock_name
from app.enums import AssignmentState, CourseAction, EnrollmentStatus, Mode, Redo
from app.errors.requests import PreconditionFailed
from app.models import Certificate, CourseVersion, Enrollment, User
from app.models.caller import Actor
from app.services.catalogue import course_versions, courses
from app.services.learning import completion, enrollment_notices
from app.values import days

MOST_AT_ONCE = 10_000
"""Completions that one request makes void; a larger set takes several, each of which says how many remain."""


@dataclass(frozen=True)
class Voiding:
    """A preview of what a version makes void, or what it has made void."""

    course_id: UUID
    version: int
    state: AssignmentState
    """PREVIEW or APPLIED"""
    affected: int
    remaining: int
    due_at: datetime | None
    plan_etag: str


# A lesson is done again if the version of the completion did not have it as the newest version has it, which the next
# certificate names. Where that leaves nothing that counts, or the version is unknown, all lessons are. What was done in it
# no longer counts: the mark, what was watched of its video, homework, and attempts at its quiz, also those in progress:
# they have the former questions, or were over before.
_REOPENED = text(
    """
    WITH held AS (
        SELECT id, course_version_id FROM enrollments WHERE id = ANY(:enrollment_ids)
    ),
    former AS (
        SELECT DISTINCT course_versions.id, course_versions.outline
        FROM held JOIN course_versions ON course_versions.id = held.course_version_id
    ),
    newest AS (
        SELECT outline FROM course_versions WHERE course_id = :course_id ORDER BY number DESC LIMIT 1
    ),
    present AS (
        SELECT id, is_required, bool_or(is_required) OVER () AS any_required
        FROM lessons WHERE course_id = :course_id AND deleted_at IS NULL
    ),
    changed AS (
        SELECT former.id AS version_id, present.id AS lesson_id, present.is_required = present.any_required AS is_counted
        FROM former CROSS JOIN present
        CROSS JOIN newest
        LEFT JOIN LATERAL jsonb_array_elements(newest.outline) AS new ON (new ->> 'id')::uuid = present.id
        LEFT JOIN LATERAL jsonb_array_elements(former.outline) AS old ON (old ->> 'id')::uuid = present.id
        WHERE (new ->> 'digest') IS DISTINCT FROM (old ->> 'digest')
    ),
    decisive AS (SELECT DISTINCT version_id FROM changed WHERE is_counted),
    again AS (
        SELECT held.id AS enrollment_id, present.id AS lesson_id
        FROM held CROSS JOIN present
        WHERE :all_lessons
            OR held.course_version_id IS NULL
            OR held.course_version_id NOT IN (SELECT version_id FROM decisive)
            OR (held.course_version_id, present.id) IN (SELECT version_id, lesson_id FROM changed)
    ),
    unscored AS (
        DELETE FROM quiz_scores USING again
        WHERE quiz_scores.enrollment_id = again.enrollment_id AND quiz_scores.lesson_id = again.lesson_id
    ),
    superseded AS (
        UPDATE quiz_attempts SET superseded_at = now() FROM again
        WHERE quiz_attempts.enrollment_id = again.enrollment_id AND quiz_attempts.lesson_id = again.lesson_id
            AND quiz_attempts.superseded_at IS NULL
    ),
    replaced AS (
        UPDATE submissions SET state = 'REPLACED' FROM again
        WHERE submissions.enrollment_id = again.enrollment_id AND submissions.lesson_id = again.lesson_id
            AND submissions.state <> 'REPLACED'
    )
    UPDATE lesson_progress SET completed_at = NULL, watched = '{}', watched_at = NULL, updated_at = now()
    FROM again
    WHERE lesson_progress.enrollment_id = again.enrollment_id AND lesson_progress.lesson_id = again.lesson_id
        AND (lesson_progress.completed_at IS NOT NULL OR lesson_progress.watched_at IS NOT NULL)
    """
)


def affected_by(admin: Actor, version_id: UUID, *, ordering: str) -> Listing:
    """The completions that this version would make void, with their learners."""
    version = course_versions.get_managed(admin, version_id)
    statement = (
        select(
            Enrollment.id.label("enrollment_id"),
            Enrollment.user_id,
            User.username,
            User.first_name,
            User.last_name,
            Enrollment.completed_at,
            CourseVersion.number.label("course_version"),
        )
        .join(User, User.id == Enrollment.user_id)
        .outerjoin(CourseVersion, CourseVersion.id == Enrollment.course_version_id)
        .where(*_is_void(version.course_id, version.number))
    )
    orderings: dict[str, Any] = {"completed_at": Enrollment.completed_at}
    return Listing(statement, ordered_by(ordering, orderings, Enrollment.id), columns=True)


def void(
    admin: Actor,
    version_id: UUID,
    *,
    mode: Mode = Mode.RUN,
    reason: str = "",
    due_at: datetime | None = None,
    due_in_days: int | None = None,
    redo: Redo = Redo.CHANGED,
    notify: bool = True,
    plan_etag: str | None = None,
) -> Voiding:
    """Make the completions of earlier versions void, up to 10,000 of them, or preview it.

    Deletions are held off and the course is locked first, as bulk runs do, and then its completions: one that is being
    made is waited for, and the next one names this version or a later one. A completion that another transaction has
    locked, for a grade or a payment, is not waited for, because that one may wait for the lock of the completions: it
    counts as remaining.
    """
    if due_in_days is not None:
        due_at = days.in_days(due_in_days, since=datetime.now(UTC))
    version = course_versions.get_managed(admin, version_id)
    if mode == Mode.PREVIEW:
        count, tag = _counted(version.course_id, version.number)
        return Voiding(version.course_id, version.number, AssignmentState.PREVIEW, count, count, due_at, tag)
    lock_name(User.DELETION, is_shared=True)
    course = courses.lock_managed(admin, version.course_id)
    lock_name(completion.lock_of(course.id))
    db.session.refresh(version, ["voided_at", "voided_by_id", "void_reason", "voided_completions"])
    count, tag = _counted(course.id, version.number)
    if plan_etag is not None and plan_etag != tag:
        raise PreconditionFailed("Other completions are affected by now: make a preview again.")
    hit = db.session.scalars(_hit(course.id, version.number)).all()
    if hit:
        _reopen(version, hit, due_at, redo)
        if notify:
            enrollment_notices.notify_renewal(hit)
    if version.voided_at is None:
        courses.record_change(course, admin, CourseAction.COMPLETIONS_VOIDED, notes=reason)
    _record(version, admin, reason, len(hit))
    remaining, tag = _counted(course.id, version.number)
    return Voiding(course.id, version.number, AssignmentState.APPLIED, len(hit), remaining, due_at, tag)


def _reopen(version: CourseVersion, hit: Sequence[UUID], due_at: datetime | None, redo: Redo) -> None:
    superseded = (
        update(Certificate)
        .where(
            among(Certificate.enrollment_id, hit),
            Certificate.superseded_at.is_(None),
        )
        .values(superseded_at=func.now())
        .execution_options(synchronize_session=False)
    )
    db.session.execute(superseded)
    values = {
        "enrollment_ids": list(hit),
        "course_id": version.course_id,
        "all_lessons": redo == Redo.ALL,
    }
    db.session.execute(_REOPENED, values)
    is_held = Enrollment.holds_seat()
    reopened = (
        update(Enrollment)
        .where(among(Enrollment.id, hit))
        .values(
            status=case((is_held, EnrollmentStatus.ACTIVE), else_=Enrollment.status),
            completed_at=None,
            renewal_required_at=func.now(),
            resume_lesson_id=None,
            grade=None,
            due_at=case((is_held, due_at), else_=Enrollment.due_at),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(reopened)


def _record(version: CourseVersion, admin: Actor, reason: str, count: int) -> None:
    """Who decided it first, and how many there were together."""
    version.voided_at = version.voided_at or func.now()
    version.voided_by_id = version.voided_by_id or admin.id
    version.void_reason = version.void_reason or reason
    version.voided_completions = CourseVersion.voided_completions + count
    db.session.flush()


def _counted(course_id: UUID, number: int) -> tuple[int, str]:
    """How many are affected, and a hash of who they are."""
    ordered = (
        select(Enrollment.id, Enrollment.completion_number)
        .join(User, User.id == Enrollment.user_id)
        .outerjoin(CourseVersion, CourseVersion.id == Enrollment.course_version_id)
        .where(*_is_void(course_id, number))
        .order_by(Enrollment.id)
        .subquery()
    )
    listed = func.string_agg(func.concat(ordered.c.id, ":", ordered.c.completion_number), ";")
    count, digest = db.session.execute(
        select(func.count(), func.md5(func.coalesce(listed, ""))).select_from(ordered)
    ).one()
    return count, f"{number}-{digest}"


def _hit(course_id: UUID, number: int) -> Select[UUID]:
    return (
        select(Enrollment.id)
        .join(User, User.id == Enrollment.user_id)
        .outerjoin(CourseVersion, CourseVersion.id == Enrollment.course_version_id)
        .where(*_is_void(course_id, number))
        .order_by(Enrollment.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(key_share=True, of=Enrollment, skip_locked=True)
    )


def _is_void(course_id: UUID, number: int) -> list[ColumnElement[bool]]:
    """Completed on an earlier version, or before there were versions, by a user who is not deleted.

    Who has completed the course and left it comes back to a completion that is as void as the others.
    """
    return [
        Enrollment.course_id == course_id,
        Enrollment.completed_at.is_not(None),
        User.deleted_at.is_(None),
        or_(CourseVersion.number.is_(None), CourseVersion.number < number),
    ]
