"""Who may do what, and who may come in: roles, deactivation, and the admin who always remains.

The rule about the last active admin is decided under locks on the rows of all active admins, so that two admins who
demote each other leave one.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from app.db import db
from app.enums import Role
from app.errors import Forbidden, InvalidTransition, LastAdmin, NotFound
from app.models.user import User
from app.services import mail_tokens, sessions, users_unconfirmed

_RANK = {Role.STUDENT: 0, Role.INSTRUCTOR: 1, Role.ADMIN: 2}


def set_role(admin: User, user_id: UUID, *, role: Role) -> User:
    """Give somebody a role. A lower one ends their sessions; a higher one does not, if the address is confirmed."""
    user = lock_with_admins(admin, user_id, keeps_admin=role == Role.ADMIN)
    step = _RANK[role] - _RANK[user.role]
    user.role = role
    if step < 0:
        sessions.end_all(user.id)
    if step > 0:
        users_unconfirmed.give_to_mailboxes([user.id])
    return user


def deactivate(admin: User, user_id: UUID) -> User:
    """Deactivate an account: its sessions end at once. Enrollments, seats, reviews and certificates stay."""
    user = lock_with_admins(admin, user_id, keeps_admin=False)
    if not user.is_active:
        raise InvalidTransition("This account is deactivated already.")
    user.is_active = False
    sessions.end_all(user.id)
    mail_tokens.void_of_deactivated([user.id])
    return user


def activate(admin: User, user_id: UUID) -> User:
    """Activate a deactivated account: the person can log in again."""
    user = lock_with_admins(admin, user_id, keeps_admin=True)
    if user.is_active:
        raise InvalidTransition("This account is active already.")
    user.is_active = True
    return user


def let_publish(admin: User, user_id: UUID, *, granted: bool) -> User:
    """Trust somebody to publish courses without a decision, or do so no longer."""
    user = lock_with_admins(admin, user_id, keeps_admin=True)
    if user.can_self_publish == granted:
        state = "may publish without a decision already" if granted else "needs decisions already"
        raise InvalidTransition(f"This person {state}.")
    user.can_self_publish = granted
    if granted:
        users_unconfirmed.give_to_mailboxes([user.id])
    return user


def lock_with_admins(admin: User, user_id: UUID, *, keeps_admin: bool) -> User:
    """Lock this person's row and those of all active admins, in the order of their ids, and return the person.

    :param keeps_admin: whether a person who is an active admin will still be one after the change.
    :raises LastAdmin: when they are the only active admin and will not be one any more.
    """
    statement = (
        select(User)
        .where(or_(User.id == user_id, User.is_active_admin()))
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    held = db.session.scalars(statement, execution_options={"populate_existing": True}).all()
    admins = {user.id for user in held if user.is_active and user.is_admin}
    if admin.id not in admins:
        raise Forbidden("You are no longer an admin.")
    user = next((each for each in held if each.id == user_id and not each.is_deleted), None)
    if user is None:
        raise NotFound
    if not keeps_admin and admins == {user_id}:
        raise LastAdmin
    return user
