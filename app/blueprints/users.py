"""Accounts from the admin's side."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.accounts import EmailTaken, ExternalIdTaken, InstructorHasCourses, LastAdmin, UsernameTaken
from app.errors.base import Forbidden
from app.errors.bulk import TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.schemas.users import (
    NewUserSchema,
    RoleSchema,
    UserChangeSchema,
    UserQuerySchema,
    UserRowSchema,
    UserSchema,
)
from app.schemas.users_import import ImportQuerySchema, ImportReportSchema, PeopleFileSchema
from app.schemas.users_many import ActivationReportSchema, UserIdsSchema
from app.services.people import users, users_delete, users_import, users_list, users_many, users_roles
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import BULK, throttled

blp = Blueprint("users", __name__, description="People, for admins.")


@blp.get("/users")
@requires(Role.ADMIN)
@blp.lists(UserRowSchema, UserQuerySchema)
def list_users(filters: dict[str, Any]):
    """People, filtered, searched and ordered."""
    return users_list.list_people(**filters)


@blp.post("/users")
@requires(Role.ADMIN)
@blp.arguments(NewUserSchema)
@blp.response(201, UserSchema, message="Account made.")
@blp.refuses(EmailTaken, UsernameTaken, ExternalIdTaken)
def create_user(person: dict[str, Any]):
    """Make an account for somebody."""
    return users.create(**person)


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
    """Edit somebody's account.

    Another address is told to the old one, voids the links of earlier mails and calls off the person's own wish for
    another; password and sessions stay. Where nobody has confirmed the address, another one or an external id voids the
    password of the sign-up: the owner of the mailbox sets one by mail.
    """
    return users.change(caller(), user_id, **changes)


@blp.delete("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.response(204)
@blp.refuses(LastAdmin, InstructorHasCourses)
def delete_user(user_id: UUID):
    """Deactivate and anonymise an account.

    Names, address and everything else that says who it was are overwritten for good, in the ledgers of bulk runs within
    the hour. Certificates keep verifying with the name they were issued to, reviews stay, sessions end. Give an
    instructor's courses to somebody else first.
    """
    users_delete.forget(caller(), user_id)


@blp.post("/users/<uuid:user_id>/role")
@requires(Role.ADMIN)
@blp.arguments(RoleSchema)
@blp.response(200, UserSchema, message="Role given.")
@blp.refuses(LastAdmin)
def set_role(body: dict[str, Any], user_id: UUID):
    """Give somebody a role.

    A lower role ends the person's sessions and trust to publish at once; a higher one ends nothing. The last active admin
    who can log in stays one. Where nobody has confirmed the address, a higher role voids the password of the sign-up: the
    owner of the mailbox sets one by mail.
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


@blp.post("/users/import")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(ImportQuerySchema, location="query")
@blp.arguments(PeopleFileSchema, location="files")
@blp.response(200, ImportReportSchema, message="The file was read. The report has a line for each row.")
@blp.refuses(TooManyPeople, EmailTaken, UsernameTaken, ExternalIdTaken, Forbidden)
def import_users(options: dict[str, Any], upload: dict[str, Any]):
    """Create and update accounts from a CSV file.

    Every row gets a line: `created`, `updated`, `unchanged`, `duplicate` or `invalid` with a code and details. People are
    known by external id, else by email; an external id that belongs to an account with another name and another address is
    refused as `identity_conflict`, unless `on_conflict=update`. An empty cell leaves what is there. New people are verified
    and set their password by mail; so do known people whose address was never confirmed, and the password of their sign-up
    is void. `role` is STUDENT or INSTRUCTOR: no file makes or unmakes an admin. `manager` is an address, username or
    external id; `is_active` activates or deactivates, and a row about an inactive person has the code `user_inactive`. One
    bad row fails no other; the whole call is refused as taken only where another call takes an identifier at the same
    moment. `sheet` describes how the file was read: encoding, delimiter, columns and ignored columns.
    """
    return users_import.import_people(caller(), **upload, **options)


@blp.post("/users/activate-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(UserIdsSchema)
@blp.response(200, ActivationReportSchema, message="Done; see the report.")
@blp.refuses(TooManyPeople)
def activate_users(body: dict[str, Any]):
    """Let many people in again.

    Every id gets a line: `activated`, `unchanged`, `duplicate` or `not_found`.
    """
    return users_many.activate_multiple(caller(), **body)


@blp.post("/users/deactivate-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(UserIdsSchema)
@blp.response(200, ActivationReportSchema, message="Done; see the report.")
@blp.refuses(TooManyPeople)
def deactivate_users(body: dict[str, Any]):
    """Shut many people out, at once.

    Every id gets a line: `deactivated`, `unchanged`, `duplicate`, `not_found`, or `refused` with the code `last_admin`
    for the one active admin who would be the last that can log in.
    """
    return users_many.deactivate_multiple(caller(), **body)


@blp.post("/users/<uuid:user_id>/grant-self-publish")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="This person may publish courses without a decision.")
@blp.refuses(InvalidTransition)
def grant_self_publish(user_id: UUID):
    """Let somebody publish without a decision.

    Where nobody has confirmed the address, this voids the password of the sign-up: the owner of the mailbox sets one by
    mail.
    """
    return users_roles.let_publish(caller(), user_id, granted=True)


@blp.post("/users/<uuid:user_id>/revoke-self-publish")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="This person's courses need a decision again.")
@blp.refuses(InvalidTransition)
def revoke_self_publish(user_id: UUID):
    """Have somebody's courses decided about again."""
    return users_roles.let_publish(caller(), user_id, granted=False)
