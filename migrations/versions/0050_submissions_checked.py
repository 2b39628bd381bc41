"""The kinds of notices are checked against every row, under locks that stop neither readers nor writers."""

from migrations import online

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with online.statement_by_statement():
        online.validate("notices", "ck_notices_kind")


def downgrade() -> None:
    """A constraint that was validated is as good as one that was not: the migration before takes it away."""
