"""Limits on attempts: whether the last one was counted, which its time alone does not say."""

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("is_counted", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    op.add_column("attempts", column)


def downgrade() -> None:
    op.drop_column("attempts", "is_counted")
