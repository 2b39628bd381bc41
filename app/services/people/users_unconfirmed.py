"""Accounts whose address nobody has confirmed, when an admin gives them a role or anything else.

Anybody can sign up under anybody's address, and wait until an admin makes something of the account. So the password of
the sign-up then stops working, and a mail lets the owner of the mailbox set another one.
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
    """End every way into those of these accounts, whose rows are locked, that have an unconfirmed address.

    Their passwords, sessions and mailed links work no longer. The answer is their ids.
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


def give_to_mailboxes(user_ids: Collection[UUID]) -> None:
    """Call when an admin gives these people something; their rows are locked.

    Those with an unconfirmed address are mailed a link to set a password, which also confirms the address.
    """
    account_notices.notify(NoticeKind.SET_PASSWORD, lock_out(user_ids))


def vouch_for(user_ids: Collection[UUID]) -> list[UUID]:
    """Treat unconfirmed accounts like new ones that an admin makes: verified, and without a password.

    The answer is the ids of those who have to be mailed a link to set one.
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
