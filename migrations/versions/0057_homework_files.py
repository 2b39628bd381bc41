"""Homework may have files: each belongs to a submission once it is handed in."""

from alembic import op

from migrations import online

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with online.statement_by_statement():
        op.execute("ALTER TABLE files ADD COLUMN IF NOT EXISTS submission_id uuid")
        online.add_constraint(
            "files",
            "fk_files_submission_id",
            "FOREIGN KEY (submission_id) REFERENCES submissions (id) ON DELETE RESTRICT",
        )
        online.add_constraint(
            "files", "ck_files_submission", "CHECK (submission_id IS NULL OR kind = 'SUBMISSION_FILE')"
        )
        online.validate("files", "fk_files_submission_id", "ck_files_submission")
        online.create_index("ON files (submission_id, id)", "ix_files_submission_id")


def downgrade() -> None:
    op.drop_index("ix_files_submission_id", table_name="files")
    op.drop_constraint(op.f("ck_files_submission"), "files")
    op.drop_constraint(op.f("fk_files_submission_id"), "files")
    op.drop_column("files", "submission_id")
