"""Homework may have files: each belongs to a submission once it is handed in."""

import sqlalchemy as sa
from alembic import op

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("submission_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_files_submission_id"), "files", "submissions", ["submission_id"], ["id"], ondelete="RESTRICT"
    )
    op.create_check_constraint(
        op.f("ck_files_submission"), "files", "submission_id IS NULL OR kind = 'SUBMISSION_FILE'"
    )
    op.create_index("ix_files_submission_id", "files", ["submission_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_files_submission_id", table_name="files")
    op.drop_constraint(op.f("ck_files_submission"), "files")
    op.drop_constraint(op.f("fk_files_submission_id"), "files")
    op.drop_column("files", "submission_id")
