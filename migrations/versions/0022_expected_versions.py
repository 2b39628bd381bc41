"""A write that names the version which it read is refused by the row itself when somebody was quicker."""

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None

TABLES = ("users", "categories", "courses", "sections", "lessons", "reviews", "instructor_requests")

# The setting holds the id and the time of the last edit, and ends with its transaction. What that transaction has
# written itself, it may write again.
REFUSE = """
CREATE FUNCTION refuse_another_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected text[] := string_to_array(current_setting('rollcall.expected_version'), ' ');
BEGIN
    IF OLD.id = expected[1]::uuid AND OLD.updated_at NOT IN (expected[2]::timestamptz, transaction_timestamp()) THEN
        RAISE EXCEPTION 'another version of % %', TG_TABLE_NAME, OLD.id USING ERRCODE = 'RC412';
    END IF;
    RETURN NULL;
END
$$
"""
WATCH = """
CREATE TRIGGER expected_version AFTER UPDATE OR DELETE ON {table} FOR EACH ROW
WHEN (current_setting('rollcall.expected_version', true) <> '')
EXECUTE FUNCTION refuse_another_version()
"""


def upgrade() -> None:
    op.execute(REFUSE)
    for table in TABLES:
        op.execute(WATCH.format(table=table))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER expected_version ON {table}")
    op.execute("DROP FUNCTION refuse_another_version()")
