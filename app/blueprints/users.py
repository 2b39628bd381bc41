"""User accounts, for admins."""

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

blp = Blueprint("users", __name__, description="User accounts, for admins.")


@blp.get("/users")
@requires(Role.ADMIN)
@blp.lists(UserRowSchema, UserQuerySchema)
def list_users(filters: dict[str, Any]):
    """List users.

    Filtered, searched and ordered.
    """
    return users_list.list_people(**filters)


@blp.post("/users")
@requires(Role.ADMIN)
@blp.arguments(NewUserSchema)
@blp.response(201, UserSchema, message="User created.")
@blp.refuses(EmailTaken, UsernameTaken, ExternalIdTaken)
def create_user(person: dict[str, Any]):
    """Create a user."""
    return users.create(**person)


@blp.get("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.response(200, UserSchema)
def show_user(user_id: UUID):
    """Show a user."""
    return users.get_visible(caller(), user_id)


@blp.patch("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.arguments(UserChangeSchema)
@blp.response(200, UserSchema, message="User updated.")
@blp.refuses(EmailTaken, UsernameTaken, ExternalIdTaken)
def change_user(changes: dict[str, Any], user_id: UUID):
    """Change fields of a user.

    A changed address notifies the old one by mail, invalidates the links of earlier mails and cancels the user's own
    pending change of address; password and sessions stay. Where the address is unconfirmed, changing it or the external
    id invalidates the password of the sign-up: the owner of the mailbox sets a new one by mail.
    """
    return users.change(caller(), user_id, **changes)


@blp.delete("/users/<uuid:user_id>")
@requires(Role.ADMIN)
@blp.response(204)
@blp.refuses(LastAdmin, InstructorHasCourses)
def delete_user(user_id: UUID):
    """Delete a user.

    Deactivates and anonymises the account: names, address and everything else that identifies the user are overwritten
    permanently, in the ledgers of bulk runs within the hour. Certificates still verify, with `full_name` null: the name is
    withheld. Reviews stay, sessions end. Assign an instructor's courses to another instructor first.
    """
    users_delete.erase(caller(), user_id)


@blp.post("/users/<uuid:user_id>/role")
@requires(Role.ADMIN)
@blp.arguments(RoleSchema)
@blp.response(200, UserSchema, message="Role changed.")
@blp.refuses(LastAdmin)
def set_role(body: dict[str, Any], user_id: UUID):
    """Change the role of a user.

    A lower role ends the user's sessions and the right to publish without approval at once; a higher one ends nothing.
    The last active admin who can log in stays one. Where the address is unconfirmed, a higher role invalidates the
    password of the sign-up: the owner of the mailbox sets a new one by mail.
    """
    return users_roles.set_role(caller(), user_id, **body)


@blp.post("/users/<uuid:user_id>/activate")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="User activated.")
@blp.refuses(InvalidTransition)
def activate_user(user_id: UUID):
    """Activate a user."""
    return users_roles.activate(caller(), user_id)


@blp.post("/users/<uuid:user_id>/deactivate")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="User deactivated.")
@blp.refuses(InvalidTransition, LastAdmin)
def deactivate_user(user_id: UUID):
    """Deactivate a user.

    The user's sessions end at once. Enrollments, reviews and certificates stay.
    """
    return users_roles.deactivate(caller(), user_id)


@blp.post("/users/import")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(ImportQuerySchema, location="query")
@blp.arguments(PeopleFileSchema, location="files")
@blp.response(200, ImportReportSchema, message="Import finished: see the report.")
@blp.refuses(TooManyPeople, EmailTaken, UsernameTaken, ExternalIdTaken, Forbidden)
def import_users(options: dict[str, Any], upload: dict[str, Any]):
    """Import users from a CSV file.

    The report has a line for each row: `created`, `updated`, `unchanged`, `duplicate`, or `invalid` with a code and
    details. Users are matched by external id, else by email; an external id that belongs to an account with another
    name and another address is refused as `identity_conflict`, unless `on_conflict=update`. An empty cell keeps the
    stored value. New users are verified and set their password by mail; so do existing users whose address was never
    confirmed, and the password of their sign-up becomes invalid. `role` is STUDENT or INSTRUCTOR: a file neither grants
    nor removes the admin role. `manager` is an address, username or external id; `is_active` activates or deactivates,
    and a row about an inactive user has the code `user_inactive`. An invalid row does not affect the others; the whole
    call is refused only where another call takes one of its identifiers at the same moment. `sheet` describes how the
    file was read: encoding, delimiter, columns and ignored columns.
    """
    return users_import.import_people(caller(), **upload, **options)


@blp.post("/users/activate-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(UserIdsSchema)
@blp.response(200, ActivationReportSchema, message="Activation finished: see the report.")
@blp.refuses(TooManyPeople)
def activate_users(body: dict[str, Any]):
    """Activate many users.

    The report has a row for each id: `activated`, `unchanged`, `duplicate` or `not_found`.
    """
    return users_many.activate_multiple(caller(), **body)


@blp.post("/users/deactivate-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(UserIdsSchema)
@blp.response(200, ActivationReportSchema, message="Deactivation finished: see the report.")
@blp.refuses(TooManyPeople)
def deactivate_users(body: dict[str, Any]):
    """Deactivate many users.

    Their sessions end at once. The report has a row for each id: `deactivated`, `unchanged`, `duplicate`, `not_found`,
    or `refused` with the code `last_admin` for the last active admin who can log in.
    """
    return users_many.deactivate_multiple(caller(), **body)


@blp.post("/users/<uuid:user_id>/grant-self-publish")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="Right to publish without approval granted.")
@blp.refuses(InvalidTransition)
def grant_self_publish(user_id: UUID):
    """Grant a user the right to publish without approval.

    Where the address is unconfirmed, this invalidates the password of the sign-up: the owner of the mailbox sets a new
    one by mail.
    """
    return users_roles.let_publish(caller(), user_id, granted=True)


@blp.post("/users/<uuid:user_id>/revoke-self-publish")
@requires(Role.ADMIN)
@blp.response(200, UserSchema, message="Right to publish without approval revoked.")
@blp.refuses(InvalidTransition)
def revoke_self_publish(user_id: UUID):
    """Revoke a user's right to publish without approval."""
    return users_roles.let_publish(caller(), user_id, granted=False)
