"""The statements of an undo: which lines of the first run it takes up, what becomes of each, and what that changes.

A staged line is the number of a line of the first run's ledger, which has everything else: what the run found, what it
left, and what it replaced. An enrollment that is still as the run left it is put back; the comparison is by value, so
that a later change which was taken back itself does not count.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BindParameter, TextClause, bindparam, text
from sqlalchemy.types import Uuid

_STAGED = """
WITH sent AS MATERIALIZED (
    SELECT CAST(own_row AS integer) AS row, CAST(of_row AS integer) AS of_row
    FROM assignment_batches AS staged, ROWS FROM (
        json_array_elements_text(CAST(staged.rows AS json)),
        json_array_elements_text(CAST(staged.keys AS json))
    ) AS lines (own_row, of_row)
    WHERE staged.assignment_id = :assignment_id AND staged.number BETWEEN :batch AND :last_batch
),
lines AS MATERIALIZED (
    SELECT sent.row, first.*
    FROM sent
    CROSS JOIN LATERAL (
        SELECT input, user_id, course_id, outcome AS written, code, enrollment_id, before_status, before_source,
            before_due_at, after_status, after_source, after_due_at, acted_at, after_payment, former, kind, sent_due_at,
            sent_course
        FROM assignment_items
        WHERE assignment_id = :undo_of AND assignment_items.row = sent.of_row
        LIMIT 1
    ) AS first
)"""

_IS_WRITTEN = "written IN ('assigned', 'reactivated', 'due_updated', 'unassigned')"

# Work that is no visit: attempts at a quiz, and homework that was handed in or graded. All of it is written under the lock
# of the enrollment. A new enrollment has none from before the run; a reactivated one may.
_HAS_WORKED = """(
                    EXISTS (
                        SELECT FROM quiz_attempts
                        WHERE quiz_attempts.enrollment_id = held.id AND (
                            written = 'assigned'
                            OR greatest(started_at, submitted_at) >= coalesce(acted_at, held.reactivated_at)
                            OR submitted_at IS NULL AND updated_at >= coalesce(acted_at, held.reactivated_at)
                        )
                    )
                    OR EXISTS (
                        SELECT FROM submissions
                        WHERE submissions.enrollment_id = held.id AND (
                            written = 'assigned'
                            OR greatest(submitted_at, graded_at) >= coalesce(acted_at, held.reactivated_at)
                        )
                    )
                )"""

# Each line is looked up by index, and LIMIT keeps that from becoming a join: the planner does not know how few they are.
# The last two are compared only where the run recorded them: older ledgers have less.
_DECIDED = """,
judged AS MATERIALIZED (
    SELECT lines.*, held.status, held.source, held.due_at,
        CASE
            WHEN NOT {is_written} OR held.id IS NULL THEN 'not_applied'
            WHEN written = 'unassigned' THEN
                CASE
                    WHEN held.status <> 'CANCELLED' OR held.cancellation_reason IS NOT NULL
                        OR held.source <> before_source OR held.due_at IS DISTINCT FROM before_due_at
                        OR held.cancelled_at <> acted_at
                        OR is_erased OR held.user_id = :instructor_id OR :is_deleted
                    THEN 'kept_changed'
                    ELSE 'undone'
                END
            WHEN held.status = 'COMPLETED' AND (
                written <> 'reactivated'
                OR held.completion_number IS DISTINCT FROM CAST(former ->> 'completion_number' AS integer)
            ) THEN 'kept_completed'
            WHEN written = 'due_updated' THEN
                CASE WHEN held.due_at IS DISTINCT FROM after_due_at THEN 'kept_changed' ELSE 'undone' END
            WHEN held.status <> after_status THEN 'kept_changed'
            WHEN held.grade IS DISTINCT FROM former ->> 'grade'
                OR held.last_accessed IS DISTINCT FROM CAST(former ->> 'last_accessed' AS timestamptz)
                OR reviewed_at IS DISTINCT FROM CAST(former ->> 'reviewed_at' AS timestamptz)
                OR {has_worked}
            THEN 'kept_started'
            WHEN held.source <> after_source OR held.due_at IS DISTINCT FROM after_due_at
                OR (written = 'assigned' AND held.reactivated_at IS NOT NULL)
                OR held.reactivated_at <> acted_at OR held.payment_status <> after_payment
            THEN 'kept_changed'
            ELSE 'undone'
        END AS verdict
    FROM lines
    LEFT JOIN LATERAL (
        SELECT enrollments.*,
            (SELECT deleted_at IS NOT NULL FROM users WHERE users.id = enrollments.user_id) AS is_erased,
            (
                SELECT updated_at FROM reviews
                WHERE author_id = enrollments.user_id AND (reviews.course_id = enrollments.course_id) IS TRUE
            ) AS reviewed_at
        FROM enrollments
        WHERE enrollments.id = lines.enrollment_id
        LIMIT 1
    ) AS held ON true
),
decided AS (
    SELECT *,
        CASE
            WHEN verdict = 'undone' AND written = 'unassigned'
                AND count(*) FILTER (WHERE verdict = 'undone' AND written = 'unassigned') OVER (ORDER BY row)
                    > :free_seats
            THEN 'no_seat'
            ELSE verdict
        END AS outcome
    FROM judged
),
written AS (
    INSERT INTO assignment_items (
        assignment_id, row, input, user_id, course_id, outcome, code, enrollment_id,
        before_status, before_source, before_due_at, after_status, after_source, after_due_at,
        former, kind, sent_due_at, sent_course
    )
    SELECT
        :assignment_id, row, input, user_id, course_id, outcome,
        CASE outcome
            WHEN 'not_applied' THEN code
            WHEN 'kept_completed' THEN 'already_completed'
            WHEN 'no_seat' THEN 'course_full'
            WHEN 'undone' THEN NULL
            ELSE outcome
        END,
        enrollment_id, status, source, due_at,
        CASE
            WHEN outcome <> 'undone' THEN status
            WHEN written = 'assigned' THEN 'CANCELLED'
            WHEN written = 'due_updated' THEN status
            ELSE before_status
        END,
        CASE WHEN outcome = 'undone' AND written = 'reactivated' THEN before_source ELSE source END,
        CASE
            WHEN outcome = 'undone' AND written IN ('reactivated', 'due_updated') THEN before_due_at
            ELSE due_at
        END,
        CASE WHEN outcome = 'undone' AND written = 'reactivated' THEN coalesce(former, '{}') END,
        kind, sent_due_at, sent_course
    FROM decided
    ORDER BY row
    RETURNING row, outcome
)
SELECT outcome, count(*) AS amount,
    array_agg(row ORDER BY row) FILTER (WHERE outcome = 'undone') AS rows,
    NULL AS enrollment_ids, 0 AS overdue
