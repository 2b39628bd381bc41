"""A bulk run and its ledger: each user it was asked about, with the outcome and the reason."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, ordered, word
from app.db.session import Identified, Model
from app.enums import (
    AssignmentAction,
    AssignmentState,
    Outcome,
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
    a worker commits (`is_committing`) is one batch more; `committed_by_id` is the user whom its enrollments are from.
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
    committed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
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
    created_by: Mapped[User] = relationship(lazy="raise", foreign_keys=[created_by_id])
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
    def is_whole(self) -> bool:
        """A worker carries it in one transaction: all or nothing, or exactly a plan."""
        return self.is_committing or bool(self.options.get("atomic"))

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
