"""Mail that a person waits for is marked, and found before all other mail."""

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notices", sa.Column("is_urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(
        "UPDATE notices SET is_urgent = true"
        " WHERE state = 'QUEUED' AND kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD', 'CONFIRM_EMAIL')"
    )
    op.create_index(
        "ix_notices_due_urgent",
        "notices",
        ["due_at", "id"],
        postgresql_where=sa.text("state = 'QUEUED' AND is_urgent"),
    )


def downgrade() -> None:
    op.drop_index("ix_notices_due_urgent", "notices")
    op.drop_column("notices", "is_urgent")
