"""Requests for mails with a token, which any client may send for any address.

A request reveals nothing about which addresses have accounts (user enumeration): the response is the same, after the same
time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic, sleep

from sqlalchemy import ColumnExpressionArgument

from app.db.session import after_commit
from app.enums import MailTokenPurpose, NoticeKind
from app.models.user import User
from app.services.auth import attempts
from app.services.auth.attempts import Quota
from app.services.messaging import account_notices, mail_tokens
from app.settings import settings
from setting_parsers import Rate

ANSWER_SECONDS = 0.03


def request_mail(purpose: MailTokenPurpose, email: str, *who: ColumnExpressionArgument[bool]) -> None:
    """Create a mail to the account with this address, if there is one; the response does not reveal whether there is."""
    with equal_timing():
        count(purpose, email)
        account_notices.notify_on_request(NoticeKind(purpose.value), User.has_email(email), *who)


@contextmanager
def equal_timing() -> Iterator[None]:
    """Timing equalization: respond after the same time, whatever is done inside.

    Writing a row or not differs by a tenth of a millisecond; by measuring it an attacker could learn who has an account.
    """
    ready_at = monotonic() + ANSWER_SECONDS
    yield
    after_commit(lambda: sleep(max(0.0, ready_at - monotonic())))


def count(purpose: MailTokenPurpose, email: str) -> None:
    """Count a requested mail to this address, or refuse it.

    Each kind is counted separately, and no longer than its link is valid. So an attacker cannot keep a user from setting
    a password by requesting mails in their name: a user who is refused has been sent a link that is still valid.
    """
    amount, seconds = settings().ratelimit_mail_recipient
    life = mail_tokens.life_of(purpose) // timedelta(seconds=1)
    attempts.take([Quota.on(Rate(amount, min(seconds, life)), "mail to", purpose.value, email.lower())])
