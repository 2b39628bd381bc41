"""What is staged of a bulk run that a worker carries: its courses, and batches of the lines that were sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.session import Model
from app.enums import Outcome
from app.models.course import Course


class AssignmentCourse(Model):
    """A course of a run that a worker carries, with the lines about it and their outcomes."""

    __tablename__ = "assignment_courses"

    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"), primary_key=True)
    position: Mapped[int]
    requested: Mapped[int] = mapped_column(server_default=text("0"))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))

    course: Mapped[Course] = relationship(lazy="raise", viewonly=True)

    __table_args__ = (Index("ix_assignment_courses_course_id", "course_id", "assignment_id"),)

    @property
    def code(self) -> str:
        return self.course.code

    @property
    def title(self) -> str:
        return self.course.title

    @property
    def unique(self) -> int:
        decided: int = sum(self.counts.values())
        return decided - int(self.counts.get(Outcome.DUPLICATE, 0))


class AssignmentCancellation(Model):
    """A run that a worker writes in one transaction is to be cancelled."""

    __tablename__ = "assignment_cancellations"

    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class AssignmentBatch(Model):
    """Some hundred staged lines of a run, of one course: columns as JSON arrays, which are a fraction of a row each.

    Lines are numbered from `first_row`, or as `rows` says. Columns that are null have no value in any line, and
    `keys` that are null are the inputs. Deleted as the run has written them to its ledger.
    """

    __tablename__ = "assignment_batches"

    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("assignments.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[UUID | None]
    first_row: Mapped[int]
    size: Mapped[int]
    inputs: Mapped[str]
    keys: Mapped[str | None]
    kinds: Mapped[str]
    rows: Mapped[str | None]
    due_dates: Mapped[str | None]
    sent_due_dates: Mapped[str | None]
    sent_courses: Mapped[str | None]
    problems: Mapped[str | None]
    others: Mapped[str | None]
