"""Renewals: enrollments that are open again because a new version of the course made their completion void."""

import sqlalchemy as sa
from alembic import op

from migrations import online

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels = None
depends_on = None

OLD_KINDS = (
    "'COMPLETION', 'ASSIGNMENT', 'ASSIGNMENT_UNDONE', 'VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD', "
    "'PASSWORD_CHANGED', 'CONFIRM_EMAIL', 'EMAIL_CHANGED', 'INSTRUCTOR_REQUEST', 'INSTRUCTOR_REQUEST_DECIDED', "
    "'COURSE_DECIDED', 'COURSE_CHANGED', 'SUBMISSION_GRADED'"
)
NEW_KINDS = OLD_KINDS.replace("'ASSIGNMENT_UNDONE'", "'ASSIGNMENT_UNDONE', 'RENEWAL_REQUIRED'")
OF_ENROLLMENTS = "(kind IN ({})) = (enrollment_id IS NOT NULL)"
COUNTED = "(completed_at IS NULL) = (completion_number = 0)"

# By table and name: the condition as it was, and as it is.
CONDITIONS = {
    ("notices", "kind"): (f"kind IN ({OLD_KINDS})", f"kind IN ({NEW_KINDS})"),
    ("notices", "kind_has_enrollment"): (
        OF_ENROLLMENTS.format("'COMPLETION', 'ASSIGNMENT', 'ASSIGNMENT_UNDONE'"),
        OF_ENROLLMENTS.format("'COMPLETION', 'ASSIGNMENT', 'ASSIGNMENT_UNDONE', 'RENEWAL_REQUIRED'"),
    ),
    ("enrollments", "completion_counted"): (
        COUNTED,
        f"{COUNTED} OR (completed_at IS NULL AND renewal_required_at IS NOT NULL)",
    ),
}


def upgrade() -> None:
    column = sa.Column("renewal_required_at", sa.DateTime(timezone=True), nullable=True)
    with online.statement_by_statement():
        op.add_column("enrollments", column, if_not_exists=True)
        for (table, name), (_, condition) in CONDITIONS.items():
            # Every row that was allowed still is; the next migration reads them, beside writers.
            online.add_constraint(table, f"ck_{table}_{name}", f"CHECK ({condition})")


def downgrade() -> None:
    # An open renewal becomes the completion that it was.
    op.execute(
        """
        UPDATE enrollments SET completion_number = certificates.completion_number, completed_at = certificates.issued_at,
            status = CASE status WHEN 'ACTIVE' THEN 'COMPLETED' ELSE status END
        FROM certificates
        WHERE certificates.enrollment_id = enrollments.id AND enrollments.completed_at IS NULL
            AND enrollments.renewal_required_at IS NOT NULL
            AND certificates.completion_number = enrollments.completion_number
        """
    )
    op.execute("DELETE FROM notices WHERE kind = 'RENEWAL_REQUIRED'")
    for (table, name), (condition, _) in CONDITIONS.items():
        op.drop_constraint(f"ck_{table}_{name}", table)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.drop_column("enrollments", "renewal_required_at")
