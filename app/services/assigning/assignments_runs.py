"""Records of bulk runs: created before their ledger, closed with its counts, listed and read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg2.errorcodes import LOCK_NOT_AVAILABLE
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload, selectinload

from app.db.listings import Listing, narrowed_by, ordered_by
from app.db.session import db, discard_plans, limit_lock_wait
from app.enums import AssignmentAction, AssignmentState, EnrollmentStatus, Mode, Outcome
from app.errors.base import NotFound
from app.errors.catalogue import InvalidTransition
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentCourse
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.user import User
from app.models.visibility import assignment_owned_by, assignment_visible_to
from app.services.assigning import assignments_ledger as ledger

PREVIEW_LIFE = timedelta(hours=24)

LONGEST_WAIT = timedelta(seconds=3)
"""Many times as long as a chunk holds the row of its run."""

BEING_WRITTEN = (
    "This run, or an undo of it, is being written at this moment, in one transaction."
    " Cancel it, or wait for its end; then it can be undone."
)

_WITH_NAMES = (
    joinedload(Assignment.course).load_only(Course.code, Course.title, Course.slug),
    joinedload(Assignment.created_by).load_only(User.first_name, User.last_name, User.username),
    selectinload(Assignment.staged_courses)
    .joinedload(AssignmentCourse.course)
    .load_only(Course.code, Course.title),
)
_ORDERINGS = {"created_at": Assignment.created_at, "requested": Assignment.requested}


class RunCourse(NamedTuple):
    """A course of a run on several, with the lines about it."""

    course_id: UUID
    code: str
    title: str
    requested: int
    counts: dict[str, int]

    @property
    def unique(self) -> int:
        return self.requested - self.counts.get(Outcome.DUPLICATE, 0)


@dataclass(frozen=True)
class RunReport:
    """The result of a run, row by row; `inputs` are the strings as sent.

    `course_ids` are those of the lines, where they may differ.
    """

    run: Assignment
    inputs: list[str] = field(repr=False)
    lines: list[ledger.LedgerLine] = field(repr=False)
    course_ids: list[str | None] | None = field(default=None, repr=False)
    courses: Sequence[RunCourse] = ()

    @property
    def id(self) -> UUID:
        return self.run.id

    @property
    def plan_etag(self) -> str | None:
        return self.run.plan_etag

    @property
    def overdue(self) -> int:
        """Enrollments to which this run gave a due date that has passed, and which are not completed."""
        return _overdue(self.lines)


def begin(
    action: AssignmentAction,
    creator_id: UUID,
    course_id: UUID | None,
    *,
    mode: Mode,
    reason: str,
    requested: int = 0,
    is_queued: bool = False,
    at: datetime | None = None,
    **options: Any,
) -> Assignment:
    """Create the record of a run, before its ledger; `at` dates it.

    :param is_queued: a worker carries the run; otherwise the request itself does
    """
    preview = mode == Mode.PREVIEW
    ends_as = AssignmentState.PREVIEW if preview else AssignmentState.APPLIED
    run = Assignment(
        action=action,
        course_id=course_id,
        state=AssignmentState.QUEUED if is_queued else ends_as,
        is_preview=preview,
        requested=requested,
        counts=dict.fromkeys(ledger.OUTCOMES[action], 0),
        options=options,
        reason=reason,
        created_by_id=creator_id,
        created_at=at or func.now(),
        expires_at=func.now() + PREVIEW_LIFE if preview and not is_queued else None,
        enqueued_at=func.now() if is_queued else None,
    )
    db.session.add(run)
    db.session.flush()
    discard_plans()
    return run


def finish(run: Assignment, lines: list[ledger.LedgerLine], *, at: datetime | None) -> None:
    """Close the record with the counts of its ledger. A refused atomic run writes nothing else."""
    run.counts = ledger.count(run, lines)
    run.unique = run.requested - run.counts[Outcome.DUPLICATE]
    run.done = run.requested
    run.overdue = _overdue(lines)
    run.finished_at = at or func.clock_timestamp()
    if run.state == AssignmentState.APPLIED and _is_refused(run):
        run.state = AssignmentState.REFUSED
    db.session.flush()


def _overdue(lines: list[ledger.LedgerLine]) -> int:
    now = datetime.now(UTC)
    return sum(
        line.outcome in ledger.GIVEN_A_DUE_DATE
        and line.after_status == EnrollmentStatus.ACTIVE
        and line.after_due_at is not None
        and line.after_due_at < now
        for line in lines
    )


def _is_refused(run: Assignment) -> bool:
    refused = sum(run.counts.get(outcome, 0) for outcome in ledger.REFUSALS)
    return bool(run.options["atomic"] and refused)


def list_visible(
    viewer: Actor,
    *,
    course: str | None = None,
    course_id: str | None = None,
    state: tuple[AssignmentState, ...] | None = None,
    action: tuple[AssignmentAction, ...] | None = None,
    created_by: UUID | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    search: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    """The viewer's own runs; for admins all runs. `search` is looked for in the reason."""
    wanted = {Assignment.state: state, Assignment.action: action, Assignment.created_by_id: created_by}
    conditions = [assignment_visible_to(viewer), *narrowed_by(wanted)]
    conditions += [_is_about(ref) for ref in (course, course_id) if ref is not None]
    if created_after is not None:
        conditions.append(Assignment.created_at > created_after)
    if created_before is not None:
        conditions.append(Assignment.created_at < created_before)
    if (search or "").strip():
        sought = str(search).strip().lower()
        conditions.append(func.lower(Assignment.reason).contains(sought, autoescape=True))
    statement = select(Assignment).where(*conditions).options(*_WITH_NAMES)
    return Listing(statement, ordered_by(ordering, _ORDERINGS, Assignment.id))


