"""Courses of a category or an instructor are counted from an index, those of a category listed from one for each order.

The courses of a category may all come last in the order of the whole catalogue, by title above all: there they are
found after reading everything else.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels = None
depends_on = None

# What decides who sees a course, and what lists are filtered by: counting reads nothing else.
FILTERED_BY = ["deleted_at", "status", "price", "total_seats", "enrollment_count"]
# Name, keys, and what is included now and was before. An instructor's index has to remain the smallest that answers.
NEWEST = [
    ("category_id_newest", ["category_id", "created_at", "id"], [*FILTERED_BY, "instructor_id"], None),
    (
        "category_id_level_newest",
        ["category_id", "level", "created_at", "id"],
        [*FILTERED_BY, "instructor_id"],
        None,
    ),
    (
        "instructor_id_newest",
        ["instructor_id", "created_at", "id"],
        [*FILTERED_BY, "level"],
        ["deleted_at"],
    ),
]
# Not the order of the categories either: the free courses may all be in the last of them.
PRICE = "ix_courses_price"
RATING = "round(CAST(rating_sum AS NUMERIC) / CAST(nullif(rating_count, 0) AS NUMERIC), 2)"
ORDERS = {
    "enrollment_count": ["enrollment_count", "id"],
    "price": ["price", "id"],
    "title": ["folded(title)", "id"],
    "average_rating_last": [f"{RATING} DESC NULLS LAST", "id DESC"],
}


def upgrade() -> None:
    _index_newest({name: included for name, _, included, _ in NEWEST})
    _index_price(["status", "instructor_id"])
    for name, parts in ORDERS.items():
        op.create_index(
            f"ix_courses_category_{name}",
            "courses",
            ["category_id", *(sa.text(part) for part in parts)],
            postgresql_where=sa.text("deleted_at IS NULL"),
        )


def downgrade() -> None:
    for name in ORDERS:
        op.drop_index(f"ix_courses_category_{name}", "courses")
    _index_price()
    _index_newest({name: included for name, _, _, included in NEWEST})


def _index_newest(included: dict[str, list[str] | None]) -> None:
    """Made beside the old ones and put in their place in an instant."""
    for name, keys, *_ in NEWEST:
        op.create_index(f"ix_courses_{name}_new", "courses", keys, postgresql_include=included[name])
    for name, *_ in NEWEST:
        op.drop_index(f"ix_courses_{name}", "courses")
        op.execute(f"ALTER INDEX ix_courses_{name}_new RENAME TO ix_courses_{name}")


def _index_price(included: list[str] | None = None) -> None:
    """In the same way."""
    present = sa.text("deleted_at IS NULL")
    op.create_index(
        f"{PRICE}_new", "courses", ["price", "id"], postgresql_where=present, postgresql_include=included
    )
    op.drop_index(PRICE, "courses")
    op.execute(f"ALTER INDEX {PRICE}_new RENAME TO {PRICE}")
