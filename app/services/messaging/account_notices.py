"""What we tell people about their accounts: always by mail, decisions also in the app.

Mails with a token (VERIFY_EMAIL, RESET_PASSWORD, SET_PASSWORD) and PASSWORD_CHANGED go to the mailbox alone. The token
is made when the mail is sent, see `mail_tokens`; here nothing secret is written.
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
from app.services.messaging.outbox import Owed


def owe(kind: NoticeKind, user_ids: Collection[UUID], *which: ColumnExpressionArgument[bool]) -> None:
    """Owe a mail of this kind to each of these people (to those of whom `which` is true), in one statement.

    For deactivated people the notice is written as SUPPRESSED, and not sent. Where a mail with a token of this kind waits
    for somebody already, no second one is written.
    """
    if user_ids:
        outbox.ring(_put(kind, among(User.id, user_ids), *which))


def owe_on_request(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> None:
    """Owe a mail to the active person whom the conditions find, at the request of somebody who need not be that person.

    Nobody may learn from the time it takes whether there is such a person: neither case waits for the disk, and workers
    are woken in both. If such a mail waits already, in bulk or for its next try, it is urgent and due now.
    """
    db.session.execute(text("SET LOCAL synchronous_commit TO off"))
    waiting = _hurry(kind, User.is_active, *who)
    made = _put(kind, User.is_active, *who)
    outbox.ring(Owed([*waiting, *made.notice_ids] or [uuid4()], Lane.URGENT))


def call_off_links(user_ids: Collection[UUID]) -> None:
    """Do not send the mails with a link that wait for these people. The links of sent ones: `mail_tokens.void_all`."""
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


def owe_requests_of(user_ids: Collection[UUID]) -> None:
    """Tell every active admin about those of these people who have asked to become instructors, once per request."""
    waiting = and_(
        among(InstructorRequest.user_id, user_ids), InstructorRequest.status == RequestStatus.PENDING
    )
    made = outbox.put(
        NoticeKind.INSTRUCTOR_REQUEST,
        select().select_from(User).join(InstructorRequest, waiting).where(User.is_active_admin()),
        cause_id=InstructorRequest.id,
    )
    outbox.ring(made)


def owe_request_decisions(request_ids: Collection[UUID]) -> None:
    """Tell the applicants, as a set, what became of their requests."""
    if not request_ids:
        return
    made = outbox.put(
        NoticeKind.INSTRUCTOR_REQUEST_DECIDED,
        select()
        .select_from(InstructorRequest)
        .join(User, User.id == InstructorRequest.user_id)
        .where(among(InstructorRequest.id, request_ids)),
        cause_id=InstructorRequest.id,
    )
    outbox.ring(made)


def _put(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> Owed:
    return outbox.put(
        kind,
        select().select_from(User).where(*who),
        cause_id=literal(uuid4(), Uuid()),
    )


def _hurry(kind: NoticeKind, *who: ColumnExpressionArgument[bool]) -> Sequence[UUID]:
    return db.session.scalars(
        update(Notice)
        .where(Notice.user_id == User.id, Notice.kind == kind, Notice.state == NoticeState.QUEUED, *who)
        .values(due_at=func.now(), enqueued_at=func.now(), is_urgent=True)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
