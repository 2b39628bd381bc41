"""How far the rebuilding of text search vectors has come, so that the sweep can do it some rows at a time."""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_rebuilds",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_search_rebuilds"),
    )


def downgrade() -> None:
    op.drop_table("search_rebuilds")
