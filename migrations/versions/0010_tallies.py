"""What the dashboards count: sums kept by triggers, and a version for each set of figures."""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

# What each row of a table adds to which number. `{rows}` is the table, or a statement's old or new rows.
COUNTED = {
    "users": """
        SELECT 'users/' || role AS name, count(*) AS amount FROM {rows} WHERE is_active GROUP BY role
        UNION ALL
        SELECT 'registered/' || to_char(month, 'YYYY-MM') || '/' || role, count(*)
        FROM (SELECT role, date_trunc('month', created_at AT TIME ZONE 'UTC') AS month FROM {rows}) AS dated
        GROUP BY month, role
    """,
    "courses": """
        SELECT 'courses/' || status AS name, count(*) AS amount
        FROM {rows} WHERE deleted_at IS NULL GROUP BY status
        UNION ALL
        SELECT 'created/' || to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM'), 1
        FROM {rows} WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'rating/sum', rating_sum FROM {rows} WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'rating/count', rating_count FROM {rows} WHERE deleted_at IS NULL
        UNION ALL
        SELECT 'category/' || category_id || '/courses', 1
        FROM {rows} WHERE category_id IS NOT NULL AND status = 'PUBLISHED' AND deleted_at IS NULL
        UNION ALL
        SELECT 'category/' || category_id || '/enrollments', enrollment_count
        FROM {rows} WHERE category_id IS NOT NULL AND status = 'PUBLISHED' AND deleted_at IS NULL
        UNION ALL
        SELECT 'teacher/' || instructor_id || '/' || part, number
        FROM {rows}, LATERAL (VALUES
            ('courses', 1), ('published', CAST(status = 'PUBLISHED' AS integer)),
            ('enrollments', enrollment_count), ('stars', rating_sum), ('reviews', rating_count)
        ) AS parts (part, number)
        WHERE deleted_at IS NULL
    """,
    # Rows that are alike are counted once and then under all their names: a run of thousands is one kind or two.
    "enrollments": """
        SELECT name, amount
        FROM (
            SELECT course_id, status, payment_status, currency,
                date_trunc('month', enrolled_at AT TIME ZONE 'UTC') AS enrolled,
                date_trunc('month', completed_at AT TIME ZONE 'UTC') AS completed,
                date_trunc('day', due_at AT TIME ZONE 'UTC') AS due,
                count(*) AS people, sum(price_at_enrollment) AS price
            FROM {rows} GROUP BY 1, 2, 3, 4, 5, 6, 7
        ) AS alike, LATERAL (VALUES
            ('enrollments/' || status, people),
            ('course/' || course_id || '/' || status, people),
            ('course/' || course_id || '/paid/' || currency, CASE payment_status WHEN 'PAID' THEN price * 100 END),
            ('enrolled/' || to_char(enrolled, 'YYYY-MM'), CASE WHEN status <> 'CANCELLED' THEN people END),
            ('completed/' || to_char(completed, 'YYYY-MM'), CASE status WHEN 'COMPLETED' THEN people END),
            ('due/' || to_char(due, 'YYYY-MM-DD'), CASE status WHEN 'ACTIVE' THEN people END)
        ) AS named (name, amount)
        WHERE name IS NOT NULL AND amount IS NOT NULL
    """,
    "lesson_progress": """
        SELECT 'done/' || to_char(day, 'YYYY-MM-DD') AS name, count(*) AS amount
        FROM (
            SELECT date_trunc('day', completed_at AT TIME ZONE 'UTC') AS day
            FROM {rows} WHERE completed_at IS NOT NULL
        ) AS dated
        GROUP BY day
        UNION ALL
        SELECT 'lesson/' || lesson_id, count(*)
        FROM {rows} WHERE completed_at IS NOT NULL GROUP BY lesson_id
    """,
    "course_changes": """
        SELECT 'decisions/' || CASE to_status WHEN 'REJECTED' THEN 'REJECTED' ELSE 'APPROVED' END AS name,
            count(*) AS amount
        FROM {rows}
        WHERE from_status = 'PENDING' AND to_status IN ('APPROVED', 'REJECTED', 'PUBLISHED')
        GROUP BY 1
    """,
}

# Whose figures a row of a table bears upon. People and courses share 64 versions each, by their last byte.
PLATFORM = "SELECT 'version/platform' AS name"
CATALOGUE = "SELECT 'version/catalogue' AS name"
COURSE = "SELECT DISTINCT 'version/course/' || (get_byte(uuid_send({id}), 15) & 63) AS name FROM {rows}"
PERSON = "SELECT DISTINCT 'version/person/' || (get_byte(uuid_send(user_id), 15) & 63) AS name FROM {rows}"
LEARNED = "enrollments WHERE id IN (SELECT enrollment_id FROM {rows})"

