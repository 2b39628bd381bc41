"""The conditions of versions and renewals are checked against every row, under locks that stop no readers or writers."""

from migrations import online

revision: str = "0053"
down_revision: str | None = "0052"
branch_labels = None
depends_on = None

CONSTRAINTS = (
    ("notices", "ck_notices_kind"),
    ("notices", "ck_notices_kind_has_enrollment"),
    ("enrollments", "ck_enrollments_completion_counted"),
    ("enrollments", "fk_enrollments_course_version_id"),
    ("certificates", "fk_certificates_course_version_id"),
)


def upgrade() -> None:
    with online.statement_by_statement():
        for table, name in CONSTRAINTS:
            online.validate(table, name)


def downgrade() -> None:
    """A constraint that was validated is as good as one that was not: the migrations before take it away."""
