"""The outbox for admins: list it, and send a notice again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_, select

from app.db.keyset import SortKey
from app.db.listings import Listing, narrowed_by
from app.db.session import db, refusing
from app.enums import Channel, NoticeKind, NoticeState
from app.errors.base import NotFound
from app.errors.learning import NoticeNotDelivered
from app.models.course_name import CourseName
from app.models.notice import Notice
from app.models.user import User
from app.observability import traces
from app.services.messaging import kinds, loading, outbox
from app.services.messaging.outbox import MailBatch
from app.values.identifiers import as_id

UNDER_WAY = "An attempt of this notice is still under way."
_ONE_AT_A_TIME = (Notice.ONE_PER_CAUSE, Notice.ONE_PER_OCCASION, Notice.ONE_WAITING)


def list_outbox(
    *,
    state: tuple[NoticeState, ...] | None = None,
    kind: tuple[NoticeKind, ...] | None = None,
    channel: tuple[Channel, ...] | None = None,
    course: str | None = None,
    user: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    """Every notice, for admins. Ids sort by creation time, so that `created_at` needs no index."""
    wanted = {Notice.state: state, Notice.kind: kind, Notice.channel: channel}
    statement = select(Notice).where(*narrowed_by(wanted)).options(*loading.named())
    # Each names one row, so that the notices of that row are read in order.
    if course is not None:
        statement = statement.where(Notice.course_id == CourseName.id_of(course))
    if user is not None:
        user_id = as_id(user)
        meant = User.id == user_id if user_id else or_(User.has_username(user), User.has_email(user))
        statement = statement.where(Notice.user_id == select(User.id).where(meant).limit(1).scalar_subquery())
    return Listing(statement, [SortKey(Notice.id, descending=ordering.startswith("-"))])


def resend(notice_id: UUID) -> Notice:
    """A FAILED notice is tried again under its Message-ID; a SENT one becomes a new attempt under its own.

    An obsolete one is SUPPRESSED: a mail when it is delivered, a notification at once.
    """
    found = db.session.get(Notice, notice_id)
    if found is None:
        raise NotFound
    attempts = _attempts_like(found)
    notice = next(attempt for attempt in attempts if attempt.id == notice_id)
    if any(attempt.state == NoticeState.QUEUED for attempt in attempts):
        raise NoticeNotDelivered(UNDER_WAY)
    if notice.state == NoticeState.SUPPRESSED:
        raise NoticeNotDelivered
    again = notice if notice.state == NoticeState.FAILED else _next_attempt(attempts)
    if again.channel == Channel.EMAIL:
        _queue(again)
    elif reason := _obsolete_reason(notice):
        again.state, again.sent_at, again.reason = NoticeState.SUPPRESSED, None, reason
    with refusing(dict.fromkeys(_ONE_AT_A_TIME, NoticeNotDelivered(UNDER_WAY))):
        db.session.add(again)
    db.session.flush()
    again = _named(again.id)
    if again.state == NoticeState.QUEUED:
        outbox.enqueue(MailBatch([again.id], again.lane))
    return again


def _named(notice_id: UUID) -> Notice:
    """The notice as the list shows it, with what this transaction has written."""
    found = select(Notice).where(Notice.id == notice_id).options(*loading.named())
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def _attempts_like(notice: Notice) -> Sequence[Notice]:
    """All attempts at one notice in order, locked: two admins resend one after the other."""
    return db.session.scalars(
        select(Notice)
        .where(
            Notice.enrollment_id == notice.enrollment_id,
            Notice.cause_id == notice.cause_id,
            Notice.kind == notice.kind,
            Notice.channel == notice.channel,
            Notice.user_id == notice.user_id,
            Notice.completion_number == notice.completion_number,
            Notice.assignment_id.is_not_distinct_from(notice.assignment_id),
        )
        .order_by(Notice.attempt_number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _next_attempt(attempts: Sequence[Notice]) -> Notice:
    first, last = attempts[0], attempts[-1]
    return Notice(
        kind=first.kind,
        channel=first.channel,
        state=NoticeState.SENT,
        sent_at=func.now(),
        user_id=first.user_id,
        course_id=first.course_id,
        enrollment_id=first.enrollment_id,
        assignment_id=first.assignment_id,
        cause_id=first.cause_id,
        completion_number=first.completion_number,
        first_id=first.id,
        attempt_number=last.attempt_number + 1,
        traceparent=traces.carried(),
    )


def _obsolete_reason(notice: Notice) -> str | None:
    found = select(Notice).where(Notice.id == notice.id).options(*kinds.loads_for_sending())
    return kinds.obsolete_reason(db.session.scalars(found.execution_options(populate_existing=True)).one())


def _queue(notice: Notice) -> None:
    notice.state, notice.sent_at, notice.reason = NoticeState.QUEUED, None, None
    notice.attempts, notice.is_urgent = 0, kinds.of(notice).is_urgent
    notice.due_at = notice.enqueued_at = func.now()
