"""Protection against account pre-hijacking: accounts with an unconfirmed address, when an admin gives them rights.

An attacker can sign up with another person's address, and wait until an admin gives the account a role. So the password
of the sign-up is revoked at that moment, and the owner of the mailbox sets a new one with a mailed link.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import update

from app.db.session import among, db
from app.enums import NoticeKind
from app.models.user import User
from app.services.auth import sessions
from app.services.messaging import account_notices, mail_tokens


def lock_out(user_ids: Collection[UUID]) -> list[UUID]:
    """Revoke all access to those of these accounts, whose rows are locked, that have an unconfirmed address.

    Their passwords, sessions and mailed links stop working. Returns their ids.
    """
    unconfirmed = list(
        db.session.scalars(
            update(User)
            .where(among(User.id, user_ids), User.email_verified.is_(False))
            .values(password_hash=None)
            .returning(User.id)
            .execution_options(synchronize_session="fetch")
        )
    )
    if unconfirmed:
        sessions.end_all_of(unconfirmed)
        mail_tokens.void_all(unconfirmed)
        account_notices.cancel_links(unconfirmed)
    return unconfirmed


def reset_unconfirmed(user_ids: Collection[UUID]) -> None:
    """Call when an admin gives these users rights; their rows are locked.

    Those with an unconfirmed address are mailed a link to set a password, which also confirms the address.
    """
    account_notices.notify(NoticeKind.SET_PASSWORD, lock_out(user_ids))


def adopt_unconfirmed(user_ids: Collection[UUID]) -> list[UUID]:
    """Turn unconfirmed accounts into ones like an admin creates: verified, and without a password.

    Returns the ids of those who have to be mailed a link to set one.
    """
    unconfirmed = lock_out(user_ids)
    if unconfirmed:
        db.session.execute(
            update(User)
            .where(among(User.id, unconfirmed))
            .values(email_verified=True)
            .execution_options(synchronize_session="fetch")
        )
        account_notices.notify_admins_of_requests(unconfirmed)
    return unconfirmed