FROM written
GROUP BY outcome
"""

_LOCKED = """
SELECT count(*) FROM (
    SELECT enrollments.id
    FROM enrollments
    WHERE enrollments.id = ANY (ARRAY(SELECT enrollment_id FROM lines WHERE {is_written}))
    ORDER BY enrollments.id
    FOR NO KEY UPDATE
) AS held
"""

_CLOSED = """
INSERT INTO assignment_items (
    assignment_id, row, input, user_id, course_id, outcome, code, enrollment_id, kind, sent_due_at, sent_course
)
SELECT :assignment_id, row, input, user_id, course_id, 'skipped', 'not_reached', enrollment_id, kind,
    sent_due_at, sent_course
FROM lines
"""

# What an enrollment had before its reactivation; where a line has nothing of that, it stays as it is.
_APPLIED = """
WITH taken_back AS (
    UPDATE enrollments
    SET status = item.after_status,
        source = item.after_source,
        due_at = item.after_due_at,
        cancelled_at = CASE
            WHEN item.after_status = 'CANCELLED'
            THEN coalesce(CAST(item.former ->> 'cancelled_at' AS timestamptz), now())
        END,
        cancellation_reason = CASE
            WHEN item.after_status <> 'CANCELLED' THEN NULL
            WHEN item.former IS NULL THEN 'undone'
            ELSE item.former ->> 'cancellation_reason'
        END,
        assigned_by = CASE
            WHEN item.former ? 'assigned_by' THEN CAST(item.former ->> 'assigned_by' AS uuid)
            ELSE assigned_by
        END,
        reactivated_at = CASE
            WHEN item.former ? 'reactivated_at' THEN CAST(item.former ->> 'reactivated_at' AS timestamptz)
            ELSE reactivated_at
        END,
        payment_status = coalesce(item.former ->> 'payment_status', payment_status),
        price_at_enrollment = coalesce(CAST(item.former ->> 'price_at_enrollment' AS numeric), price_at_enrollment),
        currency = coalesce(item.former ->> 'currency', currency)
    FROM assignment_items AS item
    WHERE enrollments.id = item.enrollment_id AND (item.course_id = :course_id) IS TRUE
        AND item.assignment_id = :assignment_id AND item.outcome = 'undone'
        AND (item.row = ANY (CAST(:rows AS integer[])) OR CAST(:rows AS integer[]) IS NULL)
    RETURNING enrollments.id, item.before_status, item.after_status
)
SELECT
    count(*) FILTER (WHERE before_status <> 'CANCELLED' AND after_status = 'CANCELLED') AS freed,
    array_agg(id) FILTER (WHERE before_status <> 'CANCELLED' AND after_status = 'CANCELLED') AS ended,
    array_agg(id) FILTER (WHERE before_status = 'CANCELLED') AS restored
