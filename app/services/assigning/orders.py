"""Orders on several courses or from a sheet: staged first, then carried in the request or by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.enums import AssignmentAction, Mode, OnExisting
from app.errors.base import InvalidRequest
from app.errors.bulk import TooManyPeople
from app.models.caller import Actor
from app.services.assigning import assignments_runs as runs
from app.services.assigning import queued_runs, staging
from app.services.assigning.assignments_runs import RunReport
from app.services.assigning.course_refs import CourseRefs
from app.services.assigning.queued_runs import MOST_LINES, Accepted
from app.services.assigning.sheet_lines import SheetLines
from app.values.people import People
from app.values.sheet_file import SheetFile
from app.values.terms import Terms


def carry_out(
    actor: Actor,
    action: AssignmentAction,
    people: People,
    *,
    courses: Sequence[UUID] = (),
    course_ids: Sequence[str] = (),
    file: SheetFile | None = None,
    terms: Terms | None = None,
    atomic: bool = False,
    mode: Mode = Mode.RUN,
    reason: str = "",
    in_background: bool = False,
) -> RunReport | Accepted:
    """Assign or unassign these people and the rows of the sheet.

    :param courses: the one course of the call, which rows of the sheet must not contradict
    :param course_ids: instead, courses as the client names them
    """
    refs = CourseRefs(actor)
    wanted = list(courses) or refs.resolve(list(course_ids))
    if terms is not None:
        terms.refuse_to_exceed_seats(is_admin=actor.is_admin)
    if not wanted and (file is None or len(people)):
        raise InvalidRequest(details={"course_ids": ["Name a course, or send a sheet with a column for it."]})
    if len(people) * len(wanted) > MOST_LINES:
        raise TooManyPeople(f"A run takes at most {MOST_LINES:,} lines, people times courses.")
    options: dict[str, Any] = {**(terms.as_json() if terms else {}), "atomic": atomic}
    run = runs.begin(action, actor.id, None, mode=mode, reason=reason, is_queued=True, **options)
    stage = staging.Staging(run)
    row = staging.add_people(stage, people, wanted)
    if file is not None:
        lines = SheetLines(stage, file, refs, wanted, is_one_course=bool(courses))
        lines.stage(run, row + 1)
        _refuse_without_due(run.sheet or {}, terms)
    stage.finish(run, wanted)
    queued_runs.refuse_large_atomic(run.requested, atomic=atomic)
    named = [course_id for course_id in stage.lines if course_id is not None]
    run.course_id = named[0] if len(named) == 1 and None not in stage.lines else None
    return queued_runs.start(run, in_background=in_background)


def _refuse_without_due(sheet: dict[str, Any], terms: Terms | None) -> None:
    if terms is None or terms.on_existing != OnExisting.UPDATE_DUE:
        return
    if terms.due_at is None and terms.due_in_days is None and "due_at" not in sheet["columns"]:
        needed = "update_due needs due_at or due_in_days, or a column due_at."
        raise InvalidRequest(details={"on_existing": [needed]})
