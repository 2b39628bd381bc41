"""A bulk run and its ledger: each user it was asked about, with the outcome and the reason."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    any_,
    literal,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, ordered, word
from app.db.session import Identified, Model
from app.enums import (
    AssignmentAction,
    AssignmentState,
    EnrollmentStatus,
    Outcome,
    PaymentStatus,
    Source,
)
from app.models.assignment_stage import AssignmentCourse
from app.models.course import Course
from app.models.user import User
from app.values import versions
from app.values.terms import Terms

RETRIED = (
    Outcome.NOT_FOUND,
    Outcome.INACTIVE,
    Outcome.INELIGIBLE,
    Outcome.NO_SEAT,
    Outcome.INVALID,
    Outcome.SKIPPED,
)
"""The outcomes of lines that a retry takes up: refused, or not reached."""

WRITTEN = (Outcome.ASSIGNED, Outcome.REACTIVATED, Outcome.DUE_UPDATED, Outcome.UNASSIGNED)
"""The outcomes of lines that changed an enrollment, and that an undo takes back."""


class Progress(NamedTuple):
    """How far a run is, in lines, and how long it will take at its present rate."""

    done: int
    total: int
    percent: int
    rows_per_second: int | None
    seconds_left: int | None


class Job(NamedTuple):
    """How the workers of a run fared."""

    attempts: int
    last_error: str | None


class Assignment(Identified, Model):
    """One run, with its request (`options`) and its result (`counts`, for every outcome). A PREVIEW expires.

    A run that a worker carries has `batches` of staged lines, and `next_batch` is its cursor. `lease` and `leased_until`
    say which worker may carry it now, `attempts` how often one has begun, and `stalls` how many of these attempts in a
    row finished no chunk. `looks_back` is false where no two lines can name the same user in the same course. A plan that
    a worker commits (`is_committing`) is one batch more.
    """

    __tablename__ = "assignments"

    action: Mapped[AssignmentAction] = mapped_column(word(AssignmentAction))
    course_id: Mapped[UUID | None] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    state: Mapped[AssignmentState] = mapped_column(word(AssignmentState))
    requested: Mapped[int]
    unique: Mapped[int] = mapped_column("unique_count", server_default=text("0"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    reason: Mapped[str] = mapped_column(String(1000), server_default="")
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    is_committing: Mapped[bool] = mapped_column(server_default=text("false"))
    is_preview: Mapped[bool] = mapped_column(server_default=text("false"))
    overdue: Mapped[int] = mapped_column(server_default=text("0"))
    batches: Mapped[int] = mapped_column(server_default=text("0"))
    next_batch: Mapped[int] = mapped_column(server_default=text("1"))
    looks_back: Mapped[bool] = mapped_column(server_default=text("true"))
    done: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    stalls: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(String(500))
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    enqueued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    retry_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignments.id", ondelete="SET NULL"))
    undo_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignments.id", ondelete="SET NULL"))
    undone_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignments.id", ondelete="SET NULL"))
    sheet: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    course: Mapped[Course | None] = relationship(lazy="raise")
    created_by: Mapped[User] = relationship(lazy="raise")
    staged_courses: Mapped[list[AssignmentCourse]] = relationship(
        order_by="AssignmentCourse.position", lazy="raise", viewonly=True
    )

    __table_args__ = (
        Index("ix_assignments_newest", "created_at", "id"),
        Index("ix_assignments_course_id_newest", "course_id", "created_at", "id"),
        Index("ix_assignments_created_by_id_newest", "created_by_id", "created_at", "id"),
        *ordered(
            "assignments",
            requested="requested",
            state_newest="state & created_at",
            action_newest="action & created_at",
        ),
        Index("ix_assignments_unfinished", "id", postgresql_where=text("next_batch <= batches")),
        Index(
            "ix_assignments_retry_of_id",
            "retry_of_id",
            postgresql_where=text("retry_of_id IS NOT NULL"),
        ),
        Index("ix_assignments_undo_of_id", "undo_of_id", postgresql_where=text("undo_of_id IS NOT NULL")),
        Index(
            "ix_assignments_undone_by_id", "undone_by_id", postgresql_where=text("undone_by_id IS NOT NULL")
        ),
        CheckConstraint(one_of("action", AssignmentAction), "action"),
        CheckConstraint(one_of("state", AssignmentState), "state"),
    )

    @property
    def courses(self) -> list[AssignmentCourse]:
        """The courses of a run on several; none for a run on one."""
        return [] if self.course_id is not None else self.staged_courses

    @property
    def terms(self) -> dict[str, Any] | None:
        """What held for every row, as it was sent; None for a run that does not assign."""
        if self.action != AssignmentAction.ASSIGN:
            return None
        stored = Terms.of_json(self.options)
        return {**dataclasses.asdict(stored), "atomic": bool(self.options.get("atomic"))}

    @property
    def assignment_id(self) -> UUID:
        """Its id, as reports call it."""
        return self.id

    @property
    def is_unfinished(self) -> bool:
        return self.state in {AssignmentState.QUEUED, AssignmentState.RUNNING}

    @property
    def progress(self) -> Progress:
        """How many lines are decided, and how fast; a rate is known while a worker carries the run."""
        percent = 100 if self.done >= self.requested else self.done * 100 // self.requested
        speed, left = None, None
        if self.started_at and self.is_unfinished and self.done:
            speed = round(self.done / max(0.001, (datetime.now(UTC) - self.started_at).total_seconds()))
            left = round((self.requested - self.done) / speed) if speed else None
        return Progress(self.done, self.requested, percent, speed, left)

    @property
    def job(self) -> Job:
        return Job(self.attempts, self.last_error)

    @property
    def can(self) -> dict[str, bool]:
        """The actions that its state allows. Who sees a run may take them."""
        return {
            "commit": self.state == AssignmentState.PREVIEW,
            "cancel": self.is_unfinished,
            "retry": self.is_retryable,
            "undo": self.is_undoable,
        }

    @property
    def plan_etag(self) -> str | None:
        """The version of a plan, to be sent with its commit."""
        return versions.of_plan(self.id) if self.state == AssignmentState.PREVIEW else None

    @property
    def is_retryable(self) -> bool:
        is_over = self.state in {
            AssignmentState.APPLIED,
            AssignmentState.REFUSED,
            AssignmentState.CANCELLED,
            AssignmentState.FAILED,
        }
        return is_over and any(self.counts.get(outcome) for outcome in RETRIED)

    @property
    def is_undoable(self) -> bool:
        """Applied, or ended early with lines that were written; once, and not an undo itself."""
        if self.action == AssignmentAction.UNDO or self.is_preview or self.undone_by_id is not None:
            return False
        if self.state == AssignmentState.APPLIED:
            return True
        has_ended = self.state in {AssignmentState.CANCELLED, AssignmentState.FAILED}
        return (
            has_ended
            and self.next_batch > self.batches
            and any(self.counts.get(outcome) for outcome in WRITTEN)
        )


class EnrollmentState(NamedTuple):
    """The enrollment of a user in the course, before or after a run."""

    status: EnrollmentStatus
    source: Source | None
    due_at: datetime | None

    @classmethod
    def of(
        cls, status: EnrollmentStatus | None, source: Source | None, due_at: datetime | None
    ) -> EnrollmentState | None:
        """None where there is no enrollment."""
        return None if status is None else cls(status, source, due_at)


class AssignmentItem(Model):
    """One row of a run, in the order of the request, with the enrollment before and after.

    `batch` is the first batch of the chunk that wrote the line in a run that looks back for earlier lines of the same user,
    and 0 in others. `kind`, `sent_due_at` and `sent_course` are what was sent beside `input`.

    What an undo compares and restores: `acted_at`, when the line cancelled or reactivated an enrollment; `after_payment`,
    the payment status that it left; `former`, what a reactivation replaced. A line of an undo has the `former` that it
    restores.

    `enrollment_id` has no foreign key: the line is written first and the enrollment after it, from this very line.
    Enrollments are never deleted.
    """

    __tablename__ = "assignment_items"

    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True)
    input: Mapped[str] = mapped_column(String(400))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    course_id: Mapped[UUID | None]
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    code: Mapped[str | None] = mapped_column(String(40))
    enrollment_id: Mapped[UUID | None]
    before_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    before_source: Mapped[Source | None] = mapped_column(word(Source))
    before_due_at: Mapped[datetime | None]
    after_status: Mapped[EnrollmentStatus | None] = mapped_column(word(EnrollmentStatus))
    after_source: Mapped[Source | None] = mapped_column(word(Source))
    after_due_at: Mapped[datetime | None]
    batch: Mapped[int] = mapped_column(server_default=text("0"))
    kind: Mapped[str | None] = mapped_column(String(12))
    sent_due_at: Mapped[str | None] = mapped_column(String(64))
    sent_course: Mapped[str | None] = mapped_column(String(254))
    acted_at: Mapped[datetime | None]
    after_payment: Mapped[PaymentStatus | None] = mapped_column(word(PaymentStatus))
    former: Mapped[dict[str, Any] | None] = mapped_column(JSONB)

    user: Mapped[User | None] = relationship(lazy="raise", viewonly=True)
    course: Mapped[Course | None] = relationship(
        primaryjoin="foreign(AssignmentItem.course_id) == Course.id", lazy="raise", viewonly=True
    )

    __table_args__ = (
        # Finds an earlier line of the same user across the chunks of a run; a run of one chunk needs no such look.
        Index(
            "ix_assignment_items_people",
            "user_id",
            "assignment_id",
            "course_id",
            postgresql_where=text("batch > 0 AND user_id IS NOT NULL"),
        ),
        CheckConstraint(one_of("outcome", Outcome), "outcome"),
    )

    @classmethod
    def is_among(cls, rows: Sequence[int] | None) -> ColumnElement[bool]:
        """The lines with these numbers, without repetitions; None means all lines.

        Numbers without a gap are a range: a chunk seldom has others, and thousands of them take longer to send and read.
        """
        if rows is None:
            return true()
        if rows and max(rows) - min(rows) + 1 == len(rows):
            return cls.row.between(min(rows), max(rows))
        return cls.row == any_(literal(list(rows), ARRAY(Integer)))

    @property
    def before(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.before_status, self.before_source, self.before_due_at)

    @property
    def after(self) -> EnrollmentState | None:
        return EnrollmentState.of(self.after_status, self.after_source, self.after_due_at)
