"""Registration, login and tokens, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import post_load, validates_schema

from app.adapters import passwords
from app.enums import Role
from app.schemas import fields
from app.schemas.base import Schema
from app.schemas.instructor_requests import InstructorRequestSchema
from app.schemas.users import NamesSchema, Password, Phone, Username, UserSchema

STRANGERS_MAY_SEND = 4 * 1024
"""Bytes of a body on a public endpoint: more than any real one has, in any script."""

WITH_A_TOKEN = 8 * 1024


class Token(fields.Text):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4000, is_line=True, **kwargs)


class ConfirmedSchema(Schema):
    """A password and its confirmation, which have to be equal."""

    CONFIRMED: ClassVar = "new_password"

    @validates_schema
    def check_confirmation(self, given: Mapping[str, Any], **_: Any) -> None:
        """Two that differ are refused here, and the service judges equal ones: what it would say is added."""
        password = given[self.CONFIRMED]
        if password == given[f"{self.CONFIRMED}_confirm"]:
            return
        own = {name: given[name] for name in ("last_name", "username", "email") if given.get(name)}
        first_name = given.get("full_name", given.get("first_name", ""))
        found = passwords.weaknesses(password, first_name=first_name, **own)
        differ = {f"{self.CONFIRMED}_confirm": ["The two passwords differ."]}
        raise ma.ValidationError({self.CONFIRMED: found, **differ} if found else differ)

    @post_load
    def drop_confirmation(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        given.pop(f"{self.CONFIRMED}_confirm")
        return given


class RegistrationSchema(ConfirmedSchema, NamesSchema):
    MAX_BYTES: ClassVar[int | None] = STRANGERS_MAY_SEND
    CONFIRMED = "password"
    EXAMPLE: ClassVar = {
        "email": "ada@example.org",
        "password": "Analytical-Engine-1843",
        "password_confirm": "Analytical-Engine-1843",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "role": "STUDENT",
    }

    email = fields.Email(required=True)
    username = Username()
    password = Password(required=True)
    password_confirm = Password(required=True)
    phone_number = Phone()
    role = fields.Choice((Role.STUDENT, Role.INSTRUCTOR))


class LoginSchema(Schema):
    MAX_BYTES: ClassVar[int | None] = STRANGERS_MAY_SEND
    EXAMPLE: ClassVar = {"email": "ada@example.org", "password": "Analytical-Engine-1843"}
    ONE_OF: ClassVar = ("email", "username")

    email = fields.Identifier(
        max_length=300, metadata={"description": "The email address; or give `username`."}
    )
    username = fields.Identifier(max_length=300, metadata={"description": "The username; or give `email`."})
    password = Password(required=True)

    @post_load
    def name_login(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        login = given.get("email", given.get("username"))
        return {"login": login, "password": given["password"]}


class RefreshSchema(Schema):
    MAX_BYTES: ClassVar[int | None] = WITH_A_TOKEN
    EXAMPLE: ClassVar = {"refresh": "eyJhbGciOiJIUzI1NiJ9.…"}

    refresh = Token(required=True)


class LogoutSchema(Schema):
    EXAMPLE: ClassVar = {"refresh": "eyJhbGciOiJIUzI1NiJ9.…"}

    refresh = Token(
        metadata={
            "description": "A refresh token of the session to end; left out: the session of the access token."
        }
    )


class TokenSchema(Schema):
    MAX_BYTES: ClassVar[int | None] = WITH_A_TOKEN
    EXAMPLE: ClassVar = {"token": "eyJhbGciOiJIUzI1NiJ9.…"}

    token = Token(required=True)


class MailTokenSchema(Schema):
    MAX_BYTES: ClassVar[int | None] = WITH_A_TOKEN
    EXAMPLE: ClassVar = {"token": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}

    token = Token(required=True)


class AddressSchema(Schema):
    MAX_BYTES: ClassVar[int | None] = STRANGERS_MAY_SEND
    EXAMPLE: ClassVar = {"email": "ada@example.org"}

    email = fields.Email(required=True)


class EmailChangeSchema(Schema):
    EXAMPLE: ClassVar = {"password": "Analytical-Engine-1843", "new_email": "ada.lovelace@example.org"}

    password = Password(required=True)
    new_email = fields.Email(required=True)


class PasswordResetSchema(ConfirmedSchema):
    MAX_BYTES: ClassVar[int | None] = WITH_A_TOKEN
    EXAMPLE: ClassVar = {
        "token": "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "new_password": "Difference-Engine-1822",
        "new_password_confirm": "Difference-Engine-1822",
    }

    token = Token(required=True)
    new_password = Password(required=True)
    new_password_confirm = Password(required=True)


class PasswordChangeSchema(ConfirmedSchema):
    EXAMPLE: ClassVar = {
        "old_password": "Analytical-Engine-1843",
        "new_password": "Difference-Engine-1822",
        "new_password_confirm": "Difference-Engine-1822",
    }

    old_password = Password(required=True)
    new_password = Password(required=True)
    new_password_confirm = Password(required=True)


class RegisteredSchema(Schema):
    user = ma.fields.Nested(UserSchema)
    instructor_request = ma.fields.Nested(
        InstructorRequestSchema,
        allow_none=True,
        metadata={
            "description": "The request that an INSTRUCTOR sign-up creates; an admin decides about it."
        },
    )


class TokensSchema(Schema):
    access = ma.fields.String()
    refresh = ma.fields.String()
    token_type = ma.fields.Constant("Bearer", metadata={"type": "string", "enum": ["Bearer"]})
    expires_in = ma.fields.Integer(metadata={"description": "Lifetime of the access token, in seconds."})


class LoggedInSchema(Schema):
    user = ma.fields.Nested(UserSchema)
    tokens = ma.fields.Nested(TokensSchema)


class TokenReportSchema(Schema):
    """The state of a token; for an invalid one all but `valid` is null."""

    valid = ma.fields.Boolean()
    kind = ma.fields.String(allow_none=True, metadata={"enum": ["access", "refresh", None]})
    user_id = fields.Id(allow_none=True)
    session_id = fields.Id(allow_none=True)
    expires_at = fields.Instant(allow_none=True)


class SessionSchema(Schema):
    """A login on one device."""

    id = fields.Id()
    user_agent = ma.fields.String()
    ip_address = ma.fields.String()
    created_at = fields.Instant()
    last_used_at = fields.Instant(metadata={"description": "When the session began or was last refreshed."})
    expires_at = fields.Instant()
    is_current = ma.fields.Boolean(metadata={"description": "Whether it is the session of this request."})
