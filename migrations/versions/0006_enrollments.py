"""Enrollments."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrollments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=32), server_default="ACTIVE", nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("assigned_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_at_enrollment", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_status", sa.String(length=32), nullable=False),
        sa.Column("grade", sa.String(length=32), nullable=True),
        sa.Column("completion_number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_accessed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resume_lesson_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'CANCELLED') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_enrollments_cancelled_has_time"),
        ),
        sa.CheckConstraint("grade IN ('A+', 'A', 'B+', 'B', 'C', 'F')", name=op.f("ck_enrollments_grade")),
        sa.CheckConstraint(
            "payment_status IN ('FREE', 'UNPAID', 'PAID', 'WAIVED')",
            name=op.f("ck_enrollments_payment_status"),
        ),
        sa.CheckConstraint("source IN ('SELF', 'ASSIGNED', 'RULE')", name=op.f("ck_enrollments_source")),
        sa.CheckConstraint(
            "status <> 'COMPLETED' OR completed_at IS NOT NULL",
            name=op.f("ck_enrollments_completed_has_time"),
        ),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'COMPLETED', 'CANCELLED')", name=op.f("ck_enrollments_status")
        ),
        sa.CheckConstraint(
            "(completed_at IS NULL) = (completion_number = 0)", name=op.f("ck_enrollments_completion_counted")
        ),
        sa.ForeignKeyConstraint(
            ["assigned_by"], ["users.id"], name=op.f("fk_enrollments_assigned_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_enrollments_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["resume_lesson_id"],
            ["lessons.id"],
            name=op.f("fk_enrollments_resume_lesson_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_enrollments_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint("course_id", "user_id", name="uq_enrollments_course_id_user_id"),
    )
    op.create_index(
        "ix_enrollments_course_id_newest", "enrollments", ["course_id", "enrolled_at", "id"], unique=False
    )
    op.create_index(
        "ix_enrollments_user_id_newest", "enrollments", ["user_id", "enrolled_at", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("enrollments")
