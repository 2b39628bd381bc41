"""The fixtures of every test: an application on servers of its own, a client, factories, and a clean database after.

Tests commit for real and hold no application context: one around a request would hide a missing commit.
"""

from __future__ import annotations

import dataclasses
import logging
from contextlib import contextmanager

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import event

from app import create_app
from app.adapters import cache
from app.db.session import db, transaction
from app.observability import alarms
from app.services.learning import enrollment_notices
from app.web import problems
from config import Config
from setting_parsers import Rate
from tests.support import emptying
from tests.support.factories import Factory
from tests.support.http import Client, OpenApiWitness
from tests.support.watching import WatchingClient, WatchingHandler

pytest_plugins = [
    "tests.support.servers",
    "tests.support.partitions",
    "tests.support.outages",
    "tests.support.sentinels",
    "tests.support.mail",
    "tests.support.processes",
    "tests.support.alarms",
    "tests.support.limits",
    "tests.support.collector",
]

Flask.test_client_class = WatchingClient


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=200, help="how many kills each long test of chaos makes")
    parser.addoption("--partitioned", action="store_true", help="with partitions of deploy/partitioning.sql")


@pytest.fixture(scope="session")
def config(tables, redis_url, tmp_path_factory):
    return Config(
        database_patience_seconds=0,
        database_url=tables.replace("postgresql://", "postgresql+psycopg2://"),
        redis_url=redis_url,
        app_env="test",
        secret_key="a test secret that is long enough to sign with",
        jwt_secret_key="another test secret that is long enough to sign",
        public_url="http://rollcall.test",
        password_hash_memory_kib=8,
        password_hash_passes=1,
        redis_timeout_seconds=2.0,
        ratelimit_enabled=False,
        ratelimit_hashing=Rate(10_000, 1),
        mail_transport="file",
        mail_file_dir=str(tmp_path_factory.mktemp("mail")),
        media_dir=str(tmp_path_factory.mktemp("media")),
        video_max_mb=2,
        db_pool_size=40,
    )


@pytest.fixture(scope="session")
def app(config):
    return create_app(config)


@pytest.fixture(scope="session")
def _witness(app):
    return OpenApiWitness(app)


@pytest.fixture(scope="session")
def _janitor(config):
    engine = emptying.connected(config.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _clean(request):
    """Empty the tables that the test wrote to, and this worker's Redis number."""
    if "app" not in request.fixturenames:
        yield
        return
    engine = request.getfixturevalue("_janitor")
    redis_url = request.getfixturevalue("redis_url")
    yield
    with engine.connect() as connection:
        emptying.empty(connection)
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    request.getfixturevalue("app").extensions[cache.RECENT].clear()


@pytest.fixture(autouse=True)
def slips():
    """Constraint violations that no rule had foreseen. They fail the test, whatever the response was."""
    caught = []

    def note(record):
        if record.msg == problems.SLIPPED:
            caught.append(record.getMessage())
        return True

    alarms.log.addFilter(note)
    yield caught
    alarms.log.removeFilter(note)
    assert caught == []


@pytest.fixture(autouse=True)
def _no_secret_is_logged():
    """No log line of the test holds a secret or an address, in the format of production."""
    watching = WatchingHandler()
    root = logging.getLogger()
    root.addHandler(watching)
    yield
    root.removeHandler(watching)
    assert watching.found == []


@pytest.fixture
def make(app):
    """Rows, committed, with valid defaults."""
    return Factory(app)


@pytest.fixture
def api(app, _witness):
    """A client that has not signed in; `api.as_(user)` has."""
    return Client(app, _witness)


@pytest.fixture
def stored(app):
    """Rows as they are in the database: `stored(select(Course))`."""

    def read(statement):
        with app.app_context():
            return db.session.scalars(statement).all()

    return read


@pytest.fixture
def notify_completed(app):
    """Notify of the completion of these enrollments, as the completing transaction does."""

    def run(*enrollments, **options):
        with app.app_context(), transaction():
            enrollment_notices.notify_completed([enrollment.id for enrollment in enrollments], **options)

    return run


@pytest.fixture
def setting(app):
    """Run the rest of the test under other settings: `setting(paid_enrollment="require")`."""
    before = app.extensions["rollcall-settings"]

    def change(**values):
        app.extensions["rollcall-settings"] = dataclasses.replace(
            app.extensions["rollcall-settings"], **values
        )

    yield change
    app.extensions["rollcall-settings"] = before


@pytest.fixture
def statements(app):
    """Count the SQL statements of a block: `with statements() as seen: …; assert len(seen) == 3`."""

    @contextmanager
    def counting():
        seen = []

        def note(_connection, _cursor, statement, _parameters, _context, _many):
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
