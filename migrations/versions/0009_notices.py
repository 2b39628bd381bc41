"""The outbox."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("first_id", sa.Uuid(), nullable=True),
        sa.Column("completion_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempt_number", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'SENT') = (sent_at IS NOT NULL)", name=op.f("ck_notices_sent_has_time")),
        sa.CheckConstraint(
            "(attempt_number = 1) = (first_id IS NULL)", name=op.f("ck_notices_resent_has_first")
        ),
        sa.CheckConstraint("channel IN ('EMAIL', 'IN_APP')", name=op.f("ck_notices_channel")),
        sa.CheckConstraint("kind IN ('COMPLETION', 'ASSIGNMENT')", name=op.f("ck_notices_kind")),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'SENT', 'FAILED', 'SUPPRESSED')", name=op.f("ck_notices_state")
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name=op.f("fk_notices_enrollment_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'QUEUED'"),
    )
    op.create_index(
        "ix_notices_failed",
        "notices",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'FAILED'"),
    )
    op.create_index(
        "ix_notices_inbox",
        "notices",
        ["user_id", "id"],
        unique=False,
        postgresql_where=sa.text("channel = 'IN_APP' AND state = 'SENT'"),
    )
    op.create_index(
        "uq_notices_cause",
        "notices",
        [
            "enrollment_id",
            "kind",
            "channel",
            "user_id",
            "completion_number",
            "assignment_id",
            "attempt_number",
        ],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.drop_table("notices")
