"""Notifications: the notices of one user in the app, read or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, update

from app.db.keyset import SortKey
from app.db.listings import Listing
from app.db.session import db
from app.enums import NoticeKind
from app.errors.base import NotFound
from app.models.caller import Actor
from app.models.notice import Notice
from app.models.visibility import notification_visible_to
from app.services.messaging import kinds


@dataclass(frozen=True)
class Notification:
    """A notice as its recipient reads it in the app."""

    id: UUID
    kind: NoticeKind
    title: str
    body: str
    course_id: UUID | None
    enrollment_id: UUID | None
    cause_id: UUID | None
    is_read: bool
    read_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, notice: Notice) -> Notification:
        title, body = kinds.of(notice).wording(notice)
        return cls(
            id=notice.id,
            kind=notice.kind,
            title=title,
            body=body,
            course_id=notice.course_id,
            enrollment_id=notice.enrollment_id,
            cause_id=notice.cause_id,
            is_read=notice.is_read,
            read_at=notice.read_at,
            created_at=notice.created_at,
        )


def list_own(reader: Actor, *, is_read: bool | None = None) -> Listing:
    """Newest first."""
    statement = _select_own(reader)
    if is_read is not None:
        statement = statement.where(Notice.read_at.is_not(None) if is_read else Notice.read_at.is_(None))
    return Listing(statement, [SortKey(Notice.id, descending=True)], shown=Notification.of)


def count_unread(reader: Actor) -> int:
    unread = select(func.count()).where(notification_visible_to(reader), Notice.read_at.is_(None))
    return db.session.scalar(unread) or 0


def read(reader: Actor, notice_id: UUID) -> Notification:
    """Mark a notification as read. Reading it again keeps the first time."""
    db.session.execute(
        update(Notice)
        .where(Notice.id == notice_id, notification_visible_to(reader), Notice.read_at.is_(None))
        .values(read_at=func.now())
        .execution_options(synchronize_session=False)
    )
    notice = db.session.scalar(_select_own(reader).where(Notice.id == notice_id))
    if notice is None:
        raise NotFound
    return Notification.of(notice)


def read_all(reader: Actor) -> int:
    """Mark all notifications as read; how many were unread."""
    marked = db.session.scalars(
        update(Notice)
        .where(notification_visible_to(reader), Notice.read_at.is_(None))
        .values(read_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


def _select_own(reader: Actor) -> Select[Notice]:
    return select(Notice).where(notification_visible_to(reader)).options(*kinds.loads_for_inbox())
