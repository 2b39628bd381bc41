"""Mails with a token that anybody may ask for, for any address.

Asking tells nothing about who has an account: the answer is the same, costs the same, and comes after the same time.
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
from config import Rate

ANSWER_SECONDS = 0.03


def owe(purpose: MailTokenPurpose, email: str, *who: ColumnExpressionArgument[bool]) -> None:
    """Owe a mail to the account with this address, if there is one; nothing tells whether there is."""
    with answering_alike():
        count(purpose, email)
        account_notices.notify_on_request(NoticeKind(purpose.value), User.has_email(email), *who)


@contextmanager
def answering_alike() -> Iterator[None]:
    """Answer after the same time, whatever is done inside.

    Writing a row or not differs by a tenth of a millisecond; by measuring it one could learn who has an account.
    """
    ready_at = monotonic() + ANSWER_SECONDS
    yield
    after_commit(lambda: sleep(max(0.0, ready_at - monotonic())))


def count(purpose: MailTokenPurpose, email: str) -> None:
    """Count a mail that somebody asks for to this address, or refuse it.

    Each kind is counted apart, and no longer than its link is good. So nobody can keep others from setting a password by
    asking for mails in their name: whoever is refused has been sent a link that is still good.
    """
    amount, seconds = settings().ratelimit_mail_recipient
    life = mail_tokens.life_of(purpose) // timedelta(seconds=1)
    attempts.take([Quota.on(Rate(amount, min(seconds, life)), "mail to", purpose.value, email.lower())])
