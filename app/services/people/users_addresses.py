"""People to whom an admin, or a file, has given another address: nothing that was sent before opens anything any more.

It is how an account is put right that somebody else got hold of. So a wish for yet another address is called off, and the
old address is told, unless nobody has ever answered from it.
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
    """Do all that has to follow when people, whose rows are locked, have got another address.

    :param old_addresses: the address that each of them had before.
    """
    if not old_addresses:
        return
    user_ids = list(old_addresses)
    mail_tokens.void_all(user_ids)
    account_notices.cancel_links(user_ids)
    _tell(old_addresses)
    # Whoever has no password yet was invited at the old address, and needs an invitation at the new one.
    account_notices.notify(
        NoticeKind.SET_PASSWORD, user_ids, User.password_hash.is_(None), User.email_verified
    )


def _tell(old_addresses: Mapping[UUID, str]) -> None:
    """Tell the old addresses. Without a password nobody has ever answered from there: it may be a stranger's address."""
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
