"""Reads from a streaming standby: old by a moment where that is right, and never where it is not."""

import dataclasses

import pytest

from app import create_app
from app.adapters import redis
from app.db import replica
from app.db.replica import Lag, Replica
from app.db.session import db
from app.web.replica_reads import OPERATIONS
from config import REPLICA
from tests.support.factories import Factory
from tests.support.http import Client, data_of
from tests.support.standby import pause, replicated, resume
from tests.support.waiting import until

BOUND = 30.0


@pytest.fixture(scope="module")
def _servers():
    with replicated() as servers:
        yield servers


@pytest.fixture(scope="module")
def standby(_servers):
    return _servers[2]


@pytest.fixture(scope="module")
def _app(config, _servers):
    url, copy, _ = _servers
    psycopg2 = {
        "database_url": url.replace("postgresql:", "postgresql+psycopg2:"),
        "database_replica_url": copy.replace("postgresql:", "postgresql+psycopg2:"),
    }
    made = create_app(dataclasses.replace(config, **psycopg2, replica_lag_seconds=BOUND, db_pool_size=3))
    yield made
    with made.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def watched(_app, _servers, app):
    """The standby as the application sees it: in use."""
    with _app.app_context():
        found = replica.configured()
    until(found.is_usable)
    yield found
    found._longest_lag = BOUND
    resume(_servers[1])


@pytest.fixture
def behind(_servers):
    """Let the standby fall behind."""
    return lambda: pause(_servers[1])


@pytest.fixture
def made(_app):
    return Factory(_app)


@pytest.fixture
def anyone(_app, _witness):
    return Client(_app, _witness)


def titles(client, path="/courses?page_size=100"):
    return {course["title"] for course in data_of(client.get(path))}


def test_visitors_read_the_catalogue_from_the_standby_and_others_do_not(
    watched, _servers, behind, made, anyone
):
    student = anyone.as_(made.student())
    behind()
    made.course(title="Fresh paint")

    assert "Fresh paint" not in titles(anyone)
    assert "Fresh paint" not in titles(anyone, "/courses?search=paint")
    assert "Fresh paint" in titles(student)
    resume(_servers[1])
    until(lambda: "Fresh paint" in titles(anyone))


def test_a_standby_that_is_too_far_behind_is_not_used(watched, behind, made, anyone):
    behind()
    made.course(title="Old news")
    assert "Old news" not in titles(anyone)

    watched._longest_lag = 1.0

    until(lambda: "Old news" in titles(anyone), 10)


def test_an_export_has_what_its_reader_has_just_written(watched, behind, made, anyone):
    course, newcomer = made.course(), made.student(email="newcomer@example.org")
    writer, reader = anyone.as_(made.admin()), anyone.as_(made.admin())
    until(lambda: course.title in titles(anyone))
    until(lambda: reader.get(f"/courses/{course.id}/enrollments?format=csv").status_code == 200)
    behind()

    data_of(writer.post(f"/courses/{course.id}/assign-multiple", json={"user_ids": [str(newcomer.id)]}))

    sheet = f"/courses/{course.id}/enrollments?format=csv"
    assert "newcomer@example.org" in writer.get(sheet).text
    assert "newcomer@example.org" not in reader.get(sheet).text
    page = data_of(reader.get(f"/courses/{course.id}/enrollments"))
    assert [each["user"]["id"] for each in page] == [str(newcomer.id)]


def test_without_redis_a_reader_who_may_have_written_reads_the_primary(_app, watched, behind, made, anyone):
    course, admin = made.course(), anyone.as_(made.admin())
    behind()
    made.enrollment(course, made.student(email="another@example.org"))
    before = _app.extensions["rollcall-redis"]
    _app.extensions["rollcall-redis"] = away = redis.client("redis://127.0.0.1:1/0", timeout=0.2)

    try:
        sheet = admin.get(f"/courses/{course.id}/enrollments?format=csv").text
    finally:
        _app.extensions["rollcall-redis"] = before
        away.close()

    assert "another@example.org" in sheet


def test_counters_are_verified_on_the_standby(watched, made, anyone):
    recount = data_of(anyone.as_(made.admin()).post("/dashboard/verify"))

    assert recount["differences"] == []


def test_no_request_fails_when_the_standby_does(_app, watched, standby, made, anyone):
    made.course(title="Still there")
    until(lambda: "Still there" in titles(anyone))

    standby.stop()
    seen = [titles(anyone) for _ in range(20)]
    assert all("Still there" in each for each in seen)
    assert not watched.is_usable()
    assert _app.test_client().get("/readyz").status_code == 200

    standby.start()
    until(watched.is_usable)


def test_statements_there_are_limited_and_read_only(_app, watched):
    with _app.app_context(), db.engines[REPLICA].connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("statement_timeout", "TimeZone", "transaction_read_only")
        ]

    assert shown == ["15s", "UTC", "on"]


def test_a_server_that_is_a_primary_is_not_used(_app, watched):
    with _app.app_context():
        promoted = Replica(db.engines[None], db.engines[None], BOUND)

    promoted.look()

    assert not promoted._good_at > 0


def test_a_standby_is_as_old_as_the_last_position_that_it_has_reached():
    lag = Lag()
    assert lag.seconds(now=10.0, replayed=500) == float("inf")
    for moment, position in ((10.0, 100), (11.0, 200), (12.0, 300)):
        lag.note(moment, position)

    assert lag.seconds(now=13.0, replayed=300) == 1.0
    assert lag.seconds(now=13.0, replayed=299) == 2.0
    assert lag.seconds(now=13.0, replayed=99) == float("inf")


def test_the_operations_are_there_and_read_no_version(app):
    views = {name.rpartition(".")[2]: view for name, view in app.view_functions.items()}

    assert OPERATIONS.keys() <= views.keys()
    assert {name for name in OPERATIONS if "figures" in name or name.startswith("show_")} == set()
