"""Functions that make identifiers: `uuid7()` for keys, `certificate_number()` for certificates."""

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


# Our floor is PostgreSQL 15. Where the server has its own it is called instead: written in place by the planner, it
# costs a tenth, which bulk runs feel.
_NATIVE = """
CREATE FUNCTION uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT uuidv7()'
"""

# RFC 9562, version 7: 48 bits of milliseconds, 12 bits of the fraction below them, 62 random bits.
_OUR_OWN = """
CREATE FUNCTION uuid7() RETURNS uuid LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE
    micros bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
BEGIN
    RETURN encode(
        int8send((micros / 1000 << 16) | 28672 | (micros % 1000) * 4096 / 1000)
            || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid;
END
$$
"""


def upgrade() -> None:
    op.execute(_NATIVE if op.get_bind().dialect.server_version_info >= (18,) else _OUR_OWN)
    # 128 random bits: the two random UUIDs hold 244, of which a digest keeps 128.
    op.execute(
        """
        CREATE FUNCTION certificate_number() RETURNS text LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
            SELECT 'RC-' || upper(encode(substring(
                sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 16
            ), 'hex'))
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION certificate_number()")
    op.execute("DROP FUNCTION uuid7()")
