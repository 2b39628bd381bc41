"""No statement of a call reads a table that grows from end to end, or more rows than it shows and counts."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text

from app import create_app
from app.db.session import db
from bench import dataset
from bench.calls import CALLS, LARGE_ONES, READS, Call, Callers
from bench.dataset import Size
from bench.plans import reading
from tests.support.servers import drop_database, make_database

# One instructor has 1,000 of the courses, one course 1,000 of the 3,000 learners.
SIZE = Size(courses=3_000, enrollments=30_000, owned=3, crowd=3)

# No scan may read more; every table that grows has some times as many rows.
MOST_ROWS = 1_200
COUNTED = 200

# What is answered from sums reads the same of one with a thousand courses or people as of any other.
FROM_SUMS = """
    /courses/{popular}/analytics /courses/{popular}/enrollments /courses/{popular}/enrollments?status=COMPLETED
"""
MOST_ROWS_BESIDE_SUMS = 500

# A fifth of the courses have the word, a twentieth are in the category: far more than are shown and counted.
OF_MANY = """
    /courses?search=accounting /courses?search=learners
    /courses?category=shelf-3 /courses?category=shelf-3&ordering=title /courses?category=shelf-3&ordering=-price
    /courses?category=shelf-3&ordering=enrollment_count /courses?category=shelf-3&ordering=-average_rating
"""
FEW = 15
MOST_ROWS_FOR_FEW = 140

# What a planner does without on tables that are too large to be read or sorted as a whole.
WAYS = ((), ("seqscan",), ("seqscan", "sort"), ("seqscan", "hashjoin", "mergejoin"))


@pytest.fixture(scope="module")
def platform(config):
    """An application on a database of its own, with users and what they did, and callers."""
    url = make_database("plans")
    values = {"database_url": url.replace("postgresql://", "postgresql+psycopg2://")}
    # Without Redis every dashboard is computed.
    app = create_app(dataclasses.replace(config, **values, redis_url="redis://127.0.0.1:1/0"))
    with app.app_context(), db.engine.connect() as connection:
        dataset.fill(connection.execution_options(isolation_level="AUTOCOMMIT"), SIZE)
    callers = Callers.sign_in(app, SIZE)
    yield callers
    callers.engine.dispose()
    drop_database(url)


@pytest.fixture(autouse=True)
def _short_counts(monkeypatch, set_limit):
    set_limit("app.db.page_statements.COUNT_CAP", COUNTED)
    set_limit("app.services.search.courses_search.MOST_RANKED", COUNTED)
    set_limit("app.services.learning.reviews.COUNT_CAP", COUNTED)
    monkeypatch.setattr("app.services.learning.enrollments_read.MOST_GATHERED", COUNTED)


def too_much(scans, most=MOST_ROWS):
    return [f"{scan.rows:.0f} rows of {scan.name} for {scan.statement}" for scan in scans if scan.rows > most]


@pytest.mark.parametrize("call", CALLS + LARGE_ONES, ids=lambda call: call.name)
def test_a_call_reads_what_it_shows_and_counts(platform, call):
    with reading(platform.engine, without=WAYS) as scans:
        platform.make(call)

    assert too_much(scans) == []


@pytest.mark.parametrize("path", FROM_SUMS.split())
def test_a_sum_is_read_and_not_what_it_counts(platform, path):
    with reading(platform.engine, without=WAYS) as scans:
        platform.make(Call("prolific", path))

    assert too_much(scans, MOST_ROWS_BESIDE_SUMS) == []


@pytest.mark.parametrize("who", ["visitor", "learner", "admin"])
@pytest.mark.parametrize("path", OF_MANY.split())
def test_of_many_no_more_is_read_than_is_shown_and_counted(platform, set_limit, who, path):
    set_limit("app.db.page_statements.COUNT_CAP", FEW)
    set_limit("app.services.search.courses_search.MOST_RANKED", FEW)

    with reading(platform.engine, without=WAYS) as scans:
        platform.make(Call(who, f"{path}&page_size=5"))

    assert too_much(scans, MOST_ROWS_FOR_FEW) == []


def test_active_people_are_counted_without_reading_each(platform):
    """Beside them, the caller is read: once for the request, and once for the dashboard of their role."""
    with reading(platform.engine, without=WAYS) as scans:
        platform.make(Call("admin", "/dashboard/admin"))

    assert sum(scan.rows for scan in scans if scan.name == "users") < 5


def test_the_planner_knows_how_few_courses_are_full(platform):
    """It would expect a third of all courses, and read all of them to count the few."""
    full = text("EXPLAIN (FORMAT JSON) SELECT FROM courses WHERE (enrollment_count >= total_seats) IS TRUE")

    with platform.engine.connect() as connection:
        expected = connection.scalar(full)[0]["Plan"]["Plan Rows"]

    assert expected < SIZE.courses / 50


def test_what_reads_too_much_is_caught(platform):
    """A search in the middle of a word, and an ordering that no index has."""
    with reading(platform.engine, without=WAYS) as scans, platform.engine.connect() as connection:
        connection.execute(text("SELECT id FROM users WHERE email ILIKE '%absent%' LIMIT 20"))
        connection.execute(text("SELECT id FROM courses ORDER BY venue LIMIT 20"))

    assert len(too_much(scans)) == 2


def test_every_get_is_among_the_calls(platform):
    adapter = platform.app.url_map.bind("rollcall.test")
    called = {
        adapter.match(f"/api/v1{call.path.format(**platform.names)}".partition("?")[0], method="GET")[0]
        for call in READS
    }
    offered = {
        rule.endpoint
        for rule in platform.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and "GET" in rule.methods
    }

    assert offered - called == set()
