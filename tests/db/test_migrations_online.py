"""Migrations of a platform that is in use: what they stop, for how long, and what they repeat."""

import contextlib
import dataclasses
import re
import threading
import time

import pytest
from flask_migrate import upgrade
from psycopg2.errors import LockNotAvailable
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from app import create_app
from app.db.session import db
from migrations import online
from tests.support.servers import connected, drop_database, make_database

LONGEST_STALL = 1.0
"""In seconds: twice what is promised, for a machine that is busy with other tests."""


@pytest.fixture
def platform(config):
    """A function that migrates a database of its own, and the URL of the database."""
    url = make_database("online", migrated=False)
    app = create_app(
        dataclasses.replace(config, database_url=url.replace("postgresql://", "postgresql+psycopg2://"))
    )

    def migrate(revision="head"):
        with app.app_context():
            upgrade(revision=revision)

    yield migrate, url
    with app.app_context():
        db.engine.dispose()
    drop_database(url)


@contextlib.contextmanager
def watched(url, *statements):
    """Run these statements over and over beside what is within; gives the list of their longest durations, in seconds."""
    worst, ended = [0.0] * len(statements), threading.Event()

    def watch(number):
        with connected(url) as cursor:
            while not ended.wait(0.01):
                begun = time.monotonic()
                cursor.execute(statements[number])
                worst[number] = max(worst[number], time.monotonic() - begun)

    threads = [threading.Thread(target=watch, args=(number,)) for number in range(len(statements))]
    for thread in threads:
        thread.start()
    try:
        yield worst
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_a_long_reader_delays_a_migration_and_no_other_reader(platform):
    migrate, url = platform
    migrate("0051")

    with connected(url) as reader, watched(url, "SELECT count(*) FROM enrollments") as worst:
        reader.execute("BEGIN; SELECT count(*) FROM enrollments")
        leaving = threading.Timer(3, lambda: reader.execute("COMMIT"))
        leaving.start()
        migrate("0052")
        leaving.join()

    assert worst[0] < LONGEST_STALL


def test_a_migration_that_never_gets_its_lock_names_who_may_hold_it(platform, monkeypatch, caplog):
    migrate, url = platform
    migrate("0051")
    monkeypatch.setattr(online, "TRIES", 2)

    with connected(url) as reader:
        reader.execute("BEGIN; SELECT count(*) FROM enrollments")
        reader.execute("SELECT pg_sleep(1.1)")
        with pytest.raises(SystemExit):
            migrate("head")
        assert f"process {reader.connection.info.backend_pid} " in caplog.text
        reader.execute("COMMIT; SELECT version_num FROM alembic_version")
        assert reader.fetchall() == [("0051",)]
    assert "The upgrade 0051 -> 0052 found no lock within 200ms in 2 tries." in caplog.text


def test_a_deployment_that_waits_for_another_one_has_no_open_transaction(platform):
    """Its snapshot would keep the other one from ever completing an index."""
    migrate, url = platform
    migrate("0001")

    asked = threading.Event()

    def before(_connection, _cursor, statement, *_):
        if "advisory_lock" in statement:
            asked.set()

    with connected(url) as other, listening(before_cursor_execute=before):
        other.execute("SELECT pg_advisory_lock(7263014001)")
        waiting = threading.Thread(target=migrate, args=("0002",))
        waiting.start()
        other.execute("CREATE TABLE growing (id integer)")
        other.execute("SET lock_timeout = '20s'")
        assert asked.wait(20)
        time.sleep(0.3)  # until it has its answer, or waits for it
        other.execute("CREATE INDEX CONCURRENTLY ON growing (id)")
        other.execute("SELECT version_num FROM alembic_version")
        version = other.fetchone()
        other.execute("SELECT pg_advisory_unlock(7263014001)")
        waiting.join()
        other.execute("SELECT version_num FROM alembic_version")
        assert (version, other.fetchone()) == (("0001",), ("0002",))


PEOPLE = 2_500
PLATFORM = f"""
    INSERT INTO users (email, username)
    SELECT 'u' || n || '@example.org', 'u' || n FROM generate_series(1, {PEOPLE}) AS n;
    INSERT INTO courses (slug, code, title, currency, instructor_id, published_at, status)
    SELECT 'c' || n, 'C-' || n, 'T', 'USD', (SELECT id FROM users WHERE username = 'u1'), now(), 'PUBLISHED'
    FROM generate_series(1, 60) AS n;
    INSERT INTO assignments (action, course_id, state, requested, created_by_id, finished_at)
    SELECT 'ASSIGN', courses.id, state, 3, instructor_id, finished_at
    FROM courses, (VALUES ('PREVIEW', CAST(NULL AS timestamptz)), ('APPLIED', now())) AS states (state, finished_at) WHERE slug = 'c1';
"""
COMPLETE = """
    WITH done AS (
        INSERT INTO enrollments (course_id, user_id, source, price_at_enrollment, currency, payment_status, status,
            completed_at, completion_number, grade)
        SELECT courses.id, users.id, 'SELF', 0, 'USD', 'FREE', 'COMPLETED', now(), 1, %(grade)s
        FROM courses, users WHERE courses.slug = %(course)s RETURNING id
    )
    INSERT INTO certificates (enrollment_id, course_title, full_name, issued_at)
    SELECT id, 'T', 'N', now() - random() * interval '1 year' FROM done
"""
CHANGING = re.compile(r"\s*(ALTER|CREATE|DROP|UPDATE|INSERT|DELETE|WITH|LOCK)\b")


