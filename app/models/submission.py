"""A submission: what a learner hands in for an ASSIGNMENT lesson, and the grade it was given."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Identified, Model
from app.enums import SubmissionState
from app.models.file import File
from app.models.lesson import Lesson
from app.models.user import User


class Submission(Identified, Model):
    """A row per submission. A learner has one in a lesson that is not REPLACED.

    A GRADED one is replaced only by a later version of the course that asks for the homework to be done again.

    `course_id` and `user_id` are those of the enrollment, which never change: the queue and the search read no other
    table. `grading_id` names one grading, so that the notice of a grade that was corrected is no longer about this row.
    """

    __tablename__ = "submissions"

    ONE_CURRENT = "uq_submissions_current"

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    state: Mapped[SubmissionState] = mapped_column(
        word(SubmissionState), server_default=SubmissionState.SUBMITTED
    )
    text: Mapped[str] = mapped_column(String(20_000), server_default="")
    submitted_at: Mapped[datetime] = mapped_column(server_default=sql("now()"))
    points: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    max_points: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    feedback: Mapped[str] = mapped_column(String(5000), server_default="")
    graded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    graded_at: Mapped[datetime | None]
    grading_id: Mapped[UUID | None]

    lesson: Mapped[Lesson] = relationship(lazy="raise", viewonly=True)
    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="raise", viewonly=True)
    files: Mapped[list[File]] = relationship(order_by=File.id, lazy="raise", viewonly=True)

    @property
    def file_count(self) -> int:
        return len(self.files)

    __table_args__ = (
        Index(
            ONE_CURRENT,
            "enrollment_id",
            "lesson_id",
            unique=True,
            postgresql_where=sql("state <> 'REPLACED'"),
        ),
        Index("ix_submissions_enrollment_id_oldest", "enrollment_id", "lesson_id", "submitted_at", "id"),
        Index("ix_submissions_course_id_oldest", "course_id", "state", "submitted_at", "id"),
        Index("ix_submissions_lesson_id_oldest", "lesson_id", "state", "submitted_at", "id"),
        Index("ix_submissions_user_id", "user_id"),
        Index("uq_submissions_grading", "grading_id", unique=True),
        CheckConstraint(one_of("state", SubmissionState), "state"),
        CheckConstraint(
            "state = 'REPLACED' OR (state = 'GRADED') = (graded_at IS NOT NULL)", "graded_has_time"
        ),
        CheckConstraint("(graded_at IS NULL) = (graded_by_id IS NULL)", "graded_has_grader"),
        CheckConstraint("(graded_at IS NULL) = (grading_id IS NULL)", "graded_has_grading"),
        CheckConstraint(
            "(graded_at IS NULL) = (points IS NULL) AND (points IS NULL) = (max_points IS NULL)",
            "graded_has_points",
        ),
        CheckConstraint("points >= 0 AND max_points > 0 AND points <= max_points", "points"),
    )
