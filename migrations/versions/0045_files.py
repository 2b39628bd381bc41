"""Uploaded files of lessons, private to those who may read the lesson."""

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels = None
depends_on = None

KINDS = "'LESSON_FILE', 'LESSON_VIDEO', 'SUBMISSION_FILE', 'QUESTION_IMAGE'"


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("stored_as", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_files_kind")),
        sa.CheckConstraint("size > 0", name=op.f("ck_files_size")),
        sa.CheckConstraint("duration_seconds > 0", name=op.f("ck_files_duration")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_files_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["lessons.id"], name=op.f("fk_files_lesson_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["users.id"], name=op.f("fk_files_uploaded_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_files_stored_as")),
    )
    op.create_index("ix_files_lesson_id", "files", ["lesson_id", "kind", "id"])
    op.create_index(
        "ix_files_course_id", "files", ["course_id"], postgresql_include=["size", "lesson_id", "kind"]
    )
    op.create_index(
        "ix_files_uploaded_by_id", "files", ["uploaded_by_id"], postgresql_include=["size", "lesson_id"]
    )
    op.create_index(
        "uq_files_lesson_id_video",
        "files",
        ["lesson_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'LESSON_VIDEO'"),
    )


def downgrade() -> None:
    op.drop_table("files")
