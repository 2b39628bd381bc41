"""Instructor requests."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instructor_requests",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=32), server_default="PENDING", nullable=False),
        sa.Column("reason", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("qualifications", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("teaching_interests", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("review_notes", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED')", name=op.f("ck_instructor_requests_status")
        ),
        sa.CheckConstraint(
            "(status = 'PENDING') = (reviewed_at IS NULL)",
            name=op.f("ck_instructor_requests_decided_has_time"),
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by_id IS NULL)",
            name=op.f("ck_instructor_requests_decided_has_admin"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"],
            ["users.id"],
            name=op.f("fk_instructor_requests_reviewed_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_instructor_requests_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructor_requests")),
    )
    op.create_index(
        "ix_instructor_requests_newest", "instructor_requests", ["created_at", "id"], unique=False
    )
    op.create_index(
        "ix_instructor_requests_user_id_newest",
        "instructor_requests",
        ["user_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_instructor_requests_pending",
        "instructor_requests",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("status = 'PENDING'"),
    )
    # How many are pending is one of the platform's figures.
    op.execute(
        """
        CREATE TRIGGER tally_platform AFTER INSERT OR UPDATE OR DELETE ON instructor_requests
        FOR EACH STATEMENT EXECUTE FUNCTION tally_platform()
        """
    )


def downgrade() -> None:
    op.drop_table("instructor_requests")
