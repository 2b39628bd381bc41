"""The wish to have another address, which the new mailbox confirms and the old one is told of."""

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

PURPOSES = "'VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD'"
BEFORE = "'COMPLETION', 'ASSIGNMENT', 'VERIFY_EMAIL', 'RESET_PASSWORD', 'SET_PASSWORD', 'PASSWORD_CHANGED'"
AFTER = "'INSTRUCTOR_REQUEST', 'INSTRUCTOR_REQUEST_DECIDED', 'COURSE_DECIDED', 'COURSE_CHANGED'"


def upgrade() -> None:
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuid7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_changes_user_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_changes")),
    )
    op.create_index("ix_email_changes_user_id", "email_changes", ["user_id"])
    op.create_index("ix_email_changes_created_at", "email_changes", ["created_at"])
    op.create_index(
        "uq_email_changes_waiting",
        "email_changes",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    _check("mail_tokens", "purpose", f"{PURPOSES}, 'CONFIRM_EMAIL'")
    _check("notices", "kind", f"{BEFORE}, 'CONFIRM_EMAIL', 'EMAIL_CHANGED', {AFTER}")


def downgrade() -> None:
    op.execute("DELETE FROM notices WHERE kind IN ('CONFIRM_EMAIL', 'EMAIL_CHANGED')")
    op.execute("DELETE FROM mail_tokens WHERE purpose = 'CONFIRM_EMAIL'")
    _check("notices", "kind", f"{BEFORE}, {AFTER}")
    _check("mail_tokens", "purpose", PURPOSES)
    op.drop_table("email_changes")


def _check(table: str, column: str, words: str) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({words})")
