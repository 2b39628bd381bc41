"""No identifier is the empty string: unseen characters were once stored as one, and merged two people."""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None

CHECKS = {
    "identifiers_not_empty": "email <> '' AND username <> '' AND external_id <> ''",
    "department_not_empty": "department <> ''",
}


def upgrade() -> None:
    """The existing rows are checked by the next migration, which lets people read and write meanwhile."""
    repaired = op.get_bind().scalars(
        sa.text("UPDATE users SET external_id = NULL WHERE external_id = '' RETURNING id")
    )
    # The trigger that remembers former identifiers has remembered the empty one, which is in many lines of bulk runs.
    op.get_bind().execute(
        sa.text(
            "UPDATE users SET former_name_hashes = nullif(array_remove(former_name_hashes, hash_of_name('')), '{}')"
            " WHERE id = ANY(:repaired)"
        ),
        {"repaired": repaired.all()},
    )
    op.execute("UPDATE users SET department = NULL WHERE department = ''")
    for name, condition in CHECKS.items():
        op.execute(f"ALTER TABLE users ADD CONSTRAINT ck_users_{name} CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    for name in CHECKS:
        op.execute(f"ALTER TABLE users DROP CONSTRAINT ck_users_{name}")
