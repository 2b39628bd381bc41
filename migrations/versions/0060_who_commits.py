"""Who commits a plan, which may be another user than the one who made it: its enrollments are from that user."""

import sqlalchemy as sa
from alembic import op

revision: str = "0060"
down_revision: str | None = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignments", sa.Column("committed_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_assignments_committed_by_id"),
        "assignments",
        "users",
        ["committed_by_id"],
        ["id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_column("assignments", "committed_by_id")
