"""Notices about accounts: passwords and addresses by mail alone, instructor requests in the app as well.

A token is made when its mail is sent, see `mail_tokens`; nothing secret is written here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnExpressionArgument,
    and_,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.types import Uuid

from app.db.session import among, db
from app.enums import Lane, NoticeKind, NoticeState, RequestStatus
from app.models.instructor_request import InstructorRequest
from app.models.notice import TOKEN_MAILS, Notice
from app.models.user import User
from app.services.messaging import outbox
from app.services.messaging.outbox import MailBatch


def notify(kind: NoticeKind, user_ids: Collection[UUID], *which: ColumnExpressionArgument[bool]) -> None:
    """Notify each of these users for whom `which` holds, in one statement.

    For deactivated users the notice is written as SUPPRESSED, and not sent. Where a mail with a token of this kind waits
    for the user already, no second one is written.
    """
    if user_ids:
        outbox.enqueue(_write(kind, among(User.id, user_ids), *which))


def notify_on_request(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> None:
    """Notify the active user whom the conditions find, at the request of a client that need not be that user.

    The time it takes must not reveal whether there is such a user: neither case waits for the disk, and a delivery is
    enqueued in both. If such a mail waits already, in bulk or for its next try, it becomes urgent and due now.
    """
    db.session.execute(text("SET LOCAL synchronous_commit TO off"))
    waiting = _expedite(kind, User.is_active, *who)
    made = _write(kind, User.is_active, *who)
    outbox.enqueue(MailBatch([*waiting, *made.notice_ids] or [uuid4()], Lane.URGENT))


def cancel_links(user_ids: Collection[UUID]) -> None:
    """Suppress the queued mails with a token of these users. Tokens that were sent are voided by `mail_tokens.void_all`."""
    db.session.execute(
        update(Notice)
        .where(
            among(Notice.user_id, user_ids),
            Notice.kind.in_(TOKEN_MAILS),
            Notice.state == NoticeState.QUEUED,
        )
        .values(state=NoticeState.SUPPRESSED, reason="superseded", lease=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )


def notify_admins_of_requests(user_ids: Collection[UUID]) -> None:
    """Notify every active admin of the pending instructor requests of these users, once per request."""
    waiting = and_(
        among(InstructorRequest.user_id, user_ids), InstructorRequest.status == RequestStatus.PENDING
    )
    made = outbox.write(
        NoticeKind.INSTRUCTOR_REQUEST,
        select().select_from(User).join(InstructorRequest, waiting).where(User.is_active_admin()),
        cause_id=InstructorRequest.id,
    )
    outbox.enqueue(made)


def notify_applicants(request_ids: Collection[UUID]) -> None:
    """Notify the applicants of the decisions about their requests, in one statement."""
    if not request_ids:
        return
    made = outbox.write(
        NoticeKind.INSTRUCTOR_REQUEST_DECIDED,
        select()
        .select_from(InstructorRequest)
        .join(User, User.id == InstructorRequest.user_id)
        .where(among(InstructorRequest.id, request_ids)),
        cause_id=InstructorRequest.id,
    )
    outbox.enqueue(made)


def _write(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> MailBatch:
    return outbox.write(
        kind,
        select().select_from(User).where(*who),
        cause_id=literal(uuid4(), Uuid()),
    )


def _expedite(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> Sequence[UUID]:
    """Make queued mails of this kind urgent and due now."""
    return db.session.scalars(
        update(Notice)
        .where(Notice.user_id == User.id, Notice.kind == kind, Notice.state == NoticeState.QUEUED, *who)
        .values(due_at=func.now(), enqueued_at=func.now(), is_urgent=True)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
