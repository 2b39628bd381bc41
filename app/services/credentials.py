"""Proving who one is: log in with a password, and change it.

Whatever is wrong with a login, the answer and its cost are the same; only the right password learns about the state
of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app import passwords
from app.db import db
from app.enums import NoticeKind
from app.errors import AccountInactive, EmailNotVerified, InvalidCredentials, InvalidRequest
from app.models.user import User
from app.services import account_mails, mail_tokens, sessions, users
from app.services.sessions import TokenPair
from app.settings import settings


@dataclass(frozen=True)
class Login:
    user: User
    tokens: TokenPair


def log_in(login: str, password: str, *, user_agent: str = "", ip_address: str = "") -> Login:
    """Open a session for the person with this email address or username."""
    found = db.session.scalar(select(User).where(_is_called(login)))
    if not passwords.matches(password, found.password_hash if found else None) or found is None:
        raise InvalidCredentials
    user = _lock(found, password)
    if user is None:
        raise InvalidCredentials
    if not user.is_active:
        raise AccountInactive
    if settings().require_email_verification and not user.email_verified:
        raise EmailNotVerified
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_of(password)
    return Login(user, sessions.open_session(user, user_agent=user_agent, ip_address=ip_address))


def change_password(user: User, session_id: UUID, *, old_password: str, new_password: str) -> TokenPair:
    """Set a new password, end the other sessions, and give this one fresh tokens."""
    is_right = passwords.matches(old_password, user.password_hash)
    locked = _lock(user, old_password) if is_right else None
    if locked is None:
        raise InvalidRequest(details={"old_password": ["This is not your password."]})
    locked.password_hash = users.hash_of_new(locked, new_password, field="new_password")
    mail_tokens.void_for_passwords(user.id)
    sessions.end_others(user.id, session_id)
    account_mails.owe(NoticeKind.PASSWORD_CHANGED, [user.id])
    return sessions.renew(user.id, session_id)


def _is_called(login: str) -> ColumnElement[bool]:
    return User.has_email(login) if "@" in login else User.has_username(login)


def _lock(user: User, password: str) -> User | None:
    """The row, held until the commit, if the password that was just checked is still the one.

    Without the lock a login that began before a password change could end after it, and outlive it.
    """
    checked = user.password_hash
    statement = select(User).where(User.id == user.id).with_for_update(key_share=True)
    locked = db.session.scalar(statement, execution_options={"populate_existing": True})
    if locked is None or (
        locked.password_hash != checked and not passwords.matches(password, locked.password_hash)
    ):
        return None
    return locked
