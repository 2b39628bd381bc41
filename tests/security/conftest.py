"""One stage for all the tests of a module; its rows are deleted after the last of them."""

from __future__ import annotations

import pytest
from redis import Redis

from tests.security.snapshot import Snapshot
from tests.security.stage import Stage
from tests.support import emptying
from tests.support.http import PREFIX


@pytest.fixture(scope="module", autouse=True)
def _clean(app, _janitor):
    """In place of the cleaning after every test."""
    yield
    with _janitor.connect() as connection:
        emptying.empty(connection)


@pytest.fixture(scope="module")
def stage(app, _clean):
    return Stage(app)


@pytest.fixture(scope="module")
def snapshot(stage, config):
    kept = Snapshot(config.database_url)
    yield kept
    kept.drop()


@pytest.fixture
def put_back(snapshot, redis_url):
    """Restore the database before the test, and whenever the fixture is called."""

    def restore():
        snapshot.restore()
        with Redis.from_url(redis_url) as redis:
            redis.flushdb()

    if snapshot.changed():
        restore()
    return restore


@pytest.fixture(scope="module")
def operations(app):
    document = app.test_client().get("/openapi.json").get_json()
    return {
        f"{method.upper()} {path.removeprefix(PREFIX) or '/'}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
