"""The rows that were there before are held to the rule too, under a lock that stops neither readers nor writers."""

from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("identifiers_not_empty", "department_not_empty"):
        op.execute(f"ALTER TABLE users VALIDATE CONSTRAINT ck_users_{name}")


def downgrade() -> None:
    """A constraint that was validated is as good as one that was not: the migration before takes it away."""
