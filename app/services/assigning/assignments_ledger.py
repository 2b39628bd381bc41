"""The ledger of a bulk run: one set-based statement looks up every row, decides about it, and records the decision.

Enrollments, seats and notices are written from these lines alone, so the report, the ledger and the tables cannot
differ. Existing enrollments of these people are locked until the end of the transaction; where another transaction
holds a lock, the statement waits and decides by what that one has committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, TextClause, bindparam, text, update
from sqlalchemy.types import DateTime, Uuid

from app.db.session import among, db
from app.enums import (
    OUTCOMES_OF_ASSIGNING,
    OUTCOMES_OF_UNASSIGNING,
    AssignmentAction,
    EnrollmentStatus,
    Outcome,
)
from app.models.assignment import Assignment, AssignmentItem
from app.services.bulk import rows
from app.settings import settings
from app.values.people import People


class LedgerLine(NamedTuple):
    """The decision about one row. Plain values, ids as text: ten thousand of them become JSON."""

    row: int
    user_id: str | None
    outcome: str
    code: str | None
    enrollment_id: str | None
    before_status: str | None
    before_source: str | None
    before_due_at: Any
    after_status: str | None
    after_source: str | None
    after_due_at: Any


OUTCOMES = {
    AssignmentAction.ASSIGN: OUTCOMES_OF_ASSIGNING,
    AssignmentAction.UNASSIGN: OUTCOMES_OF_UNASSIGNING,
}

FEW = 100
"""The largest run whose enrollments are looked up by index; for a larger one the course's are read once."""

GIVEN_A_DUE_DATE = frozenset({Outcome.ASSIGNED, Outcome.REACTIVATED, Outcome.DUE_UPDATED})

REFUSALS = (Outcome.NOT_FOUND, Outcome.INACTIVE, Outcome.INELIGIBLE, Outcome.NO_SEAT)
"""An atomic run changes nothing when any line has one of these outcomes."""


def write(run: Assignment, people: People, **terms: Any) -> list[LedgerLine]:
    """Decide about every row and record it, in one statement. Return the lines in row order."""
    found = db.session.execute(
        _STATEMENTS[run.action, len(people.inputs) <= FEW],
        {
            "assignment_id": run.id,
            "course_id": run.course_id,
            "takes_unverified": not settings().require_email_verification,
            **people.parameters,
            **terms,
        },
    )
    return sorted(map(LedgerLine._make, found.all()), key=attrgetter("row"))


def count(run: Assignment, lines: Iterable[LedgerLine]) -> dict[str, int]:
    """The number of lines by outcome, for every outcome that the action has; SKIPPED in an atomic run only."""
    skipped = (Outcome.SKIPPED,) if run.options["atomic"] else ()
    return rows.count(lines, (*OUTCOMES[run.action], *skipped))


def amend_completed(
    run: Assignment, lines: list[LedgerLine], enrollment_ids: Sequence[UUID]
) -> list[LedgerLine]:
    """Record in the ledger that these reactivated enrollments are COMPLETED. Return the lines with that change."""
    db.session.execute(
        update(AssignmentItem)
        .where(
            AssignmentItem.assignment_id == run.id,
            among(AssignmentItem.enrollment_id, enrollment_ids),
        )
        .values(after_status=EnrollmentStatus.COMPLETED)
        .execution_options(synchronize_session=False)
    )
    completed = {str(enrollment_id) for enrollment_id in enrollment_ids}
    return [
        line._replace(after_status=EnrollmentStatus.COMPLETED) if line.enrollment_id in completed else line
        for line in lines
    ]


# The planner knows neither the number of rows sent nor, after a large run, that of the course's enrollments. So the
# query leaves it no choice that it could get badly wrong: a small run uses an index, and a large one reads the course
# once and looks its people up in a hash (`IS TRUE` keeps that from becoming a join). Enrollments are matched to rows by
# a window function: row 0 of a user is the enrollment, which `lag` gives to the user's first row and to no later one.
#
# A row without a key matches no user. An instructor cannot find users who are inactive, or unverified where that
# prevents a login, not even as the second of two identifiers; enrolled users can always be unassigned.
_SENT = """
WITH sent AS MATERIALIZED (
    SELECT *
    FROM ROWS FROM (
        json_array_elements_text(CAST(:inputs AS json)),
        json_array_elements_text(CAST(:keys AS json)),
        json_array_elements_text(CAST(:kinds AS json))
    ) WITH ORDINALITY AS sent (input, key, kind, row)
)"""

_PEOPLE = """
{sent},
asked AS MATERIALIZED (
    SELECT row, input, key, users.id AS user_id, is_active, email_verified, deleted_at
    FROM sent LEFT JOIN users ON users.id = CAST(key AS uuid)
    WHERE kind = 'user_id'
    UNION ALL
    SELECT row, input, key, users.id, is_active, email_verified, deleted_at
    FROM sent LEFT JOIN users ON lower(email) = key
    WHERE kind = 'email'
    UNION ALL
    SELECT row, input, key, users.id, is_active, email_verified, deleted_at
    FROM sent LEFT JOIN users ON lower(username) = key
    WHERE kind = 'username'
    UNION ALL
    SELECT row, input, key, users.id, is_active, email_verified, deleted_at
    FROM sent LEFT JOIN users ON external_id = key
    WHERE kind = 'external_id'
),
held AS MATERIALIZED (
    SELECT id AS held_id, user_id, status, source, due_at, completed_at
    FROM enrollments
    WHERE course_id = :course_id AND {among_them}
    ORDER BY id
    FOR NO KEY UPDATE
),
met AS (
    SELECT 0 AS row, CAST(NULL AS text) AS input, CAST(NULL AS text) AS key, false AS is_active, held.*
    FROM held
    UNION ALL
    SELECT row, input, key, is_active, NULL,
        CASE
            WHEN deleted_at IS NULL AND (:sees_everyone OR (is_active AND (email_verified OR :takes_unverified)))
            THEN user_id
            WHEN :sees_enrolled AND user_id IN (SELECT user_id FROM held) THEN user_id
        END,
        NULL, NULL, NULL, NULL
    FROM asked
),
people AS (
    SELECT row, input, key, is_active, user_id,
        count(*) FILTER (WHERE row > 0) OVER person AS nth,
        lag(held_id) OVER person AS held_id,
        lag(status) OVER person AS status,
        lag(source) OVER person AS source,
        lag(due_at) OVER person AS due_at,
        lag(completed_at) OVER person AS completed_at
    FROM met
    WINDOW person AS (PARTITION BY user_id ORDER BY row)
),
"""