@contextlib.contextmanager
def listening(**functions):
    """Functions for the events of every engine."""
    for name, function in functions.items():
        event.listen(Engine, name, function)
    try:
        yield
    finally:
        for name, function in functions.items():
            event.remove(Engine, name, function)


def test_migrations_of_full_tables_are_repeated_from_any_statement_and_stop_nothing(platform, monkeypatch):
    migrate, url = platform
    migrate("0039")
    with connected(url) as cursor:
        cursor.execute(PLATFORM)
        cursor.execute(COMPLETE, {"course": "c1", "grade": "A+"})
    monkeypatch.setattr(online, "TRIES", 1_000)
    monkeypatch.setattr(online, "SECONDS_BETWEEN_TRIES", 0)
    failed, rules = set(), Rules()

    def fails(statement, parameters):
        """Whether this statement finds no lock: each does so the first time."""
        is_first = CHANGING.match(statement) and (statement, str(parameters)) not in failed
        failed.add((statement, str(parameters)))
        return is_first

    def before(connection, _cursor, statement, parameters, *_):
        if "SET DEFAULT nextval" in statement and (statement, str(parameters)) not in failed:
            with connected(url) as cursor:  # the release before still issues certificates
                cursor.execute("SET lock_timeout = '2s'")
                cursor.execute(COMPLETE, {"course": "c2", "grade": None})
        # A batch is not changed twice. Whatever else failed is as if its transaction was lost behind it.
        if statement.startswith("WITH") and fails(statement, parameters):
            raise OperationalError(statement, None, LockNotAvailable())
        rules.look_at(statement, in_transaction=not connection.connection.dbapi_connection.autocommit)

    def after(_connection, _cursor, statement, parameters, *_):
        if not statement.startswith("WITH") and fails(statement, parameters):
            raise LockNotAvailable

    with listening(before_cursor_execute=before, after_cursor_execute=after):
        migrate()

    assert sorted((r, s.strip()[:90]) for r, s in rules.broken) == []
    assert len(failed) > 150
    with connected(url) as cursor:
        cursor.execute(
            "SELECT slug, array_agg(status_index ORDER BY issued_at, certificates.id), count(certificates.grade)"
            " FROM certificates JOIN enrollments ON enrollments.id = enrollment_id"
            " JOIN courses ON courses.id = enrollments.course_id GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [
            ("c1", list(range(PEOPLE)), PEOPLE),
            ("c2", list(range(PEOPLE, 2 * PEOPLE)), 0),
        ]
        cursor.execute("SELECT nextval('certificates_status_index_seq')")
        assert cursor.fetchone() == (2 * PEOPLE,)
        cursor.execute("SELECT number, count(DISTINCT course_id) FROM course_versions GROUP BY 1")
        assert cursor.fetchall() == [(1, 60)]
        cursor.execute("SELECT state, is_preview, done FROM assignments ORDER BY state")
        assert cursor.fetchall() == [("APPLIED", False, 3), ("PREVIEW", True, 0)]


BREAKS = {
    "changes all rows at once": re.compile(r"\s*(UPDATE|DELETE|INSERT)"),
    "stops writers while it makes an index": re.compile(r"\s*CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)"),
    "adds a constraint that is not proven": re.compile(
        r"\s*ALTER TABLE .*ADD (CONSTRAINT|FOREIGN|CHECK|UNIQUE)(?!.*(NOT VALID|USING INDEX))", re.DOTALL
    ),
    "writes all rows for a column": re.compile(
        r"\s*ALTER TABLE .*ADD COLUMN .*DEFAULT \(?(nextval|uuid7|gen_|rand)", re.DOTALL
    ),
}


class Rules:
    """What a migration must not do to a table that had rows before it."""

    TABLE = re.compile(
        r"\s*(?:UPDATE|DELETE FROM|INSERT INTO|ALTER TABLE|CREATE (?:TEMPORARY )?TABLE(?: IF NOT EXISTS)?"
        r"|CREATE (?:UNIQUE )?INDEX .*?ON) (\w+)"
    )
    CREATES = re.compile(r"\s*CREATE (TEMPORARY )?TABLE")
    IN_TRANSACTION = re.compile(r"\s*(WITH batch|ALTER TABLE \w+ VALIDATE)")
    NOT_NULL = re.compile(r"ALTER COLUMN (\w+) SET NOT NULL")

    def __init__(self):
        self.broken = set()
        self.created, self.proven = set(), set()

    def look_at(self, statement, *, in_transaction):
        if "alembic_version" in statement:
            self.created, self.proven = set(), set()
            return
        found = self.TABLE.match(statement)
        if found and self.CREATES.match(statement):
            self.created.add(found[1])
        elif found and found[1] not in self.created:
            self.broken |= {(rule, statement) for rule, pattern in BREAKS.items() if pattern.match(statement)}
        if in_transaction and self.IN_TRANSACTION.match(statement):
            self.broken.add(("reads rows beside its locks", statement))
        self.proven |= set(re.findall(r"(\w+) IS NOT NULL\) NOT VALID", statement))
        for column in self.NOT_NULL.findall(statement):
            if column not in self.proven:
                self.broken.add(("reads all rows for NOT NULL", statement))
