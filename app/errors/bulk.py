"""Refusals of a bulk call as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors.base import Conflict, InvalidRequest, Refusal


class AtomicRefused(Conflict):
    """The run was atomic, and another row of it was refused: so nothing of this row was written either. Correct or leave out
    the rows of the report that have a code of their own, and send the call again; without `atomic` a refused row does not
    affect the others.
    """

    code = "atomic_refused"
    title = "Another row of the run was refused, so nothing was written."


class TooManyPeople(InvalidRequest):
    """A bulk call or an import takes at most 10,000 rows, and an assignment 1,000,000 lines, people times courses; duplicates
    included. Nothing was written. Split the list and send the parts one after the other; a user who is named in two of them
    is not assigned or created twice.
    """

    code = "too_many_people"
    title = "Too many users for one call: send fewer."


class PlanChanged(Refusal):
    """The preview can no longer be written as it was shown, because for some lines the decision would now be another one.
    Nothing was written. `details.changed` is the number of these lines, `details.rows` has the first hundred with the planned
    and the present decision. Make a new preview; this plan can still be committed if everything is again as it was.
    """

    status = 412
    code = "plan_changed"
    title = "The plan no longer holds: some lines would now be decided differently."

    def __init__(self, changed: int = 0, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__()
        self.changed, self.rows = changed, list(rows)
        self.facts = {"changed": self.changed, "rows": self.rows}


class PlanExpired(Conflict):
    """A preview can be committed for 24 hours, and this one is older. Nothing was written. Send the order again with `mode:
    preview`, and commit the new plan.
    """

    code = "plan_expired"
    title = "The plan has expired: make a new preview."


class KeptStarted(Conflict):
    """The undo of a run kept this enrollment, because its user has progress, a review or a grade in the course since the run.
    Unassign the user to end it all the same; the progress is kept for a later return.
    """

    code = "kept_started"
    title = "The user has started the course since the run."


class KeptChanged(Conflict):
    """The undo of a run kept this enrollment, because it is no longer as the run had left it: another run, an admin, the
    instructor or the user has changed it since. The row of the ledger has its present state.
    """

    code = "kept_changed"
    title = "The enrollment was changed since the run."


class NotReached(Conflict):
    """The run ended before it came to this row, because it was cancelled or failed: nothing of the row was written. Retry the
    run, which takes up these rows.
    """

    code = "not_reached"
    title = "The run ended before it came to this row."


class CourseNotFound(InvalidRequest):
    """The row of a sheet names a course that does not exist, or that the caller may not change. Correct the cell, which takes
    an id, a slug or a code, and send the row again.
    """

    code = "course_not_found"
    title = "There is no such course."


class AnotherCourse(InvalidRequest):
    """The row of a sheet names a course other than that of the call, so it was not assigned anywhere. Send the sheet to
    `POST /assignments`, which takes several courses, or empty the cell.
    """

    code = "another_course"
    title = "The row names another course than the call."


class IdentifiersDisagree(InvalidRequest):
    """The row of a sheet names two different users by two identifiers. Nothing was guessed: correct or empty one of the cells
    and send the row again.
    """

    code = "identifiers_disagree"
    title = "The identifiers of the row name different users."


class InvalidDueAt(InvalidRequest):
    """The due date of the row cannot be read. Write a day such as 2026-12-31, which means its end, or a time with its zone such
    as 2026-12-31T17:00:00Z, and send the row again.
    """

    code = "invalid_due_at"
    title = "The due date of the row cannot be read."


class ExtraCells(InvalidRequest):
    """The row of a sheet has a value in a column without a title: an unquoted comma may have shifted its cells. Put the value
    that has the comma in quotes, and send the row again.
    """

    code = "extra_cells"
    title = "The row has more cells than the header."
