"""What an import must add up to, and what it did add up to.

Courses are counted one by one, in the transaction that imports them: afterwards people enroll, leave and learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import text

from app.db.session import db

KNOWN = {
    "small": {
        "courses": 2,
        "learners": 2_863,
        "enrollments": 2_863,
        "completed": 1_268,
        "cancelled": 1_143,
        "active": 452,
        "graded F": 452,
        "completed lessons": 15_312,
        "certificates": 1_268,
        "notices": 2_536,
    },
    "full": {
        "courses": 22,
        "learners": 28_785,
        "enrollments": 32_593,
        "completed": 15_685,
        "cancelled": 10_165,
        "active": 6_743,
        "graded F": 7_043,
        "completed lessons": 192_317,
        "certificates": 15_685,
        "notices": 31_370,
    },
}
"""Totals of the records (`demo/oulad/README.md`), by what they count. Demo people are not among them."""

_COUNT = text(
    """
    WITH imported AS (
        SELECT e.* FROM enrollments e
        JOIN courses c ON c.id = e.course_id
        JOIN users u ON u.id = e.user_id
        WHERE c.code = :code AND u.external_id ~ '^[0-9]+$'
    )
    SELECT
        (SELECT count(*) FROM courses WHERE code = :code) AS "courses",
        (SELECT count(*) FROM imported i WHERE NOT EXISTS (
            SELECT FROM enrollments e WHERE e.user_id = i.user_id AND e.id <> i.id)) AS "learners",
        (SELECT count(*) FROM imported) AS "enrollments",
        (SELECT count(*) FROM imported WHERE status = 'COMPLETED') AS "completed",
        (SELECT count(*) FROM imported WHERE status = 'CANCELLED') AS "cancelled",
        (SELECT count(*) FROM imported WHERE status = 'ACTIVE') AS "active",
        (SELECT count(*) FROM imported WHERE grade = 'F') AS "graded F",
        (SELECT count(*) FROM lesson_progress p JOIN imported i ON i.id = p.enrollment_id
            WHERE p.completed_at IS NOT NULL) AS "completed lessons",
        (SELECT count(*) FROM certificates t JOIN imported i ON i.id = t.enrollment_id) AS "certificates",
        (SELECT count(*) FROM notices n JOIN imported i ON i.id = n.enrollment_id
            WHERE n.kind = 'COMPLETION' AND n.state = 'SUPPRESSED') AS "notices"
    """
)


@dataclass(frozen=True)
class Comparison:
    name: str
    expected: int
    found: int

    @property
    def holds(self) -> bool:
        return self.expected == self.found


def count(code: str) -> dict[str, int]:
    """The totals of one course. A learner counts in the course that was imported first."""
    return dict(db.session.execute(_COUNT, {"code": code}).mappings().one())


def compare(size: str, found: Iterable[Mapping[str, int]]) -> list[Comparison]:
    """The totals of all courses of this size, or of those that the small size leaves, beside those of the records.

    Of other parts nothing is known: no comparison.
    """
    sums: Counter[str] = Counter()
    for each in found:
        sums.update(each)
    rest = {name: expected - KNOWN["small"][name] for name, expected in KNOWN[size].items()}
    expectations = {whole["courses"]: whole for whole in (KNOWN[size], rest) if whole["courses"]}
    expected = expectations.get(sums["courses"], {})
    return [Comparison(name, number, sums[name]) for name, number in expected.items()]
