"""What one chunk of a run is about: its lines, the user who ordered the run, and the course as it is now."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select

from app.db.session import db
from app.enums import Outcome
from app.errors.base import Forbidden
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentCourse
from app.models.caller import Actor
from app.models.course import Course
from app.models.user import User
from app.services.catalogue import courses


class Chunk(NamedTuple):
    """The batches `first` to `last`, all of one course; None where rows of a sheet name none that exists."""

    course_id: UUID | None
    first: int
    last: int
    size: int
    is_cross_checked: bool


class ChunkOutcome(NamedTuple):
    """The lines of a chunk with one outcome, and the rows and enrollments that it changes."""

    outcome: str
    amount: int
    rows: list[int] | None
    enrollment_ids: list[UUID] | None
    overdue: int


def planned(run: Assignment, course_id: UUID, *outcomes: Outcome) -> int:
    """How many lines of the course the run has decided so far with these outcomes."""
    counts = run.counts
    if run.course_id is None:
        counts = db.session.scalar(counts_of(run, course_id)) or {}
    return sum(counts.get(outcome, 0) for outcome in outcomes)


def counts_of(run: Assignment, course_id: UUID) -> Select[dict[str, int]]:
    """The counts of one course of a run on several."""
    return select(AssignmentCourse.counts).where(
        AssignmentCourse.assignment_id == run.id, AssignmentCourse.course_id == course_id
    )


def actor_of(run: Assignment) -> User:
    """The user who ordered the run, with the role of this moment."""
    found = select(User).where(User.id == run.created_by_id).execution_options(populate_existing=True)
    return db.session.scalars(found).one()


def course_of(run: Assignment, actor: Actor, course_id: UUID) -> Course:
    """The course as it is now; locked, unless the run only previews."""
    if run.is_preview:
        found = select(Course).where(Course.id == course_id).execution_options(populate_existing=True)
        course = db.session.scalars(found).one()
    else:
        course = courses.lock(course_id, even_deleted=True)
    if not course.managed_by(actor):
        raise Forbidden(
            f"The user who started this run may no longer change the course {course.code}. An admin can retry it."
        )
    return course
