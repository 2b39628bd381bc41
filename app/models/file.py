"""An uploaded file that belongs to a lesson: a document, a video, the work of a learner."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.columns import one_of, word
from app.db.session import Identified, Model
from app.enums import FileKind

VIDEO = "kind = 'LESSON_VIDEO'"
"""Videos, as their unique index spells it."""


class File(Identified, Model):
    """The record of a file: another file is another row. `stored_as` is its name in the store.

    `media_type` follows from its content; `name` is what the uploader called it, and is only shown. `duration_seconds` is
    what the container of a video says. `submission_id` is of homework that was handed in; until then it is null, and a
    learner who submits again may move the file to the new submission.
    """

    __tablename__ = "files"

    ONE_VIDEO_PER_LESSON = "uq_files_lesson_id_video"

    kind: Mapped[FileKind] = mapped_column(word(FileKind))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id", ondelete="RESTRICT"))
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    duration_seconds: Mapped[int | None]
    stored_as: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submissions.id", ondelete="RESTRICT"))

    __table_args__ = (
        Index("ix_files_lesson_id", "lesson_id", "kind", "id"),
        Index("ix_files_course_id", "course_id", postgresql_include=["size", "lesson_id", "kind"]),
        Index("ix_files_uploaded_by_id", "uploaded_by_id", postgresql_include=["size", "lesson_id"]),
        Index("ix_files_submission_id", "submission_id", "id"),
        Index(ONE_VIDEO_PER_LESSON, "lesson_id", unique=True, postgresql_where=text(VIDEO)),
        CheckConstraint(one_of("kind", FileKind), "kind"),
        CheckConstraint("size > 0", "size"),
        CheckConstraint("duration_seconds > 0", "duration"),
        CheckConstraint("submission_id IS NULL OR kind = 'SUBMISSION_FILE'", "submission"),
    )
