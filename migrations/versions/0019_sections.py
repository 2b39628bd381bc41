"""Figures of a course follow the order of its sections.

The version of a course's figures (0010) moved with its lessons, and not with the sections that they are ordered by:
where nothing else of the course changed, its funnel was told in the old order.
"""

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None

# Of an update the rows after it are enough: no section ever moves to another course.
ROWS = {
    "insert": "NEW TABLE AS touched",
    "update": "NEW TABLE AS touched",
    "delete": "OLD TABLE AS touched",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION tally_sections() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Triggers of statements fire for no rows as well.
            IF NOT EXISTS (SELECT FROM touched) THEN
                RETURN NULL;
            END IF;
            INSERT INTO tallies AS kept (name, backend, amount)
            SELECT DISTINCT 'version/course/' || (get_byte(uuid_send(course_id), 15) & 63), pg_backend_pid(), 1
            FROM touched
            ON CONFLICT (name, backend) DO UPDATE SET amount = kept.amount + excluded.amount;
            RETURN NULL;
        END
        $$
        """
    )
    for event, rows in ROWS.items():
        op.execute(
            f"""
            CREATE TRIGGER tally_{event} AFTER {event.upper()} ON sections REFERENCING {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION tally_sections()
            """
        )


def downgrade() -> None:
    for event in ROWS:
        op.execute(f"DROP TRIGGER tally_{event} ON sections")
    op.execute("DROP FUNCTION tally_sections()")
