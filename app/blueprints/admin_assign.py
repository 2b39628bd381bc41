"""Bulk assignment of users to courses, and the record of every run."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.enums import AssignmentState, Role
from app.errors.accounts import DamagedIdentifier, UserInactive
from app.errors.base import Forbidden
from app.errors.bulk import PlanChanged, PlanExpired, TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.errors.learning import AlreadyEnrolled, CourseFull, CourseNotOpen, OwnCourse
from app.errors.requests import PreconditionFailed, PreconditionRequired
from app.schemas.assignment_records import (
    AssignmentQuerySchema,
    AssignmentSchema,
    ItemQuerySchema,
    ItemRowSchema,
    LedgerItemSchema,
)
from app.schemas.assignment_sheets import (
    AssignSheetSchema,
    SeveralAssignSchema,
    SeveralAssignSheetSchema,
    UnassignSheetSchema,
)
from app.schemas.assignment_undo import UndoReportSchema, UndoSchema
from app.schemas.assignments import (
    AnyReportSchema,
    AssignedSchema,
    AssignMultipleSchema,
    AssignSchema,
    ReportSchema,
    UnassignMultipleSchema,
    UnassignReportSchema,
)
from app.services.assigning import (
    assignments,
    assignments_items,
    assignments_runs,
    assignments_unassign,
    orders,
    plans_commit,
    queued_runs,
    undoing,
)
from app.services.assigning.assignments_runs import RunReport
from app.web import preferences, request_values
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import BULK, throttled

blp = Blueprint(
    "bulk assignment", __name__, description="Assign one user or a million to courses in one call."
)

ITEM_COLUMNS = (
    "row",
    "input",
    "user_id",
    "email",
    "username",
    "external_id",
    "course",
    "due_at",
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

ACCEPTED = "Run accepted: it continues in the background. Read its record until it has ended."

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
@blp.refuses(
    Forbidden, CourseNotOpen, AlreadyEnrolled, CourseFull, DamagedIdentifier, OwnCourse, UserInactive
)
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
@blp.arguments(AssignMultipleSchema, sheet=AssignSheetSchema)
@blp.response(200, ReportSchema, message=_finished("Assignment"))
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(Forbidden, CourseNotOpen, TooManyPeople)
def assign_people(order: dict[str, Any], course_id: str):
    """Assign users to a course.

    Up to 10,000 are answered with a report. More, or a request with `Prefer: respond-async`, are left to a worker: the
    answer is 202 with the record of the run, and its ledger grows as the run goes on.

    The report has a row for each user, in the order `user_ids`, `emails`, `usernames`, `external_ids`. A refused row
    does not affect the others, and the status is 200 even when all are refused. An identifier that a spreadsheet has
    damaged, such as `1.23457E+11` or `#N/A`, is `invalid` as in a sheet, and `="00123"` means `00123`. With `atomic` one refused row means
    that nothing is written (`state: REFUSED`). `mode: preview` decides the same and writes only its own record, which
    is kept for a day. Instructors assign to their own courses; for them unknown, inactive and unverified users are all
    `not_found` (with `REQUIRE_EMAIL_VERIFICATION=off` unverified users are treated like others).
    """
    return assignments.assign(caller(), course_id, **order, in_background=preferences.responds_async())


@blp.post("/courses/<course_id>/unassign-multiple")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.arguments(UnassignMultipleSchema, sheet=UnassignSheetSchema)
@blp.response(200, UnassignReportSchema, message=_finished("Unassignment"))
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(Forbidden, TooManyPeople)
def unassign_people(order: dict[str, Any], course_id: str):
    """Unassign users from a course.

    Up to 10,000 are answered with a report; more are left to a worker, as where users are assigned.

    Cancels ACTIVE enrollments from every source and frees their seats; progress is kept. COMPLETED enrollments stay
    (`kept_completed`).
    """
    return assignments_unassign.unassign(
        caller(), course_id, **order, in_background=preferences.responds_async()
    )


@blp.post("/assignments")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.arguments(SeveralAssignSchema, sheet=SeveralAssignSheetSchema)
@blp.response(200, AnyReportSchema, message=_finished("Run"))
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(Forbidden, TooManyPeople)
def create_assignment(order: dict[str, Any]):
    """Assign or unassign users in several courses.

    A line for each user and course: course by course in the order of `course_ids`, or in the order of a sheet whose
    column `course` names a course for each row. A course that is not published refuses its own lines
    (`course_not_open`), one that does not exist those of its rows (`course_not_found`). Instructors name their own
    courses; any other is unknown to them.
    """
    return orders.carry_out(caller(), **order, in_background=preferences.responds_async())


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
@blp.waits
@blp.response(200, AssignmentSchema)
def show_assignment(assignment_id: UUID):
    """Show a bulk run.

    `progress` and `job` say how far it is and how its workers fared, `can` which actions are possible now.
    """
    viewer = caller()
    preferences.wait_until(lambda: assignments_runs.has_ended(viewer, assignment_id))
    return assignments_runs.get_visible(viewer, assignment_id)


def _cancelled(run: Any) -> str:
    return (
        "Cancellation requested: the run stops at its next chunk." if run.is_unfinished else "Run cancelled."
    )


@blp.post("/assignments/<uuid:assignment_id>/cancel")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.response(200, AssignmentSchema, message=_cancelled)
@blp.refuses(InvalidTransition)
def cancel_assignment(assignment_id: UUID):
    """Cancel a bulk run.

    It stops at its next chunk. What is written stays; the other lines are `skipped`, code `not_reached`. Of a run that
    writes all or nothing, nothing stays, and a plan whose commit is cancelled is a preview again: while one of these is
    being written, the answer still says RUNNING.
    """
    return queued_runs.cancel(caller(), assignment_id)


@blp.post("/assignments/<uuid:assignment_id>/commit")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.needs_plan
@blp.response(200, AnyReportSchema, message="Plan committed.")
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(Forbidden, InvalidTransition, PlanChanged, PlanExpired, PreconditionFailed, PreconditionRequired)
def commit_assignment(assignment_id: UUID):
    """Commit a preview.

    Writes exactly the plan whose `plan_etag` is sent as `If-Match`. If the decision about any line would now be another
    one, nothing is written (412 `plan_changed`), and the plan stays. A plan is kept for 24 hours. One of more than 10,000
    lines is left to a worker, which writes all of it or nothing as well: where a decision has changed, the run is a preview
    again, and `job.last_error` has the reason.
    """
    etag = request_values.header("If-Match")
    in_background = preferences.responds_async()
    return plans_commit.write_plan(caller(), assignment_id, plan_etag=etag, in_background=in_background)


@blp.post("/assignments/<uuid:assignment_id>/retry")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.response(200, AnyReportSchema, message=_finished("Run"))
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(InvalidTransition)
def retry_assignment(assignment_id: UUID):
    """Retry the refused lines of a bulk run.

    A new run takes up the lines that were refused or not reached, in their order and on the terms of the first run, with
    the due date of that day. Lines whose sheet has to be mended are refused again.
    """
    return queued_runs.retry(caller(), assignment_id, in_background=preferences.responds_async())


@blp.post("/assignments/<uuid:assignment_id>/undo")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@throttled(BULK)
@blp.idempotent
@blp.arguments(UndoSchema)
@blp.response(200, UndoReportSchema, message=_finished("Undo"))
@blp.accepts(AssignmentSchema, message=ACCEPTED)
@blp.refuses(Forbidden, InvalidTransition)
def undo_assignment(order: dict[str, Any], assignment_id: UUID):
    """Undo a bulk run.

    A run of its own, with a line for each line of the first. What the first run changed and no user changed since is put
    back (`undone`): a new enrollment is cancelled and counts as never begun, a reactivated one is cancelled with its former
    source, due date and payment, an unassigned one is ACTIVE again if a seat is free, a due date is the former one. Users
    who have started or completed the course since are kept, and so is what was changed (`kept_changed`). The first run is
    then UNDONE when nothing was kept. A run is undone once; `mode: preview` shows what that would do, and can be
    committed.
    """
    return undoing.undo(caller(), assignment_id, **order, in_background=preferences.responds_async())


@blp.get("/assignments/<uuid:assignment_id>/items")
@requires(Role.INSTRUCTOR, Role.ADMIN)
@blp.lists(LedgerItemSchema, ItemQuerySchema, csv_columns=ITEM_COLUMNS, csv_schema=ItemRowSchema)
def list_assignment_items(filters: dict[str, Any], assignment_id: UUID):
    """List the ledger of a bulk run.

    One line for each user and course, in the order in which they were sent. `format=csv` and `format=ndjson` return the
    whole ledger as a sheet: mended, for example after `outcome=not_found`, it can be sent again as it is.
    """
    return assignments_items.list_items(caller(), assignment_id, **filters)
