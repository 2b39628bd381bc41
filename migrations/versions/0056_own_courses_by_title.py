"""The courses of one instructor by title are read from an index of their own, not from that of all titles."""

from alembic import op

from migrations import online

revision: str = "0056"
down_revision: str | None = "0055"
branch_labels = None
depends_on = None

NAME = "ix_courses_instructor_title"


def upgrade() -> None:
    with online.statement_by_statement():
        online.create_index("ON courses (instructor_id, folded(title), id) WHERE deleted_at IS NULL", NAME)


def downgrade() -> None:
    op.drop_index(NAME, "courses")
