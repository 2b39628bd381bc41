"""Building blocks for the rows of every noun: inside an open transaction, and each committed at once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import delete

from app.db.session import db, transaction
from app.enums import NoticeKind, NoticeState
from app.models import EmailChange, Notice

PASSWORD = "Analytical-Engine-1843"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def add(row):
    """Insert the row and load what the database has filled in."""
    db.session.add(row)
    db.session.flush()
    db.session.refresh(row)
    return row


def email_change(person, address):
    """A change of address that waits for its confirmation, in place of an earlier one."""
    db.session.execute(delete(EmailChange).where(EmailChange.user_id == person.id))
    return add(EmailChange(user_id=person.id, old_email=person.email, new_email=address))


def completion_notice(channel, enrollment, *, state=NoticeState.SENT):
    return add(
        Notice(
            kind=NoticeKind.COMPLETION,
            channel=channel,
            state=state,
            sent_at=THEN if state == NoticeState.SENT else None,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            enrollment_id=enrollment.id,
            completion_number=1,
        )
    )


class CommittedRows:
    """The base of the factory methods, which commit each row that they make."""

    numbers = count(1)

    def __init__(self, app):
        self.app = app

    def _add(self, row):
        with self.app.app_context(), transaction():
            return add(row)

    def _fresh(self, model, key):
        with self.app.app_context():
            return db.session.get_one(model, key)
