"""A mail on its way: claimed for a while (a lease), sent outside any transaction, then marked SENT, FAILED or due again.

Nothing here sends. Each function is called in a transaction of its own, so that a process may die between any two of
them: what was claimed and not marked is due again when the lease ends, under the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import case, func, or_, select, update

from app.db import among, db
from app.enums import NoticeKind, NoticeState
from app.mailer import Mail
from app.models.notice import Notice
from app.services import mail_links
from app.settings import settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """A mail that nobody else sends until its lease ends."""

    notice_id: UUID
    lease: UUID
    mail: Mail


def claim(notice_ids: Sequence[UUID]) -> Letter | None:
    """The first of these that is due and that nobody else holds.

    Tries count from here, so that a letter that kills its worker runs out of them as well.
    """
    while (notice := _lease_one(notice_ids)) is not None:
        if notice.moot_because:
            notice.state, notice.reason = NoticeState.SUPPRESSED, notice.moot_because
        elif notice.attempts > _tries():
            notice.state, notice.reason = NoticeState.FAILED, notice.reason or "worker_died"
        else:
            return _letter(notice)
        notice.lease = notice.leased_until = None
        db.session.flush()
    return None


def mark_sent(letter: Letter) -> None:
    _mark(letter, state=NoticeState.SENT, sent_at=func.now(), reason=None)


def mark_rejected(letter: Letter, reason: str) -> None:
    _mark(letter, state=NoticeState.FAILED, reason=reason)


def mark_deferred(letter: Letter, reason: str) -> None:
    """Due again after the wait that the ladder has for this try; FAILED after the last."""
    waits = settings().notice_retry_seconds
    wait = case(*((Notice.attempts == tried, timedelta(seconds=step)) for tried, step in enumerate(waits, 1)))
    _mark(
        letter,
        state=case((Notice.attempts < _tries(), NoticeState.QUEUED), else_=NoticeState.FAILED),
        due_at=func.now() + func.coalesce(wait, timedelta()),
        reason=reason,
    )


def take_overdue(limit: int, *, next_in_queue: Sequence[UUID] | None) -> list[UUID]:
    """Due notices that no job in RQ's queue is about, as far as can be told: a job is to be made for them now.

    Jobs are taken in the order in which they were made. Whatever RQ was told of a while before it was told of
    `next_in_queue`, the notices of the job that is taken next, is in the queue no more: a worker has it, or it was lost.

    :param next_in_queue: empty when no job waits; None while RQ cannot be told of anything, and all that is due is taken.
    """
    oldest_told = (
        select(func.min(Notice.enqueued_at)).where(among(Notice.id, next_in_queue or ())).scalar_subquery()
    )
    # Notices are dated by the beginning of a transaction and rung for after its end, which this allows for.
    a_while = timedelta(seconds=settings().notice_nudge_seconds)
    waiting = or_(
        Notice.enqueued_at < Notice.due_at,
        Notice.enqueued_at < Notice.leased_until,
        Notice.enqueued_at <= func.least(func.now(), oldest_told) - a_while,
    )
    due = select(Notice.id).where(Notice.is_due())
    due = due if next_in_queue is None else due.where(waiting)
    picked = (
        due.order_by(Notice.due_at, Notice.id).limit(limit).with_for_update(skip_locked=True).cte("picked")
    )
    told = (
        update(Notice)
        .where(Notice.id == picked.c.id)
        .values(enqueued_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(db.session.scalars(told))


def _lease_one(notice_ids: Sequence[UUID]) -> Notice | None:
    # `=` and not IN: the subquery runs once, so that it locks the one row it returns.
    free = (
        select(Notice.id)
        .where(among(Notice.id, notice_ids), Notice.is_due())
        .order_by(Notice.due_at, Notice.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    leased = db.session.scalar(
        update(Notice)
        .where(Notice.id == free)
        .values(
            lease=uuid4(),
            leased_until=func.now() + timedelta(seconds=settings().notice_lease_seconds),
            attempts=Notice.attempts + 1,
        )
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if leased is None:
        return None
    return db.session.scalars(
        select(Notice)
        .where(Notice.id == leased)
        .options(*Notice.for_sending())
        .execution_options(populate_existing=True)
    ).one()


def _letter(notice: Notice) -> Letter:
    if notice.lease is None or notice.message_id is None:
        raise ValueError("the notice is no leased mail")
    user, address = notice.user, notice.address
    link = mail_links.make(user, notice.kind, address)
    is_known = user.email_verified and notice.kind != NoticeKind.CONFIRM_EMAIL
    mail = Mail(
        # Until somebody has shown that the address is theirs, it may be anybody's, and the name a stranger's message.
        to_name=(user.full_name or user.username) if is_known else "",
        to_address=address,
        subject=notice.title,
        template="token" if link else "notice",
        message_id=notice.message_id,
        values={"title": notice.title, "body": notice.body, **(link.values if link else {})},
        secret=link.token if link else "",
    )
    return Letter(notice.id, notice.lease, mail)


def _mark(letter: Letter, **values: object) -> None:
    marked = db.session.scalar(
        update(Notice)
        .where(
            Notice.id == letter.notice_id, Notice.lease == letter.lease, Notice.state == NoticeState.QUEUED
        )
        .values(lease=None, leased_until=None, **values)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if marked is None:
        log.warning("notice %s was marked by somebody else after its lease had ended", letter.notice_id)


def _tries() -> int:
    return len(settings().notice_retry_seconds) + 1
