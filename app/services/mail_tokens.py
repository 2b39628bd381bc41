"""The secrets that mails carry: 256 random bits, of which the database keeps the hash.

One is made each time such a mail is sent, so that it exists nowhere but in that mail; a second try makes a second one.
All of a person stay good until they expire or until one of them sets a password. A token is spent once, whoever races
for it, and only while the account still has the address it was sent to, or still wants it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.db import db
from app.enums import MailTokenPurpose
from app.errors import MailTokenInvalid
from app.models.email_change import EmailChange
from app.models.mail_token import MailToken
from app.models.user import User
from app.settings import settings

SETTING_PASSWORDS = (MailTokenPurpose.RESET_PASSWORD, MailTokenPurpose.SET_PASSWORD)
_BYTES = 32


def mint(user: User, purpose: MailTokenPurpose, address: str | None = None) -> str:
    """A new token for a mail to this address, the account's own unless it is to be another. It cannot be asked for again."""
    token = secrets.token_urlsafe(_BYTES)
    row = insert(MailToken).values(
        user_id=user.id,
        purpose=purpose,
        token_hash=_hash(token),
        email=address or user.email,
        expires_at=func.now() + life_of(purpose),
    )
    db.session.execute(row)
    return token


def spend(token: str, *purposes: MailTokenPurpose) -> User:
    """Its owner, whose row is locked, for the one who comes first."""
    owner = _lock_owner(token)
    spent = (
        update(MailToken)
        .where(
            MailToken.token_hash == _hash(token),
            MailToken.purpose.in_(purposes),
            MailToken.spent_at.is_(None),
            MailToken.expires_at > func.now(),
            MailToken.user_id == User.id,
            func.lower(MailToken.email) == func.lower(_address()),
            User.is_active,
        )
        .values(spent_at=func.now())
        .returning(MailToken.user_id)
        .execution_options(synchronize_session=False)
    )
    if owner is None or db.session.scalar(spent) is None:
        raise MailTokenInvalid
    return owner


def void_for_passwords(user_id: UUID) -> None:
    """The password of a person whose row is locked has been set: no older mail sets another, or changes the address."""
    _void([user_id], MailToken.purpose.in_(SETTING_PASSWORDS))


def void_all(user_ids: Collection[UUID]) -> None:
    """No mail that these people, whose rows are locked, have been sent until now opens anything."""
    _void(user_ids)


def life_of(purpose: MailTokenPurpose) -> timedelta:
    lives = {
        MailTokenPurpose.VERIFY_EMAIL: timedelta(hours=settings().verification_token_hours),
        MailTokenPurpose.RESET_PASSWORD: timedelta(minutes=settings().reset_token_minutes),
        MailTokenPurpose.SET_PASSWORD: timedelta(hours=settings().invitation_token_hours),
        MailTokenPurpose.CONFIRM_EMAIL: timedelta(hours=settings().verification_token_hours),
    }
    return lives[purpose]


def _void(user_ids: Collection[UUID], *which: ColumnElement[bool]) -> None:
    people = any_(literal(list(user_ids), ARRAY(Uuid())))
    wishes = delete(EmailChange).where(EmailChange.user_id == people, EmailChange.confirmed_at.is_(None))
    db.session.execute(wishes.execution_options(synchronize_session=False))
    db.session.execute(
        update(MailToken)
        .where(MailToken.user_id == people, MailToken.spent_at.is_(None), *which)
        .values(spent_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _address() -> ColumnElement[str | None]:
    """Where a token must have been sent to: the mailbox of the account, or the one that is to be it."""
    wanted = select(EmailChange.new_email).where(
        EmailChange.user_id == User.id, EmailChange.confirmed_at.is_(None)
    )
    return case(
        (MailToken.purpose == MailTokenPurpose.CONFIRM_EMAIL, wanted.correlate(User).scalar_subquery()),
        else_=User.email,
    )


def _lock_owner(token: str) -> User | None:
    # People are locked before what is theirs, here and in a password change: no two wait in a circle.
    statement = (
        select(User)
        .join(MailToken, MailToken.user_id == User.id)
        .where(MailToken.token_hash == _hash(token))
        .with_for_update(of=User, key_share=True)
    )
    return db.session.scalar(statement, execution_options={"populate_existing": True})


def _hash(token: str) -> bytes:
    """Fast on purpose: what has 256 bits is not guessed."""
    return hashlib.sha256(token.encode()).digest()
