"""What somebody may do who has read a mail of ours: confirm the address, or set a password.

Asking for such a mail tells nothing about who has an account: the answer is the same, costs the same, and comes after the
same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

from sqlalchemy import ColumnExpressionArgument

from app.db import after_commit, checkpoint
from app.enums import MailTokenPurpose, NoticeKind
from app.models.user import User
from app.services import account_mails, attempts, mail_tokens, sessions, users
from app.services.attempts import Quota
from app.settings import settings
from config import Rate

ANSWER_SECONDS = 0.03


def verify_email(token: str) -> None:
    """Confirm the address of an account, with the token that was mailed there."""
    confirm(mail_tokens.spend(token, MailTokenPurpose.VERIFY_EMAIL))


def resend_verification(email: str) -> None:
    _owe(MailTokenPurpose.VERIFY_EMAIL, email, User.email_verified.is_(False))


def forgot_password(email: str) -> None:
    _owe(MailTokenPurpose.RESET_PASSWORD, email)


def reset_password(token: str, new_password: str) -> None:
    """Set a password without the old one, and end every session at once.

    The token came through the mailbox, so the address is confirmed as well.
    """
    owner = mail_tokens.owner_of(token, *mail_tokens.SETTING_PASSWORDS)
    checkpoint()
    new_hash = users.hash_of_new(owner, new_password, field="new_password")
    user = mail_tokens.spend(token, *mail_tokens.SETTING_PASSWORDS)
    users.refuse_weak(user, new_password, field="new_password")
    had_password = user.password_hash is not None
    user.password_hash = new_hash
    confirm(user)
    mail_tokens.void_for_passwords(user.id)
    sessions.end_all(user.id)
    if had_password:
        account_mails.owe(NoticeKind.PASSWORD_CHANGED, [user.id])


def confirm(user: User) -> None:
    """Record that whoever uses this account, whose row is locked, also reads its mailbox.

    Somebody who signed up as an instructor waits for an admin's decision. The admins are told now and not at the
    sign-up, so that addresses which nobody confirms cause them no mail.
    """
    if not user.email_verified:
        user.email_verified = True
        account_mails.owe_requests_of([user.id])


@contextmanager
def patience() -> Iterator[None]:
    """Answer after the same time, whatever is done inside.

    Writing a row or not differs by a tenth of a millisecond; by measuring it one could learn who has an account.
    """
    ready_at = monotonic() + ANSWER_SECONDS
    yield
    after_commit(lambda: sleep(max(0.0, ready_at - monotonic())))


def count_mail(purpose: MailTokenPurpose, email: str) -> None:
    """Count a mail that somebody asks for to this address, or refuse it.

    Each kind is counted apart, and no longer than its link is good. So nobody can keep others from setting a password by
    asking for mails in their name: whoever is refused has been sent a link that is still good.
    """
    amount, seconds = settings().ratelimit_mail_recipient
    life = mail_tokens.life_of(purpose) // timedelta(seconds=1)
    attempts.take([Quota.on(Rate(amount, min(seconds, life)), "mail to", purpose.value, email.lower())])


def _owe(purpose: MailTokenPurpose, email: str, *who: ColumnExpressionArgument[bool]) -> None:
    """Owe a mail to the account with this address, if there is one; nothing tells whether there is."""
    with patience():
        count_mail(purpose, email)
        account_mails.owe_on_request(NoticeKind(purpose.value), User.has_email(email), *who)
