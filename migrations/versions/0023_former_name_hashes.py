"""What bulk runs may have called a deleted person is known for as long as they are searched for it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("former_name_hashes", ARRAY(sa.Text()), nullable=True))
    op.create_check_constraint(
        op.f("ck_users_former_name_hashes"),
        "users",
        "former_name_hashes IS NULL OR (deleted_at IS NOT NULL AND erased_at IS NULL)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_users_former_name_hashes"), "users")
    op.drop_column("users", "former_name_hashes")
