"""A unit of a course: something to watch, read, answer or hand in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, and_, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.db.columns import one_of, word
from app.db.session import Identified, Model, Timestamped
from app.enums import FileKind, LessonType
from app.models.course import Course
from app.models.file import File
from app.models.section import Section


class Lesson(Identified, Timestamped, Model):
    """Positions count from 1 within the section; a deleted lesson keeps its progress rows and loses its place.

    `content` is the Markdown as written. It is made safe when it is shown.
    """

    __tablename__ = "lessons"

    ONE_PER_POSITION = "ex_lessons_section_id_position"

    course_id: Mapped[UUID]
    section_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    type: Mapped[LessonType] = mapped_column(word(LessonType))
    content: Mapped[str] = mapped_column(String(200_000), server_default="")
    video_url: Mapped[str | None] = mapped_column(String(2000))
    duration_seconds: Mapped[int | None]
    is_preview: Mapped[bool] = mapped_column(server_default=text("false"))
    is_required: Mapped[bool] = mapped_column(server_default=text("true"))
    position: Mapped[int | None]
    deleted_at: Mapped[datetime | None]

    section: Mapped[Section] = relationship(lazy="raise", viewonly=True)
    course: Mapped[Course] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Lesson.course_id) == Course.id"
    )

    attachments: Mapped[list[File]] = relationship(
        viewonly=True,
        order_by=File.id,
        primaryjoin=lambda: and_(
            foreign(File.lesson_id) == Lesson.id,
            File.kind.in_((FileKind.LESSON_FILE, FileKind.LESSON_VIDEO)),
        ),
    )

    @property
    def files(self) -> list[File]:
        return [file for file in self.attachments if file.kind == FileKind.LESSON_FILE]

    @property
    def video(self) -> File | None:
        return next((file for file in self.attachments if file.kind == FileKind.LESSON_VIDEO), None)

    __table_args__ = (
        # Through both columns, so that a lesson can never be in a section of another course.
        ForeignKeyConstraint(
            ["section_id", "course_id"], ["sections.id", "sections.course_id"], ondelete="RESTRICT"
        ),
        # Not UNIQUE: moving a lesson would then lock its row against the progress rows that refer to it, and authors
        # who reorder would block, or deadlock with, the learners.
        ExcludeConstraint(
            ("section_id", "="),
            ("position", "="),
            name=ONE_PER_POSITION,
            using="btree",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        Index("ix_lessons_course_id_present", "course_id", postgresql_where=text("deleted_at IS NULL")),
        CheckConstraint(one_of("type", LessonType), "type"),
        CheckConstraint("position >= 1", "position"),
        CheckConstraint("duration_seconds >= 0", "duration"),
        CheckConstraint("(position IS NULL) = (deleted_at IS NOT NULL)", "placed_unless_deleted"),
    )
