"""Reviews, and how many of each rating a course has."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.String(length=2000), server_default="", nullable=False),
        sa.Column(
            "search_vector", postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_reviews_author_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name=op.f("fk_reviews_course_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("course_id", "author_id", name="uq_reviews_course_id_author_id"),
    )
    op.create_index("ix_reviews_newest", "reviews", ["created_at", "id"])
    op.create_index("ix_reviews_rating_newest", "reviews", ["rating", "created_at", "id"])
    op.create_index("ix_reviews_author_id", "reviews", ["author_id"])
    op.create_index("ix_reviews_course_id_newest", "reviews", ["course_id", "created_at", "id"])
    op.create_index(
        "ix_reviews_course_id_rating_newest", "reviews", ["course_id", "rating", "created_at", "id"]
    )
    op.create_index("ix_reviews_search_vector", "reviews", ["search_vector"], postgresql_using="gin")
    op.add_column(
        "courses",
        sa.Column(
            "rating_counts",
            postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{0,0,0,0,0}'::integer[]"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("courses", "rating_counts")
    op.drop_table("reviews")
