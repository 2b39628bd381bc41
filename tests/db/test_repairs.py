"""What migrations make of rows that earlier releases left behind."""

from __future__ import annotations

import logging

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.db.session import db
from app.services.counters import verification
from tests.db.test_migrations import VERSIONS, empty_database, migrating

__all__ = ["empty_database", "migrating"]

PERSON = """
    INSERT INTO users (email, username, created_at, deleted_at, is_active)
    VALUES (:email, :username, :at, :deleted_at, :deleted_at IS NULL) RETURNING id
"""


def before(revision):
    """The revision that comes before this one."""
    return ScriptDirectory(str(VERSIONS.parent)).get_revision(revision).down_revision


def person(connection, email, username, *, at="2026-01-01", deleted_at=None):
    values = {"email": email, "username": username, "at": at, "deleted_at": deleted_at}
    return connection.scalar(text(PERSON.replace(":deleted_at", "CAST(:deleted_at AS timestamptz)")), values)


@pytest.fixture
def old(migrating):
    """Rows under the schema from before a migration: `with old("0031") as connection`."""

    def begin(revision):
        upgrade(revision=before(revision))
        return db.engine.begin()

    with migrating.app_context():
        yield begin


def test_stored_addresses_get_the_spelling_in_which_they_are_looked_up(old, caplog):
    with old("0031") as connection:
        first = person(connection, "ada@ex\xe4mple.org", "ada")
        person(connection, "ada@exa\u0308mple.org", "ada2", at="2026-02-01")
        person(connection, "bob@xn--exmple-cua.org", "bob2", at="2026-02-01")
        kept = person(connection, "bob@ex\xe4mple.org", "bob")
        person(connection, " Eve@Example.org\xa0", "eve")
        person(connection, "plain@example.org", "plain")
        person(connection, "j\xf6rg@example.org", "jorg")
        connection.execute(
            text(
                "INSERT INTO mail_tokens (user_id, purpose, token_hash, email, expires_at)"
                " VALUES (:id, 'RESET_PASSWORD', sha256('x'), 'ada@ex\xe4mple.org', now())"
            ),
            {"id": first},
        )
    with caplog.at_level(logging.WARNING, "alembic.runtime.migration"):
        upgrade(revision="0031")

    with db.engine.connect() as connection:
        stored = dict(connection.execute(text("SELECT username, email FROM users")).all())
        token = connection.scalar(text("SELECT email FROM mail_tokens"))
    assert stored == {
        "ada": "ada@xn--exmple-cua.org",
        "ada2": "ada@exa\u0308mple.org",
        "bob2": "bob@xn--exmple-cua.org",
        "bob": "bob@ex\xe4mple.org",
        "eve": "eve@example.org",
        "plain": "plain@example.org",
        "jorg": "j\xf6rg@example.org",
    }
    assert token == "ada@xn--exmple-cua.org"
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 3
    assert any(str(kept) in each for each in told)
    assert not any("@" in each for each in told)


def test_what_deleted_people_left_behind_is_cancelled(old):
    with old("0032") as connection:
        gone = person(connection, "d@deleted.invalid", "deleted-1", deleted_at="2026-03-01")
        stays = person(connection, "ada@example.org", "ada")
        teacher = person(connection, "t@example.org", "teacher")
        course = connection.scalar(
            text(
                "INSERT INTO courses (title, slug, short_description, currency, instructor_id, status,"
                " enrollment_count) VALUES ('T', 't', 'd', 'USD', :teacher, 'PUBLISHED', 2) RETURNING id"
            ),
            {"teacher": teacher},
        )
        for user_id in (gone, stays):
            connection.execute(
                text(
                    "INSERT INTO enrollments (course_id, user_id, source, price_at_enrollment, currency,"
                    " payment_status, due_at) VALUES (:course, :user_id, 'SELF', 0, 'USD', 'FREE', '2026-02-01')"
                ),
                {"course": course, "user_id": user_id},
            )
    upgrade()

    rows = text("SELECT user_id, status, cancellation_reason FROM enrollments")
    with db.engine.connect() as connection:
        found = {row.user_id: tuple(row)[1:] for row in connection.execute(rows)}
        seats = connection.scalar(text("SELECT enrollment_count FROM courses"))
        due = connection.scalar(text("SELECT sum(amount) FROM tallies WHERE name LIKE 'due/%'"))
    assert found == {gone: ("CANCELLED", "user_deleted"), stays: ("ACTIVE", None)}
    assert (seats, due) == (1, 1)
    assert verification.verify().differences == []

    db.session.remove()
    downgrade(revision=before("0032"))
    upgrade()
