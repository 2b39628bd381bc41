"""Where people have logged in before, apart from the sessions, which are forgotten sooner."""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_places",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_places_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "place", name=op.f("pk_known_places")),
    )
    op.create_index("ix_known_places_seen_at", "known_places", ["seen_at"])
    op.drop_index("ix_sessions_user_id_ip_address", table_name="sessions")


def downgrade() -> None:
    op.create_index("ix_sessions_user_id_ip_address", "sessions", ["user_id", "ip_address"])
    op.drop_table("known_places")
