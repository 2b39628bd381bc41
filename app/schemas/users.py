"""User accounts, for their owners and for admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import post_load, validate, validates_schema

from app.enums import Role
from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering, search_term
from app.values import characters

_LONGEST_NAME = 100


class Username(fields.Identifier):
    """A username: ASCII letters, digits, dots, dashes and underscores, so that it is never an email address."""

    def __init__(self, **kwargs: Any) -> None:
        rule = validate.Regexp(
            r"[A-Za-z0-9][A-Za-z0-9._-]*\Z",
            error="Use letters from A to Z, digits, dots, dashes and underscores.",
        )
        super().__init__(min_length=3, max_length=60, validate=rule, **kwargs)


class Phone(fields.Text):
    """A phone number: digits with the usual punctuation. An empty one is stored as null."""

    def __init__(self, **kwargs: Any) -> None:
        rule = validate.Regexp(
            r"(\+?[0-9][0-9 ()./-]{2,})?\Z", error="Give a phone number such as +44 20 7946 0958."
        )
        super().__init__(
            max_length=40,
            empty_is_null=True,
            validate=rule,
            metadata={"example": "+44 20 7946 0958"},
            **kwargs,
        )


class Password(fields.Text):
    """A password, as typed. The service decides whether it is strong enough."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, verbatim=True, is_line=True, **kwargs)


class UserSchema(Schema):
    """An account, for its owner and for admins."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    email = fields.Email()
    username = fields.Text(max_length=60)
    first_name = fields.Text(max_length=_LONGEST_NAME)
    last_name = fields.Text(max_length=_LONGEST_NAME)
    full_name = fields.Text(max_length=201)
    phone_number = fields.Text(max_length=40, allow_none=True)
    bio = fields.Text(max_length=2000, allow_none=True)
    profile_picture = fields.PublicFile(allow_none=True)
    role = fields.Choice(Role)
    is_active = fields.Flag()
    email_verified = fields.Flag()
    can_self_publish = fields.Flag()
    external_id = fields.Text(max_length=100, allow_none=True)
    department = fields.Text(max_length=100, allow_none=True)
    hired_on = fields.Day(allow_none=True)
    manager_id = fields.Id(allow_none=True)
    created_at = fields.Instant()


class UserRowSchema(UserSchema):
    """An account in a list: all fields but the biography."""

    class Meta(UserSchema.Meta):
        exclude = ("bio",)


class NamesSchema(Schema):
    """First and last name, or `full_name` in their place."""

    SOME_OF: ClassVar[Sequence[str]] = ("first_name", "full_name")

    first_name = fields.Text(min_length=1, max_length=_LONGEST_NAME)
    last_name = fields.Text(max_length=_LONGEST_NAME)
    full_name = fields.Text(
        min_length=1,
        max_length=201,
        metadata={"description": "The whole name, in place of `first_name` and `last_name`."},
    )

    @validates_schema
    def check_names(self, given: Mapping[str, Any], **_: Any) -> None:
        if "full_name" in given:
            if "first_name" in given or "last_name" in given:
                raise ma.ValidationError("Give this, or first_name and last_name.", "full_name")
            if any(len(name) > _LONGEST_NAME for name in _split(given["full_name"])):
                raise ma.ValidationError(f"A name has at most {_LONGEST_NAME} characters.", "full_name")

    @post_load
    def split_full_name(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "full_name" in given:
            given["first_name"], given["last_name"] = _split(given.pop("full_name"))
        return given


class ProfileChangeSchema(NamesSchema):
    """The fields of a profile that its owner changes."""

    EXAMPLE: ClassVar = {"phone_number": "+44 20 7946 0958", "bio": "Taught myself; still at it."}
    SOME_OF = ()

    username = Username()
    phone_number = Phone()
    bio = fields.Text(max_length=2000, empty_is_null=True)


class ProfileSchema(NamesSchema):
    """A whole profile: fields that are left out are emptied, except the username."""

    EXAMPLE: ClassVar = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone_number": "+44 20 7946 0958",
        "bio": "Taught myself; still at it.",
    }

    username = Username()
    phone_number = Phone(load_default=None)
    bio = fields.Text(max_length=2000, empty_is_null=True, load_default=None)

    @post_load
    def empty_last_name(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"last_name": "", **given}


class UserChangeSchema(ProfileChangeSchema):
    """The fields of an account that admins change."""

    EXAMPLE: ClassVar = {"department": "Finance", "hired_on": "2026-09-01"}

    email = fields.Email()
    external_id = fields.Text(min_length=1, max_length=100, allow_none=True)
    department = fields.Text(max_length=100, empty_is_null=True)
    hired_on = fields.Day(allow_none=True)
    manager_id = fields.Id(allow_none=True)


class NewUserSchema(NamesSchema):
    """An account that an admin creates, verified at once."""

    EXAMPLE: ClassVar = {
        "email": "grace@example.org",
        "first_name": "Grace",
        "last_name": "Hopper",
        "role": "STUDENT",
        "external_id": "HR-1906",
        "department": "Navy",
        "hired_on": "2026-09-01",
    }

    email = fields.Email(required=True)
    username = Username()
    password = Password(
        metadata={"description": "The first password; left out: a mail is sent with which the user sets one."}
    )
    role = fields.Choice(Role)
    phone_number = Phone()
    external_id = fields.Text(min_length=1, max_length=100, allow_none=True)
    department = fields.Text(max_length=100, empty_is_null=True)
    hired_on = fields.Day(allow_none=True)
    manager_id = fields.Id(allow_none=True)


class RoleSchema(Schema):
    EXAMPLE: ClassVar = {"role": "INSTRUCTOR"}

    role = fields.Choice(Role, required=True)


class UserQuerySchema(ListQuerySchema):
    role = fields.Choices(Role, load_default=None)
    is_active = fields.Flag(load_default=None)
    email_verified = fields.Flag(load_default=None)
    department = fields.Text(min_length=1, max_length=100, load_default=None)
    email = fields.Email(
        load_default=None,
        metadata={"format": "email", "description": "The user with exactly this email address, in any case."},
    )
    username = fields.Text(
        min_length=1,
        max_length=60,
        load_default=None,
        metadata={"description": "The user with exactly this username, in any case."},
    )
    external_id = fields.Text(
        min_length=1,
        max_length=100,
        load_default=None,
        metadata={"description": "The user with exactly this external id."},
    )
    search = search_term()
    ordering = ordering(
        "created_at",
        "email",
        "username",
        "first_name",
        "last_name",
        "department",
        "hired_on",
        default="-created_at",
    )


def _split(full_name: str) -> tuple[str, str]:
    first, _, last = " ".join(word for word in full_name.split() if not characters.is_blank(word)).partition(
        " "
    )
    return first, last
