"""Categories, courses and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("course_codes")))
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("icon", sa.String(length=100), server_default="", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
    )
    op.create_index("uq_categories_name", "categories", [sa.literal_column("lower(name)")], unique=True)
    op.create_index("uq_categories_slug", "categories", ["slug"], unique=True)
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column(
            "code",
            sa.String(length=40),
            server_default=sa.text("'COURSE-' || to_char(nextval('course_codes'), 'FM999990000')"),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=220), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("short_description", sa.String(length=500), server_default="", nullable=False),
        sa.Column("description", sa.String(length=20000), server_default="", nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("instructor_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(length=32), server_default="BEGINNER", nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("thumbnail", sa.String(length=500), nullable=True),
        sa.Column("preview_video", sa.String(length=2000), nullable=True),
        sa.Column("duration_hours", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("requirements", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("learning_outcomes", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("target_audience", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("who_can_join", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("class_starts", sa.Date(), nullable=True),
        sa.Column("admission_deadline", sa.Date(), nullable=True),
        sa.Column("schedule", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("venue", sa.String(length=500), server_default="", nullable=False),
        sa.Column("total_seats", sa.Integer(), nullable=True),
        sa.Column("enforce_order", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.String(length=32), server_default="DRAFT", nullable=False),
        sa.Column("review_notes", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_since_review", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enrollment_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lesson_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rating_sum", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rating_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "search_vector", postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level IN ('BEGINNER', 'INTERMEDIATE', 'ADVANCED')", name=op.f("ck_courses_level")
        ),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'PUBLISHED', 'ARCHIVED')",
            name=op.f("ck_courses_status"),
        ),
        sa.CheckConstraint(
            "class_starts >= admission_deadline", name=op.f("ck_courses_starts_after_deadline")
        ),
        sa.CheckConstraint("enrollment_count >= 0 AND lesson_count >= 0", name=op.f("ck_courses_counters")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_courses_price")),
        sa.CheckConstraint("total_seats >= 1", name=op.f("ck_courses_total_seats")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_courses_category_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["instructor_id"], ["users.id"], name=op.f("fk_courses_instructor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["users.id"], name=op.f("fk_courses_reviewed_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index(
        "ix_courses_category_id_newest", "courses", ["category_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_courses_instructor_id_newest",
        "courses",
        ["instructor_id", "created_at", "id"],
        unique=False,
        # Which courses are somebody's is told without reading them.
        postgresql_include=["deleted_at"],
    )
    op.create_index(
        "ix_courses_newest",
        "courses",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_courses_public_newest",
        "courses",
        ["created_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'PUBLISHED' AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_courses_public_price",
        "courses",
        ["price", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'PUBLISHED' AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_courses_search_vector", "courses", ["search_vector"], unique=False, postgresql_using="gin"
    )
    op.create_index("uq_courses_code", "courses", [sa.literal_column("upper(code)")], unique=True)
    op.create_index("uq_courses_slug", "courses", ["slug"], unique=True)
    op.create_table(
        "course_changes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("from_status", sa.String(length=32), nullable=True),
        sa.Column("to_status", sa.String(length=32), nullable=True),
        sa.Column("notes", sa.String(length=5000), server_default="", nullable=False),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_course_changes_actor_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_course_changes_course_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_changes")),
    )
    op.create_index(
        "ix_course_changes_course_id_newest",
        "course_changes",
        ["course_id", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("course_changes")
    op.drop_table("courses")
    op.drop_table("categories")
    op.execute(sa.schema.DropSequence(sa.Sequence("course_codes")))
