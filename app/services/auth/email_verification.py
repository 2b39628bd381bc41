"""Addresses that their owners confirm by a mail sent there."""

from __future__ import annotations

from app.enums import MailTokenPurpose
from app.models.user import User
from app.services.auth import mail_requests
from app.services.messaging import account_notices, mail_tokens


def verify(token: str) -> None:
    """Confirm the address of an account, with the token that was mailed there."""
    mark_confirmed(mail_tokens.spend(token, MailTokenPurpose.VERIFY_EMAIL))


def resend(email: str) -> None:
    mail_requests.owe(MailTokenPurpose.VERIFY_EMAIL, email, User.email_verified.is_(False))


def mark_confirmed(user: User) -> None:
    """Record that whoever uses this account, whose row is locked, also reads its mailbox.

    Somebody who signed up as an instructor waits for an admin's decision. The admins are told now and not at the
    sign-up, so that addresses which nobody confirms cause them no mail.
    """
    if not user.email_verified:
        user.email_verified = True
        account_notices.notify_admins_of_requests([user.id])
