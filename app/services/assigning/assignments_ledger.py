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

from sqlalchemy import update

from app.db.session import among, db
from app.enums import (
    OUTCOMES_OF_ASSIGNING,
    OUTCOMES_OF_UNASSIGNING,
    OUTCOMES_OF_UNDOING,
    AssignmentAction,
    EnrollmentStatus,
    Outcome,
)
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.services.assigning.assignments_effects import lines_of
from app.services.assigning.ledger_statements import FEW, IN_REQUEST
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
    AssignmentAction.UNDO: OUTCOMES_OF_UNDOING,
}

GIVEN_A_DUE_DATE = frozenset({Outcome.ASSIGNED, Outcome.REACTIVATED, Outcome.DUE_UPDATED})

REFUSALS = (
    Outcome.NOT_FOUND,
    Outcome.INACTIVE,
    Outcome.INELIGIBLE,
    Outcome.NO_SEAT,
    Outcome.INVALID,
)
"""An atomic run changes nothing when any line has one of these outcomes."""


def write(run: Assignment, people: People, **terms: Any) -> list[LedgerLine]:
    """Decide about every row and record it, in one statement. Return the lines in row order."""
    found = db.session.execute(
        IN_REQUEST[run.action, len(people.inputs) <= FEW],
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
    record_completed(run, enrollment_ids)
    completed = {str(enrollment_id) for enrollment_id in enrollment_ids}
    return [
        line._replace(after_status=EnrollmentStatus.COMPLETED) if line.enrollment_id in completed else line
        for line in lines
    ]


def record_completed(
    run: Assignment,
    enrollment_ids: Sequence[UUID],
    *,
    rows: Sequence[int] | None = None,
    outcome: Outcome = Outcome.REACTIVATED,
) -> None:
    """Record in the ledger that these enrollments came back as COMPLETED; `rows` are the lines of one chunk."""
    db.session.execute(
        update(AssignmentItem)
        .where(
            lines_of(run, outcome, rows=rows),
            among(AssignmentItem.enrollment_id, enrollment_ids),
        )
        .values(after_status=EnrollmentStatus.COMPLETED)
        .execution_options(synchronize_session=False)
    )
