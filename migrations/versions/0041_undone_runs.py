"""Undo of bulk runs: what a line replaced, which run undid which, and enrollments that count as never begun."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import online

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels = None
depends_on = None

OLD_OUTCOMES = (
    "'assigned', 'reactivated', 'already_enrolled', 'due_updated', 'duplicate', 'not_found', 'inactive', "
    "'ineligible', 'no_seat', 'invalid', 'skipped', 'unassigned', 'not_enrolled', 'kept_completed'"
)
NEW_OUTCOMES = f"{OLD_OUTCOMES}, 'undone', 'kept_started', 'kept_changed', 'not_applied'"
OLD_KINDS = (
    "'COMPLETION', 'ASSIGNMENT', 'VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD', 'PASSWORD_CHANGED', "
    "'CONFIRM_EMAIL', 'EMAIL_CHANGED', 'INSTRUCTOR_REQUEST', 'INSTRUCTOR_REQUEST_DECIDED', 'COURSE_DECIDED', "
    "'COURSE_CHANGED'"
)
NEW_KINDS = OLD_KINDS.replace("'ASSIGNMENT'", "'ASSIGNMENT', 'ASSIGNMENT_UNDONE'")
OF_ENROLLMENTS = "(kind IN ({})) = (enrollment_id IS NOT NULL)"

NEW_REASONS = "'user_deleted', 'undone'"

# By table and name: the condition as it was, and as it is.
CONDITIONS = {
    ("assignments", "action"): (
        "action IN ('ASSIGN', 'UNASSIGN')",
        "action IN ('ASSIGN', 'UNASSIGN', 'UNDO')",
    ),
    ("assignment_items", "outcome"): (f"outcome IN ({OLD_OUTCOMES})", f"outcome IN ({NEW_OUTCOMES})"),
    ("notices", "kind"): (f"kind IN ({OLD_KINDS})", f"kind IN ({NEW_KINDS})"),
    ("notices", "kind_has_enrollment"): (
        OF_ENROLLMENTS.format("'COMPLETION', 'ASSIGNMENT'"),
        OF_ENROLLMENTS.format("'COMPLETION', 'ASSIGNMENT', 'ASSIGNMENT_UNDONE'"),
    ),
    ("enrollments", "cancellation_reason"): (
        "cancellation_reason IS NULL OR (status = 'CANCELLED' AND cancellation_reason IN ('user_deleted'))",
        f"cancellation_reason IS NULL OR (status = 'CANCELLED' AND cancellation_reason IN ({NEW_REASONS}))",
    ),
}

# Counted under a status of its own, so that no figure of cancelled enrollments has it.
SHOWN = "CASE WHEN cancellation_reason = 'undone' THEN 'UNDONE' ELSE status END AS shown"
COUNTED = (
    ("SELECT course_id, status, payment_status,", f"SELECT course_id, status, {SHOWN}, payment_status,"),
    ("GROUP BY 1, 2, 3, 4, 5, 6, 7\n", "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8\n"),
    ("('enrollments/' || status, people)", "('enrollments/' || shown, people)"),
    ("('course/' || course_id || '/' || status, people)", "('course/' || course_id || '/' || shown, people)"),
)


def upgrade() -> None:
    with online.statement_by_statement():
        for name in ("undo_of_id", "undone_by_id"):
            column = sa.Column(name, sa.Uuid(), nullable=True)
            op.add_column("assignments", column, if_not_exists=True)
            reference = f"FOREIGN KEY ({name}) REFERENCES assignments (id) ON DELETE SET NULL"
            online.add_constraint("assignments", f"fk_assignments_{name}", reference)
            online.validate("assignments", f"fk_assignments_{name}")
            online.create_index(f"ON assignments ({name}) WHERE {name} IS NOT NULL", f"ix_assignments_{name}")
        for column in (
            sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("after_payment", sa.String(length=32), nullable=True),
            sa.Column("former", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        ):
            op.add_column("assignment_items", column, if_not_exists=True)
        online.create_index(
            "ON enrollments (course_id) WHERE cancellation_reason = 'undone'",
            "ix_enrollments_course_id_undone",
        )
        for (table, name), (_, condition) in CONDITIONS.items():
            # Every row that was allowed still is; the next migration reads them, beside writers.
            online.add_constraint(table, f"ck_{table}_{name}", f"CHECK ({condition})")
    _count(COUNTED)


def downgrade() -> None:
    # What was undone stays cancelled.
    op.execute("UPDATE enrollments SET cancellation_reason = NULL WHERE cancellation_reason = 'undone'")
    _count([(new, old) for old, new in COUNTED])
    op.execute("DELETE FROM notices WHERE kind = 'ASSIGNMENT_UNDONE'")
    op.execute("UPDATE assignments SET undone_by_id = NULL, undo_of_id = NULL")
    op.execute("DELETE FROM assignments WHERE action = 'UNDO'")
    for (table, name), (condition, _) in CONDITIONS.items():
        op.drop_constraint(f"ck_{table}_{name}", table)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.drop_index("ix_enrollments_course_id_undone", table_name="enrollments")
    for column in ("former", "after_payment", "acted_at"):
        op.drop_column("assignment_items", column)
    for name in ("undone_by_id", "undo_of_id"):
        op.drop_index(f"ix_assignments_{name}", table_name="assignments")
        op.drop_constraint(op.f(f"fk_assignments_{name}"), "assignments")
        op.drop_column("assignments", name)


def _count(changes: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> None:
    """Change the text of the triggers that count enrollments."""
    connection = op.get_bind()
    for event in ("insert", "update", "delete"):
        definition = connection.scalar(
            sa.text("SELECT pg_get_functiondef(to_regproc(:name))"), {"name": f"tally_enrollments_{event}"}
        )
        for old, new in changes:
            if old not in definition:
                raise RuntimeError(f"tally_enrollments_{event} has no {old!r}.")
            definition = definition.replace(old, new)
        connection.exec_driver_sql(definition)
