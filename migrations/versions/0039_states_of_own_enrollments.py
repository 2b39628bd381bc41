"""Whether a user has an enrollment that holds a seat is read from an index alone."""

from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels = None
depends_on = None

NAME = "ix_enrollments_user_id_newest"


def upgrade() -> None:
    _index(["status"])


def downgrade() -> None:
    _index()


def _index(included: list[str] | None = None) -> None:
    """Made beside the old one and put in its place in an instant."""
    keys = ["user_id", "enrolled_at", "id"]
    op.create_index(f"{NAME}_new", "enrollments", keys, postgresql_include=included)
    op.drop_index(NAME, "enrollments")
    op.execute(f"ALTER INDEX {NAME}_new RENAME TO {NAME}")
