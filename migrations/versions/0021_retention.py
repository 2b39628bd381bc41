"""What is to be forgotten is found without reading everything, and nobody who was deleted is overlooked."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refresh_tokens", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    # No token outlives the session as it is now: using any of them moved the end of the session.
    op.execute(
        "UPDATE refresh_tokens SET expires_at = sessions.expires_at FROM sessions WHERE sessions.id = session_id"
    )
    op.alter_column("refresh_tokens", "expires_at", nullable=False)
    op.create_index("ix_refresh_tokens_expires_at", "refresh_tokens", ["expires_at"])
    op.create_index("ix_sessions_over_at", "sessions", [sa.text("LEAST(expires_at, ended_at)")])
    op.create_index("ix_attempts_forgotten_at", "attempts", ["forgotten_at"])
    op.add_column("users", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_users_to_erase",
        "users",
        ["id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL AND erased_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_users_to_erase", "users")
    op.drop_column("users", "erased_at")
    op.drop_index("ix_attempts_forgotten_at", "attempts")
    op.drop_index("ix_sessions_over_at", "sessions")
    op.drop_index("ix_refresh_tokens_expires_at", "refresh_tokens")
    op.drop_column("refresh_tokens", "expires_at")
