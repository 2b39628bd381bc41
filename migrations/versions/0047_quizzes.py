"""Quizzes: settings of a lesson, questions and their versions, attempts, and the best score of each learner."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels = None
depends_on = None

TYPES = "'SINGLE', 'MULTIPLE', 'TRUE_FALSE', 'SHORT_TEXT', 'NUMERIC'"
REVEALS = "'SCORE', 'CORRECTNESS', 'WHEN_DONE', 'ANSWERS'"


def _id() -> sa.Column:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _references(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT"
    )


def _flag(name: str, default: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False)


def upgrade() -> None:
    op.create_table(
        "quizzes",
        _id(),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("pass_percentage", sa.Numeric(5, 2), server_default=sa.text("60"), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=True),
        sa.Column("time_limit_seconds", sa.Integer(), nullable=True),
        sa.Column("grace_seconds", sa.Integer(), server_default=sa.text("30"), nullable=False),
        _flag("shuffle_questions", "false"),
        _flag("shuffle_answers", "true"),
        sa.Column("reveal", sa.String(length=32), server_default="WHEN_DONE", nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint("pass_percentage BETWEEN 0 AND 100", name=op.f("ck_quizzes_pass_percentage")),
        sa.CheckConstraint("max_attempts BETWEEN 1 AND 1000", name=op.f("ck_quizzes_max_attempts")),
        sa.CheckConstraint(
            "time_limit_seconds BETWEEN 1 AND 604800", name=op.f("ck_quizzes_time_limit_seconds")
        ),
        sa.CheckConstraint("grace_seconds BETWEEN 0 AND 600", name=op.f("ck_quizzes_grace_seconds")),
        sa.CheckConstraint(f"reveal IN ({REVEALS})", name=op.f("ck_quizzes_reveal")),
        _references("quizzes", "lesson_id", "lessons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
        sa.UniqueConstraint("lesson_id", name="uq_quizzes_lesson_id"),
    )
    op.create_table(
        "questions",
        _id(),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=10_000), nullable=False),
        sa.Column("name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("points", sa.Numeric(6, 2), server_default=sa.text("1"), nullable=False),
        _json("answers"),
        sa.Column("explanation", sa.String(length=5_000), server_default="", nullable=False),
        _flag("partial_credit", "true"),
        _flag("case_sensitive", "false"),
        sa.Column("image_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        _moment("deleted_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        postgresql.ExcludeConstraint(
            (sa.column("lesson_id"), "="),
            (sa.column("position"), "="),
            name="ex_questions_lesson_id_position",
            using="btree",
            deferrable=True,
            initially="IMMEDIATE",
        ),
        sa.CheckConstraint(f"type IN ({TYPES})", name=op.f("ck_questions_type")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_questions_position")),
        sa.CheckConstraint("points > 0 AND points <= 1000", name=op.f("ck_questions_points")),
        sa.CheckConstraint(
            "(position IS NULL) = (deleted_at IS NOT NULL)", name=op.f("ck_questions_placed_unless_deleted")
        ),
        _references("questions", "lesson_id", "lessons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(
        "ix_questions_lesson_id_present",
        "questions",
        ["lesson_id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "question_versions",
        _id(),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        _json("content"),
        _moment("created_at"),
        _references("question_versions", "question_id", "questions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_versions")),
    )
    op.create_index("ix_question_versions_question_id", "question_versions", ["question_id"])
    _attempts()
    # An edit that names the version which it read is refused by the row when another was quicker, see 0022.
    for table in ("quizzes", "questions", "quiz_attempts"):
        op.execute(
            f"""
            CREATE TRIGGER expected_version AFTER UPDATE OR DELETE ON {table} FOR EACH ROW
            WHEN (current_setting('rollcall.expected_version', true) <> '')
            EXECUTE FUNCTION refuse_another_version()
            """
        )


def _attempts() -> None:
    op.create_table(
        "quiz_attempts",
        _id(),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        _json("orders"),
        sa.Column(
            "responses",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        _moment("started_at"),
        _moment("expires_at", nullable=True),
        sa.Column("grace_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("submitted_at", nullable=True),
        _flag("is_timed_out", "false"),
        sa.Column("points", sa.Numeric(9, 2), nullable=True),
        sa.Column("max_points", sa.Numeric(9, 2), nullable=True),
        sa.Column("score", sa.Numeric(5, 2), nullable=True),
        sa.Column("is_passed", sa.Boolean(), nullable=True),
        _moment("graded_at", nullable=True),
        _moment("updated_at"),
        sa.CheckConstraint("number >= 1", name=op.f("ck_quiz_attempts_number")),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_quiz_attempts_score")),
        sa.CheckConstraint(
            "num_nulls(submitted_at, results, points, max_points, score, is_passed) IN (0, 6)",
            name=op.f("ck_quiz_attempts_graded"),
        ),
        _references("quiz_attempts", "enrollment_id", "enrollments"),
        _references("quiz_attempts", "lesson_id", "lessons"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_attempts")),
        sa.UniqueConstraint(
            "enrollment_id", "lesson_id", "number", name="uq_quiz_attempts_enrollment_id_lesson_id_number"
        ),
    )
    op.create_index(
        "ix_quiz_attempts_open",
        "quiz_attempts",
        ["enrollment_id", "lesson_id"],
        unique=True,
        postgresql_where=sa.text("submitted_at IS NULL"),
    )
    op.create_index(
        "ix_quiz_attempts_expiring",
        "quiz_attempts",
        ["expires_at"],
        postgresql_where=sa.text("submitted_at IS NULL AND expires_at IS NOT NULL"),
    )
    op.create_index("ix_quiz_attempts_lesson_id_newest", "quiz_attempts", ["lesson_id", "started_at", "id"])
    op.create_table(
        "quiz_scores",
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("best_score", sa.Numeric(5, 2), nullable=False),
        _moment("passed_at", nullable=True),
        sa.CheckConstraint("best_score BETWEEN 0 AND 100", name=op.f("ck_quiz_scores_best_score")),
        _references("quiz_scores", "enrollment_id", "enrollments"),
        _references("quiz_scores", "lesson_id", "lessons"),
        _references("quiz_scores", "course_id", "courses"),
        sa.PrimaryKeyConstraint("enrollment_id", "lesson_id", name=op.f("pk_quiz_scores")),
    )
    op.create_index("ix_quiz_scores_lesson_id", "quiz_scores", ["lesson_id"])


def downgrade() -> None:
    for table in ("quiz_scores", "quiz_attempts", "question_versions", "questions", "quizzes"):
        op.drop_table(table)
