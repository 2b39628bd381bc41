"""The sum of the best quiz scores of a course, kept by triggers as the other figures of a course are (0010)."""

from alembic import op

revision: str = "0048"
down_revision: str | None = "0047"
branch_labels = None
depends_on = None

ROWS = {
    "insert": ("NEW TABLE AS after", "SELECT *, 1 AS sign FROM after"),
    "delete": ("OLD TABLE AS before", "SELECT *, -1 AS sign FROM before"),
    "update": (
        "OLD TABLE AS before NEW TABLE AS after",
        "SELECT *, -1 AS sign FROM before UNION ALL SELECT *, 1 AS sign FROM after",
    ),
}


def upgrade() -> None:
    for event, (referencing, moved) in ROWS.items():
        op.execute(
            f"""
            CREATE FUNCTION tally_quiz_scores_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO tallies AS kept (name, backend, amount)
                SELECT name, pg_backend_pid(), sum(amount)
                FROM (
                    SELECT 'course/' || course_id || '/quiz/scores' AS name, sum(sign) AS amount
                    FROM ({moved}) AS moved GROUP BY course_id
                    UNION ALL
                    SELECT 'course/' || course_id || '/quiz/hundredths', sum(sign * best_score * 100)
                    FROM ({moved}) AS moved GROUP BY course_id
                    UNION ALL
                    SELECT DISTINCT 'version/course/' || (get_byte(uuid_send(course_id), 15) & 63), 1
                    FROM ({moved}) AS moved
                ) AS counted
                GROUP BY name HAVING sum(amount) <> 0
                ON CONFLICT (name, backend) DO UPDATE SET amount = kept.amount + excluded.amount;
                RETURN NULL;
            END
            $$
            """
        )
        op.execute(
            f"""
            CREATE TRIGGER tally_{event} AFTER {event.upper()} ON quiz_scores REFERENCING {referencing}
            FOR EACH STATEMENT EXECUTE FUNCTION tally_quiz_scores_{event}()
            """
        )


def downgrade() -> None:
    for event in ROWS:
        op.execute(f"DROP TRIGGER tally_{event} ON quiz_scores")
        op.execute(f"DROP FUNCTION tally_quiz_scores_{event}()")
    op.execute("DELETE FROM tallies WHERE name LIKE 'course/%/quiz/%'")
