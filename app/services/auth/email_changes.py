"""Changing the email address of an account: the new mailbox confirms it, and the old one is notified.

The address changes when the token that was mailed to the new one is used; setting a password before that cancels the
change. Only the owner of the token learns whether the new address has an account already: until then the response is
the same, after the same time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, delete, exists, func, literal, select
from sqlalchemy.orm import aliased

from app.db.session import db, refusing
from app.enums import MailTokenPurpose, NoticeKind
from app.errors.accounts import EmailTaken
from app.errors.base import InvalidRequest
from app.models.email_change import EmailChange
from app.models.user import User
from app.services.auth import credentials, email_verification, mail_requests
from app.services.messaging import mail_tokens, outbox
from app.services.messaging.outbox import MailBatch
from app.values import names


def ask(user: User, *, password: str, new_email: str) -> None:
    """Request another address. It replaces an earlier request."""
    if new_email == names.address(user.email):
        raise InvalidRequest(details={"new_email": ["This is already your address."]})
    locked = credentials.verify_password(user, password, field="password")
    with mail_requests.equal_timing():
        mail_requests.count(MailTokenPurpose.CONFIRM_EMAIL, new_email)
        waiting = (EmailChange.user_id == locked.id, EmailChange.confirmed_at.is_(None))
        db.session.execute(delete(EmailChange).where(*waiting))
        change = EmailChange(user_id=locked.id, old_email=locked.email, new_email=new_email)
        db.session.add(change)
        db.session.flush()
        _notify(NoticeKind.CONFIRM_EMAIL, change, unless_taken=True)


def confirm(token: str) -> None:
    """Set the new address of the account, with the token that was mailed there. Sessions stay open."""
    user = mail_tokens.spend(token, MailTokenPurpose.CONFIRM_EMAIL)
    waiting = select(EmailChange).where(EmailChange.user_id == user.id, EmailChange.confirmed_at.is_(None))
    change = db.session.scalars(waiting).one()
    was_known, change.old_email = user.email_verified, user.email
    with refusing({User.ONE_PER_EMAIL: EmailTaken()}):
        user.email = change.new_email
        db.session.flush()
    email_verification.mark_confirmed(user)
    change.confirmed_at = func.now()
    # An unconfirmed old address may belong to a stranger: no mail is sent there.
    if was_known:
        _notify(NoticeKind.EMAIL_CHANGED, change)


def _notify(kind: NoticeKind, change: EmailChange, *, unless_taken: bool = False) -> None:
    """Create a mail about the change. A job is enqueued even without a mail, so that both cases take the same time."""
    other = aliased(User)
    taken = exists().where(other.has_email(change.new_email))
    who = select().select_from(User).where(User.id == change.user_id)
    made = outbox.write(
        kind,
        who.where(~taken) if unless_taken else who,
        cause_id=literal(change.id, Uuid()),
    )
    outbox.enqueue(MailBatch(made.notice_ids or [UUID(int=0)], made.lane))
