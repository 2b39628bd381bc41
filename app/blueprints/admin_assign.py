"""Bulk assignment of users to courses, and the record of every run."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.enums import AssignmentState, Role
from app.errors.accounts import UserInactive
from app.errors.base import Forbidden
from app.errors.bulk import TooManyPeople
from app.errors.learning import AlreadyEnrolled, CourseFull, CourseNotOpen, OwnCourse
from app.schemas.assignments import (
    AssignedSchema,
    AssignmentQuerySchema,
    AssignmentSchema,
    AssignMultipleSchema,
    AssignSchema,
    ItemQuerySchema,
    ItemSchema,
    ReportSchema,
    UnassignMultipleSchema,
    UnassignReportSchema,
)
from app.services.assigning import assignments, assignments_runs, assignments_unassign
from app.services.assigning.assignments_runs import RunReport
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import BULK, throttled

blp = Blueprint(
    "admin-assign", __name__, description="Assign one user or ten thousand to a course in one call."
)

ITEM_COLUMNS = (
    "row",
    "input",
    "user_id",
    "course_id",
    "outcome",
    "code",
    "enrollment_id",
    "before.status",
    "before.source",
    "before.due_at",
    "after.status",
    "after.source",
    "after.due_at",
)

_WITHOUT_EFFECT = {
    AssignmentState.PREVIEW: "Preview finished: nothing was changed.",
    AssignmentState.REFUSED: "Nothing was changed: a row was refused, see the report.",
}


def _finished(action: str) -> Callable[[RunReport], str]:
    """The message of a bulk run, by its state."""
    return lambda report: _WITHOUT_EFFECT.get(report.run.state, f"{action} finished: see the report.")


@blp.post("/courses/<course_id>/assign")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.idempotent
@blp.arguments(AssignSchema)
@blp.response(201, AssignedSchema, message="User assigned.")
@blp.refuses(Forbidden, CourseNotOpen, AlreadyEnrolled, CourseFull, OwnCourse, UserInactive)
def assign_person(person: dict[str, Any], course_id: str):
    """Assign a user to a course.

    Named by exactly one of `user_id`, `email`, `username`, `external_id`. A user who had left returns with the same
    enrollment and progress. A refusal names the reason, and no run is recorded.
    """
    return assignments.assign_one(caller(), course_id, **person)


@blp.post("/courses/<course_id>/assign-multiple")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.arguments(AssignMultipleSchema)
@blp.response(200, ReportSchema, message=_finished("Assignment"))
@blp.refuses(Forbidden, CourseNotOpen, TooManyPeople)
def assign_people(order: dict[str, Any], course_id: str):
    """Assign up to 10,000 users to a course.

    The report has a row for each user, in the order `user_ids`, `emails`, `usernames`, `external_ids`. A refused row
    does not affect the others, and the status is 200 even when all are refused. With `atomic` one refused row means
    that nothing is written (`state: REFUSED`). `mode: preview` decides the same and writes only its own record, which
    is kept for a day. Instructors assign to their own courses; for them unknown, inactive and unverified users are all
    `not_found` (with `REQUIRE_EMAIL_VERIFICATION=off` unverified users are treated like others).
    """
    return assignments.assign(caller(), course_id, **order)


@blp.post("/courses/<course_id>/unassign-multiple")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.arguments(UnassignMultipleSchema)
@blp.response(200, UnassignReportSchema, message=_finished("Unassignment"))
@blp.refuses(Forbidden, TooManyPeople)
def unassign_people(order: dict[str, Any], course_id: str):
    """Unassign up to 10,000 users from a course.

    Cancels ACTIVE enrollments from every source and frees their seats; progress is kept. COMPLETED enrollments stay
    (`kept_completed`).
    """
    return assignments_unassign.unassign(caller(), course_id, **order)


@blp.get("/assignments")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(AssignmentSchema, AssignmentQuerySchema)
def list_assignments(filters: dict[str, Any]):
    """List bulk runs.

    Admins see all of them, instructors their own. Previews are listed for a day.
    """
    return assignments_runs.list_visible(caller(), **filters)


@blp.get("/assignments/<uuid:assignment_id>")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, AssignmentSchema)
def show_assignment(assignment_id: UUID):
    """Show a bulk run."""
    return assignments_runs.get_visible(caller(), assignment_id)


@blp.get("/assignments/<uuid:assignment_id>/items")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(ItemSchema, ItemQuerySchema, csv_columns=ITEM_COLUMNS)
def list_assignment_items(filters: dict[str, Any], assignment_id: UUID):
    """List the ledger of a bulk run.

    One row for each user, in the order in which they were sent; `format=csv` returns the whole ledger as CSV.
    """
    return assignments_runs.list_items(caller(), assignment_id, **filters)
