"""The outbox: one row for each message we owe somebody on one channel.

Written in the transaction that causes it, so that no notice is lost and none is invented. A notification is the
in-app face of a notice: the row whose channel is IN_APP.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Identified, Model
from app.enums import Channel, NoticeKind, NoticeState
from app.models.columns import one_of, word
from app.models.course import Course
from app.models.user import User


class Notice(Identified, Model):
    """What to say follows from `kind`, the course and the enrollment when it is sent or shown; nothing is stored.

    `attempt_number` is 1, and one more for each time an admin resends what was SENT. `leased_until` and `lease` say
    which worker may send it now; `enqueued_at` when RQ was last told.
    """

    __tablename__ = "notices"

    ONE_PER_CAUSE = "uq_notices_cause"

    kind: Mapped[NoticeKind] = mapped_column(word(NoticeKind))
    channel: Mapped[Channel] = mapped_column(word(Channel))
    state: Mapped[NoticeState] = mapped_column(word(NoticeState))
    reason: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id", ondelete="RESTRICT"))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("assignments.id", ondelete="RESTRICT"))
    completion_number: Mapped[int] = mapped_column(server_default=text("0"))
    attempt_number: Mapped[int] = mapped_column(server_default=text("1"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    enqueued_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    leased_until: Mapped[datetime | None]
    lease: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")
    course: Mapped[Course] = relationship(lazy="raise")

    __table_args__ = (
        Index(
            ONE_PER_CAUSE,
            "enrollment_id",
            "kind",
            "channel",
            "user_id",
            "completion_number",
            "assignment_id",
            "attempt_number",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notices_due", "due_at", "id", postgresql_where=text("state = 'QUEUED'")),
        Index(
            "ix_notices_inbox",
            "user_id",
            "created_at",
            "id",
            postgresql_where=text("channel = 'IN_APP' AND state = 'SENT'"),
        ),
        Index("ix_notices_newest", "created_at", "id"),
        CheckConstraint(one_of("kind", NoticeKind), "kind"),
        CheckConstraint(one_of("channel", Channel), "channel"),
        CheckConstraint(one_of("state", NoticeState), "state"),
        CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", "sent_has_time"),
    )

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @classmethod
    def in_inbox_of(cls, user: User) -> ColumnElement[bool]:
        """The notifications of one person."""
        return and_(cls.user_id == user.id, cls.channel == Channel.IN_APP, cls.state == NoticeState.SENT)
