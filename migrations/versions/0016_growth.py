"""An index for each way in which lists are narrowed and ordered, so that none is read from end to end."""

import string

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

PRESENT = "deleted_at IS NULL"
RATING = "round(CAST(rating_sum AS NUMERIC) / CAST(nullif(rating_count, 0) AS NUMERIC), 2)"
PUNCTUATION = string.punctuation.replace("'", "''")
NAMES = "first_name, last_name, email, username, external_id"
WORDS = f"""
CREATE FUNCTION words_of_names(text, text, text, text, text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT to_tsvector('pg_catalog.simple', translate(
        $1 || ' ' || $2 || ' ' || $3 || ' ' || $4 || ' ' || coalesce($5, ''),
        '{PUNCTUATION}', '{" " * len(string.punctuation)}'))
$$
"""


def both_ways(column: str, expression: str | None = None) -> dict[str, list[str]]:
    """NULLs come last in both directions, which one index cannot serve."""
    listed = expression or column
    return {column: [listed, "id"], f"{column}_last": [f"{listed} DESC NULLS LAST", "id DESC"]}


INDEXES = {
    ("courses", PRESENT): {
        "enrollment_count": ["enrollment_count", "id"],
        "price": ["price", "id"],
        "title": ["lower(title)", "id"],
        "status_newest": ["status", "created_at", "id"],
        "level_newest": ["level", "created_at", "id"],
        **both_ways("published_at"),
        **both_ways("class_starts"),
        **both_ways("admission_deadline"),
        **both_ways("average_rating", RATING),
    },
    ("users", None): {
        "first_name": ["first_name", "id"],
        "last_name": ["last_name", "id"],
        "role_newest": ["role", "created_at", "id"],
        "department_newest": ["department", "created_at", "id"],
        **both_ways("department"),
        **both_ways("hired_on"),
    },
    ("users", "NOT is_active"): {"inactive_newest": ["created_at", "id"]},
    ("users", "NOT email_verified"): {"unverified_newest": ["created_at", "id"]},
    ("assignments", None): {
        "requested": ["requested", "id"],
        "state_newest": ["state", "created_at", "id"],
        "action_newest": ["action", "created_at", "id"],
    },
    ("notices", None): {
        "kind": ["kind", "id"],
        "course_id": ["course_id", "id"],
        "user_id": ["user_id", "id"],
    },
    ("notices", "state = 'SUPPRESSED'"): {"suppressed": ["id"]},
    ("instructor_requests", None): {
        "status_newest": ["status", "created_at", "id"],
        **both_ways("reviewed_at"),
    },
    ("sessions", None): {"last_used_at": ["last_used_at", "user_id"]},
}


def upgrade() -> None:
    for (table, where), indexes in INDEXES.items():
        for name, parts in indexes.items():
            op.create_index(
                f"ix_{table}_{name}",
                table,
                [sa.text(part) for part in parts],
                postgresql_where=sa.text(where) if where else None,
            )
    op.execute(WORDS)
    op.create_index("ix_users_search", "users", [sa.text(f"words_of_names({NAMES})")], postgresql_using="gin")
    op.drop_index("ix_courses_public_price", "courses")
    op.drop_index("ix_notices_inbox", "notices")


def downgrade() -> None:
    op.create_index(
        "ix_notices_inbox",
        "notices",
        ["user_id", "id"],
        postgresql_where=sa.text("channel = 'IN_APP' AND state = 'SENT'"),
    )
    op.create_index(
        "ix_courses_public_price",
        "courses",
        ["price", "id"],
        postgresql_where=sa.text("status = 'PUBLISHED' AND deleted_at IS NULL"),
    )
    op.drop_index("ix_users_search", "users")
    op.execute("DROP FUNCTION words_of_names(text, text, text, text, text)")
    for (table, _), indexes in INDEXES.items():
        for name in indexes:
            op.drop_index(f"ix_{table}_{name}", table)
