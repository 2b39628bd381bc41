"""Bulk runs that meet each other, single learners and completions: sums exact, nothing oversold, no deadlock."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from app.db.session import db
from app.enums import EnrollmentStatus
from app.models import Assignment, AssignmentItem, Course, Enrollment
from tests.support.http import data_of
from tests.support.races import at_once, outcomes

PEOPLE = 400
ROUNDS = 4


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def crowd(app):
    """Many people at once; their ids as text, in order."""

    def gather(size):
        statement = text(
            "INSERT INTO users (email, username, email_verified)"
            " SELECT 'c' || n || '@example.org', 'c' || n, true FROM generate_series(1, :size) n"
            " RETURNING CAST(id AS text)"
        )
        with app.app_context():
            found = sorted(db.session.scalars(statement, {"size": size}))
            db.session.commit()
        return found

    return gather


@pytest.fixture
def seats(app):
    """Seats held in a course, which its counter has to know."""

    def count(course):
        held = select(func.count()).select_from(Enrollment).where(Enrollment.holds_seat())
        with app.app_context():
            found = db.session.scalar(held.where(Enrollment.course_id == course.id))
            assert db.session.get_one(Course, course.id).enrollment_count == found
        return found

    return count


@pytest.fixture
def deadlocks(app):
    """How many deadlocks this database has broken so far."""

    def count():
        with app.app_context():
            db.session.execute(text("SELECT pg_stat_force_next_flush()"))
            db.session.commit()
            statement = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            return db.session.scalar(statement)

    return count


def bulk(client, course, people, verb="assign", **body):
    sent = {"user_ids": people, "notify": False, **body}
    return lambda: client.post(f"/courses/{course.id}/{verb}-multiple", json=sent)


def calling(client, path):
    return lambda: client.post(path)


def total(answers, outcome):
    return sum(data_of(answer)["counts"][outcome] for answer in answers)


def test_overlapping_runs_on_one_course_assign_everybody_once(admin, make, crowd, seats, deadlocks):
    people, before = crowd(PEOPLE), deadlocks()
    for _ in range(ROUNDS):
        course = make.course()

        answers = at_once(
            bulk(admin, course, people[:300]),
            bulk(admin, course, people[:99:-1]),
            bulk(admin, course, people[::-1]),
            bulk(admin, course, people),
        )

        assert outcomes(answers) == {"200": 4}
        assert total(answers, "assigned") == seats(course) == PEOPLE
        assert total(answers, "already_enrolled") == 300 + 300 + PEOPLE
    assert deadlocks() == before


def test_runs_on_several_courses_in_opposite_orders_do_not_deadlock(admin, make, crowd, seats, deadlocks):
    people, before = crowd(PEOPLE), deadlocks()
    for _ in range(ROUNDS):
        first, second = make.course(), make.course()

        answers = at_once(
            bulk(admin, first, people, notify=True),
            bulk(admin, second, people[::-1], notify=True),
            bulk(admin, second, people),
            bulk(admin, first, people[::-1]),
            bulk(admin, first, people[:200], "unassign"),
            bulk(admin, second, people[:200][::-1], "unassign"),
        )

        assert outcomes(answers) == {"200": 6}
        in_and_out = total(answers[:4], "assigned") + total(answers[:4], "reactivated")
        assert in_and_out - total(answers[4:], "unassigned") == seats(first) + seats(second)
    assert deadlocks() == before


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_the_last_seats_go_to_bulk_runs_and_learners_without_overselling(
    api, admin, make, crowd, seats, _round
):
    course, people = make.course(total_seats=50), crowd(60)
    learners = [api.as_(make.student()) for _ in range(12)]

    answers = at_once(
        bulk(admin, course, people[:40]),
        bulk(admin, course, people[20:]),
        *[calling(each, f"/courses/{course.id}/enroll") for each in learners],
    )

    joined = outcomes(answers[2:]).get("201", 0)
    assert seats(course) == 50
    assert total(answers[:2], "assigned") + joined == 50


@pytest.mark.parametrize("_round", range(ROUNDS * 2))
def test_whoever_completes_while_being_taken_out_is_one_or_the_other(app, api, admin, make, seats, _round):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    learners = [make.student() for _ in range(6)]
    for learner in learners:
        make.enrollment(course, learner)
    clients = [api.as_(learner) for learner in learners]

    report, *_ = at_once(
        bulk(admin, course, [str(learner.id) for learner in learners], "unassign"),
        *[calling(each, f"/lessons/{lesson.id}/complete") for each in clients],
    )

    told = {line["user_id"]: line["outcome"] for line in data_of(report)["results"]}
    with app.app_context():
        rows = db.session.scalars(select(Enrollment).where(Enrollment.course_id == course.id)).all()
    for row in rows:
        is_out = told[str(row.user_id)] == "unassigned"
        assert row.status == (EnrollmentStatus.CANCELLED if is_out else EnrollmentStatus.COMPLETED)
        assert (row.completed_at is None) == is_out
    assert seats(course) == sum(outcome == "kept_completed" for outcome in told.values())


def test_ledgers_and_enrollments_agree_after_overlapping_runs(app, admin, make, crowd):
    course, people = make.course(total_seats=150), crowd(200)

    at_once(*[bulk(admin, course, people[start:] + people[:start]) for start in (0, 50, 100, 150)])

    with app.app_context():
        written = db.session.scalars(
            select(AssignmentItem.enrollment_id).where(AssignmentItem.outcome == "assigned")
        ).all()
        enrolled = db.session.scalars(select(Enrollment.id)).all()
        requested = db.session.scalar(select(func.sum(Assignment.requested)))
        lines = db.session.scalar(select(func.count()).select_from(AssignmentItem))
        people_enrolled = db.session.scalar(select(func.count(Enrollment.user_id.distinct())))
    assert sorted(written) == sorted(enrolled)
    assert len(enrolled) == people_enrolled == 150
    assert lines == requested == 800
