"""Email addresses that are stored otherwise than they are looked up get the spelling in which they are.

Two accounts can have one address in two spellings. Then the account that has the right spelling keeps it, else the
oldest gets it; the others stay as they are, are found by username and by id, and their ids are logged.
"""

import logging
import re

import sqlalchemy as sa
from alembic import op
from email_validator import EmailNotValidError, validate_email

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

PLAIN = "^[!-?A-~]+@[!-?A-~]+$"
LISTED = sa.text("SELECT id, email FROM users WHERE email !~ :plain OR email <> lower(email) ORDER BY id")
TAKEN = sa.text("SELECT email FROM users WHERE email = ANY(:emails)")
CHANGE = sa.text(
    """
    UPDATE users SET email = given.new_email
    FROM unnest(CAST(:ids AS uuid[]), CAST(:emails AS text[])) AS given (user_id, new_email)
    WHERE users.id = given.user_id
    """
)
FOLLOW = sa.text(
    """
    UPDATE mail_tokens SET email = users.email
    FROM unnest(CAST(:ids AS uuid[]), CAST(:old_emails AS text[])) AS given (user_id, old_email), users
    WHERE users.id = given.user_id AND mail_tokens.user_id = users.id AND mail_tokens.email = given.old_email
    """
)


def upgrade() -> None:
    bind = op.get_bind()
    found = bind.execute(LISTED, {"plain": PLAIN}).all()
    wanted = {row.id: _spelled(row.email) for row in found}
    emails = sorted({email for email in wanted.values() if email})
    taken = set(bind.scalars(TAKEN, {"emails": emails}))
    changes: list[tuple[str, str, str]] = []
    for user_id, old_email in found:
        email = wanted[user_id]
        if email is None or email in taken:
            log.warning("The account %s keeps its address as it is; see docs/operating.md.", user_id)
            continue
        taken.add(email)
        changes.append((str(user_id), old_email, email))
    if changes:
        ids, old_emails, new_emails = (list(column) for column in zip(*changes, strict=True))
        bind.execute(CHANGE, {"ids": ids, "emails": new_emails})
        bind.execute(FOLLOW, {"ids": ids, "old_emails": old_emails})


def downgrade() -> None:
    """The spellings from before are not kept, and nothing reads them."""


def _spelled(email: str) -> str | None:
    trimmed = re.sub(r"^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$", "", email)
    try:
        checked = validate_email(trimmed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return str(checked.ascii_email).lower()
