"""The transactional outbox: one row for each message to one recipient on one channel.

Written in the transaction that causes it, so that no notice is lost and none is invented. A notification is a
notice whose channel is IN_APP.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    false,
    func,
    or_,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.columns import one_of, ordered, word
from app.db.session import Identified, Model
from app.enums import Channel, Lane, NoticeKind, NoticeState
from app.models.certificate import Certificate
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.email_change import EmailChange
from app.models.enrollment import Enrollment
from app.models.instructor_request import InstructorRequest
from app.models.submission import Submission
from app.models.user import User
from app.settings import settings

TOKEN_MAILS = ("VERIFY_EMAIL", "RESET_PASSWORD", "SET_PASSWORD")
"""The kinds of which one is queued for a user at a time, as the unique index spells them."""

_WAITS_WITH_TOKEN = f"state = 'QUEUED' AND kind IN {TOKEN_MAILS}"


class Notice(Identified, Model):
    """The texts are made when a notice is sent or shown, by its kind and from the rows it refers to; none is stored.

    Bulk runs write two of these per user, so the row is narrow. It has one foreign key: an enrollment is never
    deleted, nor are its user and its course, and each further key would cost a look-up per row.

    A notice is about an enrollment, or has a cause of its own: `cause_id` names the course change, the instructor
    request, the grading of a submission, or just one occasion. Of `TOKEN_MAILS` one of a kind is queued for a user at a time, however often it is
    requested.

    `attempt_number` is 1, and one more for each time an admin resends what was SENT; `first_id` then names the first
    of them. `attempts` counts tries, begun ones included. `lease` and `leased_until` say which worker may send
    it now; `enqueued_at` when it was last enqueued. Urgent mail (`is_urgent`) has a queue of its own.
    `traceparent` is the W3C Trace Context of the request that wrote it, where that was traced: its mail is sent in the same
    trace, by whichever job or sweep.
    """

    __tablename__ = "notices"

    ONE_PER_CAUSE = "uq_notices_cause"
    ONE_PER_OCCASION = "uq_notices_occasion"
    ONE_WAITING = "uq_notices_token_waiting"

    kind: Mapped[NoticeKind] = mapped_column(word(NoticeKind))
    channel: Mapped[Channel] = mapped_column(word(Channel))
    state: Mapped[NoticeState] = mapped_column(word(NoticeState))
    reason: Mapped[str | None] = mapped_column(String(200))
    user_id: Mapped[UUID]
    course_id: Mapped[UUID | None]
    enrollment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollments.id", ondelete="RESTRICT"))
    assignment_id: Mapped[UUID | None]
    cause_id: Mapped[UUID | None]
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
    is_urgent: Mapped[bool] = mapped_column(server_default=text("false"))
    traceparent: Mapped[str | None] = mapped_column(String(55))

    user: Mapped[User] = relationship(
        primaryjoin="foreign(Notice.user_id) == User.id", lazy="raise", viewonly=True
    )
    course: Mapped[Course | None] = relationship(
        primaryjoin="foreign(Notice.course_id) == Course.id", lazy="raise", viewonly=True
    )
    enrollment: Mapped[Enrollment | None] = relationship(lazy="raise", viewonly=True)
    certificate: Mapped[Certificate | None] = relationship(
        primaryjoin="and_(foreign(Notice.enrollment_id) == Certificate.enrollment_id,"
        " foreign(Notice.completion_number) == Certificate.completion_number)",
        lazy="raise",
        viewonly=True,
    )
    change: Mapped[CourseChange | None] = relationship(
        primaryjoin="foreign(Notice.cause_id) == CourseChange.id", lazy="raise", viewonly=True
    )
    request: Mapped[InstructorRequest | None] = relationship(
        primaryjoin="foreign(Notice.cause_id) == InstructorRequest.id", lazy="raise", viewonly=True
    )

    submission: Mapped[Submission | None] = relationship(
        primaryjoin="foreign(Notice.cause_id) == Submission.grading_id", lazy="raise", viewonly=True
    )
    email_change: Mapped[EmailChange | None] = relationship(
        primaryjoin="foreign(Notice.cause_id) == EmailChange.id", lazy="raise", viewonly=True
    )

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
            postgresql_where=text("enrollment_id IS NOT NULL"),
        ),
        Index(
            ONE_PER_OCCASION,
            "cause_id",
            "kind",
            "channel",
            "user_id",
            "attempt_number",
            unique=True,
            postgresql_where=text("enrollment_id IS NULL"),
        ),
        Index(ONE_WAITING, "user_id", "kind", unique=True, postgresql_where=text(_WAITS_WITH_TOKEN)),
        Index("ix_notices_due", "due_at", "id", postgresql_where=text("state = 'QUEUED'")),
        Index(
            "ix_notices_due_urgent", "due_at", "id", postgresql_where=text("state = 'QUEUED' AND is_urgent")
        ),
        Index("ix_notices_failed", "id", postgresql_where=text("state = 'FAILED'")),
        *ordered("notices", kind="kind", course_id="course_id", user_id="user_id"),
        Index("ix_notices_suppressed", "id", postgresql_where=text("state = 'SUPPRESSED'")),
        CheckConstraint(one_of("kind", NoticeKind), "kind"),
        CheckConstraint(one_of("channel", Channel), "channel"),
        CheckConstraint(one_of("state", NoticeState), "state"),
        CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", "sent_has_time"),
        CheckConstraint("(attempt_number = 1) = (first_id IS NULL)", "resent_has_first"),
        CheckConstraint("(enrollment_id IS NULL) = (cause_id IS NOT NULL)", "has_one_cause"),
        CheckConstraint(
            "(kind IN ('COMPLETION', 'ASSIGNMENT', 'ASSIGNMENT_UNDONE', 'RENEWAL_REQUIRED'))"
            " = (enrollment_id IS NOT NULL)",
            "kind_has_enrollment",
        ),
    )

    @property
    def lane(self) -> Lane:
        return Lane.URGENT if self.is_urgent else Lane.BULK

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def message_id(self) -> str | None:
        """The same at each try of this mail; a resend has its own, derived from the first one's."""
        if self.channel != Channel.EMAIL:
            return None
        name = str(self.id) if self.first_id is None else f"{self.first_id}.{self.attempt_number}"
        return f"<{name}@{settings().mail_domain}>"

    @classmethod
    def is_in(cls, lane: Lane) -> ColumnElement[bool]:
        # Compared with a constant: the planner has to see that a partial index holds all urgent ones.
        return cls.is_urgent == (true() if lane == Lane.URGENT else false())

    @classmethod
    def is_due(cls) -> ColumnElement[bool]:
        """To be sent now, and leased by no worker."""
        return and_(
            cls.state == NoticeState.QUEUED,
            cls.due_at <= func.now(),
            or_(cls.leased_until.is_(None), cls.leased_until <= func.now()),
        )
