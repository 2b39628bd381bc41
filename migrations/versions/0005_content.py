"""Sections and lessons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sections",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(position IS NULL) = (deleted_at IS NOT NULL)", name=op.f("ck_sections_placed_unless_deleted")
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_sections_position")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_sections_course_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
        sa.UniqueConstraint(
            "course_id",
            "position",
            deferrable=True,
            initially="IMMEDIATE",
            name="uq_sections_course_id_position",
        ),
        sa.UniqueConstraint("id", "course_id", name="uq_sections_id_course_id"),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=200000), server_default="", nullable=False),
        sa.Column("video_url", sa.String(length=2000), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("is_preview", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "type IN ('VIDEO', 'TEXT', 'QUIZ', 'ASSIGNMENT', 'RESOURCE')", name=op.f("ck_lessons_type")
        ),
        sa.CheckConstraint(
            "(position IS NULL) = (deleted_at IS NOT NULL)", name=op.f("ck_lessons_placed_unless_deleted")
        ),
        sa.CheckConstraint("duration_seconds >= 0", name=op.f("ck_lessons_duration")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_lessons_position")),
        sa.ForeignKeyConstraint(
            ["section_id", "course_id"],
            ["sections.id", "sections.course_id"],
            name=op.f("fk_lessons_section_id_course_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        postgresql.ExcludeConstraint(
            ("section_id", "="),
            ("position", "="),
            using="btree",
            deferrable=True,
            initially="IMMEDIATE",
            name="ex_lessons_section_id_position",
        ),
    )
    op.create_index(
        "ix_lessons_course_id_present",
        "lessons",
        ["course_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("lessons")
    op.drop_table("sections")
