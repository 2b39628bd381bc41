"""Attempts that are counted where Redis cannot lose them, and where people have logged in before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_attempts")),
    )
    op.create_index("ix_sessions_user_id_ip_address", "sessions", ["user_id", "ip_address"])


def downgrade() -> None:
    op.drop_index("ix_sessions_user_id_ip_address", table_name="sessions")
    op.drop_table("attempts")
