"""Email verification: the owner of an address confirms it with a mailed token."""

from __future__ import annotations

from app.enums import MailTokenPurpose
from app.models.user import User
from app.services.auth import mail_requests
from app.services.messaging import account_notices, mail_tokens


def verify(token: str) -> None:
    """Confirm the address of an account, with the token that was mailed there."""
    mark_confirmed(mail_tokens.spend(token, MailTokenPurpose.VERIFY_EMAIL))


def resend(email: str) -> None:
    mail_requests.request_mail(MailTokenPurpose.VERIFY_EMAIL, email, User.email_verified.is_(False))


def mark_confirmed(user: User) -> None:
    """Record that the user of this account, whose row is locked, also reads its mailbox.

    A user who signed up as an instructor waits for an admin's decision. The admins are notified now and not at the
    sign-up, so that unconfirmed addresses cause them no mail.
    """
    if not user.email_verified:
        user.email_verified = True
        account_notices.notify_admins_of_requests([user.id])
