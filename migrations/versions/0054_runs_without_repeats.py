"""Runs that cannot name a user twice need not look for earlier lines of the same user."""

import sqlalchemy as sa
from alembic import op

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Runs that are staged already look back, as they did.
    column = sa.Column("looks_back", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    op.add_column("assignments", column)


def downgrade() -> None:
    # A run whose first chunks were not recorded for a look back would not find its duplicates.
    op.execute(
        "UPDATE assignment_items SET batch = 1 WHERE batch = 0 AND assignment_id IN"
        " (SELECT id FROM assignments WHERE NOT looks_back AND next_batch <= batches)"
    )
    op.drop_column("assignments", "looks_back")
