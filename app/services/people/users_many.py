"""Bulk activation and deactivation of accounts: decided row by row, written in one statement.

The rows of all active admins are locked too, so that one of them stays active whatever several admins request at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, update

from app.db.session import among, db
from app.enums import ActivationOutcome, Role
from app.errors.accounts import LastAdmin
from app.errors.base import Forbidden, NotFound
from app.models.caller import Actor
from app.models.user import User
from app.services.bulk import rows
from app.services.bulk.rows import BulkReport
from app.services.people import users_roles


class LockedAccount(NamedTuple):
    id: UUID
    role: Role
    is_active: bool
    can_log_in: bool


def activate_multiple(admin: Actor, *, user_ids: Sequence[str]) -> BulkReport:
    """Activate accounts."""
    held = _hold(admin, rows.ids_in(user_ids))

    def verdict(user_id: UUID) -> tuple[str, str | None]:
        if user_id not in held:
            return ActivationOutcome.NOT_FOUND, NotFound.code
        if held[user_id].is_active:
            return ActivationOutcome.UNCHANGED, None
        return ActivationOutcome.ACTIVATED, None

    lines = rows.judge(user_ids, verdict)
    coming = [line.id for line in lines if line.id and line.outcome == ActivationOutcome.ACTIVATED]
    _switch(coming, on=True)
    users_roles.follow_activation(coming)
    return rows.report(lines, ActivationOutcome)


def deactivate_multiple(admin: Actor, *, user_ids: Sequence[str]) -> BulkReport:
    """Deactivate accounts and end their sessions. If all active admins are named, the last who can log in stays active."""
    held = _hold(admin, rows.ids_in(user_ids))
    remaining = _active_admins(held)
    leaving: list[UUID] = []

    def verdict(user_id: UUID) -> tuple[str, str | None]:
        if user_id not in held:
            return ActivationOutcome.NOT_FOUND, NotFound.code
        if not held[user_id].is_active:
            return ActivationOutcome.UNCHANGED, None
        if user_id in remaining and users_roles.is_last_admin(user_id, remaining):
            return ActivationOutcome.REFUSED, LastAdmin.code
        remaining.pop(user_id, None)
        leaving.append(user_id)
        return ActivationOutcome.DEACTIVATED, None

    lines = rows.judge(user_ids, verdict)
    _switch(leaving, on=False)
    users_roles.follow_deactivation(leaving)
    return rows.report(lines, ActivationOutcome)


def _hold(admin: Actor, user_ids: Collection[UUID]) -> Mapping[UUID, LockedAccount]:
    """Lock those of these accounts that exist, and those of all active admins, in the order of their ids."""
    statement = (
        select(User.id, User.role, User.is_active, User.can_log_in())
        .where(or_(among(User.id, user_ids), User.is_active_admin()), User.deleted_at.is_(None))
        .order_by(User.id)
        .with_for_update(key_share=True)
    )
    held = {account.id: account for account in map(LockedAccount._make, db.session.execute(statement))}
    if admin.id not in _active_admins(held):
        raise Forbidden("You are no longer an admin.")
    return held


def _active_admins(held: Mapping[UUID, LockedAccount]) -> dict[UUID, bool]:
    """All active admins, and whether each of them can log in."""
    return {
        account.id: account.can_log_in
        for account in held.values()
        if account.is_active and account.role == Role.ADMIN
    }


def _switch(user_ids: Collection[UUID], *, on: bool) -> None:
    db.session.execute(
        update(User)
        .where(among(User.id, user_ids))
        .values(is_active=on)
        .execution_options(synchronize_session=False)
    )
