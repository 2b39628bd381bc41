"""What happened to enrollments elsewhere, told with its dates and applied as sets.

For imports: the people have been assigned already, and now each gets the past that the other system remembers. One
statement each, whatever the number of people.
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
    UPDATE enrollments SET enrolled_at = told.moment
    FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS timestamptz[])) AS told (enrollment_id, moment)
    WHERE enrollments.id = told.enrollment_id AND enrollments.course_id = :course_id
    """
)

_CANCELLED = text(
    """
    WITH cancelled AS (
        UPDATE enrollments SET status = 'CANCELLED', cancelled_at = told.moment
        FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS timestamptz[])) AS told (enrollment_id, moment)
        WHERE enrollments.id = told.enrollment_id AND course_id = :course_id AND status = 'ACTIVE'
        RETURNING enrollments.id
    )
    UPDATE courses SET enrollment_count = enrollment_count - (SELECT count(*) FROM cancelled)
    WHERE id = :course_id
    """
)

_GRADED = text(
    """
    UPDATE enrollments SET grade = told.grade
    FROM unnest(CAST(:ids AS uuid[]), CAST(:values AS text[])) AS told (enrollment_id, grade)
    WHERE enrollments.id = told.enrollment_id AND course_id = :course_id AND status <> 'CANCELLED'
    """
)


def tell_enrolled(course_id: UUID, moments: Mapping[UUID, datetime]) -> None:
    """When each of these people really joined."""
    _tell(_ENROLLED, course_id, moments)


def tell_cancelled(course_id: UUID, moments: Mapping[UUID, datetime]) -> None:
    """Cancel the ACTIVE ones among these enrollments at their moments; their seats are free again."""
    _tell(_CANCELLED, course_id, moments)


def tell_grades(course_id: UUID, grades: Mapping[UUID, Grade]) -> None:
    """Grades of people who did not cancel."""
    _tell(_GRADED, course_id, grades)


def _tell(
    statement: TextClause, course_id: UUID, told: Mapping[UUID, datetime] | Mapping[UUID, Grade]
) -> None:
    db.session.execute(
        statement,
        {"course_id": course_id, "ids": [str(key) for key in told], "values": list(told.values())},
    )
