"""The conditions of undone runs are checked against every row, under locks that stop neither readers nor writers."""

from migrations import online

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
    with online.statement_by_statement():
        for table, name in CONDITIONS:
            online.validate(table, f"ck_{table}_{name}")


def downgrade() -> None:
    """A constraint that was validated is as good as one that was not: the migration before takes it away."""
