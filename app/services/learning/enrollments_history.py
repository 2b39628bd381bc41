"""Backdated changes of enrollments, for imports from another system.

The learners have been assigned already; each then gets the dates, cancellation and grade that the other system has
recorded. Each function is one set-based statement for any number of enrollments.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text

from app.db.session import db
from app.enums import Grade

_ENROLLED = text(
    """
    UPDATE enrollments SET enrolled_at = given.moment
    FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS timestamptz[])) AS given (enrollment_id, moment)
    WHERE enrollments.id = given.enrollment_id AND enrollments.course_id = :course_id
    """
)

_CANCELLED = text(
    """
    WITH cancelled AS (
        UPDATE enrollments SET status = 'CANCELLED', cancelled_at = given.moment
        FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS timestamptz[])) AS given (enrollment_id, moment)
        WHERE enrollments.id = given.enrollment_id AND course_id = :course_id AND status = 'ACTIVE'
        RETURNING enrollments.id
    )
    UPDATE courses SET enrollment_count = enrollment_count - (SELECT count(*) FROM cancelled)
    WHERE id = :course_id
    """
)

_GRADED = text(
    """
    UPDATE enrollments SET grade = given.grade
    FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS text[])) AS given (enrollment_id, grade)
    WHERE enrollments.id = given.enrollment_id AND course_id = :course_id AND status <> 'CANCELLED'
    """
)


def backdate(course_id: UUID, moments: Mapping[UUID, datetime]) -> None:
    """Set `enrolled_at` of these enrollments."""
    _apply(_ENROLLED, course_id, moments)


def cancel(course_id: UUID, moments: Mapping[UUID, datetime]) -> None:
    """Cancel the ACTIVE ones among these enrollments as of their moments, and free their seats."""
    _apply(_CANCELLED, course_id, moments)


def grade(course_id: UUID, grades: Mapping[UUID, Grade]) -> None:
    """Set the grades of those enrollments that are not cancelled."""
    _apply(_GRADED, course_id, grades)


def _apply(
    statement: TextClause, course_id: UUID, values: Mapping[UUID, datetime] | Mapping[UUID, Grade]
) -> None:
    db.session.execute(
        statement,
        {"course_id": course_id, "ids": [str(key) for key in values], "values": list(values.values())},
    )
