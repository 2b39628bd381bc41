"""Questions may have an image: its alternative text and its size, beside the id of its file."""

import sqlalchemy as sa
from alembic import op

from migrations import online

revision: str = "0062"
down_revision: str | None = "0061"
branch_labels = None
depends_on = None

WHOLE = "image_alt IS NULL OR (image_id IS NOT NULL AND image_width > 0 AND image_height > 0)"


def upgrade() -> None:
    with online.statement_by_statement():
        for column in (
            sa.Column("image_alt", sa.String(500), nullable=True),
            sa.Column("image_width", sa.Integer(), nullable=True),
            sa.Column("image_height", sa.Integer(), nullable=True),
        ):
            op.add_column("questions", column, if_not_exists=True)
        online.add_constraint("questions", "ck_questions_image", f"CHECK ({WHOLE})")
        online.validate("questions", "ck_questions_image")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_questions_image"), "questions")
    op.drop_column("questions", "image_height")
    op.drop_column("questions", "image_width")
    op.drop_column("questions", "image_alt")
