"""User accounts: creating, reading and editing them.

Email address, username and external id are unique; unique indexes decide races for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters import passwords
from app.db.session import db, refusing
from app.enums import NoticeKind, Role
from app.errors.accounts import EmailTaken, ExternalIdTaken, UsernameTaken
from app.errors.base import InvalidRequest, NotFound, Refusal, Unauthenticated
from app.models.caller import Actor, Caller
from app.models.course import Course
from app.models.instructor_request import InstructorRequest
from app.models.user import User
from app.services.auth import password_policy
from app.services.messaging import account_notices
from app.services.people import (
    instructor_requests,
    reporting_lines,
    usernames,
    users_addresses,
    users_unconfirmed,
)
from app.services.search import courses_search
from app.settings import settings
from app.values import names

_SAYING_WHO = ("email", "external_id")
"""The fields that identify the owner of an account."""

_NAMES = {"first_name", "last_name"}
"""The fields of an instructor in the search index."""


@dataclass(frozen=True)
class Registration:
    user: User
    instructor_request: InstructorRequest | None = None
    """The request that an INSTRUCTOR sign-up makes where an admin decides about it."""


@dataclass(frozen=True)
class EnsuredAdmin:
    user: User
    keeps_password: bool
    """whether the account was there, and the password that the operator gave is not its own"""


def register(
    *,
    email: str,
    password: str,
    first_name: str,
    last_name: str = "",
    username: str | None = None,
    phone_number: str | None = None,
    role: Role = Role.STUDENT,
) -> Registration:
    """Sign up.

    With `INSTRUCTOR_SIGNUP=request`, a sign-up as an instructor makes a student, and a request that an admin decides.
    """
    passwords.limit_hashing()
    asks = role == Role.INSTRUCTOR and settings().instructor_signup != "open"
    person = User(
        email=email,
        username=username,
        first_name=first_name,
        last_name=last_name,
        phone_number=phone_number,
        role=Role.STUDENT if asks else role,
        email_verified=not settings().require_email_verification,
    )
    user = _add(person, password)
    if not user.email_verified:
        account_notices.notify(NoticeKind.VERIFY_EMAIL, [user.id])
    return Registration(user, instructor_requests.ask(user) if asks else None)


def create(
    *,
    email: str,
    first_name: str,
    last_name: str = "",
    username: str | None = None,
    password: str | None = None,
    role: Role = Role.STUDENT,
    phone_number: str | None = None,
    external_id: str | None = None,
    department: str | None = None,
    hired_on: date | None = None,
    manager_id: UUID | None = None,
) -> User:
    """Create a verified account for another user. Without a password its owner sets one with a mailed link."""
    reporting_lines.check(manager_id)
    person = User(
        email=email,
        username=username,
        first_name=first_name,
        last_name=last_name,
        role=role,
        email_verified=True,
        phone_number=phone_number,
        external_id=external_id,
        department=department,
        hired_on=hired_on,
        manager_id=manager_id,
    )
    user = _add(person, password)
    if password is None:
        account_notices.notify(NoticeKind.SET_PASSWORD, [user.id])
    return user


def ensure_admin(
    *, email: str, password: str, username: str | None = None, first_name: str = "Admin", last_name: str = ""
) -> EnsuredAdmin:
    """Make sure that there is an admin with this address. An existing account is kept and becomes an admin.

    It keeps its password too, unless its address is unconfirmed: then it gets this one.
    """
    existing = db.session.scalar(select(User).where(User.has_email(email)).with_for_update(key_share=True))
    if existing is None:
        person = User(
            email=email,
            username=username,
            first_name=first_name,
            last_name=last_name,
            role=Role.ADMIN,
            email_verified=True,
        )
        return EnsuredAdmin(_add(person, password), keeps_password=False)
    # A stranger may have signed up with this address: only its owner can log in afterwards.
    unconfirmed = users_unconfirmed.lock_out([existing.id])
    if unconfirmed:
        existing.password_hash = password_policy.hash_of_new(existing, password)
    existing.role, existing.is_active, existing.email_verified = Role.ADMIN, True, True
    return EnsuredAdmin(existing, keeps_password=not unconfirmed)


def get_visible(viewer: Actor, user_id: UUID) -> User:
    """A user's account: the viewer's own, or any for admins."""
    user = db.session.get(User, user_id) if viewer.is_admin or viewer.id == user_id else None
    if user is None or user.is_deleted:
        raise NotFound
    return user


def get_own(caller: Caller) -> User:
    """The caller's account. Its row may have been deleted since the caller was authenticated."""
    user = db.session.get(User, caller.id)
    if user is None or user.is_deleted:
        raise Unauthenticated
    return user


def change(admin: Actor, user_id: UUID, **changes: Any) -> User:
    """Edit a user's account."""
    user = get_visible(admin, user_id)
    reporting_lines.check(changes.get("manager_id"), of=user.id)
    _lock(user)
    old_email = user.email
    is_identified = any(changes.get(name) not in {None, getattr(user, name)} for name in _SAYING_WHO)
    changed = _change(user, changes, gone=NotFound())
    if names.address(changed.email) != names.address(old_email):
        users_addresses.follow({user.id: old_email})
    if is_identified:
        users_unconfirmed.reset_unconfirmed([user.id])
    return changed


def change_own(user: User, **changes: Any) -> User:
    """Edit the user's own profile."""
    if changes.keys() & _NAMES:
        _lock(user)
    return _change(user, changes, gone=Unauthenticated())


def _add(person: User, password: str | None) -> User:
    """Insert the account. If no username was given, candidates are tried until one is free."""
    person.password_hash = None if password is None else password_policy.hash_of_new(person, password)
    given = {
        column.key: getattr(person, column.key)
        for column in User.__mapper__.column_attrs
        if getattr(person, column.key) is not None
    }
    for username in [person.username] if person.username else usernames.candidates(person.full_name):
        statement = (
            insert(User)
            .values({**given, "username": username})
            .on_conflict_do_nothing(index_elements=[text("lower(username)")])
            .returning(User)
        )
        with refusing(_refusals()):
            user = db.session.scalar(statement)
        if user is not None:
            return user
    raise UsernameTaken


def _lock(user: User) -> None:
    """Read the row again and lock it: whether the search index changes depends on the current name."""
    db.session.refresh(user, with_for_update={"key_share": True})


def _change(user: User, changes: dict[str, Any], *, gone: Refusal) -> User:
    """Write the changes, unless the account has been deleted. One statement does both: a deletion cannot come between.

    :param user: locked, if its name is among them
    :param gone: what to raise if it has been deleted.
    """
    if not changes:
        return user
    before = user.full_name
    statement = (
        update(User)
        .where(User.id == user.id, User.deleted_at.is_(None))
        .values(changes)
        .returning(User)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    with refusing(_refusals()):
        changed = db.session.scalar(statement)
    if changed is None:
        raise gone
    if changed.full_name != before:
        courses_search.index_for_search(Course.instructor_id == user.id)
    return changed


def _refusals() -> dict[str, Refusal]:
    return {
        User.ONE_PER_EMAIL: EmailTaken(),
        User.ONE_PER_USERNAME: UsernameTaken(),
        User.ONE_PER_EXTERNAL_ID: ExternalIdTaken(),
        User.HAS_MANAGER: InvalidRequest(details={"manager_id": ["There is no such user."]}),
        User.NOT_OWN_MANAGER: InvalidRequest(details={"manager_id": ["A user cannot be their own manager."]}),
    }
