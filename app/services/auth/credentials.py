"""Login and password change, hardened against user enumeration, brute force and credential stuffing.

Every failed login gets the same response after the same time (timing equalization). Only a caller who knows the password
learns that an account is deactivated or its address unconfirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, Select, String, bindparam, func, literal, outerjoin, select

from app.adapters import client_addresses, passwords
from app.db.session import checkpoint, db
from app.db.statements import Statement
from app.enums import NoticeKind
from app.errors.accounts import AccountInactive, EmailNotVerified, InvalidCredentials
from app.errors.base import InvalidRequest, Refusal
from app.errors.requests import Throttled
from app.models.user import User
from app.observability.alarms import Alarm
from app.services.auth import attempts, known_places, password_policy, sessions
from app.services.auth.attempts import Quota
from app.services.auth.sessions import TokenPair
from app.services.messaging import account_notices, mail_tokens
from app.settings import settings
from app.values import names

_LOCKED = (
    select(User)
    .where(User.id == bindparam("user_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Login:
    user: User
    tokens: TokenPair


class _Found(NamedTuple):
    name: str
    """the login as typed, normalized for the lookup"""
    user_id: UUID | None
    password_hash: str | None
    last_here: datetime | None
    """the last login from this address, where it is known"""


class _Attempt(NamedTuple):
    quotas: list[Quota]
    moment: datetime | None
    refusal: Refusal
    """the error for a wrong password"""
    is_too_many: bool
    """whether only owners who have logged in from this address before may log in"""


def log_in(login: str, password: str, *, user_agent: str = "", ip_address: str = "") -> Login:
    """Open a session for the user with this email address or username.

    The attempt counts as a failed one before the password is checked, so that concurrent guesses are counted too; it is
    taken back if the password was right. Once the limits that users share are used up, the right password still works
    from an address where the owner has logged in before. Every other response is the same for all names and takes the
    same time, so that it does not reveal who has logged in from where.
    """
    passwords.limit_hashing()
    found = _find(login, ip_address)
    attempt = _count(found.name, client_addresses.counted(ip_address))
    checkpoint()
    may_enter = found.last_here is not None or not attempt.is_too_many
    if not passwords.matches(password, found.password_hash if may_enter else None) or found.user_id is None:
        raise attempt.refusal
    renewed = _renewed(password, found.password_hash)
    user = _lock(found.user_id, found.password_hash, password)
    if user is None:
        raise attempt.refusal
    if not user.is_active:
        raise AccountInactive
    if settings().require_email_verification and not user.email_verified:
        raise EmailNotVerified
    if renewed and user.password_hash == found.password_hash:
        user.password_hash = renewed
    attempts.give_back(attempt.quotas, attempt.moment)
    if not user.email_verified:
        # Addresses no longer have to be confirmed: admins are notified of an earlier sign-up once its owner logs in.
        account_notices.notify_admins_of_requests([user.id])
    known_places.remember(user.id, ip_address, found.last_here)
    return Login(user, sessions.open_session(user, user_agent=user_agent, ip_address=ip_address))


def change_password(user: User, session_id: UUID, *, old_password: str, new_password: str) -> TokenPair:
    """Set a new password, end the other sessions, and issue new tokens for this one."""
    attempt = _check(user, old_password, field="old_password")
    new_hash = password_policy.hash_of_new(user, new_password, field="new_password")
    locked = _lock_checked(user, old_password, attempt)
    password_policy.refuse_weak(locked, new_password, field="new_password")
    locked.password_hash = new_hash
    mail_tokens.void_for_passwords(user.id)
    sessions.end_others(user.id, session_id)
    account_notices.notify(NoticeKind.PASSWORD_CHANGED, [user.id])
    return sessions.renew(user.id, session_id)


def verify_password(user: User, password: str, *, field: str) -> User:
    """Check the password of a signed-in user, and return their row, locked. A wrong one counts like a failed login.

    :param field: the field that the error names.
    """
    return _lock_checked(user, password, _check(user, password, field=field))


def _check(user: User, password: str, *, field: str) -> _Attempt:
    """Refuse a wrong password. The row is locked only afterwards, with `_lock_checked`: hashing is slow."""
    passwords.limit_hashing()
    quotas = [Quota.on(settings().ratelimit_login_name, "password of", str(user.id))]
    refusal = InvalidRequest(details={field: ["This is not your password."]})
    attempt = _Attempt(quotas, attempts.take(quotas), refusal, is_too_many=False)
    checkpoint()
    if not passwords.matches(password, user.password_hash):
        raise refusal
    return attempt


def _lock_checked(user: User, password: str, attempt: _Attempt) -> User:
    """The row of a user whose password was right, locked, and the attempt taken back."""
    locked = _lock(user.id, user.password_hash, password)
    if locked is None:
        raise attempt.refusal
    attempts.give_back(attempt.quotas, attempt.moment)
    return locked


def _find(login: str, ip_address: str) -> _Found:
    """The account, and whether its owner has logged in from this address before.

    Without an account the single row is empty, so that both cases take the same time.
    """
    is_email = "@" in login
    called = names.address(login) if is_email else names.username(login)
    values = {"called": called, "place": known_places.hash_of(ip_address)}
    found = _finding(is_email=is_email).one(values)
    return _Found(login if called is None else called, *found)


@cache
def _finding(*, is_email: bool) -> Statement[tuple[UUID | None, str | None, datetime | None]]:
    def build() -> Select[*tuple[Any, ...]]:
        anything = select(literal(1)).subquery()
        # A login that cannot be such a name is compared as well, with NULL: the answer takes the same time.
        named = User.email if is_email else User.username
        has_login = func.lower(named) == bindparam("called", type_=String())
        place = bindparam("place", type_=LargeBinary())
        columns = (User.id, User.password_hash, known_places.last_seen(place))
        return select(*columns).select_from(outerjoin(anything, User, has_login))

    return Statement(build, _columns)


def _columns(*row: Any) -> tuple[Any, ...]:
    return row


def _count(name: str, address: str) -> _Attempt:
    """Count an attempt towards the limit of this name from this address, and towards those that users share.

    If a shared one is used up, the attempt counts only towards the first.
    """
    own, shared = _own_quotas(name, address), _shared_quotas(name, address)
    try:
        moment = attempts.take([*own, *shared])
    except Throttled as refusal:
        return _Attempt(own, attempts.take(own), refusal, is_too_many=True)
    return _Attempt([*own, *shared], moment, InvalidCredentials(), is_too_many=False)


def _own_quotas(name: str, address: str) -> list[Quota]:
    return [Quota.on(settings().ratelimit_login_name, "login as", name, address)]


def _shared_quotas(name: str, address: str) -> list[Quota]:
    """Limits that others can use up: of the IP address, which a whole school may share, of the name, and of all users.

    Failures are counted by the name that was typed, not by the account. Otherwise an attacker could learn that an email
    address and a username belong to the same account. Every spelling that finds the account counts as the same name.
    """
    known = settings()
    return [
        Quota.on(known.ratelimit_login_address, "login from", address),
        Quota.on(known.ratelimit_login_address_slow, "login from, over a longer time", address),
        Quota.on(known.ratelimit_login_name, "login as", name),
        Quota.on(known.ratelimit_login_everybody, "login", alarm=Alarm.CREDENTIAL_STUFFING),
    ]


def _renewed(password: str, stored: str | None) -> str | None:
    """A new hash of a right password, if the stored one was made with other settings than today's (rehash on login)."""
    return passwords.hash_of(password) if stored and passwords.is_outdated(stored) else None


def _lock(user_id: UUID, checked: str | None, password: str) -> User | None:
    """The user's row, locked until the commit; None if the password was changed since it was checked.

    Without the lock, a login with the old password could open a session after a password change has ended them all.
    """
    locked = db.session.scalar(_LOCKED, {"user_id": user_id})
    if locked is None or (
        locked.password_hash != checked and not passwords.matches(password, locked.password_hash)
    ):
        return None
    return locked
