"""The conditions of undone runs are checked against every row, under locks that stop neither readers nor writers."""

from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels = None
depends_on = None

CONDITIONS = (
    ("assignments", "action"),
    ("assignment_items", "outcome"),
    ("notices", "kind"),
    ("notices", "kind_has_enrollment"),
    ("enrollments", "cancellation_reason"),
)


def upgrade() -> None:
    for table, name in CONDITIONS:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    """A constraint that was validated is as good as one that was not: the migration before takes it away."""
