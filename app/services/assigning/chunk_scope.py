"""What chunks of a run are decided with: the staged lines, the user who ordered the run, the courses and their counts.

A worker has a transaction for each chunk, and reads everything as it is then. A run that is carried in one transaction has
read and locked it once, so that a chunk of it takes few statements more than its writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, bindparam, column, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from app.db.session import db
from app.enums import Outcome
from app.errors.base import Forbidden
from app.models.assignment import Assignment
from app.models.assignment_stage import AssignmentBatch, AssignmentCourse
from app.models.course import Course
from app.models.user import User
from app.services.catalogue import courses
from app.services.learning import enrollment_notices
from app.services.people import users_delete

MOST_BATCHES = 40


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


Staged = Row[int, UUID | None, int, bool]
"""The number, course and size of a batch, and whether rows have further identifiers."""


class ChunkScope:
    """That of one chunk, in a transaction of its own."""

    def __init__(self, run: Assignment) -> None:
        self._run = run

    def prepare(self) -> None:
        """Set up the transaction. The first lock is the one that a deletion takes first, too."""
        # A young table looks cheaper to read whole than to look into, for every line: it grows while the chunks go on.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        if not self._run.is_preview:
            users_delete.prevent_deletions()

    @property
    def actor(self) -> User:
        """The user who ordered the run, with the role of this moment: whom its lines may name."""
        return _user(self._run.created_by_id)

    @property
    def committer(self) -> User:
        """The user who has to be allowed to change the courses."""
        committer = self._run.committed_by_id
        return self.actor if committer in {None, self._run.created_by_id} else committer_of(self._run)

    def batches(self) -> Sequence[Staged]:
        """The next batches, in order."""
        return db.session.execute(_select_staged(self._run).limit(MOST_BATCHES)).all()

    def course(self, course_id: UUID, committer: User) -> Course:
        """The course as it is now; locked, unless the run only previews. Refused if the committer may not change it."""
        if self._run.is_preview:
            found = select(Course).where(Course.id == course_id).execution_options(populate_existing=True)
            course = db.session.scalars(found).one()
        else:
            course = courses.lock(course_id, even_deleted=True)
        return _managed(course, committer)

    def counts_of(self, course_id: UUID) -> Mapping[str, int]:
        """The counts so far of one course of a run on several."""
        return db.session.scalar(_select_counts(self._run, course_id)) or {}

    def planned(self, course_id: UUID, *outcomes: Outcome) -> int:
        """How many lines of the course the run has decided so far with these outcomes."""
        counts = self.counts_of(course_id) if self._run.course_id is None else self._run.counts
        return sum(counts.get(outcome, 0) for outcome in outcomes)

    def count(self, course_id: UUID, amounts: Mapping[str, int]) -> None:
        """Add to the counts of one course of a run on several."""
        db.session.execute(
            update(AssignmentCourse)
            .where(AssignmentCourse.assignment_id == self._run.id, AssignmentCourse.course_id == course_id)
            .values(counts=added(self.counts_of(course_id), amounts))
            .execution_options(synchronize_session=False)
        )

    def notify(self, rows: Sequence[int]) -> None:
        """Notify the users of these lines."""
        enrollment_notices.notify_assigned(self._run.id, rows=rows)


class WholeRunScope(ChunkScope):
    """That of all chunks of a run in one transaction. The first chunk of a course finds it as it was locked.

    :param held: the courses of the run, as they are now; locked by the caller, unless the run only previews
    """

    def __init__(self, run: Assignment, held: Sequence[Course]) -> None:
        super().__init__(run)
        super().prepare()
        self._actor = super().actor
        self._committer = super().committer
        self._held = {course.id: course for course in held}
        self._batches = db.session.execute(_select_staged(run)).all()
        self._counts: dict[UUID, dict[str, int]] = {}
        self._is_notifying = False

    def prepare(self) -> None:
        """Everything is set up and locked already."""

    @property
    def actor(self) -> User:
        return self._actor

    @property
    def committer(self) -> User:
        return self._committer

    def batches(self) -> Sequence[Staged]:
        # Numbered from 1 without a gap.
        done = self._run.next_batch - self._batches[0].number
        return self._batches[done : done + MOST_BATCHES]

    def course(self, course_id: UUID, committer: User) -> Course:
        # A chunk takes seats, which the next one has to know of.
        held = self._held.pop(course_id, None)
        return super().course(course_id, committer) if held is None else _managed(held, committer)

    def counts_of(self, course_id: UUID) -> Mapping[str, int]:
        return self._counts.get(course_id, {})

    def count(self, course_id: UUID, amounts: Mapping[str, int]) -> None:
        self._counts[course_id] = added(self.counts_of(course_id), amounts)

    def notify(self, rows: Sequence[int]) -> None:
        self._is_notifying |= bool(rows)

    def finish(self) -> None:
        """Write what was gathered for all chunks."""
        if self._counts:
            rows = [{"course_id": str(each), "counts": counts} for each, counts in self._counts.items()]
            given = (
                func.jsonb_to_recordset(bindparam("rows", rows, JSONB))
                .table_valued(column("course_id", Uuid), column("counts", JSONB))
                .render_derived(name="given", with_types=True)
            )
            db.session.execute(
                update(AssignmentCourse)
                .where(
                    AssignmentCourse.assignment_id == self._run.id,
                    AssignmentCourse.course_id == given.c.course_id,
                )
                .values(counts=given.c.counts)
                .execution_options(synchronize_session=False)
            )
        if self._is_notifying:
            enrollment_notices.notify_assigned(self._run.id)


def added(counts: Mapping[str, int], amounts: Mapping[str, int]) -> dict[str, int]:
    return {**counts, **{name: counts.get(name, 0) + amount for name, amount in amounts.items()}}


def committer_of(run: Assignment) -> User:
    """Whom the enrollments of the run are from: of a plan, the user who commits it."""
    return _user(run.committed_by_id or run.created_by_id)


def _user(user_id: UUID) -> User:
    found = select(User).where(User.id == user_id).execution_options(populate_existing=True)
    return db.session.scalars(found).one()


def _managed(course: Course, committer: User) -> Course:
    if not course.managed_by(committer):
        raise Forbidden(
            f"The user who started this run may no longer change the course {course.code}. An admin can retry it."
        )
    return course


def _select_staged(run: Assignment) -> Select[int, UUID | None, int, bool]:
    return (
        select(
            AssignmentBatch.number,
            AssignmentBatch.course_id,
            AssignmentBatch.size,
            AssignmentBatch.others.is_not(None),
        )
        .where(AssignmentBatch.assignment_id == run.id, AssignmentBatch.number >= run.next_batch)
        .order_by(AssignmentBatch.number)
    )


def _select_counts(run: Assignment, course_id: UUID) -> Select[dict[str, int]]:
    return select(AssignmentCourse.counts).where(
        AssignmentCourse.assignment_id == run.id, AssignmentCourse.course_id == course_id
    )
