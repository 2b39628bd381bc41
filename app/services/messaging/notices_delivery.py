"""Delivery of mail from the outbox: lease, compose, mark as SENT, as FAILED (dead letter) or for a retry with backoff.

Nothing here sends. Each function is called in a transaction of its own, so that a process may die between any two of
them: a mail that was leased and not marked is due again when the lease ends, under the same Message-ID.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, case, func, or_, select, update

from app.adapters.mailer import Mail
from app.db.session import among, db
from app.enums import Lane, NoticeState
from app.models.notice import Notice
from app.services.messaging import kinds, mail_links
from app.settings import settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lease:
    """A notice that no other worker sends until the lease expires."""

    notice_id: UUID
    lease: UUID


@dataclass(frozen=True)
class LeasedMail(Lease):
    """A leased notice with its composed mail."""

    mail: Mail
    traceparent: str | None = None
    """of the request that wrote the notice, if it was traced"""


def lease(notice_ids: Sequence[UUID]) -> Lease | None:
    """Lease the first of these that is due and that no other worker has leased.

    Tries count from here, so that a mail that kills its worker runs out of them as well.
    """
    return _lease_first(among(Notice.id, notice_ids))


def lease_any(lanes: Sequence[Lane]) -> Lease | None:
    """Lease the first notice of these lanes that is due and that no worker has leased, in the order of the lanes."""
    return next(filter(None, (_lease_first(Notice.is_in(lane)) for lane in lanes)), None)


def _lease_first(which: ColumnElement[bool]) -> Lease | None:
    while (row := _lease_one(which)) is not None:
        leased, attempts, reason = row
        if attempts <= _tries():
            return leased
        mark_failed(leased, reason or "worker_died")
    return None


def compose(leased: Lease) -> LeasedMail | None:
    """Compose the mail of a leased notice; None when it is obsolete, and marked as SUPPRESSED."""
    notice = db.session.scalars(
        select(Notice)
        .where(Notice.id == leased.notice_id)
        .options(*kinds.loads_for_sending())
        .execution_options(populate_existing=True)
    ).one()
    if reason := kinds.obsolete_reason(notice):
        _mark(leased, state=NoticeState.SUPPRESSED, reason=reason)
        return None
    return LeasedMail(leased.notice_id, leased.lease, _mail(notice), notice.traceparent)


def mark_sent(leased: Lease) -> None:
    _mark(leased, state=NoticeState.SENT, sent_at=func.now(), reason=None)


def mark_failed(leased: Lease, reason: str) -> None:
    """Dead letter: it is not tried again, unless an admin resends it."""
    _mark(leased, state=NoticeState.FAILED, reason=reason)


def mark_deferred(leased: Lease, reason: str) -> None:
    """Retry with backoff: due again after the wait that `NOTICE_RETRY_SECONDS` has for this try; FAILED after the last."""
    waits = settings().notice_retry_seconds
    wait = case(*((Notice.attempts == tried, timedelta(seconds=step)) for tried, step in enumerate(waits, 1)))
    _mark(
        leased,
        state=case((Notice.attempts < _tries(), NoticeState.QUEUED), else_=NoticeState.FAILED),
        due_at=func.now() + func.coalesce(wait, timedelta()),
        reason=reason,
    )


def take_overdue(limit: int, lane: Lane, *, next_in_queue: Sequence[UUID]) -> list[UUID]:
    """Due notices that are most likely in no queued job, marked as enqueued now: the caller enqueues a job for them.

    Jobs run in the order in which they were enqueued. A notice that was enqueued a while before the next job's is in the
    queue no more: a worker has its job, or the job was lost.

    :param next_in_queue: the notices of the job that is taken next; empty when no job waits.
    """
    oldest_enqueued = (
        select(func.min(Notice.enqueued_at)).where(among(Notice.id, next_in_queue)).scalar_subquery()
    )
    # Notices are dated by the beginning of a transaction and enqueued after its end, which this allows for.
    a_while = timedelta(seconds=settings().notice_nudge_seconds)
    waiting = or_(
        Notice.enqueued_at < Notice.due_at,
        Notice.enqueued_at < Notice.leased_until,
        Notice.enqueued_at <= func.least(func.now(), oldest_enqueued) - a_while,
    )
    due = select(Notice.id).where(Notice.is_in(lane), Notice.is_due(), waiting)
    picked = (
        due.order_by(Notice.due_at, Notice.id).limit(limit).with_for_update(skip_locked=True).cte("picked")
    )
    marked = (
        update(Notice)
        .where(Notice.id == picked.c.id)
        .values(enqueued_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(db.session.scalars(marked))


def _lease_one(which: ColumnElement[bool]) -> tuple[Lease, int, str | None] | None:
    # `=` and not IN: the subquery runs once, so that it locks the one row it returns.
    free = (
        select(Notice.id)
        .where(which, Notice.is_due())
        .order_by(Notice.due_at, Notice.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    lease_id = uuid4()
    row = db.session.execute(
        update(Notice)
        .where(Notice.id == free)
        .values(
            lease=lease_id,
            leased_until=func.now() + timedelta(seconds=settings().notice_lease_seconds),
            attempts=Notice.attempts + 1,
        )
        .returning(Notice.id, Notice.attempts, Notice.reason)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return (Lease(row.id, lease_id), row.attempts, row.reason) if row else None


def _mail(notice: Notice) -> Mail:
    if notice.message_id is None:
        raise ValueError("the notice is no mail")
    kind, user = kinds.of(notice), notice.user
    address, wording = kind.address(notice), kind.wording(notice)
    link = mail_links.make(user, kind.link, address) if kind.link else None
    linked = link.values if link else {"link": kind.page(notice)}
    return Mail(
        to_name=(user.full_name or user.username) if kind.is_addressed_by_name(notice) else "",
        to_address=address,
        subject=wording.title,
        template="token" if link else "notice",
        message_id=notice.message_id,
        values={**wording._asdict(), **linked},
        secret=link.token if link else "",
    )


def _mark(leased: Lease, **values: object) -> None:
    marked = db.session.scalar(
        update(Notice)
        .where(
            Notice.id == leased.notice_id, Notice.lease == leased.lease, Notice.state == NoticeState.QUEUED
        )
        .values(lease=None, leased_until=None, **values)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    if marked is None:
        log.warning("notice %s was marked by another worker after its lease had ended", leased.notice_id)


def _tries() -> int:
    return len(settings().notice_retry_seconds) + 1
