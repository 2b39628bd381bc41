"""Submissions of homework, and the notice that one was graded."""

import re

import sqlalchemy as sa
from alembic import op

from migrations import online

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels = None
depends_on = None

KIND = "SUBMISSION_GRADED"


def upgrade() -> None:
    with online.statement_by_statement():
        _allow([*(kind for kind in _kinds() if kind != KIND), KIND])
    op.create_table(
        "submissions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), server_default="SUBMITTED", nullable=False),
        sa.Column("text", sa.String(length=20_000), server_default="", nullable=False),
        sa.Column(
            "submitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("points", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("max_points", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("feedback", sa.String(length=5000), server_default="", nullable=False),
        sa.Column("graded_by_id", sa.Uuid(), nullable=True),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grading_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('SUBMITTED', 'GRADED', 'REPLACED')", name=op.f("ck_submissions_state")),
        sa.CheckConstraint(
            "(state = 'GRADED') = (graded_at IS NOT NULL)", name=op.f("ck_submissions_graded_has_time")
        ),
        sa.CheckConstraint(
            "(graded_at IS NULL) = (graded_by_id IS NULL)", name=op.f("ck_submissions_graded_has_grader")
        ),
        sa.CheckConstraint(
            "(graded_at IS NULL) = (grading_id IS NULL)", name=op.f("ck_submissions_graded_has_grading")
        ),
        sa.CheckConstraint(
            "(graded_at IS NULL) = (points IS NULL) AND (points IS NULL) = (max_points IS NULL)",
            name=op.f("ck_submissions_graded_has_points"),
        ),
        sa.CheckConstraint(
            "points >= 0 AND max_points > 0 AND points <= max_points", name=op.f("ck_submissions_points")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_submissions_{column}"), ondelete="RESTRICT"
            )
            for column, table in (
                ("enrollment_id", "enrollments"),
                ("lesson_id", "lessons"),
                ("course_id", "courses"),
                ("user_id", "users"),
                ("graded_by_id", "users"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(
        "uq_submissions_current",
        "submissions",
        ["enrollment_id", "lesson_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'REPLACED'"),
    )
    for column, further in (("enrollment_id", "lesson_id"), ("course_id", "state"), ("lesson_id", "state")):
        op.create_index(
            f"ix_submissions_{column}_oldest", "submissions", [column, further, "submitted_at", "id"]
        )
    op.create_index("ix_submissions_user_id", "submissions", ["user_id"])
    op.create_index("uq_submissions_grading", "submissions", ["grading_id"], unique=True)


def downgrade() -> None:
    op.execute(f"DELETE FROM notices WHERE kind = '{KIND}'")
    _allow([kind for kind in _kinds() if kind != KIND])
    op.drop_table("submissions")


def _kinds() -> list[str]:
    """The kinds of notices as they are allowed now, whichever migrations came before."""
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_notices_kind'")
    )
    return re.findall(r"'([A-Z_]+)'", definition)


def _allow(kinds: list[str]) -> None:
    """Every row that was allowed still is; the next migration reads them, beside writers."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    online.add_constraint("notices", "ck_notices_kind", f"CHECK (kind IN ({listed}))")
