"""A notice keeps the trace of the request that wrote it (W3C Trace Context), so that its delivery is part of it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0061"
down_revision: str | None = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    op.drop_column("notices", "traceparent")
