"""The courses of one instructor by title are read from an index of their own, not from that of all titles."""

import sqlalchemy as sa
from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels = None
depends_on = None

NAME = "ix_courses_instructor_title"


def upgrade() -> None:
    op.create_index(
        NAME,
        "courses",
        ["instructor_id", sa.text("folded(title)"), "id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(NAME, "courses")
