"""What PostgreSQL reads for a bulk run: in proportion to the people, whatever its statistics make it believe."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.db.session import db, transaction
from app.models import Assignment, User
from app.services.assigning import assignments, chunks
from app.values.people import People

FEW, MANY = 60, 1_000
LINES = 250


@pytest.fixture
def admin(make):
    return make.admin()


def test_checking_thousands_of_rows_reads_no_table_from_end_to_end(app, make, admin):
    first, second = make.course(), make.course()
    with app.app_context():
        with transaction():
            _people(FEW + MANY)
            _assign(admin, first, range(1, FEW + 1))
            db.session.execute(text("ANALYZE"))
        with transaction():
            for number in range(1, 8):
                _assign(admin, second, [number])
        with transaction():
            before = _rows_read()
            _assign(admin, second, range(8, FEW + MANY + 1))
            rows_read = _rows_read() - before

    assert rows_read < 2 * FEW * MANY


def test_a_course_that_the_planner_thinks_small_is_not_read_for_each_person(app, make, admin):
    for _ in range(30):
        make.enrollment(make.course())
    course = make.course()
    with app.app_context():
        with transaction():
            _people(MANY)
            db.session.execute(text("ANALYZE"))
            _assign(admin, course, range(1, MANY + 1))
        with transaction():
            before = _rows_read()
            _assign(admin, course, range(1, MANY + 1))
            rows_read = _rows_read() - before

    assert rows_read < 10 * MANY


@pytest.mark.parametrize("repeats", [0, 1])
def test_no_chunk_of_a_worker_reads_what_the_chunks_before_it_wrote(app, make, admin, repeats):
    for _ in range(30):
        make.enrollment(make.course())
    course = make.course()
    with app.app_context():
        with transaction():
            _people(MANY)
            db.session.execute(text("ANALYZE"))
            accepted = _assign(admin, course, [*range(1, MANY + 1), *[1] * repeats], in_background=True)
        with transaction():
            before = _rows_read() + _rows_read("assignment_items")
            run = db.session.get_one(Assignment, accepted.run.id)
            while run.next_batch <= run.batches:
                chunks.advance(run, LINES)
                db.session.refresh(run)
            rows_read = _rows_read() + _rows_read("assignment_items") - before
            counts = run.counts

    assert (counts["assigned"], counts["duplicate"]) == (MANY, repeats)
    assert rows_read < 10 * MANY


def _rows_read(table="enrollments"):
    """Rows of a table that were read in this transaction, by index or not; earlier ones may count in."""
    return db.session.scalar(
        text(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = :table"
        ),
        {"table": table},
    )


def _people(count):
    db.session.execute(
        text(
            "INSERT INTO users (email, username, email_verified)"
            " SELECT 'p' || n || '@example.org', 'p' || n, true FROM generate_series(1, :count) n"
        ),
        {"count": count},
    )


def _assign(admin, course, numbers, **options):
    actor = db.session.get_one(User, admin.id)
    people = People(usernames=[f"p{number}" for number in numbers])
    return assignments.assign(actor, course.id, people, **options)
