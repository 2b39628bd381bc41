"""A renewal asks for new work: former attempts at quizzes no longer count, nor does homework, and certificates keep their grade."""

from alembic import op

from migrations import online

revision: str = "0058"
down_revision: str | None = "0057"
branch_labels = None
depends_on = None


GRADED = """
SELECT certificates.id FROM certificates JOIN enrollments ON enrollments.id = certificates.enrollment_id
WHERE enrollments.grade IS NOT NULL AND certificates.grade IS NULL ORDER BY certificates.id
"""
KEEP_GRADES = """
UPDATE certificates SET grade = enrollments.grade FROM batch, enrollments
WHERE certificates.id = batch.id AND enrollments.id = certificates.enrollment_id
"""


def upgrade() -> None:
    with online.statement_by_statement():
        op.execute("ALTER TABLE quiz_attempts ADD COLUMN IF NOT EXISTS superseded_at timestamptz")
        op.execute("ALTER TABLE certificates ADD COLUMN IF NOT EXISTS grade varchar(32)")
        online.in_batches(GRADED, KEEP_GRADES)
        online.add_constraint(
            "certificates", "ck_certificates_grade", "CHECK (grade IN ('A+', 'A', 'B+', 'B', 'C', 'F'))"
        )
        online.validate("certificates", "ck_certificates_grade")
        # A graded submission may be replaced once a later version of the course asks for another.
        online.add_constraint(
            "submissions",
            "ck_submissions_graded_has_time",
            "CHECK (state = 'REPLACED' OR (state = 'GRADED') = (graded_at IS NOT NULL))",
        )
        online.validate("submissions", "ck_submissions_graded_has_time")


def downgrade() -> None:
    op.execute(
        "UPDATE submissions SET points = NULL, max_points = NULL, graded_at = NULL, graded_by_id = NULL, grading_id = NULL"
        " WHERE state = 'REPLACED' AND graded_at IS NOT NULL"
    )
    op.drop_constraint(op.f("ck_submissions_graded_has_time"), "submissions")
    op.create_check_constraint(
        op.f("ck_submissions_graded_has_time"), "submissions", "(state = 'GRADED') = (graded_at IS NOT NULL)"
    )
    op.drop_constraint(op.f("ck_certificates_grade"), "certificates")
    op.drop_column("certificates", "grade")
    op.drop_column("quiz_attempts", "superseded_at")
