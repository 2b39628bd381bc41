"""Questions may have an image: its alternative text and its size, beside the id of its file."""

import sqlalchemy as sa
from alembic import op

revision: str = "0062"
down_revision: str | None = "0061"
branch_labels = None
depends_on = None

WHOLE = "image_alt IS NULL OR (image_id IS NOT NULL AND image_width > 0 AND image_height > 0)"


def upgrade() -> None:
    op.add_column("questions", sa.Column("image_alt", sa.String(500), nullable=True))
    op.add_column("questions", sa.Column("image_width", sa.Integer(), nullable=True))
    op.add_column("questions", sa.Column("image_height", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_questions_image"), "questions", WHOLE)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_questions_image"), "questions")
    op.drop_column("questions", "image_height")
    op.drop_column("questions", "image_width")
    op.drop_column("questions", "image_alt")
