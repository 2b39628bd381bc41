"""Why an enrollment was cancelled."""

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("cancellation_reason", sa.String(32), nullable=True))
    # Rows are not read under the lock of this change. The next migration validates them, beside writers.
    op.execute(
        """
        ALTER TABLE enrollments ADD CONSTRAINT ck_enrollments_cancellation_reason CHECK (
            cancellation_reason IS NULL
            OR (status = 'CANCELLED' AND cancellation_reason IN ('user_deleted'))
        ) NOT VALID
        """
    )


def downgrade() -> None:
    op.drop_constraint("ck_enrollments_cancellation_reason", "enrollments")
    op.drop_column("enrollments", "cancellation_reason")
