"""What is kept for a while and then forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Text, Uuid, any_, cast, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.db import db
from app.enums import AssignmentState
from app.models.assignment import Assignment, AssignmentItem
from app.models.attempt import Attempts
from app.models.email_change import EmailChange
from app.models.idempotency_key import IdempotencyKey
from app.models.mail_token import MailToken
from app.models.session import Session
from app.models.user import User
from app.services import idempotency_keys

SESSIONS_KEPT = timedelta(days=7)
EMAIL_CHANGES_KEPT = timedelta(days=30)
RECENTLY = timedelta(days=7)
"""for so long the sweep may be away and still erase what it has to"""


def forget_sessions() -> None:
    """Sessions that are over, with their refresh tokens."""
    long_ago = func.now() - SESSIONS_KEPT
    db.session.execute(
        delete(Session)
        .where(or_(Session.expires_at < long_ago, Session.ended_at < long_ago))
        .execution_options(synchronize_session=False)
    )


def forget_mail_tokens() -> None:
    """Secrets of mails that open nothing any more."""
    db.session.execute(
        delete(MailToken)
        .where(or_(MailToken.expires_at < func.now(), MailToken.spent_at.is_not(None)))
        .execution_options(synchronize_session=False)
    )


def forget_email_changes() -> None:
    """Addresses that people had or wanted, long after the last mail about them."""
    db.session.execute(
        delete(EmailChange)
        .where(EmailChange.created_at < func.now() - EMAIL_CHANGES_KEPT)
        .execution_options(synchronize_session=False)
    )


def forget_previews() -> None:
    """Bulk runs that were only looked at."""
    db.session.execute(
        delete(Assignment)
        .where(Assignment.state == AssignmentState.PREVIEW, Assignment.expires_at < func.now())
        .execution_options(synchronize_session=False)
    )


def forget_names() -> None:
    """What deleted people were called in bulk runs: their lines name them by id from now on.

    Hourly and not at once: the ledger is not ordered by person, and an index would make every run dearer.
    """
    deleted = db.session.scalars(select(User.id).where(User.deleted_at > func.now() - RECENTLY)).all()
    if not deleted:
        return
    named = cast(AssignmentItem.user_id, Text)
    db.session.execute(
        update(AssignmentItem)
        .where(AssignmentItem.user_id == any_(literal(deleted, ARRAY(Uuid()))), AssignmentItem.input != named)
        .values(input=named)
        .execution_options(synchronize_session=False)
    )


def forget_attempts() -> None:
    """Attempts that count no more."""
    db.session.execute(
        delete(Attempts)
        .where(Attempts.forgotten_at < func.now())
        .execution_options(synchronize_session=False)
    )


def forget_idempotency_keys() -> None:
    """Requests that are not sent again any more."""
    db.session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.created_at < func.now() - idempotency_keys.KEPT)
        .execution_options(synchronize_session=False)
    )
