"""Two years of rows: runs with their ledger, and notices, each with an id of the time at which it would have been made."""

from __future__ import annotations

from sqlalchemy import Connection, text

MONTHS = 24
LINES_A_RUN = 5_000

_ID = """
CAST(left(CAST(partitioning.first_id(now() - {age}) AS text), 14) || '7' || left(md5({of}), 3) || '-8'
    || substr(md5({of}), 4, 3) || '-' || substr(md5({of}), 7, 12) AS uuid)
"""
_PREPARED = f"""
CREATE TABLE numbered AS SELECT row_number() OVER (ORDER BY id) AS n, id, user_id, course_id FROM enrollments;
CREATE UNIQUE INDEX ON numbered (n);
INSERT INTO assignments (id, action, course_id, state, requested, unique_count, counts, created_by_id)
SELECT {_ID.format(age=f"(:runs - n) * interval '{MONTHS} months' / :runs", of="'run' || n")}, 'ASSIGN', course_id,
    'APPLIED', :lines, :lines, '{{"assigned": 1}}', key('user', 1)
FROM generate_series(1, :runs) AS n JOIN numbered USING (n);
"""
_LEDGER = """
INSERT INTO assignment_items (assignment_id, row, input, user_id, course_id, outcome, enrollment_id, after_status,
    after_source)
SELECT run.id, line, person.user_id, person.user_id, run.course_id, 'assigned', person.id, 'ACTIVE', 'ASSIGNED'
FROM (SELECT id, course_id, row_number() OVER (ORDER BY id) AS place FROM assignments WHERE requested = :lines) AS run,
    generate_series(1, :lines) AS line, numbered AS person
WHERE person.n = 1 + (place * 7919 + line * 31) % :people
"""
_NOTICES = f"""
INSERT INTO notices (id, kind, channel, state, user_id, course_id, enrollment_id, completion_number, created_at, sent_at,
    read_at)
SELECT {_ID.format(age=f"(:rows - i) * interval '{MONTHS} months' / :rows", of="'notice' || i")}, 'COMPLETION',
    CASE i % 2 WHEN 0 THEN 'EMAIL' ELSE 'IN_APP' END, 'SENT', user_id, course_id, id, 10 + i / :people, now(), now(),
    CASE WHEN i < :rows * 23 / 24 THEN now() END
FROM generate_series(1, :rows) AS i JOIN numbered ON n = 1 + i % :people
"""

_ROWS = {"notices": _NOTICES, "assignment_items": _LEDGER}
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = CAST(:name AS regclass) AND NOT indisprimary
"""


def prepare(connection: Connection, rows: int) -> None:
    """Runs for so many lines, and the enrollments by number (`numbered`), from which the rows are made."""
    numbers = {"runs": rows // LINES_A_RUN, "lines": LINES_A_RUN}
    for statement in _PREPARED.split(";\n"):
        if statement.strip():
            connection.execute(text(statement), numbers)


def fill(connection: Connection, table: str, rows: int) -> None:
    """So many rows, without indexes and foreign keys, which are slower to keep than to make."""
    people = connection.exec_driver_sql("SELECT count(*) FROM numbered").scalar()
    made = connection.execute(text(_INDEXES), {"name": table}).all()
    for index, _ in made:
        connection.exec_driver_sql(f"DROP INDEX {index}")
    connection.exec_driver_sql("SET session_replication_role = replica")
    connection.exec_driver_sql(f"TRUNCATE {table}")
    connection.execute(text(_ROWS[table]), {"rows": rows, "lines": LINES_A_RUN, "people": people})
    connection.exec_driver_sql("RESET session_replication_role")
    for _, definition in made:
        connection.exec_driver_sql(definition)
