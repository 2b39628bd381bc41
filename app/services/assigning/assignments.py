"""Assignment to a course, of one person or ten thousand in a call, with a report line for each.

The ledger is written first: one set-based statement decides about every row, and enrollments, seats and notices are
then written from its lines. The course's row is locked throughout, so runs on one course are serialized and no seat is
given twice.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.enums import AssignmentAction, AssignmentState, CourseStatus, Mode, OnExisting, Outcome
from app.errors.base import NotFound, Refusal, catalogue
from app.errors.learning import AlreadyEnrolled, CourseNotOpen, OwnCourse
from app.models.assignment import Assignment
from app.models.caller import Actor
from app.models.course import Course
from app.services.assigning import assigning_one, orders, queued_runs
from app.services.assigning import assignments_effects as effects
from app.services.assigning import assignments_ledger as ledger
from app.services.assigning import assignments_runs as runs
from app.services.assigning.assigning_one import Written
from app.services.assigning.assignments_runs import RunReport
from app.services.assigning.queued_runs import Accepted
from app.services.catalogue import courses
from app.services.learning import completion, enrollment_notices, enrollments_read
from app.services.people import users_delete
from app.values.people import People
from app.values.sheet_file import SheetFile
from app.values.terms import Terms

_DEFAULT_TERMS = Terms()


def assign(
    actor: Actor,
    ref: str | UUID,
    people: People,
    terms: Terms = _DEFAULT_TERMS,
    *,
    atomic: bool = False,
    mode: Mode = Mode.RUN,
    reason: str = "",
    at: datetime | None = None,
    in_background: bool = False,
    file: SheetFile | None = None,
) -> RunReport | Accepted:
    """Assign these people to a course on these terms; `at` dates the run. A large run is left to a worker."""
    if file is not None:
        course = courses.get_managed(actor, ref)
        _refuse(actor, course, terms)
        return orders.carry_out(
            actor,
            AssignmentAction.ASSIGN,
            people,
            courses=[course.id],
            file=file,
            terms=terms,
            atomic=atomic,
            mode=mode,
            reason=reason,
            in_background=in_background,
        )
    if queued_runs.takes(people, atomic=atomic, in_background=in_background):
        return _accept(actor, ref, people, terms, atomic=atomic, mode=mode, reason=reason)
    if mode != Mode.PREVIEW:
        users_delete.prevent_deletions()
    course = _lock_open(actor, ref, terms)
    options = terms.as_json() | {"atomic": atomic}
    run = runs.begin(
        AssignmentAction.ASSIGN,
        actor.id,
        course.id,
        requested=len(people),
        mode=mode,
        reason=reason,
        at=at,
        **options,
    )
    lines = ledger.write(
        run,
        people,
        sees_everyone=actor.is_admin,
        sees_enrolled=False,
        instructor_id=course.instructor_id,
        free_seats=None if terms.override_seats else course.available_seats,
        due_at=terms.due_date(run.created_at),
        payment=effects.payment_of(course, actor),
        updates_due=terms.on_existing == OnExisting.UPDATE_DUE,
        atomic=atomic,
        preview=mode == Mode.PREVIEW,
    )
    runs.finish(run, lines, at=at)
    if run.state == AssignmentState.APPLIED:
        lines = _apply(actor, course, run, lines, at=at)
        if terms.notify:
            enrollment_notices.notify_assigned(run.id)
    return RunReport(run, people.inputs, lines)


def assign_one(
    actor: Actor, ref: str | UUID, person: People, terms: Terms = _DEFAULT_TERMS, *, reason: str = ""
) -> Written:
    """Assign one person. A refusal is raised instead of reported, and no run is recorded."""
    person.refuse_damaged()
    # A request to exceed the seats is refused to instructors, by what follows.
    is_allowed = actor.is_admin or not terms.override_seats
    made = assigning_one.assign(actor, ref, person, terms, reason=reason) if is_allowed else None
    if made is not None:
        return made
    report = assign(actor, ref, person, terms, reason=reason)
    if isinstance(report, Accepted):
        raise TypeError("A run of one is answered in its request.")
    (line,) = report.lines
    if line.outcome not in {Outcome.ASSIGNED, Outcome.REACTIVATED}:
        raise _reason(line)
    return Written(enrollments_read.reread(UUID(line.enrollment_id)), report.run.id)


def _accept(
    actor: Actor, ref: str | UUID, people: People, terms: Terms, *, atomic: bool, mode: Mode, reason: str
) -> Accepted:
    """Leave the run to a worker, which checks the course once more for each chunk."""
    course = courses.get_managed(actor, ref)
    _refuse(actor, course, terms)
    options = terms.as_json() | {"atomic": atomic}
    return queued_runs.accept(
        AssignmentAction.ASSIGN, actor, course.id, people, mode=mode, reason=reason, **options
    )


def _lock_open(actor: Actor, ref: str | UUID, terms: Terms) -> Course:
    course = courses.lock_managed(actor, ref)
    _refuse(actor, course, terms)
    return course


def _refuse(actor: Actor, course: Course, terms: Terms) -> None:
    terms.refuse_to_exceed_seats(is_admin=actor.is_admin)
    if course.status != CourseStatus.PUBLISHED:
        raise CourseNotOpen


def _apply(
    actor: Actor, course: Course, run: Assignment, lines: list[ledger.LedgerLine], *, at: datetime | None
) -> list[ledger.LedgerLine]:
    """Write what the ledger decided. Return its lines, amended where a reactivation completed the course."""
    joined, returned = run.counts[Outcome.ASSIGNED], run.counts[Outcome.REACTIVATED]
    if joined:
        effects.enroll(run, course, actor, at=at)
    if run.counts[Outcome.DUE_UPDATED]:
        effects.update_due(run)
    effects.add_seats_taken(course, joined + returned)
    if not returned:
        return lines
    effects.reactivate(run, course, actor, at=at)
    reactivated = [UUID(line.enrollment_id) for line in lines if line.outcome == Outcome.REACTIVATED]
    completed = completion.settle(course.id, enrollment_ids=reactivated, at=at)
    return ledger.amend_completed(run, lines, completed) if completed else lines


def _reason(line: ledger.LedgerLine) -> Refusal:
    if line.outcome == Outcome.ALREADY_ENROLLED:
        return AlreadyEnrolled(details={"enrollment_id": [str(line.enrollment_id)]})
    if line.outcome == Outcome.INELIGIBLE:
        return OwnCourse("The user is the instructor of the course.")
    if line.outcome == Outcome.NOT_FOUND:
        return NotFound("There is no such user.")
    return catalogue()[str(line.code)]()
