"""What learners have really watched of a video, as ranges of seconds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels = None
depends_on = None

SECONDS = """
CREATE FUNCTION seconds_in(ranges int4multirange) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CAST(coalesce(sum(upper(each) - lower(each)), 0) AS integer) FROM unnest(ranges) AS each
$$
"""


def upgrade() -> None:
    op.execute(SECONDS)
    op.add_column(
        "lesson_progress",
        sa.Column(
            "watched",
            postgresql.INT4MULTIRANGE(),
            server_default=sa.text("'{}'::int4multirange"),
            nullable=False,
        ),
    )
    op.add_column("lesson_progress", sa.Column("watched_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("lesson_progress", "watched_at")
    op.drop_column("lesson_progress", "watched")
    op.execute("DROP FUNCTION seconds_in(int4multirange)")
