"""Verification of every counter cache against the rows that it counts.

One statement per counter, so each comparison is of one snapshot. A difference means that another program has written to
the tables, or that this one has a defect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import text

from app.db.session import db, set_statement_timeout

MOST_LISTED = 1_000

REQUEST_TIMEOUT_MS = 60_000
"""The time for all counters in a request. They read whole tables, so it is longer than that of other requests."""


@dataclass(frozen=True)
class Difference:
    """A counter, the row it belongs to, the stored value and the actual one."""

    counter: str
    id: str
    stored: int
    actual: int


@dataclass(frozen=True)
class Recount:
    """The counters compared and the differences, of which at most a thousand are listed."""

    as_of: datetime
    counters: list[str]
    difference_count: int
    differences: list[Difference]


def verify(*, deadline: float | None = None) -> Recount:
    """Recompute every counter cache. Nothing is changed.

    :param deadline: the moment of the monotonic clock at which it is given up
    """
    as_of = datetime.now(UTC)
    count, listed = 0, []
    for difference in _differences(deadline):
        count += 1
        if count <= MOST_LISTED:
            listed.append(difference)
    return Recount(as_of, sorted(_COUNTERS), count, listed)


def verify_in_request() -> Recount:
    """`verify()` within REQUEST_TIMEOUT_MS: a thread of the web server does it, and a proxy waits as long."""
    return verify(deadline=monotonic() + REQUEST_TIMEOUT_MS / 1_000)


def _differences(deadline: float | None) -> Iterator[Difference]:
    for counter, statement in _COUNTERS.items():
        if deadline is not None:
            set_statement_timeout(max(1, int(1_000 * (deadline - monotonic()))))
        for row_id, stored, actual in db.session.execute(text(statement)):
            yield Difference(counter, str(row_id), int(stored), int(actual))


def _of_course(counter: str, counted: str) -> str:
    return f"""
        SELECT courses.id, courses.{counter}, coalesce(counted.amount, 0)
        FROM courses LEFT JOIN ({counted}) AS counted ON counted.course_id = courses.id
        WHERE courses.{counter} <> coalesce(counted.amount, 0)
        ORDER BY courses.id
    """


def _of_tallies(stems: str, counted: str) -> str:
    """Sharded counters against the rows; `stems` are the first segments of their names."""
    return f"""
        SELECT coalesce(kept.name, counted.name), coalesce(kept.amount, 0), coalesce(counted.amount, 0)
        FROM (
            SELECT name, sum(amount) AS amount FROM tallies
            WHERE split_part(name, '/', 1) = ANY('{{{stems}}}') GROUP BY name
        ) AS kept
        FULL JOIN (
            SELECT name, sum(amount) AS amount FROM ({counted}) AS summed GROUP BY name
        ) AS counted USING (name)
        WHERE coalesce(kept.amount, 0) <> coalesce(counted.amount, 0)
        ORDER BY 1
    """


_HELD = "status IN ('ACTIVE', 'COMPLETED')"
_SHOWN = "CASE WHEN cancellation_reason = 'undone' THEN 'UNDONE' ELSE status END"
_PUBLIC = "category_id IS NOT NULL AND status = 'PUBLISHED' AND deleted_at IS NULL"
_MONTH = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM')"

_COUNTERS = {
    "courses.enrollment_count": _of_course(
        "enrollment_count",
        f"SELECT course_id, count(*) AS amount FROM enrollments WHERE {_HELD} GROUP BY course_id",
    ),
    "courses.lesson_count": _of_course(
        "lesson_count",
        "SELECT course_id, count(*) AS amount FROM lessons WHERE deleted_at IS NULL GROUP BY course_id",
    ),
    "courses.rating_sum": _of_course(
        "rating_sum", "SELECT course_id, sum(rating) AS amount FROM reviews GROUP BY course_id"
    ),
    "courses.rating_count": _of_course(
        "rating_count", "SELECT course_id, count(*) AS amount FROM reviews GROUP BY course_id"
    ),
    "courses.rating_counts": """
        SELECT courses.id || ' ' || stars, rating_counts[stars], coalesce(counted.amount, 0)
        FROM courses CROSS JOIN generate_series(1, 5) AS stars
        LEFT JOIN (
            SELECT course_id, rating, count(*) AS amount FROM reviews GROUP BY course_id, rating
        ) AS counted ON counted.course_id = courses.id AND counted.rating = stars
        WHERE rating_counts[stars] <> coalesce(counted.amount, 0)
        ORDER BY 1
    """,
    "assignments.counts": """
        SELECT coalesce(stored.id, ledger.id) || ' ' || coalesce(stored.outcome, ledger.outcome),
            coalesce(stored.amount, 0), coalesce(ledger.amount, 0)
        FROM (
            SELECT id::text, key AS outcome, value::bigint AS amount
            FROM assignments CROSS JOIN jsonb_each_text(counts)
            WHERE next_batch > batches
        ) AS stored
        FULL JOIN (
            SELECT assignment_id::text AS id, outcome, count(*) AS amount
            FROM assignment_items
            WHERE assignment_id NOT IN (SELECT id FROM assignments WHERE next_batch <= batches)
            GROUP BY assignment_id, outcome
        ) AS ledger USING (id, outcome)
        WHERE coalesce(stored.amount, 0) <> coalesce(ledger.amount, 0)
        ORDER BY 1
    """,
    "assignments.unique": """
        SELECT assignments.id, assignments.unique_count, counted.amount
        FROM assignments JOIN (
            SELECT assignment_id, count(*) FILTER (WHERE outcome <> 'duplicate') AS amount
            FROM assignment_items GROUP BY assignment_id
        ) AS counted ON counted.assignment_id = assignments.id
        WHERE assignments.unique_count <> counted.amount AND next_batch > batches
        ORDER BY assignments.id
    """,
    "tallies of users": _of_tallies(
        "users,registered",
        f"""
        SELECT 'users/' || role AS name, count(*) AS amount FROM users WHERE is_active GROUP BY 1
        UNION ALL
        SELECT 'registered/' || {_MONTH.format("created_at")} || '/' || role, count(*) FROM users GROUP BY 1
        """,
    ),
    "tallies of courses": _of_tallies(
        "courses,created,rating,category,teacher",
        f"""
        SELECT 'courses/' || status AS name, count(*) AS amount
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'created/' || {_MONTH.format("created_at")}, count(*)
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'rating/sum', sum(rating_sum) FROM courses WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'rating/count', sum(rating_count) FROM courses WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'category/' || category_id || '/courses', count(*) FROM courses WHERE {_PUBLIC} GROUP BY 1
        UNION ALL
        SELECT 'category/' || category_id || '/enrollments', sum(enrollment_count)
        FROM courses WHERE {_PUBLIC} GROUP BY 1
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/courses', count(*)
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/published', count(*)
        FROM courses WHERE status = 'PUBLISHED' AND deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/enrollments', sum(enrollment_count)
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/stars', sum(rating_sum)
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/reviews', sum(rating_count)
        FROM courses WHERE deleted_at IS NULL GROUP BY 1
        """,
    ),
    "tallies of enrollments": _of_tallies(
        "enrollments,enrolled,completed,due,course",
        f"""
        SELECT 'enrollments/' || {_SHOWN} AS name, count(*) AS amount FROM enrollments GROUP BY 1
        UNION ALL
        SELECT 'enrolled/' || {_MONTH.format("enrolled_at")}, count(*)
        FROM enrollments WHERE {_HELD} GROUP BY 1
        UNION ALL
        SELECT 'completed/' || {_MONTH.format("completed_at")}, count(*)
        FROM enrollments WHERE status = 'COMPLETED' GROUP BY 1
        UNION ALL
        SELECT 'due/' || to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), count(*)
        FROM enrollments WHERE status = 'ACTIVE' AND due_at IS NOT NULL GROUP BY 1
        UNION ALL
        SELECT 'course/' || course_id || '/' || {_SHOWN}, count(*) FROM enrollments GROUP BY 1
        UNION ALL
        SELECT 'course/' || course_id || '/paid/' || currency, 100 * sum(price_at_enrollment)
        FROM enrollments WHERE payment_status = 'PAID' GROUP BY 1
        UNION ALL
        SELECT 'course/' || course_id || '/quiz/scores', count(*) FROM quiz_scores GROUP BY 1
        UNION ALL
        SELECT 'course/' || course_id || '/quiz/hundredths', sum(best_score * 100) FROM quiz_scores GROUP BY 1
        """,
    ),
    "tallies of progress": _of_tallies(
        "done,lesson",
        """
        SELECT 'done/' || to_char(completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS name, count(*) AS amount
        FROM lesson_progress WHERE completed_at IS NOT NULL GROUP BY 1
        UNION ALL
        SELECT 'lesson/' || lesson_id, count(*)
        FROM lesson_progress WHERE completed_at IS NOT NULL GROUP BY 1
        """,
    ),
    "tallies of decisions": _of_tallies(
        "decisions",
        """
        SELECT 'decisions/' || CASE to_status WHEN 'REJECTED' THEN 'REJECTED' ELSE 'APPROVED' END AS name,
            count(*) AS amount
        FROM course_changes
        WHERE from_status = 'PENDING' AND to_status IN ('APPROVED', 'REJECTED', 'PUBLISHED') GROUP BY 1
        """,
    ),
}
