"""Accounts from the admin's side."""

from typing import Any
from uuid import UUID

from app.access import caller, requires
from app.api import Blueprint
from app.enums import Role
from app.errors import EmailTaken, ExternalIdTaken, InvalidTransition, LastAdmin, UsernameTaken
from app.schemas.users import (
    NewUserSchema,
    RoleSchema,
    UserChangeSchema,
    UserQuerySchema,
    UserRowSchema,
    UserSchema,
)
from app.services import users, users_list, users_roles

blp = Blueprint("users", __name__, description="People, for admins.")


@blp.get("/users")
@requires(Role.ADMIN)
@blp.lists(UserRowSchema, UserQuerySchema)
def list_users(filters: dict[str, Any]):
    """People, filtered, searched and ordered."""
    return users_list.browse(caller(), **filters)


@blp.post("/users")
@requires(Role.ADMIN)
@blp.arguments(NewUserSchema)
@blp.response(201, UserSchema, message="Account made.")
@blp.refuses(EmailTaken, UsernameTaken, ExternalIdTaken)
def create_user(person: dict[str, Any]):
    """Make an account for somebody."""
    return users.create(caller(), **person)


@blp.get("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.response(200, UserSchema)
def show_user(user_id: UUID):
    """Somebody's account."""
    return users.get_visible(caller(), user_id)


@blp.patch("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.arguments(UserChangeSchema)
@blp.response(200, UserSchema, message="Account saved.")
@blp.refuses(EmailTaken, UsernameTaken, ExternalIdTaken)
def change_user(changes: dict[str, Any], user_id: UUID):
    """Edit somebody's account."""
    return users.update(caller(), user_id, **changes)


@blp.post("/users/<uuid:user_id>/role")
@requires(Role.ADMIN)
@blp.arguments(RoleSchema)
@blp.response(200, UserSchema, message="Role given.")
@blp.refuses(LastAdmin)
def set_role(body: dict[str, Any], user_id: UUID):
    """Give somebody a role.

    A lower role ends the person's sessions at once; a higher one ends nothing. The last active admin stays one.
    """
    return users_roles.set_role(caller(), user_id, **body)


@blp.post("/users/<uuid:user_id>/activate")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="Account activated.")
@blp.refuses(InvalidTransition)
def activate_user(user_id: UUID):
    """Let somebody in again."""
    return users_roles.activate(caller(), user_id)


@blp.post("/users/<uuid:user_id>/deactivate")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="Account deactivated.")
@blp.refuses(InvalidTransition, LastAdmin)
def deactivate_user(user_id: UUID):
    """Shut somebody out, at once."""
    return users_roles.deactivate(caller(), user_id)
