"""Migrations: numbered, in a line, reversible, and together exactly the models."""

import dataclasses
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from psycopg2.errors import CheckViolation
from sqlalchemy import DDL, create_engine

from app import create_app
from app.db.session import Model, db
from tests.support.paths import ROOT
from tests.support.servers import connected, drop_database, make_database

VERSIONS = ROOT / "migrations" / "versions"

# What distinguishes two schemas: columns, constraints, indexes, functions, sequences, triggers.
SCHEMA = """
    SELECT 'column', table_name, column_name, data_type, column_default, is_nullable,
        generation_expression, coalesce(character_maximum_length, numeric_precision, 0)::text
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef, '', '', '', ''
    FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'function', proname, pg_get_functiondef(oid), '', '', '', '', ''
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'relation', relname, relkind::text, array_to_string(reloptions, ','), '', '', '', ''
    FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '', '', ''
    FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 1, 2, 3, 4
"""


@pytest.fixture
def empty_database():
    url = make_database("migrations", migrated=False)
    yield url
    drop_database(url)


@pytest.fixture
def migrating(config, empty_database):
    """An application on a database without a schema."""
    url = empty_database.replace("postgresql://", "postgresql+psycopg2://")
    app = create_app(dataclasses.replace(config, database_url=url))
    yield app
    with app.app_context():
        db.engine.dispose()


def schema_of(url):
    with connected(url) as cursor:
        cursor.execute(SCHEMA)
        return cursor.fetchall()


def test_upgrading_from_nothing_gives_the_models(config):
    engine = create_engine(config.database_url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Model.metadata)
    engine.dispose()

    assert differences == []


def test_constraints_indexes_and_defaults_are_those_of_the_models(migrating, empty_database, database_url):
    with migrating.app_context():
        upgrade(revision="0001")  # the functions that defaults call
        script = ScriptDirectory(str(VERSIONS.parent))
        searches, names = (script.get_revision(number).module for number in ("0028", "0030"))
        with db.engine.begin() as connection:  # and those that a generated column and indexes call
            for function in (*searches.FUNCTIONS, names.NEXT_CODE):
                connection.execute(DDL(function.replace("%", "%%")))
        db.metadata.create_all(db.engine)

    kinds = {"column", "constraint", "index", "relation"}
    declared, migrated = (
        {row for row in schema_of(url) if row[0] in kinds} for url in (empty_database, database_url)
    )
    assert declared == migrated


def test_going_down_to_nothing_and_up_again_gives_the_same_schema(migrating, empty_database):
    with migrating.app_context():
        upgrade()
    first = schema_of(empty_database)
    with migrating.app_context():
        downgrade(revision="base")
    nothing = schema_of(empty_database)
    with migrating.app_context():
        upgrade()

    assert {row[1].removesuffix("_pkc") for row in nothing} == {"alembic_version"}
    assert schema_of(empty_database) == first


def test_empty_identifiers_of_earlier_releases_become_none(migrating, empty_database):
    with migrating.app_context():
        upgrade(revision="0024")
    with connected(empty_database) as cursor:
        cursor.execute(
            "INSERT INTO users (email, username, external_id, department) VALUES"
            " ('a@example.org', 'a.a', '', ''), ('b@example.org', 'b.b', 'HR-1', 'Hall')"
        )
        cursor.connection.commit()

    with migrating.app_context():
        upgrade()

    with connected(empty_database) as cursor:
        cursor.execute("SELECT external_id, department, former_name_hashes FROM users ORDER BY email")
        assert cursor.fetchall() == [(None, None, None), ("HR-1", "Hall", None)]


@pytest.mark.parametrize("column", ["email", "username", "external_id", "department"])
def test_the_database_takes_no_empty_identifier(migrating, empty_database, column):
    with migrating.app_context():
        upgrade()
    names = {
        "email": "a@example.org",
        "username": "a.a",
        "external_id": "HR-1",
        "department": "Hall",
        column: "",
    }

    with connected(empty_database) as cursor, pytest.raises(CheckViolation):
        cursor.execute(
            "INSERT INTO users (email, username, external_id, department)"
            " VALUES (%(email)s, %(username)s, %(external_id)s, %(department)s)",
            names,
        )


def test_migrations_are_numbered_in_a_line():
    script = ScriptDirectory(str(VERSIONS.parent))
    line = [revision.revision for revision in script.walk_revisions()][::-1]

    assert line == [f"{number:04}" for number in range(1, len(line) + 1)]
    assert len(script.get_heads()) == 1


def test_a_migration_is_named_by_its_number_and_its_idea():
    names = sorted(path.name for path in VERSIONS.glob("*.py"))

    assert [name for name in names if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name)] == []
    for path in VERSIONS.glob("*.py"):
        assert f'revision: str = "{path.name[:4]}"' in path.read_text()
        assert path.read_text().startswith('"""'), f"{path.name} does not say what it is for"


def test_generated_columns_and_indexes_need_no_search_path(database_url):
    """Restoring a dump, and building an index since PostgreSQL 17, have none."""
    with connected(database_url) as cursor:
        cursor.execute("SET search_path = ''")
        cursor.execute("SELECT public.words_of_person('Éva', '', 'eva', 'eva@example.org', NULL) IS NULL")
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT public.folded('Éva Größe')")
        assert cursor.fetchone() == ("eva grosse",)


def test_a_slug_that_is_another_courses_code_gives_way(migrating, empty_database):
    """The code always won: the slug gets the next free number behind it."""
    before = ScriptDirectory(str(VERSIONS.parent)).get_revision("0030").down_revision
    with migrating.app_context():
        upgrade(revision=before)
    with connected(empty_database) as cursor:
        cursor.execute("""
            INSERT INTO users (email, username, first_name, last_name, role)
            VALUES ('a@example.org', 'a', 'Ada', 'A', 'ADMIN');
            INSERT INTO courses (slug, code, title, currency, instructor_id)
            SELECT slug, code, 'T', 'USD', (SELECT id FROM users)
            FROM (VALUES ('fin-1', 'OWN-1'), ('x', 'FIN-1'), ('fin-1-2', 'OWN-2'), ('own-3', 'OWN-3')) AS v (slug, code)
        """)

    with migrating.app_context():
        upgrade()
    with connected(empty_database) as cursor:
        cursor.execute("SELECT slug, code FROM courses ORDER BY code")
        names = cursor.fetchall()
        cursor.execute("SELECT n.name, c.code FROM course_names n JOIN courses c ON c.id = n.course_id")
        found = dict(cursor.fetchall())

    assert names == [("x", "FIN-1"), ("fin-1-3", "OWN-1"), ("fin-1-2", "OWN-2"), ("own-3", "OWN-3")]
    assert found == {
        "fin-1": "FIN-1",
        "x": "FIN-1",
        "fin-1-3": "OWN-1",
        "own-1": "OWN-1",
        "fin-1-2": "OWN-2",
        "own-2": "OWN-2",
        "own-3": "OWN-3",
    }
