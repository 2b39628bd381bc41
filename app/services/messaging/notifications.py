"""The in-app face of notices: one's own, read or not."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, func, select, update

from app.db.listings import Listing, SortKey
from app.db.session import db
from app.errors.base import NotFound
from app.models.notice import Notice
from app.models.user import User
from app.models.visibility import notification_visible_to


def list_own(reader: User, *, is_read: bool | None = None) -> Listing:
    """Newest first."""
    statement = _told_to(reader)
    if is_read is not None:
        statement = statement.where(Notice.read_at.is_not(None) if is_read else Notice.read_at.is_(None))
    return Listing(statement, [SortKey(Notice.id, descending=True)])


def count_unread(reader: User) -> int:
    unread = select(func.count()).where(notification_visible_to(reader), Notice.read_at.is_(None))
    return db.session.scalar(unread) or 0


def read(reader: User, notice_id: UUID) -> Notice:
    """Reading twice keeps the first time."""
    db.session.execute(
        update(Notice)
        .where(Notice.id == notice_id, notification_visible_to(reader), Notice.read_at.is_(None))
        .values(read_at=func.now())
        .execution_options(synchronize_session=False)
    )
    notice = db.session.scalar(_told_to(reader).where(Notice.id == notice_id))
    if notice is None:
        raise NotFound
    return notice


def read_all(reader: User) -> int:
    """Marks everything read and says how many that were."""
    marked = db.session.scalars(
        update(Notice)
        .where(notification_visible_to(reader), Notice.read_at.is_(None))
        .values(read_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


def _told_to(reader: User) -> Select[Notice]:
    return select(Notice).where(notification_visible_to(reader)).options(*Notice.with_words())
