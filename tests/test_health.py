"""The probes tell whether the process is up, and what it would need to do its work."""

import dataclasses

import pytest

from app import create_app
from app.db import db
from tests.servers import drop_database, make_database


@pytest.fixture
def readiness(app, config):
    """What an application with these settings says of itself; `app` stands for the cleaning up."""
    made = []

    def ask(**values):
        made.append(create_app(dataclasses.replace(config, redis_timeout_seconds=0.2, **values)))
        return made[-1].test_client().get("/readyz")

    yield ask
    for each in made:
        with each.app_context():
            db.engine.dispose()


@pytest.fixture
def unmigrated():
    url = make_database("health", migrated=False)
    yield url.replace("postgresql://", "postgresql+psycopg2://")
    drop_database(url)


def test_the_process_answers(app):
    response = app.test_client().get("/healthz")

    assert response.status_code == 200
    assert response.get_json()["status"] == "ok"


def test_the_dependencies_answer(app):
    response = app.test_client().get("/readyz")

    assert response.status_code == 200
    assert response.get_json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok"}}


def test_without_redis_it_is_not_ready(readiness, nowhere):
    response = readiness(redis_url=nowhere)

    assert response.status_code == 503
    assert response.get_json() == {
        "status": "unavailable",
        "checks": {"database": "ok", "redis": "unreachable"},
    }


def test_without_its_database_it_is_not_ready(readiness, nowhere):
    response = readiness(database_url=nowhere.replace("redis://", "postgresql+psycopg2://nobody@"))

    assert response.status_code == 503
    assert response.get_json()["checks"] == {"database": "unreachable", "redis": "ok"}


def test_before_the_migrations_it_is_not_ready(readiness, unmigrated):
    response = readiness(database_url=unmigrated)

    assert response.status_code == 503
    assert response.get_json()["checks"] == {"database": "not migrated", "redis": "ok"}
