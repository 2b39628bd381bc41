-- Partitions of the ledger (assignment_items) and the outbox (notices) by time, for platforms with hundreds of millions of
-- rows. Optional, online and reversible: docs/capacity.md has when, how, and what was measured. Install it, and run the
-- procedures, as the role that owns the tables, on a direct connection:
--
--     psql "$DATABASE_DIRECT_URL" -f deploy/partitioning.sql
--     psql "$DATABASE_DIRECT_URL" -c "SET statement_timeout = 0" -c "CALL partitioning.partition('notices')"
--     psql "$DATABASE_DIRECT_URL" -c "CALL partitioning.ahead('notices')"                     # every month
--     psql "$DATABASE_DIRECT_URL" -c "CALL partitioning.retire('notices', now() - interval '3 years')"
--     psql "$DATABASE_DIRECT_URL" -c "SET statement_timeout = 0" -c "CALL partitioning.revert('notices')"
--
-- The key is an id of version 7, whose first 48 bits are the milliseconds since 1970. The table as it is becomes the first
-- partition, without a copy of its rows; a default partition takes what no other one does.

BEGIN;

CREATE SCHEMA IF NOT EXISTS partitioning;

CREATE OR REPLACE FUNCTION partitioning.key_of(name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE name WHEN 'assignment_items' THEN 'assignment_id' WHEN 'notices' THEN 'id' END;
END
$$;

-- The least id of a moment.
CREATE OR REPLACE FUNCTION partitioning.first_id(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT CAST(rpad(lpad(to_hex(CAST(floor(extract(epoch FROM moment) * 1000) AS bigint)), 12, '0'), 32, '0') AS uuid)
$$;

CREATE OR REPLACE FUNCTION partitioning.moment_of(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT to_timestamp(CAST(CAST('x' || left(replace(CAST(id AS text), '-', ''), 12) AS bit(48)) AS bigint) / 1000.0)
$$;

-- The partitions of a table, in order; the default one has no end and is the last.
CREATE OR REPLACE FUNCTION partitioning.partitions(name text)
RETURNS TABLE (partition text, ends timestamptz) LANGUAGE sql STABLE AS $$
    SELECT child.relname,
        partitioning.moment_of(CAST(substring(pg_get_expr(child.relpartbound, child.oid) FROM 'TO \(''(.*)''\)') AS uuid))
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = to_regclass(name)
    ORDER BY 2 NULLS LAST
$$;

CREATE OR REPLACE FUNCTION partitioning.is_partitioned(name text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(name)), false)
$$;

-- Locks that are not granted soon are given up (SET partitioning.patience = '500ms'): requests queue behind them. What a
-- table refers to is locked first, in the order of the application, because the foreign keys of a partition need it.
CREATE OR REPLACE FUNCTION partitioning.lock(name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    referred regclass;
BEGIN
    IF partitioning.key_of(name) IS NULL THEN
        RAISE EXCEPTION 'only assignment_items and notices are partitioned';
    END IF;
    PERFORM set_config('lock_timeout', coalesce(current_setting('partitioning.patience', true), '2s'), true);
    FOR referred IN
        SELECT DISTINCT ON (place, confrelid) confrelid
        FROM pg_constraint, array_position(ARRAY['users', 'courses', 'enrollments', 'assignments'],
            CAST(CAST(confrelid AS regclass) AS text)) AS place
        WHERE conrelid = to_regclass(name) AND contype = 'f'
        ORDER BY place, confrelid
    LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', referred);
    END LOOP;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
END
$$;

-- The unique indexes that lack the key of the partitions, and that each partition therefore has of its own.
CREATE OR REPLACE FUNCTION partitioning.own_indexes(of_table text, key text) RETURNS SETOF oid LANGUAGE sql STABLE AS $$
    SELECT indexrelid FROM pg_index
    WHERE indrelid = to_regclass(of_table) AND indisunique AND NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = indrelid AND attnum = ANY (CAST(indkey AS int2[])) AND attname = key
    )
$$;

-- A partition that is not attached yet, like the table, with the indexes that each has of its own.
CREATE OR REPLACE FUNCTION partitioning.make(name text, suffix text, model text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made text := name || suffix;
    index oid;
    called text;
    options text;
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', made, name);
    FOR index IN SELECT partitioning.own_indexes(model, partitioning.key_of(name)) LOOP
        SELECT relname INTO called FROM pg_class WHERE oid = index;
        EXECUTE partitioning.definition(index, regexp_replace(called, '_p(\d+|default)$', '') || suffix, made);
    END LOOP;
    SELECT array_to_string(reloptions, ', ') INTO options FROM pg_class WHERE oid = to_regclass(model);
    IF options <> '' THEN
        EXECUTE format('ALTER TABLE %I SET (%s)', made, options);
    END IF;
    RETURN made;
END
$$;

-- The definition of an index, under another name and on another table.
CREATE OR REPLACE FUNCTION partitioning.definition(index oid, called text, on_table text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT regexp_replace(pg_get_indexdef(index), ' INDEX \S+ ON (ONLY )?\S+ ', format(' INDEX %I ON %I ', called, on_table))
$$;

-- Do it in a transaction of its own, up to ten times if a lock is not granted, and report how long that transaction took.
-- What is done after the last failure is `otherwise`.
CREATE OR REPLACE PROCEDURE partitioning.patiently(statement text, otherwise text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    failure text;
    is_final boolean;
BEGIN
    FOR try IN 1..10 LOOP
        began := clock_timestamp();
        failure := NULL;
        BEGIN
            EXECUTE statement;
            RAISE NOTICE '% ms, try %: %', round(1000 * extract(epoch FROM clock_timestamp() - began)), try, statement;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                failure := sqlerrm;
                is_final := try = 10;
            WHEN OTHERS THEN
                failure := sqlerrm;
                is_final := true;
        END;
        COMMIT;
        EXIT WHEN failure IS NULL;
        IF is_final THEN
            IF otherwise IS NOT NULL THEN
                EXECUTE otherwise;
                COMMIT;
            END IF;
            RAISE EXCEPTION '%', failure;
        END IF;
        PERFORM pg_sleep(0.5);
    END LOOP;
END
$$;

-- Take back what `bound` did. An interrupted call of `partition` leaves it, and rows after `until` would be refused.
CREATE OR REPLACE FUNCTION partitioning.unbound(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM partitioning.lock(name);
    EXECUTE format('DROP TABLE IF EXISTS %I', name || '_fresh');
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS %I', name, name || '_until');
END
$$;

-- The table with partitions, without any yet, and the promise that no row belongs to a later partition than the first.
CREATE OR REPLACE FUNCTION partitioning.bound(name text, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM partitioning.unbound(name);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE)'
        ' PARTITION BY RANGE (%I)', name || '_fresh', name, partitioning.key_of(name));
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (%I < %L) NOT VALID',
        name, name || '_until', partitioning.key_of(name), partitioning.first_id(until));
END
$$;

CREATE OR REPLACE FUNCTION partitioning.swap(name text, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key text := partitioning.key_of(name);
    old text := name || '_p0';
    part record;
    definitions text[] := '{}';
BEGIN
    PERFORM partitioning.lock(name);
    FOR part IN
        SELECT index.relname AS called, indexrelid, conname, pg_get_constraintdef(pg_constraint.oid) AS rule
        FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
        WHERE indrelid = to_regclass(name)
    LOOP
        IF part.conname IS NOT NULL THEN
            definitions := definitions || format('ALTER TABLE %I ADD CONSTRAINT %I %s', name, part.conname, part.rule);
        ELSIF part.indexrelid NOT IN (SELECT partitioning.own_indexes(name, key)) THEN
            definitions := definitions || partitioning.definition(part.indexrelid, part.called, name);
        END IF;
        EXECUTE format('ALTER INDEX %I RENAME TO %I', part.called, part.called || '_p0');
    END LOOP;
    FOR part IN
        SELECT conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint
        WHERE conrelid = to_regclass(name) AND contype = 'f'
    LOOP
        definitions := definitions || format('ALTER TABLE %I ADD CONSTRAINT %I %s', name, part.conname, part.rule);
    END LOOP;
    FOR part IN
        SELECT privilege_type AS right_to, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE CAST(CAST(grantee AS regrole) AS text) END AS who
        FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(name) AND grantee <> relowner
    LOOP
        definitions := definitions || format('GRANT %s ON %I TO %s', part.right_to, name, part.who);
    END LOOP;

    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, old);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name || '_fresh', name);
    FOR part IN SELECT unnest(definitions) AS definition LOOP
        EXECUTE part.definition;
    END LOOP;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
        name, old, partitioning.first_id(until));
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', old, name || '_until');
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', name, partitioning.make(name, '_pdefault', old));
END
$$;

-- Make a table the first partition of itself. Its rows are read once, beside reads and writes; the locks are held for
-- milliseconds. `until` is where the next partition begins: by default with the first month that is a day away or more.
-- Rows of that month would be refused before the end of this procedure, so leave it hours. After an interrupted call,
-- call it again, or SELECT partitioning.unbound(name).
CREATE OR REPLACE PROCEDURE partitioning.partition(
    name text, until timestamptz DEFAULT NULL, units integer DEFAULT 1, unit text DEFAULT 'year'
) LANGUAGE plpgsql AS $$
BEGIN
    IF partitioning.is_partitioned(name) THEN
        RAISE EXCEPTION '% is partitioned already', name;
    END IF;
    IF until IS NULL THEN
        until := (date_trunc('month', (now() + interval '1 day') AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
    END IF;
    CALL partitioning.patiently(format('SELECT partitioning.bound(%L, %L)', name, until));
    CALL partitioning.patiently(
        format('ALTER TABLE %I VALIDATE CONSTRAINT %I', name, name || '_until'),
        otherwise => format('SELECT partitioning.unbound(%L)', name)
    );
    CALL partitioning.patiently(
        format('SELECT partitioning.swap(%L, %L)', name, until),
        otherwise => format('SELECT partitioning.unbound(%L)', name)
    );
    CALL partitioning.ahead(name, units, unit);
END
$$;

-- A partition, with what the default partition has of it.
CREATE OR REPLACE FUNCTION partitioning.add(name text, begins timestamptz, ends timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    made text;
    bounds text := format('%1$I >= %2$L AND %1$I < %3$L',
        partitioning.key_of(name), partitioning.first_id(begins), partitioning.first_id(ends));
BEGIN
    PERFORM partitioning.lock(name);
    made := partitioning.make(name, '_p' || to_char(begins AT TIME ZONE 'UTC', 'YYYYMMDD'), name || '_pdefault');
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
        name || '_pdefault', bounds, made);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, made, partitioning.first_id(begins), partitioning.first_id(ends));
END
$$;

-- Make the partitions of the running unit (month, quarter, year) and of so many further ones. The default partition's rows
-- of these move there. Each partition is planned for by each statement that does not name its key: a few are better.
CREATE OR REPLACE PROCEDURE partitioning.ahead(name text, units integer DEFAULT 1, unit text DEFAULT 'year')
LANGUAGE plpgsql AS $$
DECLARE
    length interval := CASE unit WHEN 'month' THEN '1 month' WHEN 'quarter' THEN '3 months' WHEN 'year' THEN '1 year' END;
    begins timestamptz;
    ends timestamptz;
BEGIN
    IF NOT partitioning.is_partitioned(name) THEN
        RAISE EXCEPTION '% is not partitioned', name;
    END IF;
    LOOP
        SELECT max(each.ends) INTO begins FROM partitioning.partitions(name) AS each;
        EXIT WHEN begins >= date_trunc(unit, now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + (units + 1) * length;
        ends := (date_trunc(unit, begins AT TIME ZONE 'UTC') + length) AT TIME ZONE 'UTC';
        CALL partitioning.patiently(format('SELECT partitioning.add(%L, %L, %L)', name, begins, ends));
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION partitioning.detach(name text, partition text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_owed boolean := false;
BEGIN
    PERFORM partitioning.lock(name);
    IF name = 'notices' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE state = ''QUEUED'')', partition) INTO is_owed;
    END IF;
    IF is_owed THEN
        RAISE EXCEPTION '% has mails that are still to be sent', partition;
    END IF;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', name, partition);
END
$$;

-- Detach the partitions that end before a moment. They stay as tables: dump what you want to keep, and drop them.
CREATE OR REPLACE PROCEDURE partitioning.retire(name text, before timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    old text;
BEGIN
    FOR old IN SELECT each.partition FROM partitioning.partitions(name) AS each WHERE each.ends <= before LOOP
        CALL partitioning.patiently(format('SELECT partitioning.detach(%L, %L)', name, old));
    END LOOP;
END
$$;

-- Make the oldest partition the table again, with the rows of the others: those are copied under a lock, so revert soon,
-- or while no user works. Of notices that two partitions have for the same cause one stays.
CREATE OR REPLACE PROCEDURE partitioning.revert(name text) LANGUAGE plpgsql AS $$
DECLARE
    base text;
    index record;
    other text;
    copied bigint;
    others bigint := 0;
    kept bigint := 0;
BEGIN
    PERFORM partitioning.lock(name);
    SELECT partition INTO STRICT base FROM partitioning.partitions(name) LIMIT 1;
    CREATE TEMPORARY TABLE renamed ON COMMIT DROP AS
        SELECT leaf.relname AS called, coalesce(parent.relname, regexp_replace(leaf.relname, '_p(\d+|default)$', '')) AS name
        FROM pg_index JOIN pg_class AS leaf ON leaf.oid = indexrelid
        LEFT JOIN pg_inherits ON inhrelid = indexrelid LEFT JOIN pg_class AS parent ON parent.oid = inhparent
        WHERE indrelid = to_regclass(base);
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', name, base);
    FOR other IN SELECT partition FROM partitioning.partitions(name) LOOP
        EXECUTE format('SELECT count(*) FROM %I', other) INTO copied;
        others := others + copied;
        EXECUTE format('INSERT INTO %I SELECT * FROM %I ON CONFLICT DO NOTHING', base, other);
        GET DIAGNOSTICS copied = ROW_COUNT;
        kept := kept + copied;
    END LOOP;
    EXECUTE format('DROP TABLE %I', name);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', base, name);
    FOR index IN SELECT * FROM renamed LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', index.called, index.name);
    END LOOP;
    RAISE NOTICE '%: copied % of % rows of later partitions', name, kept, others;
    COMMIT;
END
$$;

COMMIT;
