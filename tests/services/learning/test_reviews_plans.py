"""What lists of reviews read: as much as they show, however many reviews there are."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from app.db.page_statements import COUNT_CAP
from app.db.session import db
from tests.support.http import data_of

COURSES, PEOPLE = 100, 300
FILL = """
    INSERT INTO users (email, username)
        SELECT n || '@example.org', 'p' || n FROM generate_series(1, :people) AS n;
    INSERT INTO courses (slug, title, currency, instructor_id, status, rating_counts, rating_count)
        SELECT 'c-' || n, 'x', 'USD', :teacher, 'PUBLISHED', ARRAY[0, 0, 0, 0, :people], :people
        FROM generate_series(1, :courses) AS n;
    INSERT INTO reviews (course_id, author_id, rating, search_vector)
        SELECT courses.id, users.id, 5,
            to_tsvector('simple', CASE users.username WHEN 'p7' THEN 'needle' ELSE 'hay' END)
        FROM courses, users WHERE users.id <> :teacher;
"""


@pytest.fixture
def crowded(app, make):
    """A platform with 30,000 reviews, and one of its courses."""
    teacher = make.instructor(username="teacher")
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(FILL), {"people": PEOPLE, "courses": COURSES, "teacher": teacher.id})
        connection.execute(text("VACUUM ANALYZE users, courses, reviews"))
        return connection.scalar(text("SELECT id FROM courses WHERE slug = 'c-50'"))


@pytest.fixture
def rows_read(app):
    """How many rows of reviews the statements of a call read, each of them, by the server's own account."""

    def measure(call):
        sent = []

        def note(_connection, _cursor, statement, parameters, _context, _many):
            sent.append((statement, parameters))

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(engine, "before_cursor_execute", note)
        with app.app_context(), db.engine.connect() as connection:
            explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "
            plans = [
                connection.exec_driver_sql(explain + statement, parameters).scalar()[0]["Plan"]
                for statement, parameters in sent
            ]
        return [sum(_scanned(plan)) for plan in plans]

    return measure


def _scanned(node):
    if node.get("Relation Name") == "reviews":
        seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield seen * node["Actual Loops"]
    for inner in node.get("Plans", ()):
        yield from _scanned(inner)


@pytest.mark.parametrize(
    ("query", "to_count", "to_show"),
    [
        ("courses/{id}/reviews", 0, 2 * 21),
        ("courses/{id}/reviews?ordering=rating", 0, 2 * 21),
        ("courses/{id}/reviews?rating=5", 0, 2 * 21),
        ("courses/{id}/reviews?search=needle", 2 * PEOPLE, 2 * PEOPLE),
        ("courses/{id}/reviews?search=hay", 2 * PEOPLE, 2 * PEOPLE),
        ("reviews?course_id={id}", 0, 2 * 21),
        ("reviews", COUNT_CAP + 1, 2 * 21),
        ("reviews?rating=5", COUNT_CAP + 1, 2 * 21),
        ("reviews?ordering=-rating", COUNT_CAP + 1, 2 * 21),
        ("reviews?search=needle", COUNT_CAP + 1, 2 * COURSES),
    ],
)
def test_a_list_reads_what_it_shows(api, crowded, rows_read, query, to_count, to_show):
    path = "/" + query.format(id=crowded)

    *counting, showing = rows_read(lambda: data_of(api.get(path)))

    assert max(counting, default=0) <= to_count
    assert showing <= to_show + to_count  # the statement of a page counts, too
