"""Email changes by an admin or an import: links mailed before are void, and the old address is notified.

This is how an admin recovers an account that an attacker has taken over. So a pending email change is cancelled, and the
old address is notified, unless it was never confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.db.session import among, db
from app.enums import NoticeKind
from app.models.email_change import EmailChange
from app.models.user import User
from app.services.messaging import account_notices, mail_tokens, outbox


def follow(old_addresses: Mapping[UUID, str]) -> None:
    """Void links and send mails after users, whose rows are locked, have got another address.

    :param old_addresses: the old address of each of them.
    """
    if not old_addresses:
        return
    user_ids = list(old_addresses)
    mail_tokens.void_all(user_ids)
    account_notices.cancel_links(user_ids)
    _notify_old_addresses(old_addresses)
    # A user without a password was invited at the old address, and needs an invitation at the new one.
    account_notices.notify(
        NoticeKind.SET_PASSWORD, user_ids, User.password_hash.is_(None), User.email_verified
    )


def _notify_old_addresses(old_addresses: Mapping[UUID, str]) -> None:
    """Notify the old addresses, except of users who never set a password: such an address may be a stranger's."""
    given = (
        func.unnest(
            literal(list(old_addresses), ARRAY(Uuid())), literal(list(old_addresses.values()), ARRAY(Text()))
        )
        .table_valued("user_id", "old_email")
        .render_derived()
    )
    recorded = insert(EmailChange).from_select(
        ["user_id", "old_email", "new_email", "confirmed_at"],
        select(User.id, given.c.old_email, User.email, func.now())
        .join(given, given.c.user_id == User.id)
        .where(User.email_verified, User.password_hash.is_not(None)),
    )
    changes = db.session.scalars(recorded.returning(EmailChange.id)).all()
    made = outbox.write(
        NoticeKind.EMAIL_CHANGED,
        select()
        .select_from(User)
        .join(EmailChange, EmailChange.user_id == User.id)
        .where(among(EmailChange.id, changes)),
        cause_id=EmailChange.id,
    )
    outbox.enqueue(made)
