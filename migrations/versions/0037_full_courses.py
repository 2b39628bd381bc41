"""Full courses: the planner knows how many there are, and counts them from their index.

It takes any comparison of two columns for true of a third of all rows, and reads the whole table where it expects to
find enough of them early. Statistics are kept of expressions, and used for a test such as IS TRUE.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels = None
depends_on = None

NAME = "ix_courses_full_newest"
COMPARED = "(enrollment_count >= total_seats)"
PRESENT = "deleted_at IS NULL"


def upgrade() -> None:
    _index(f"{COMPARED} IS TRUE AND {PRESENT}", ["status", "instructor_id"])
    op.execute(f"CREATE STATISTICS st_courses_full ON {COMPARED} FROM courses")
    op.execute("ANALYZE courses")


def downgrade() -> None:
    op.execute("DROP STATISTICS st_courses_full")
    _index(f"{COMPARED} AND {PRESENT}")


def _index(where: str, included: list[str] | None = None) -> None:
    """Made beside the old one and put in its place in an instant."""
    op.create_index(
        f"{NAME}_new",
        "courses",
        ["created_at", "id"],
        postgresql_where=sa.text(where),
        postgresql_include=included,
    )
    op.drop_index(NAME, "courses")
    op.execute(f"ALTER INDEX {NAME}_new RENAME TO {NAME}")
