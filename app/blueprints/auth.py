"""Registration, login, tokens, and the caller's own profile."""

from typing import Any

from app.errors.accounts import (
    AccountInactive,
    AlreadyRotated,
    EmailNotVerified,
    EmailTaken,
    InvalidCredentials,
    MailTokenInvalid,
    TokenInvalid,
    UsernameTaken,
)
from app.errors.requests import StorageFull
from app.schemas.auth import (
    AddressSchema,
    EmailChangeSchema,
    LoggedInSchema,
    LoginSchema,
    MailTokenSchema,
    PasswordResetSchema,
    RefreshSchema,
    RegisteredSchema,
    RegistrationSchema,
    TokenReportSchema,
    TokenSchema,
    TokensSchema,
)
from app.schemas.files import PictureSchema
from app.schemas.users import ProfileChangeSchema, ProfileSchema, UserSchema
from app.services.auth import credentials, email_changes, email_verification, password_reset, sessions
from app.services.people import profile_pictures, users
from app.web.access import account, device, public_ignoring_token, requires
from app.web.api import Blueprint
from app.web.rate_limits import LOGIN, MAIL, PICTURES, REFRESH, REGISTER, throttled

blp = Blueprint("auth", __name__, description="Sign up, log in, and your own profile.")


def _welcome(registration: users.Registration) -> str:
    """The next step for the new user, and their role until an admin has decided."""
    verified = registration.user.email_verified
    begin = "You can log in now." if verified else "Confirm your address using the mail we sent, then log in."
    wait = " An admin will decide on your request to teach; until then you are a student."
    return f"Welcome. {begin}{wait if registration.instructor_request else ''}"


@blp.post("/auth/register")
@public_ignoring_token
@throttled(REGISTER)
@blp.arguments(RegistrationSchema)
@blp.response(201, RegisteredSchema, message=_welcome)
@blp.refuses(EmailTaken, UsernameTaken)
def register(registration: dict[str, Any]):
    """Register an account.

    A password has 8 to 128 characters, with an upper-case letter, a lower-case letter and a digit; common passwords and
    your own name or address are refused. Unless `email_verified` is true, a mail with a confirmation token is sent:
    confirm the address before you log in.
    """
    return users.register(**registration)


@blp.post("/auth/verify-email")
@public_ignoring_token
@throttled(MAIL)
@blp.arguments(MailTokenSchema)
@blp.response(200, message="Email address confirmed.")
@blp.refuses(MailTokenInvalid)
def verify_email(body: dict[str, Any]):
    """Confirm your email address.

    The token of the mail works once and expires after `VERIFICATION_TOKEN_HOURS` (24 hours unless set).
    """
    email_verification.verify(**body)


@blp.post("/auth/resend-verification")
@public_ignoring_token
@throttled(MAIL)
@blp.arguments(AddressSchema)
@blp.response(
    200, message="Mail requested: it will be sent if this address belongs to an unconfirmed account."
)
def resend_verification(body: dict[str, Any]):
    """Request another confirmation mail.

    The answer is the same whether or not there is such an account.
    """
    email_verification.resend(**body)


@blp.post("/auth/login")
@public_ignoring_token
@throttled(LOGIN)
@blp.arguments(LoginSchema)
@blp.response(200, LoggedInSchema, message="Logged in.")
@blp.refuses(InvalidCredentials, AccountInactive, EmailNotVerified)
def log_in(login: dict[str, Any]):
    """Log in with an email address or username."""
    return credentials.log_in(**login, **device())


@blp.post("/auth/refresh")
@public_ignoring_token
@throttled(REFRESH)
@blp.arguments(RefreshSchema)
@blp.response(200, TokensSchema, message="Tokens refreshed.")
@blp.refuses(TokenInvalid, AlreadyRotated)
def refresh_tokens(body: dict[str, Any]):
    """Exchange a refresh token for a new pair of tokens.

    Each refresh token works once. Sent again within `REFRESH_GRACE_SECONDS` (10 seconds unless set), it is refused with
    409 and changes nothing; sent again later, it ends the session.
    """
    return sessions.refresh(body["refresh"])


