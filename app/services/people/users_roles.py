"""Roles, activation and deactivation, and the protection of the last admin.

One active admin who can log in always remains. That is decided under locks on the rows of all active admins, so that two
admins who demote each other leave one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import or_, select, update

from app.db.session import among, db
from app.enums import NoticeKind, Role
from app.errors.accounts import LastAdmin
from app.errors.base import Forbidden, NotFound
from app.errors.catalogue import InvalidTransition
from app.models.caller import Actor
from app.models.user import User
from app.services.auth import sessions
from app.services.messaging import account_notices, mail_tokens
from app.services.people import users_unconfirmed

_RANK = {Role.STUDENT: 0, Role.INSTRUCTOR: 1, Role.ADMIN: 2}


def set_role(admin: Actor, user_id: UUID, *, role: Role) -> User:
    """Give a user a role. A lower one ends their sessions; a higher one does not, if the address is confirmed."""
    user = lock_with_admins(admin, user_id, keeps_admin=role == Role.ADMIN)
    step = _RANK[role] - _RANK[user.role]
    user.role = role
    if step < 0:
        follow_demotion([user.id])
    if step > 0:
        users_unconfirmed.reset_unconfirmed([user.id])
    return user


def deactivate(admin: Actor, user_id: UUID) -> User:
    """Deactivate an account: its sessions end at once. Enrollments, seats, reviews and certificates stay."""
    user = lock_with_admins(admin, user_id, keeps_admin=False)
    if not user.is_active:
        raise InvalidTransition("This account is already deactivated.")
    user.is_active = False
    follow_deactivation([user.id])
    return user


def activate(admin: Actor, user_id: UUID) -> User:
    """Activate a deactivated account: the user can log in again."""
    user = lock_with_admins(admin, user_id, keeps_admin=True)
    if user.is_active:
        raise InvalidTransition("This account is already active.")
    user.is_active = True
    db.session.flush()
    follow_activation([user.id])
    return user


def let_publish(admin: Actor, user_id: UUID, *, granted: bool) -> User:
    """Grant or revoke a user's right to publish courses without a decision."""
    user = lock_with_admins(admin, user_id, keeps_admin=True)
    if user.can_self_publish == granted:
        state = "may already publish without a decision" if granted else "already needs decisions"
        raise InvalidTransition(f"This user {state}.")
    user.can_self_publish = granted
    if granted:
        users_unconfirmed.reset_unconfirmed([user.id])
    return user


def lock_with_admins(admin: Actor, user_id: UUID, *, keeps_admin: bool) -> User:
    """Lock this user's row and those of all active admins, in the order of their ids, and return the user.

    :param keeps_admin: whether a user who is an active admin will still be one after the change.
    :raises LastAdmin: when no other active admin can log in, and they will not be one any more.
    """
    statement = (
        select(User, User.can_log_in())
        .where(or_(User.id == user_id, User.is_active_admin()))
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    held = db.session.execute(statement, execution_options={"populate_existing": True}).all()
    admins = {user.id: can_log_in for user, can_log_in in held if user.is_active and user.is_admin}
    if admin.id not in admins:
        raise Forbidden("You are no longer an admin.")
    user: User | None = next((each for each, _ in held if each.id == user_id and not each.is_deleted), None)
    if user is None:
        raise NotFound
    if not keeps_admin and is_last_admin(user_id, admins):
        raise LastAdmin
    return user


def is_last_admin(user_id: UUID, admins: Mapping[UUID, bool]) -> bool:
    """Whether this is the only active admin who can log in; where none can, the only active one.

    An admin without a password, or with an unconfirmed address, may never log in, and so does not count.

    :param admins: all active admins, and whether each of them can log in.
    """
    able = [each for each, can_log_in in admins.items() if can_log_in]
    return (able or list(admins)) == [user_id]


def follow_demotion(user_ids: Collection[UUID]) -> None:
    """Revoke what these users, whose rows are locked, had with a higher role: their sessions, and the right to publish."""
    sessions.end_all_of(user_ids)
    db.session.execute(
        update(User)
        .where(among(User.id, user_ids), User.can_self_publish)
        .values(can_self_publish=False)
        .execution_options(synchronize_session="fetch")
    )


def follow_activation(user_ids: Collection[UUID]) -> None:
    """Invite those of these users who have no password yet: an invitation is not sent while an account is inactive."""
    account_notices.notify(
        NoticeKind.SET_PASSWORD, user_ids, User.password_hash.is_(None), User.email_verified
    )


def follow_deactivation(user_ids: Collection[UUID]) -> None:
    """End the sessions of these users, whose rows are locked, and void the links that they were mailed."""
    sessions.end_all_of(user_ids)
    mail_tokens.void_of_deactivated(user_ids)
