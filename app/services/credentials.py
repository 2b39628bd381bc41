"""Proving who one is: log in with a password, and change it.

Whatever is wrong with a login, the answer and its cost are the same; only the right password learns about the state
of the account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, literal, outerjoin, select

from app import addresses, passwords
from app.alarms import Alarm
from app.db import checkpoint, db
from app.enums import NoticeKind
from app.errors import (
    AccountInactive,
    EmailNotVerified,
    InvalidCredentials,
    InvalidRequest,
    Refusal,
    Throttled,
)
from app.models.session import Session
from app.models.user import User
from app.services import account_mails, attempts, mail_tokens, sessions, users
from app.services.attempts import Quota
from app.services.sessions import TokenPair
from app.settings import settings


@dataclass(frozen=True)
class Login:
    user: User
    tokens: TokenPair


class _Found(NamedTuple):
    user_id: UUID | None
    password_hash: str | None
    is_known_here: bool


class _Attempt(NamedTuple):
    quotas: list[Quota]
    moment: datetime | None
    refusal: Refusal
    """what a wrong password is answered"""
    is_too_many: bool
    """whether nobody but an owner who has been here before gets in"""


def log_in(login: str, password: str, *, user_agent: str = "", ip_address: str = "") -> Login:
    """Open a session for the person with this email address or username.

    The attempt is counted before the password is looked at, and given back when it was right. Beyond the budgets that
    everybody shares, the right password opens where its owner has been before; every other answer, and its cost, is the
    same for all names, so that nobody learns who has been where.
    """
    passwords.enter()
    found = _find(login, ip_address)
    attempt = _count(login, addresses.counted(ip_address))
    checkpoint()
    may_enter = found.is_known_here or not attempt.is_too_many
    if not passwords.matches(password, found.password_hash if may_enter else None) or found.user_id is None:
        raise attempt.refusal
    user = _lock(found.user_id, found.password_hash, password)
    if user is None:
        raise attempt.refusal
    if not user.is_active:
        raise AccountInactive
    if settings().require_email_verification and not user.email_verified:
        raise EmailNotVerified
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_of(password)
    attempts.give_back(attempt.quotas, attempt.moment)
    return Login(user, sessions.open_session(user, user_agent=user_agent, ip_address=ip_address))


def change_password(user: User, session_id: UUID, *, old_password: str, new_password: str) -> TokenPair:
    """Set a new password, end the other sessions, and give this one fresh tokens."""
    locked = prove(user, old_password, field="old_password")
    locked.password_hash = users.hash_of_new(locked, new_password, field="new_password")
    mail_tokens.void_for_passwords(user.id)
    sessions.end_others(user.id, session_id)
    account_mails.owe(NoticeKind.PASSWORD_CHANGED, [user.id])
    return sessions.renew(user.id, session_id)


def prove(user: User, password: str, *, field: str) -> User:
    """The row, held, of somebody signed in who has just typed their password. Wrong ones count like failed logins."""
    passwords.enter()
    quotas = [Quota.on(settings().ratelimit_login_name, "password of", str(user.id))]
    moment = attempts.take(quotas)
    checkpoint()
    matches = passwords.matches(password, user.password_hash)
    locked = _lock(user.id, user.password_hash, password) if matches else None
    if locked is None:
        raise InvalidRequest(details={field: ["This is not your password."]})
    attempts.give_back(quotas, moment)
    return locked


def _find(login: str, ip_address: str) -> _Found:
    """The account, and whether its owner has logged in from this address before. A row comes back in any case."""
    anything = select(literal(1)).subquery()
    has_been_here = exists().where(Session.user_id == User.id, Session.ip_address == ip_address)
    statement = select(User.id, User.password_hash, has_been_here).select_from(
        outerjoin(anything, User, _is_called(login))
    )
    return _Found(*db.session.execute(statement).one())


def _count(login: str, address: str) -> _Attempt:
    """Count an attempt, here and everywhere; here alone where everybody together have used up theirs."""
    here, everywhere = _quotas_here(login, address), _quotas_everywhere(login)
    try:
        moment = attempts.take([*here, *everywhere])
    except Throttled as refusal:
        return _Attempt(here, attempts.take(here), refusal, is_too_many=True)
    return _Attempt([*here, *everywhere], moment, InvalidCredentials(), is_too_many=False)


def _quotas_here(login: str, address: str) -> list[Quota]:
    known = settings()
    return [
        Quota.on(known.ratelimit_login_name, "login as", login.lower(), address),
        Quota.on(known.ratelimit_login_address, "login from", address),
    ]


def _quotas_everywhere(login: str) -> list[Quota]:
    """The name is counted and not the account: that two names are of one account is nobody's business."""
    known = settings()
    return [
        Quota.on(known.ratelimit_login_name, "login as", login.lower()),
        Quota.on(known.ratelimit_login_everybody, "login", alarm=Alarm.CREDENTIAL_STUFFING),
    ]


def _is_called(login: str) -> ColumnElement[bool]:
    return User.has_email(login) if "@" in login else User.has_username(login)


def _lock(user_id: UUID, checked: str | None, password: str) -> User | None:
    """The row, held until the commit, if the password that was just checked is still the one.

    Without the lock a login that began before a password change could end after it, and outlive it.
    """
    statement = select(User).where(User.id == user_id).with_for_update(key_share=True)
    locked = db.session.scalar(statement, execution_options={"populate_existing": True})
    if locked is None or (
        locked.password_hash != checked and not passwords.matches(password, locked.password_hash)
    ):
        return None
    return locked
