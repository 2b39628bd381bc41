"""Plans that a worker commits."""

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "assignments",
        sa.Column("is_committing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    # A plan that is being committed is a preview again.
    op.execute(
        """
        UPDATE assignments
        SET state = 'PREVIEW', is_preview = true, next_batch = batches + 1, expires_at = now() + interval '1 day'
        WHERE is_committing
        """
    )
    op.drop_column("assignments", "is_committing")