FROM taken_back
"""

# Looked up by enrollment: not by a kind or a state that most notices have (IS TRUE), nor by reading all of them (ARRAY,
# whose length the planner does not know).
_SUPPRESSED = """
UPDATE notices
SET state = 'SUPPRESSED', reason = 'undone'
WHERE enrollment_id = ANY (ARRAY(SELECT unnest(CAST(:enrollment_ids AS uuid[])))) AND (kind = 'ASSIGNMENT') IS TRUE
    AND assignment_id = :undo_of AND (state = 'QUEUED') IS TRUE AND (leased_until IS NULL OR leased_until <= now())
"""

# Batches of one course, course by course, in the order of the first run's rows.
_STAGED_LINES = """
WITH lines AS (
    {lines}
),
parts AS (
    SELECT row, of_row, course_id, min(row) OVER (PARTITION BY course_id) AS appears,
        (row_number() OVER (PARTITION BY course_id ORDER BY row) - 1) / :batch_lines AS part
    FROM lines
),
batches AS (
    INSERT INTO assignment_batches (
        assignment_id, number, course_id, first_row, size, inputs, kinds, rows, keys
    )
    SELECT :assignment_id, row_number() OVER (ORDER BY appears, part), course_id, min(row), count(*), '[]', '[]',
        CAST(json_agg(row ORDER BY row) AS text), CAST(json_agg(of_row ORDER BY row) AS text)
    FROM parts
    GROUP BY course_id, appears, part
    RETURNING size
),
courses AS (
    INSERT INTO assignment_courses (assignment_id, course_id, position, requested)
    SELECT :assignment_id, course_id, row_number() OVER (ORDER BY min(row)), count(*)
    FROM lines WHERE course_id IS NOT NULL GROUP BY course_id
)
SELECT count(*), coalesce(sum(size), 0) FROM batches
"""

_ALL = "SELECT row, row AS of_row, course_id FROM assignment_items WHERE assignment_id = :undo_of"

# The lines of another undo of the same run. Those of a retry have numbers of their own: the enrollment says which is which.
_OF_UNDO = """
SELECT {row} AS row, first.row AS of_row, first.course_id
FROM assignment_items AS undoing
JOIN (
    SELECT row, course_id, enrollment_id, outcome AS written FROM assignment_items WHERE assignment_id = :undo_of
) AS first ON first.enrollment_id = undoing.enrollment_id AND {is_written}
WHERE undoing.assignment_id = :lines_of
"""
_LEFT_OUT = (
    _OF_UNDO.replace("{row}", "row_number() OVER (ORDER BY undoing.row)")
    + " AND undoing.outcome IN ('no_seat', 'skipped')"
)


def _statement(sql: str) -> TextClause:
    sql = sql.replace("{is_written}", _IS_WRITTEN).replace("{has_worked}", _HAS_WORKED)
    names = ("assignment_id", "undo_of", "course_id", "instructor_id", "lines_of")
    named: list[BindParameter[Any]] = [bindparam(name, type_=Uuid()) for name in names if f":{name}" in sql]
    if ":enrollment_ids" in sql:
        named.append(bindparam("enrollment_ids", type_=ARRAY(Uuid())))
    return text(sql).bindparams(*named)


LOCK = _statement(_STAGED + _LOCKED)
DECIDE = _statement(_STAGED + _DECIDED)
CLOSE = _statement(_STAGED + _CLOSED)
APPLY = _statement(_APPLIED)
SUPPRESS = _statement(_SUPPRESSED)
STAGE = _statement(_STAGED_LINES.replace("{lines}", _ALL))
STAGE_AGAIN = _statement(_STAGED_LINES.replace("{lines}", _LEFT_OUT))
STAGE_RETRY = _statement(_STAGED_LINES.replace("{lines}", _OF_UNDO.replace("{row}", "undoing.row")))