@blp.post("/auth/verify")
@public_ignoring_token
@throttled(REFRESH)
@blp.arguments(TokenSchema)
@blp.response(200, TokenReportSchema)
def verify_token(body: dict[str, Any]):
    """Check whether a token is valid."""
    return sessions.inspect(body["token"])


@blp.post("/auth/change-email")
@requires()
@throttled(MAIL)
@blp.arguments(EmailChangeSchema)
@blp.response(
    200, message="Email change requested: a mail will be sent to the new address if no account has it."
)
def change_email(change: dict[str, Any]):
    """Request a change of your email address.

    Needs your password. The address changes once you confirm it with the token of the mail; until then you may request
    another change, and setting a password cancels the request. The answer is the same whether or not the new address
    has an account.
    """
    email_changes.ask(account(), **change)


@blp.post("/auth/confirm-email")
@public_ignoring_token
@throttled(MAIL)
@blp.arguments(MailTokenSchema)
@blp.response(200, message="Email address changed.")
@blp.refuses(MailTokenInvalid, EmailTaken)
def confirm_email(body: dict[str, Any]):
    """Confirm your new email address.

    The token of the mail works once and expires after `VERIFICATION_TOKEN_HOURS` (24 hours unless set). Your sessions
    continue, and a mail notifies the old address.
    """
    email_changes.confirm(**body)


@blp.post("/auth/forgot-password")
@public_ignoring_token
@throttled(MAIL)
@blp.arguments(AddressSchema)
@blp.response(200, message="Mail requested: it will be sent if an account has this address.")
def forgot_password(body: dict[str, Any]):
    """Request a mail to set a new password.

    The answer is the same whether or not there is such an account.
    """
    password_reset.forgot(**body)


@blp.post("/auth/reset-password")
@public_ignoring_token
@throttled(MAIL)
@blp.arguments(PasswordResetSchema)
@blp.response(200, message="Password set. All your sessions have ended: log in with the new password.")
@blp.refuses(MailTokenInvalid)
def reset_password(body: dict[str, Any]):
    """Set a new password with the token of a mail.

    The token works once and expires after `RESET_TOKEN_MINUTES` (60 minutes unless set), or `INVITATION_TOKEN_HOURS`
    (168 hours unless set) where an admin created the account. A refused password leaves the token valid. An accepted
    one also confirms the email address, and invalidates the other tokens that could set a password.
    """
    password_reset.reset(**body)


@blp.get("/auth/me")
@requires()
@blp.response(200, UserSchema)
def show_me():
    """Show your own account."""
    return account()


@blp.patch("/auth/me")
@requires()
@blp.arguments(ProfileChangeSchema)
@blp.response(200, UserSchema, message="Profile updated.")
@blp.refuses(UsernameTaken)
def change_me(changes: dict[str, Any]):
    """Change fields of your profile."""
    return users.change_own(account(), **changes)


@blp.put("/auth/me")
@requires()
@blp.arguments(ProfileSchema)
@blp.response(200, UserSchema, message="Profile updated.")
@blp.refuses(UsernameTaken)
def replace_me(profile: dict[str, Any]):
    """Replace your profile."""
    return users.change_own(account(), **profile)


@blp.put("/auth/me/picture")
@requires()
@throttled(PICTURES)
@blp.arguments(PictureSchema, location="files")
@blp.response(200, UserSchema, message="Picture saved.")
@blp.refuses(StorageFull)
def replace_picture(picture: dict[str, Any]):
    """Replace your profile picture.

    A JPEG, PNG or WebP of at most 5 MB. A JPEG may have 25 million pixels, a progressive one or a PNG 10 million, a
    WebP 3 million. It is re-encoded without its metadata, at most 512 pixels a side.
    """
    return profile_pictures.replace(account(), **picture)


@blp.delete("/auth/me/picture")
@requires()
@blp.response(200, UserSchema, message="Picture removed.")
def remove_picture():
    """Remove your profile picture."""
    return profile_pictures.remove(account())
