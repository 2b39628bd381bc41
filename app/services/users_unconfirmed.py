"""Accounts that somebody opened under an address that nobody has confirmed, and that an admin gives something to.

Anybody can sign up under anybody's address. So what an admin gives to such an account is for whoever reads the mailbox:
whatever the person who signed up knows stops working, and the owner of the mailbox sets a password by mail.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, any_, literal, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.db import db
from app.enums import NoticeKind
from app.models.user import User
from app.services import account_mails, mail_tokens, sessions


def lock_out(user_ids: Collection[UUID]) -> list[UUID]:
    """Who of these people has an unconfirmed address; their passwords, sessions and mails with a link work no longer.

    Their rows are locked.
    """
    unconfirmed = list(
        db.session.scalars(
            update(User)
            .where(_is_one_of(user_ids), User.email_verified.is_(False))
            .values(password_hash=None)
            .returning(User.id)
            .execution_options(synchronize_session="fetch")
        )
    )
    if unconfirmed:
        sessions.end_all_of(unconfirmed)
        mail_tokens.void_all(unconfirmed)
        account_mails.call_off_links(unconfirmed)
    return unconfirmed


def give_to_mailboxes(user_ids: Collection[UUID]) -> None:
    """An admin has given these people something. It is for the owner of the mailbox, who confirms the address by setting a password."""
    account_mails.owe(NoticeKind.SET_PASSWORD, lock_out(user_ids))


def vouch_for(user_ids: Collection[UUID]) -> list[UUID]:
    """The same where an admin says that the addresses are right: verified at once, as if the accounts were new.

    The answer is who still has to be told to set a password.
    """
    unconfirmed = lock_out(user_ids)
    if unconfirmed:
        db.session.execute(
            update(User)
            .where(_is_one_of(unconfirmed))
            .values(email_verified=True)
            .execution_options(synchronize_session="fetch")
        )
        account_mails.owe_requests_of(unconfirmed)
    return unconfirmed


def _is_one_of(user_ids: Collection[UUID]) -> ColumnElement[bool]:
    return User.id == any_(literal(list(user_ids), ARRAY(Uuid())))