def _is_about(ref: str) -> ColumnElement[bool]:
    """The course is the one of the run, or one of several."""
    course_id = CourseName.id_of(ref)
    among_several = exists().where(
        AssignmentCourse.assignment_id == Assignment.id, AssignmentCourse.course_id == course_id
    )
    return or_(Assignment.course_id == course_id, and_(Assignment.course_id.is_(None), among_several))


def get_visible(viewer: Actor, assignment_id: UUID) -> Assignment:
    found = select(Assignment).where(Assignment.id == assignment_id, assignment_visible_to(viewer))
    found = found.options(*_WITH_NAMES).execution_options(populate_existing=True)
    run = db.session.scalar(found)
    if run is None:
        raise NotFound
    return run


def reread(run: Assignment) -> Assignment:
    """The run as its record shows it, with what this transaction has written."""
    db.session.flush()
    found = select(Assignment).where(Assignment.id == run.id).options(*_WITH_NAMES)
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def lock_visible(viewer: Actor, assignment_id: UUID) -> Assignment:
    """The run as it is now, locked: no worker and no other request changes it until this transaction ends.

    Refused where the run is being written whole, which takes longer than a request may wait.
    """
    get_visible(viewer, assignment_id)
    return _lock(assignment_visible_to(viewer), assignment_id)


def is_free(run: Assignment) -> bool:
    """Whether no worker and no other request holds the run now; it is locked then."""
    found = select(Assignment.id).where(Assignment.id == run.id)
    return db.session.scalar(found.with_for_update(key_share=True, skip_locked=True)) is not None


def lock_plan(viewer: Actor, assignment_id: UUID) -> tuple[Assignment, bool]:
    """The same, also of a preview that has expired; whether it has, by the clock that purges its ledger."""
    plan = _lock(assignment_owned_by(viewer), assignment_id)
    if plan.expires_at is None:
        return plan, False
    return plan, bool(db.session.scalar(select(func.now() >= plan.expires_at)))


def _lock(is_allowed: ColumnElement[bool], assignment_id: UUID) -> Assignment:
    found = select(Assignment).where(Assignment.id == assignment_id, is_allowed)
    locked = found.with_for_update(key_share=True).execution_options(populate_existing=True)
    limit_lock_wait(LONGEST_WAIT)
    try:
        run = db.session.scalar(locked)
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) != LOCK_NOT_AVAILABLE:
            raise
        raise InvalidTransition(BEING_WRITTEN) from error
    limit_lock_wait(None)
    if run is None:
        raise NotFound
    return run


def courses_of(run: Assignment) -> list[RunCourse]:
    """The courses of a run on several, in its order; none for a run on one."""
    if run.course_id is not None:
        return []
    found = (
        select(
            AssignmentCourse.course_id,
            Course.code,
            Course.title,
            AssignmentCourse.requested,
            AssignmentCourse.counts,
        )
        .join(Course, Course.id == AssignmentCourse.course_id)
        .where(AssignmentCourse.assignment_id == run.id)
        .order_by(AssignmentCourse.position)
    )
    return [RunCourse._make(row) for row in db.session.execute(found)]


def has_ended(viewer: Actor, assignment_id: UUID) -> bool:
    """Whether no worker will change the run any more."""
    run = get_visible(viewer, assignment_id)
    return run.next_batch > run.batches
