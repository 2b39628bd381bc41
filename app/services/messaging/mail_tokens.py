"""Single-use tokens in mails: 256 random bits, of which the database keeps only the hash.

A token is made each time such a mail is sent, each retry included, and exists in that mail alone. All tokens of a user
are valid until they expire, or until a password is set with one of them. A token works once, even if two requests send it
at the same moment, and only while the account still has the address that it was mailed to; a token that confirms a new
address, only while that change is still requested.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, select, update

from app.db.session import among, db
from app.enums import MailTokenPurpose
from app.errors.accounts import MailTokenInvalid
from app.models.email_change import EmailChange
from app.models.mail_token import MailToken
from app.models.user import User
from app.services.messaging import kinds

SETTING_PASSWORDS = tuple(purpose for purpose, link in kinds.LINKS.items() if link.sets_password)
_BYTES = 32


def mint(user: User, purpose: MailTokenPurpose, address: str | None = None) -> str:
    """Make a token for a mail to this address, by default the account's own. Only its hash is stored."""
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


def owner_of(token: str, *purposes: MailTokenPurpose) -> User:
    """The owner of a token, without locks, for checks that are slow and come before the token is spent.

    :raises MailTokenInvalid: as `spend` does.
    """
    owner = db.session.scalar(
        select(User).join(MailToken, MailToken.user_id == User.id).where(_is_good(token, purposes))
    )
    if owner is None:
        raise MailTokenInvalid
    return owner


def spend(token: str, *purposes: MailTokenPurpose) -> User:
    """Spend a token, and return the account that it belongs to, locked.

    :raises MailTokenInvalid: for a token that is unknown, expired, used, void or for another purpose.
    """
    owner = _lock_owner(token)
    spent = (
        update(MailToken)
        .where(MailToken.user_id == User.id, _is_good(token, purposes))
        .values(spent_at=func.now())
        .returning(MailToken.user_id)
        .execution_options(synchronize_session=False)
    )
    if owner is None or db.session.scalar(spent) is None:
        raise MailTokenInvalid
    return owner


def void_for_passwords(user_id: UUID) -> None:
    """After a password was set: no earlier mail sets a password or changes the address. The user's row is locked."""
    _void([user_id], MailToken.purpose.in_(SETTING_PASSWORDS))


def void_all(user_ids: Collection[UUID]) -> None:
    """Void every token that was mailed to these users, whose rows are locked, and delete their requests for new addresses."""
    _void(user_ids)


def void_of_deactivated(user_ids: Collection[UUID]) -> None:
    """Void the tokens of deactivated users, whose rows are locked, and delete their requests for new addresses.

    Invitations stay valid for when the user is activated again: without a password there is no other way to log in.
    """
    _void(user_ids, MailToken.purpose != MailTokenPurpose.SET_PASSWORD)


def life_of(purpose: MailTokenPurpose) -> timedelta:
    return kinds.LINKS[purpose].life()


def _void(user_ids: Collection[UUID], *which: ColumnElement[bool]) -> None:
    requests = delete(EmailChange).where(
        among(EmailChange.user_id, user_ids), EmailChange.confirmed_at.is_(None)
    )
    db.session.execute(requests.execution_options(synchronize_session=False))
    db.session.execute(
        update(MailToken)
        .where(among(MailToken.user_id, user_ids), MailToken.spent_at.is_(None), *which)
        .values(spent_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _is_good(token: str, purposes: Collection[MailTokenPurpose]) -> ColumnElement[bool]:
    return and_(
        MailToken.token_hash == _hash(token),
        MailToken.purpose.in_(purposes),
        MailToken.spent_at.is_(None),
        MailToken.expires_at > func.now(),
        func.lower(MailToken.email) == func.lower(_address()),
        User.is_active,
    )


def _address() -> ColumnElement[str | None]:
    """The address that a token must have been mailed to: by its purpose, or else the account's own."""
    special = [
        (MailToken.purpose == purpose, link.valid_for())
        for purpose, link in kinds.LINKS.items()
        if link.valid_for is not None
    ]
    return case(*special, else_=User.email)


def _lock_owner(token: str) -> User | None:
    # Users are locked before the rows they own, here and in a password change: no deadlock.
    statement = (
        select(User)
        .join(MailToken, MailToken.user_id == User.id)
        .where(MailToken.token_hash == _hash(token))
        .with_for_update(of=User, key_share=True)
    )
    return db.session.scalar(statement, execution_options={"populate_existing": True})


def _hash(token: str) -> bytes:
    """A fast hash is enough: 256 random bits cannot be guessed, as a password can."""
    return hashlib.sha256(token.encode()).digest()
