"""Staged keys that are the inputs themselves are not stored a second time."""

import sqlalchemy as sa
from alembic import op

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("assignment_batches", "keys", existing_type=sa.Text(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE assignment_batches SET keys = inputs WHERE keys IS NULL")
    op.alter_column("assignment_batches", "keys", existing_type=sa.Text(), nullable=False)
