"""A renewal asks for new work: former attempts at quizzes no longer count, nor does homework, and certificates keep their grade."""

import sqlalchemy as sa
from alembic import op

revision: str = "0058"
down_revision: str | None = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("quiz_attempts", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("certificates", sa.Column("grade", sa.String(32), nullable=True))
    op.execute(
        "UPDATE certificates SET grade = enrollments.grade FROM enrollments"
        " WHERE enrollments.id = certificates.enrollment_id AND enrollments.grade IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_certificates_grade"), "certificates", "grade IN ('A+', 'A', 'B+', 'B', 'C', 'F')"
    )
    # A graded submission may be replaced once a later version of the course asks for another.
    op.drop_constraint(op.f("ck_submissions_graded_has_time"), "submissions")
    op.create_check_constraint(
        op.f("ck_submissions_graded_has_time"),
        "submissions",
        "state = 'REPLACED' OR (state = 'GRADED') = (graded_at IS NOT NULL)",
    )


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
