"""The secrets that mails carry: 256 random bits, of which the database keeps the hash.

A token is made each time such a mail is sent, also when sending is tried again, and stands nowhere but in that mail.
All tokens of a person are good until they expire, or until a password is set with one of them. A token works once, even
if two requests bring it at the same moment, and only while the account still has the address that it was sent to; a
token that confirms a new address, only while that address is still asked for.
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
    """Make a token for a mail to this address, by default the account's own. Only its hash is kept."""
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
    """Whose token this is, for who has something slow to do before it is spent. Nothing is locked.

    :raises MailTokenInvalid: as `spend` does.
    """
    owner = db.session.scalar(
        select(User).join(MailToken, MailToken.user_id == User.id).where(_is_good(token, purposes))
    )
    if owner is None:
        raise MailTokenInvalid
    return owner


def spend(token: str, *purposes: MailTokenPurpose) -> User:
    """Use a token up, and return the account that it belongs to, locked.

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
    """Call after a password was set; the person's row is locked. No earlier mail sets a password or changes the address."""
    _void([user_id], MailToken.purpose.in_(SETTING_PASSWORDS))


def void_all(user_ids: Collection[UUID]) -> None:
    """Void every token that these people, whose rows are locked, were mailed until now.

    New addresses that they have asked for are forgotten.
    """
    _void(user_ids)


def void_of_deactivated(user_ids: Collection[UUID]) -> None:
    """Void the mails of people who are deactivated, and call off their wishes for another address.

    Invitations stay good for the day of their return: whoever has no password yet has no other way in. Their rows are
    locked.
    """
    _void(user_ids, MailToken.purpose != MailTokenPurpose.SET_PASSWORD)


def life_of(purpose: MailTokenPurpose) -> timedelta:
    return kinds.LINKS[purpose].life()


def _void(user_ids: Collection[UUID], *which: ColumnElement[bool]) -> None:
    wishes = delete(EmailChange).where(
        among(EmailChange.user_id, user_ids), EmailChange.confirmed_at.is_(None)
    )
    db.session.execute(wishes.execution_options(synchronize_session=False))
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
    # People are locked before what is theirs, here and in a password change: no two wait in a circle.
    statement = (
        select(User)
        .join(MailToken, MailToken.user_id == User.id)
        .where(MailToken.token_hash == _hash(token))
        .with_for_update(of=User, key_share=True)
    )
    return db.session.scalar(statement, execution_options={"populate_existing": True})


def _hash(token: str) -> bytes:
    """A fast hash is enough: nobody guesses 256 random bits, as they might guess a password."""
    return hashlib.sha256(token.encode()).digest()
