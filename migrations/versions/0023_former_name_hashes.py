"""What somebody was called earlier is known by its hash, so that deleting them can forget it in the ledgers too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None

HASH = """
CREATE FUNCTION hash_of_name(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(sha256(convert_to(lower($1), 'UTF8')), 'hex')
$$
"""
# The last hundred: nobody makes a row grow by changing a name again and again.
REMEMBER = """
CREATE FUNCTION remember_former_names() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known text[] := coalesce(OLD.former_name_hashes, '{}');
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        nullif(OLD.email, NEW.email), nullif(OLD.username, NEW.username), nullif(OLD.external_id, NEW.external_id)
    ] LOOP
        IF name IS NOT NULL THEN
            known := array_append(array_remove(known, hash_of_name(name)), hash_of_name(name));
        END IF;
    END LOOP;
    NEW.former_name_hashes := known[greatest(1, cardinality(known) - 99):];
    RETURN NEW;
END
$$
"""
WATCH = """
CREATE TRIGGER former_names BEFORE UPDATE OF email, username, external_id ON users FOR EACH ROW
WHEN (
    OLD.email <> NEW.email OR OLD.username <> NEW.username
    OR (OLD.external_id IS NOT NULL AND OLD.external_id IS DISTINCT FROM NEW.external_id)
)
EXECUTE FUNCTION remember_former_names()
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("former_name_hashes", ARRAY(sa.Text()), nullable=True))
    for statement in (HASH, REMEMBER, WATCH):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER former_names ON users")
    op.execute("DROP FUNCTION remember_former_names()")
    op.execute("DROP FUNCTION hash_of_name(text)")
    op.drop_column("users", "former_name_hashes")