_ASSIGN = """
judged AS (
    SELECT *,
        CASE
            WHEN user_id IS NULL THEN 'not_found'
            WHEN nth > 1 THEN 'duplicate'
            WHEN NOT is_active THEN 'inactive'
            WHEN user_id = :instructor_id THEN 'ineligible'
            WHEN status = 'ACTIVE' AND :updates_due AND due_at IS DISTINCT FROM :due_at THEN 'due_updated'
            WHEN status IN ('ACTIVE', 'COMPLETED') THEN 'already_enrolled'
            WHEN status = 'CANCELLED' THEN 'reactivated'
            ELSE 'assigned'
        END AS verdict
    FROM people
    WHERE row > 0
),
seated AS (
    SELECT *,
        CASE
            WHEN verdict IN ('assigned', 'reactivated')
                AND count(*) FILTER (WHERE verdict IN ('assigned', 'reactivated')) OVER (ORDER BY row)
                    > :free_seats
            THEN 'no_seat'
            ELSE verdict
        END AS placed
    FROM judged
),
decided AS (
    SELECT *,
        CASE
            WHEN :atomic AND placed IN ('assigned', 'reactivated', 'due_updated')
                AND bool_or(placed IN ('not_found', 'inactive', 'ineligible', 'no_seat')) OVER ()
            THEN 'skipped'
            ELSE placed
        END AS outcome
    FROM seated
)
"""

_UNASSIGN = """
judged AS (
    SELECT *,
        CASE
            WHEN user_id IS NULL THEN 'not_found'
            WHEN nth > 1 THEN 'duplicate'
            WHEN status = 'COMPLETED' THEN 'kept_completed'
            WHEN status = 'ACTIVE' THEN 'unassigned'
            ELSE 'not_enrolled'
        END AS verdict
    FROM people
    WHERE row > 0
),
decided AS (
    SELECT *,
        CASE
            WHEN :atomic AND verdict = 'unassigned' AND bool_or(verdict = 'not_found') OVER () THEN 'skipped'
            ELSE verdict
        END AS outcome
    FROM judged
)
"""

_WRITTEN = """
INSERT INTO assignment_items (
    assignment_id, row, input, user_id, course_id, outcome, code, enrollment_id,
    before_status, before_source, before_due_at, after_status, after_source, after_due_at
)
SELECT
    :assignment_id, row, input, user_id, :course_id, outcome,
    CASE outcome
        WHEN 'not_found' THEN CASE WHEN key IS NULL THEN 'invalid_identifier' ELSE 'not_found' END
        WHEN 'inactive' THEN 'user_inactive'
        WHEN 'ineligible' THEN 'own_course'
        WHEN 'no_seat' THEN 'course_full'
        WHEN 'skipped' THEN 'atomic_refused'
        WHEN 'kept_completed' THEN 'already_completed'
        WHEN 'already_enrolled' THEN 'already_enrolled'
        WHEN 'not_enrolled' THEN 'not_enrolled'
    END,
    CASE WHEN outcome = 'assigned' AND NOT :preview THEN uuid7() ELSE held_id END,
    status, source, due_at,
    CASE
        WHEN outcome = 'unassigned' THEN 'CANCELLED'
        WHEN outcome IN ('assigned', 'reactivated') AND completed_at IS NULL THEN 'ACTIVE'
        WHEN outcome IN ('assigned', 'reactivated') THEN 'COMPLETED'
        ELSE status
    END,
    CASE WHEN outcome IN ('assigned', 'reactivated') THEN 'ASSIGNED' ELSE source END,
    CASE WHEN outcome IN ('assigned', 'reactivated', 'due_updated') THEN :due_at ELSE due_at END
FROM decided
ORDER BY row
RETURNING
    row, CAST(user_id AS text), outcome, code, CAST(enrollment_id AS text),
    before_status, before_source, before_due_at, after_status, after_source, after_due_at
"""


def _statement(decision: str, *terms: BindParameter[Any], few: bool) -> TextClause:
    among_them = "user_id IN (SELECT user_id FROM asked)"
    found = _PEOPLE.format(sent=_SENT, among_them=among_them if few else f"({among_them}) IS TRUE")
    keys = (bindparam("assignment_id", type_=Uuid()), bindparam("course_id", type_=Uuid()))
    due = bindparam("due_at", type_=DateTime(timezone=True), value=None)
    return text(found + decision + _WRITTEN).bindparams(*keys, due, *terms)


_STATEMENTS = {
    (action, few): statement
    for few in (True, False)
    for action, statement in (
        (AssignmentAction.ASSIGN, _statement(_ASSIGN, bindparam("instructor_id", type_=Uuid()), few=few)),
        (AssignmentAction.UNASSIGN, _statement(_UNASSIGN, few=few)),
    )
}
