"""The outbox: one row for each message we owe somebody on one channel.

Written in the transaction that causes it, so that no notice is lost and none is invented. A notification is the
in-app face of a notice: the row whose channel is IN_APP.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, and_, func, or_, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.interfaces import ORMOption

from app.db import Identified, Model
from app.enums import Channel, EnrollmentStatus, NoticeKind, NoticeState
from app.models.columns import one_of, word
from app.models.course import Course
from app.models.enrollment import Enrollment
from app.models.user import User
from app.settings import settings


class Notice(Identified, Model):
    """What to say follows from `kind`, the course and the enrollment when it is sent or shown; nothing is stored.

    Bulk runs write two of these a person, so the row is narrow. One foreign key holds it: an enrollment is never
    deleted, nor are its person and its course, and each further key would cost a look-up per row.

    `attempt_number` is 1, and one more for each time an admin resends what was SENT; `first_id` then names the first
    of the row. `attempts` counts tries, begun ones included. `lease` and `leased_until` say which worker may send
    it now; `enqueued_at` when RQ was last told.
    """

    __tablename__ = "notices"

    ONE_PER_CAUSE = "uq_notices_cause"

    kind: Mapped[NoticeKind] = mapped_column(word(NoticeKind))
    channel: Mapped[Channel] = mapped_column(word(Channel))
    state: Mapped[NoticeState] = mapped_column(word(NoticeState))
    reason: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[UUID]
    course_id: Mapped[UUID]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    assignment_id: Mapped[UUID | None]
    first_id: Mapped[UUID | None]
    completion_number: Mapped[int] = mapped_column(server_default=text("0"))
    attempt_number: Mapped[int] = mapped_column(server_default=text("1"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    enqueued_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    leased_until: Mapped[datetime | None]
    lease: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(
        primaryjoin="foreign(Notice.user_id) == User.id", lazy="raise", viewonly=True
    )
    course: Mapped[Course] = relationship(
        primaryjoin="foreign(Notice.course_id) == Course.id", lazy="raise", viewonly=True
    )
    enrollment: Mapped[Enrollment] = relationship(lazy="raise", viewonly=True)

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
            "id",
            postgresql_where=text("channel = 'IN_APP' AND state = 'SENT'"),
        ),
        CheckConstraint(one_of("kind", NoticeKind), "kind"),
        CheckConstraint(one_of("channel", Channel), "channel"),
        CheckConstraint(one_of("state", NoticeState), "state"),
        CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", "sent_has_time"),
        CheckConstraint("(attempt_number = 1) = (first_id IS NULL)", "resent_has_first"),
    )

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def is_to_learner(self) -> bool:
        return self.user_id == self.enrollment.user_id

    @property
    def message_id(self) -> str | None:
        """The same however often this mail is tried; a resend has its own, made of the first one's."""
        if self.channel != Channel.EMAIL:
            return None
        name = str(self.id) if self.first_id is None else f"{self.first_id}.{self.attempt_number}"
        return f"<{name}@{settings().mail_domain}>"

    @property
    def title(self) -> str:
        """The mail's subject and the notification's headline."""
        title = " ".join(self.course.title.split())
        if self.kind == NoticeKind.ASSIGNMENT:
            return f"You were assigned to {title}"
        if self.is_to_learner:
            return f"You have completed {title}"
        return f"{self._learner} has completed {title}"

    @property
    def body(self) -> str:
        title = " ".join(self.course.title.split())
        if self.kind == NoticeKind.ASSIGNMENT:
            due_at = self.enrollment.due_at
            limit = f" Please complete it by {due_at:%d %B %Y, %H:%M} UTC." if due_at else ""
            return f"{title} ({self.course.code}) is now among your courses.{limit}"
        if self.is_to_learner:
            return f"Well done! Your completion of {title} ({self.course.code}) is on record."
        return f"{self._learner} has completed your course {title} ({self.course.code})."

    @property
    def moot_because(self) -> str | None:
        """Why it must not be sent any more, as a reason code."""
        if not self.user.is_active:
            return "user_inactive"
        if self.kind == NoticeKind.ASSIGNMENT and self.enrollment.status == EnrollmentStatus.CANCELLED:
            return "not_enrolled"
        return None

    @property
    def _learner(self) -> str:
        learner = self.enrollment.user
        return learner.full_name or learner.username

    @classmethod
    def worded(cls) -> tuple[ORMOption, ...]:
        """Loads what `title` and `body` speak of, and nothing else about anybody."""
        learner = (User.first_name, User.last_name, User.username)
        enrollment = joinedload(cls.enrollment)
        return (
            joinedload(cls.course).load_only(Course.title, Course.code),
            enrollment.load_only(Enrollment.user_id, Enrollment.due_at, Enrollment.status),
            enrollment.joinedload(Enrollment.user).load_only(*learner),
        )

    @classmethod
    def in_inbox_of(cls, user: User) -> ColumnElement[bool]:
        """The notifications of one person."""
        return and_(cls.user_id == user.id, cls.channel == Channel.IN_APP, cls.state == NoticeState.SENT)

    @classmethod
    def is_due(cls) -> ColumnElement[bool]:
        """Nobody has it in hand, and its time has come."""
        return and_(
            cls.state == NoticeState.QUEUED,
            cls.due_at <= func.now(),
            or_(cls.leased_until.is_(None), cls.leased_until <= func.now()),
        )