TOUCHED = {
    "users": [PLATFORM],
    "course_changes": [PLATFORM],
    "courses": [PLATFORM, COURSE.replace("{id}", "id")],
    "lessons": [CATALOGUE, COURSE.replace("{id}", "course_id")],
    "enrollments": [PLATFORM, PERSON, COURSE.replace("{id}", "course_id")],
    "lesson_progress": [
        PLATFORM,
        PERSON.replace("{rows}", LEARNED),
        COURSE.replace("{id}", "course_id").replace("{rows}", LEARNED),
    ],
    "certificates": [PERSON.replace("{rows}", LEARNED)],
}

# Nothing of these is counted, and their rows bear upon the platform's figures alone.
UNCOUNTED = ("sessions", "categories")

# Learners see this of a course; that somebody took a seat in it is nothing to them.
SHOWN = "title, slug, code, thumbnail, status, instructor_id, deleted_at"
CATALOGUE_EDITED = f"""
    SELECT 'version/catalogue' AS name, 1 AS amount
    WHERE EXISTS (SELECT id, {SHOWN} FROM after EXCEPT SELECT id, {SHOWN} FROM before)
"""

ROWS = {"insert": ("after",), "update": ("before", "after"), "delete": ("before",)}
REFERENCING = {"before": "OLD TABLE AS before", "after": "NEW TABLE AS after"}


def _moves(table: str, event: str) -> str:
    """Everything that one statement on a table adds and takes away, as rows of a name and an amount."""
    parts = []
    for rows in ROWS[event]:
        if table in COUNTED:
            sign = "-" if rows == "before" else ""
            counted = COUNTED[table].format(rows=rows)
            parts.append(f"SELECT name, {sign}amount FROM ({counted}) AS counted")
    touched = [each.format(rows=rows) for each in TOUCHED[table] for rows in ROWS[event]]
    parts.append(f"SELECT name, 1 FROM ({' UNION '.join(touched)}) AS touched")
    if (table, event) == ("courses", "update"):
        parts.append(CATALOGUE_EDITED)
    return " UNION ALL ".join(parts)


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("backend", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "backend", name=op.f("pk_tallies")),
        postgresql_with={"fillfactor": "70"},
    )
    for table in TOUCHED:
        for event, sides in ROWS.items():
            op.execute(
                f"""
                CREATE FUNCTION tally_{table}_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    -- Triggers of statements fire for no rows as well, and upserts fire two.
                    IF NOT EXISTS (SELECT FROM {sides[-1]}) THEN
                        RETURN NULL;
                    END IF;
                    INSERT INTO tallies AS kept (name, backend, amount)
                    SELECT name, pg_backend_pid(), sum(amount)
                    FROM ({_moves(table, event)}) AS moved (name, amount)
                    GROUP BY name HAVING sum(amount) <> 0
                    ON CONFLICT (name, backend) DO UPDATE SET amount = kept.amount + excluded.amount;
                    RETURN NULL;
                END
                $$
                """
            )
            referencing = " ".join(REFERENCING[side] for side in sides)
            op.execute(
                f"""
                CREATE TRIGGER tally_{event} AFTER {event.upper()} ON {table} REFERENCING {referencing}
                FOR EACH STATEMENT EXECUTE FUNCTION tally_{table}_{event}()
                """
            )
    op.execute(
        """
        CREATE FUNCTION tally_platform() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO tallies AS kept (name, backend, amount)
            VALUES ('version/platform', pg_backend_pid(), 1)
            ON CONFLICT (name, backend) DO UPDATE SET amount = kept.amount + excluded.amount;
            RETURN NULL;
        END
        $$
        """
    )
    for table in UNCOUNTED:
        op.execute(
            f"""
            CREATE TRIGGER tally_platform AFTER INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION tally_platform()
            """
        )
    for table, counted in COUNTED.items():
        op.execute(
            f"""
            INSERT INTO tallies (name, backend, amount)
            SELECT name, 0, sum(amount) FROM ({counted.format(rows=table)}) AS counted GROUP BY name
            """
        )
    # Overdue work, and how long decisions take, without reading everything there ever was.
    op.create_index(
        "ix_enrollments_due_at_active",
        "enrollments",
        ["due_at"],
        postgresql_where=sa.text("status = 'ACTIVE' AND due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_course_changes_decided",
        "course_changes",
        ["created_at"],
        postgresql_where=sa.text(
            "from_status = 'PENDING' AND to_status IN ('APPROVED', 'REJECTED', 'PUBLISHED')"
        ),
    )


def downgrade() -> None:
    op.drop_index("ix_course_changes_decided", "course_changes")
    op.drop_index("ix_enrollments_due_at_active", "enrollments")
    for table in UNCOUNTED:
        op.execute(f"DROP TRIGGER tally_platform ON {table}")
    op.execute("DROP FUNCTION tally_platform()")
    for table in TOUCHED:
        for event in ROWS:
            op.execute(f"DROP TRIGGER tally_{event} ON {table}")
            op.execute(f"DROP FUNCTION tally_{table}_{event}()")
    op.drop_table("tallies")
