"""Bulk runs that a worker carries: lease, cursor, staged lines, and what a line was sent as."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import online

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels = None
depends_on = None

OLD_OUTCOMES = (
    "'assigned', 'reactivated', 'already_enrolled', 'due_updated', 'duplicate', 'not_found', 'inactive', "
    "'ineligible', 'no_seat', 'skipped', 'unassigned', 'not_enrolled', 'kept_completed'"
)
NEW_OUTCOMES = OLD_OUTCOMES.replace("'skipped'", "'invalid', 'skipped'")


def upgrade() -> None:
    with online.statement_by_statement():
        _prepare()
    op.create_table(
        "assignment_courses",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_courses_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_assignment_courses_course_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("assignment_id", "course_id", name=op.f("pk_assignment_courses")),
    )
    op.create_index("ix_assignment_courses_course_id", "assignment_courses", ["course_id", "assignment_id"])
    op.create_table(
        "assignment_batches",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("first_row", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=True),
        sa.Column("due_dates", sa.Text(), nullable=True),
        sa.Column("sent_due_dates", sa.Text(), nullable=True),
        sa.Column("sent_courses", sa.Text(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("others", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignments.id"],
            name=op.f("fk_assignment_batches_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("assignment_id", "number", name=op.f("pk_assignment_batches")),
    )


def _prepare() -> None:
    for column in (
        sa.Column("is_preview", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("overdue", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("batches", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_batch", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("stalls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retry_of_id", sa.Uuid(), nullable=True),
        sa.Column("sheet", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    ):
        op.add_column("assignments", column, if_not_exists=True)
    online.in_batches(
        "SELECT id FROM assignments WHERE state = 'PREVIEW' AND NOT is_preview",
        "UPDATE assignments SET is_preview = true FROM batch WHERE assignments.id = batch.id",
    )
    online.in_batches(
        "SELECT id FROM assignments WHERE finished_at IS NOT NULL AND done <> requested",
        "UPDATE assignments SET done = requested FROM batch WHERE assignments.id = batch.id",
    )
    op.alter_column("assignments", "course_id", nullable=True)
    online.add_constraint(
        "assignments",
        "fk_assignments_retry_of_id",
        "FOREIGN KEY (retry_of_id) REFERENCES assignments (id) ON DELETE SET NULL",
    )
    online.validate("assignments", "fk_assignments_retry_of_id")
    online.create_index("ON assignments (id) WHERE next_batch <= batches", "ix_assignments_unfinished")
    online.create_index(
        "ON assignments (retry_of_id) WHERE retry_of_id IS NOT NULL", "ix_assignments_retry_of_id"
    )
    for column in (
        sa.Column("batch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("sent_due_at", sa.String(length=64), nullable=True),
        sa.Column("sent_course", sa.String(length=254), nullable=True),
    ):
        op.add_column("assignment_items", column, if_not_exists=True)
    op.alter_column("assignment_items", "course_id", nullable=True)
    online.add_constraint(
        "assignment_items", "ck_assignment_items_outcome", f"CHECK (outcome IN ({NEW_OUTCOMES}))"
    )
    online.validate("assignment_items", "ck_assignment_items_outcome")
    online.create_index(
        "ON assignment_items (user_id, assignment_id, course_id) WHERE batch > 0 AND user_id IS NOT NULL",
        "ix_assignment_items_people",
    )


def downgrade() -> None:
    op.drop_table("assignment_batches")
    op.drop_table("assignment_courses")
    op.drop_index("ix_assignment_items_people", table_name="assignment_items")
    op.execute("DELETE FROM assignment_items WHERE outcome = 'invalid' OR course_id IS NULL")
    op.drop_constraint(op.f("ck_assignment_items_outcome"), "assignment_items")
    op.create_check_constraint(
        op.f("ck_assignment_items_outcome"), "assignment_items", f"outcome IN ({OLD_OUTCOMES})"
    )
    op.alter_column("assignment_items", "course_id", nullable=False)
    for column in ("sent_course", "sent_due_at", "kind", "batch"):
        op.drop_column("assignment_items", column)
    op.execute("DELETE FROM assignments WHERE course_id IS NULL")
    op.alter_column("assignments", "course_id", nullable=False)
    op.drop_index("ix_assignments_retry_of_id", table_name="assignments")
    op.drop_index("ix_assignments_unfinished", table_name="assignments")
    op.drop_constraint(op.f("fk_assignments_retry_of_id"), "assignments")
    for column in (
        "sheet",
        "retry_of_id",
        "started_at",
        "enqueued_at",
        "leased_until",
        "lease",
        "last_error",
        "stalls",
        "attempts",
        "done",
        "next_batch",
        "batches",
        "overdue",
        "is_preview",
    ):
        op.drop_column("assignments", column)
