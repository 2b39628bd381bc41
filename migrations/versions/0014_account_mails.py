"""Notices about something else than an enrollment, and the tokens that some of them carry."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

KINDS_BEFORE = "kind IN ('COMPLETION', 'ASSIGNMENT')"
KINDS = (
    "kind IN ('COMPLETION', 'ASSIGNMENT', 'VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD', 'PASSWORD_CHANGED', "
    "'INSTRUCTOR_REQUEST', 'INSTRUCTOR_REQUEST_DECIDED', 'COURSE_DECIDED', 'COURSE_CHANGED')"
)
CAUSE = [
    "enrollment_id",
    "kind",
    "channel",
    "user_id",
    "completion_number",
    "assignment_id",
    "attempt_number",
]


def upgrade() -> None:
    op.add_column("notices", sa.Column("cause_id", sa.Uuid(), nullable=True))
    op.alter_column("notices", "course_id", nullable=True)
    op.alter_column("notices", "enrollment_id", nullable=True)
    _check_kind(KINDS)
    op.create_check_constraint(
        op.f("ck_notices_has_one_cause"), "notices", "(enrollment_id IS NULL) = (cause_id IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("ck_notices_kind_has_enrollment"),
        "notices",
        "(kind IN ('COMPLETION', 'ASSIGNMENT')) = (enrollment_id IS NOT NULL)",
    )
    op.drop_index("uq_notices_cause", "notices")
    op.create_index(
        "uq_notices_cause",
        "notices",
        CAUSE,
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("enrollment_id IS NOT NULL"),
    )
    op.create_index(
        "uq_notices_occasion",
        "notices",
        ["cause_id", "kind", "channel", "user_id", "attempt_number"],
        unique=True,
        postgresql_where=sa.text("enrollment_id IS NULL"),
    )
    op.create_index(
        "uq_notices_token_waiting",
        "notices",
        ["user_id", "kind"],
        unique=True,
        postgresql_where=sa.text(
            "state = 'QUEUED' AND kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD')"
        ),
    )
    _create_tokens()


def downgrade() -> None:
    op.drop_table("mail_tokens")
    op.execute("DELETE FROM notices WHERE enrollment_id IS NULL")
    op.drop_index("uq_notices_token_waiting", "notices")
    op.drop_index("uq_notices_occasion", "notices")
    op.drop_index("uq_notices_cause", "notices")
    op.create_index("uq_notices_cause", "notices", CAUSE, unique=True, postgresql_nulls_not_distinct=True)
    op.drop_constraint("ck_notices_kind_has_enrollment", "notices")
    op.drop_constraint("ck_notices_has_one_cause", "notices")
    _check_kind(KINDS_BEFORE)
    op.alter_column("notices", "enrollment_id", nullable=False)
    op.alter_column("notices", "course_id", nullable=False)
    op.drop_column("notices", "cause_id")


def _check_kind(condition: str) -> None:
    op.drop_constraint("ck_notices_kind", "notices")
    op.create_check_constraint(op.f("ck_notices_kind"), "notices", condition)


def _create_tokens() -> None:
    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD')",
            name=op.f("ck_mail_tokens_purpose"),
        ),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_mail_tokens_sha256")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_tokens_token_hash")),
    )
    op.create_index(
        "ix_mail_tokens_unspent", "mail_tokens", ["user_id"], postgresql_where=sa.text("spent_at IS NULL")
    )
    op.create_index("ix_mail_tokens_expires_at", "mail_tokens", ["expires_at"])
