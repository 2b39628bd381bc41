"""Refusals about accounts: login, tokens, names that are taken, roles and instructor requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from app.errors.base import Conflict, Forbidden, InvalidRequest, Refusal


class TokenInvalid(Refusal):
    """The token is malformed, expired, spent, of the wrong kind, or its session has ended."""

    status = 401
    code = "token_invalid"
    title = "This token is not valid: log in again."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class RefreshTokenReused(TokenInvalid):
    """A spent refresh token was used again: it may be stolen, so the session ends for all its holders."""

    keeps_writes = True


class MailTokenInvalid(TokenInvalid):
    """The token of a mail is unknown, expired or spent, or the account has since changed its address."""

    status = 400
    title = "This link is no longer valid: request a new one."
    headers: ClassVar[Mapping[str, str]] = {}


class InvalidCredentials(Refusal):
    """No account has this login and this password. The answer is the same whichever of the two is wrong."""

    status = 401
    code = "invalid_credentials"
    title = "The email, username or password is wrong."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class AccountInactive(Forbidden):
    """The password was right, but an admin has deactivated the account."""

    code = "account_inactive"
    title = "This account is deactivated: ask an admin to activate it."


class EmailNotVerified(Forbidden):
    """The password was right, but the address has not been confirmed with the mail that we sent; request another one at
    `/auth/resend-verification`.
    """

    code = "email_not_verified"
    title = "Your email address is not confirmed: confirm it with the mail that we sent."


class EmailTaken(Conflict):
    """Email addresses are unique, upper and lower case alike."""

    code = "email_taken"
    title = "An account with this email address already exists."


class UsernameTaken(Conflict):
    """Usernames are unique, upper and lower case alike."""

    code = "username_taken"
    title = "This username is taken: choose another one."


class ExternalIdTaken(Conflict):
    """The identifier from the HR system is unique."""

    code = "external_id_taken"
    title = "This external id belongs to another user."


class IdentityConflict(Conflict):
    """The row of an import gives an external id that belongs to another user: the account has neither the address nor
    the name of the row, or the address belongs to a second account, or an earlier row gives the same external id with
    another address. Nothing of the row was written. Correct the external id. Where it is right, and the user has a new
    name and address, send the file with `?on_conflict=update`: rows that are written despite such a conflict then have
    this code.
    """

    code = "identity_conflict"
    title = "This external id belongs to another user: check it."


class AlreadyRotated(Conflict):
    """Another tab or a retried request used the token moments ago. Nothing was changed: use the tokens that the other
    call received.
    """

    code = "already_rotated"
    title = "This refresh token has just been exchanged: use the tokens of that call."


class LastAdmin(Conflict):
    """Demoting, deactivating or deleting this user would leave the platform without an admin. An admin who has no
    password yet, or has not confirmed the address, cannot log in and does not count.
    """

    code = "last_admin"
    title = "This is the last active admin who can log in: make another user an admin first."


class InstructorHasCourses(Conflict):
    """Assign the courses to another instructor first: a course always has one."""

    code = "instructor_has_courses"
    title = "This user still teaches courses: assign them to another instructor first."


class RequestPending(Conflict):
    """A user has one pending instructor request at a time: edit it, or withdraw it."""

    code = "request_pending"
    title = "You have a pending request: edit it, or withdraw it first."


class ReapplyTooSoon(Conflict):
    """This installation has a waiting time after a rejected instructor request; `details.retry_at` says when it ends."""

    code = "reapply_too_soon"
    title = "It is too soon for another request: see details.retry_at."


class AlreadyDecided(Conflict):
    """An instructor request can be edited, withdrawn or decided only while it is PENDING."""

    code = "already_decided"
    title = "This request has already been decided."


class UserInactive(Conflict):
    """Deactivated users cannot be assigned."""

    code = "user_inactive"
    title = "This user is deactivated: activate the account first."


class DamagedIdentifier(InvalidRequest):
    """A spreadsheet has replaced the identifier of this row: by a shortened number such as `1.23457E+11`, by an error such
    as `#N/A`, or by a word for no value such as `NULL`. Format the column as text and export the file again.
    """

    code = "damaged_identifier"
    title = "A spreadsheet has damaged this identifier: format its column as text and export again."
