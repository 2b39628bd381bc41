"""Bulk runs and their ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("requested", sa.Integer(), nullable=False),
        sa.Column("unique_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "options",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("action IN ('ASSIGN', 'UNASSIGN')", name=op.f("ck_assignments_action")),
        sa.CheckConstraint(
            "state IN ('APPLIED', 'REFUSED', 'PREVIEW', 'QUEUED', 'RUNNING', 'CANCELLED', 'FAILED', 'UNDONE')",
            name=op.f("ck_assignments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_assignments_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_assignments_created_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(
        "ix_assignments_course_id_newest", "assignments", ["course_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_assignments_created_by_id_newest",
        "assignments",
        ["created_by_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_assignments_newest", "assignments", ["created_at", "id"], unique=False)
    op.create_table(
        "assignment_items",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("input", sa.String(length=400), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("enrollment_id", sa.Uuid(), nullable=True),
        sa.Column("before_status", sa.String(length=32), nullable=True),
        sa.Column("before_source", sa.String(length=32), nullable=True),
        sa.Column("before_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_status", sa.String(length=32), nullable=True),
        sa.Column("after_source", sa.String(length=32), nullable=True),
        sa.Column("after_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('assigned', 'reactivated', 'already_enrolled', 'due_updated', 'duplicate', 'not_found', 'inactive', 'ineligible', 'no_seat', 'skipped', 'unassigned', 'not_enrolled', 'kept_completed')",
            name=op.f("ck_assignment_items_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_items_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_assignment_items_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("assignment_id", "row", name=op.f("pk_assignment_items")),
    )


def downgrade() -> None:
    op.drop_table("assignment_items")
    op.drop_table("assignments")
