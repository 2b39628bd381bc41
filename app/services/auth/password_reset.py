"""Password reset with a mailed token."""

from __future__ import annotations

from app.db.session import checkpoint
from app.enums import MailTokenPurpose, NoticeKind
from app.services.auth import email_verification, mail_requests, password_policy, sessions
from app.services.messaging import account_notices, mail_tokens


def forgot(email: str) -> None:
    mail_requests.request_mail(MailTokenPurpose.RESET_PASSWORD, email)


def reset(token: str, new_password: str) -> None:
    """Set a password without the old one, and end every session at once.

    The token was sent to the mailbox, so the address is confirmed as well.
    """
    owner = mail_tokens.owner_of(token, *mail_tokens.SETTING_PASSWORDS)
    checkpoint()
    new_hash = password_policy.hash_of_new(owner, new_password, field="new_password")
    user = mail_tokens.spend(token, *mail_tokens.SETTING_PASSWORDS)
    password_policy.refuse_weak(user, new_password, field="new_password")
    had_password = user.password_hash is not None
    user.password_hash = new_hash
    email_verification.mark_confirmed(user)
    mail_tokens.void_for_passwords(user.id)
    sessions.end_all(user.id)
    if had_password:
        account_notices.notify(NoticeKind.PASSWORD_CHANGED, [user.id])
