"""Who commits a plan, which may be another user than the one who made it: its enrollments are from that user."""

import sqlalchemy as sa
from alembic import op

from migrations import online

revision: str = "0060"
down_revision: str | None = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("committed_by_id", sa.Uuid(), nullable=True)
    with online.statement_by_statement():
        op.add_column("assignments", column, if_not_exists=True)
        online.add_constraint(
            "assignments",
            "fk_assignments_committed_by_id",
            "FOREIGN KEY (committed_by_id) REFERENCES users (id) ON DELETE RESTRICT",
        )
        online.validate("assignments", "fk_assignments_committed_by_id")


def downgrade() -> None:
    op.drop_column("assignments", "committed_by_id")
