"""Refuse a write to another version also where both transactions began in the same microsecond.

What a transaction has written itself was known by its own time, which another one may share. Now each write that is let
through becomes the version that the transaction expects.
"""

from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_another_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    expected text[] := string_to_array(current_setting('rollcall.expected_version'), ' ');
BEGIN
    {body}
    RETURN NULL;
END
$$
"""
REFUSAL = """
        RAISE EXCEPTION 'another version of % %', TG_TABLE_NAME, OLD.id USING ERRCODE = 'RC412';
"""
BY_VERSION = f"""
    IF OLD.id <> expected[1]::uuid THEN
        RETURN NULL;
    END IF;
    IF OLD.updated_at <> expected[2]::timestamptz THEN {REFUSAL}
    END IF;
    IF TG_OP = 'UPDATE' THEN
        PERFORM set_config(
            'rollcall.expected_version', concat(NEW.id, ' ', replace(NEW.updated_at::text, ' ', 'T')), true);
    END IF;
"""
BY_TIME = f"""
    IF OLD.id = expected[1]::uuid AND OLD.updated_at NOT IN (expected[2]::timestamptz, transaction_timestamp()) THEN {REFUSAL}
    END IF;
"""


def upgrade() -> None:
    op.execute(FUNCTION.format(body=BY_VERSION))


def downgrade() -> None:
    op.execute(FUNCTION.format(body=BY_TIME))
