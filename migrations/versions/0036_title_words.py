"""An index of the words in titles, so that a search for a common word finds the titles that have it at once."""

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels = None
depends_on = None

TITLE_WORDS = """ts_filter(search_vector, '{a}'::"char"[])"""


def upgrade() -> None:
    op.create_index("ix_courses_title_words", "courses", [sa.text(TITLE_WORDS)], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_courses_title_words", "courses")
