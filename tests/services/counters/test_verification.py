"""Stored counters agree with their rows, and where one does not, it is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from app.db.session import db, transaction
from app.models import Assignment, Course
from app.services.counters import verification
from tests.support.http import data_of


@pytest.fixture
def world(api, make):
    """One of everything that is counted."""
    admin, student = make.admin(), make.student()
    course = make.course(lessons=2, category=make.category())
    client = api.as_(admin)
    client.post(
        f"/courses/{course.id}/assign-multiple", json={"emails": [student.email, "nobody@example.org"]}
    )
    learner = api.as_(student)
    for lesson in make.lessons_of(course):
        learner.post(f"/lessons/{lesson.id}/complete")
    learner.post(f"/courses/{course.id}/reviews", json={"rating": 4})
    return client, course


@pytest.fixture
def run(app):
    """Write without any trigger or service."""

    def write(statement):
        with app.app_context(), transaction():
            db.session.execute(statement)

    return write


def found(client):
    report = data_of(client.post("/dashboard/verify"))
    assert report["difference_count"] == len(report["differences"])
    return [(each["counter"], each["id"], each["stored"], each["actual"]) for each in report["differences"]]


def test_after_work_through_the_platform_there_are_no_differences(world):
    client, _ = world

    assert found(client) == []


@pytest.mark.parametrize(
    ("counter", "actual"),
    [("enrollment_count", 1), ("lesson_count", 2), ("rating_sum", 4), ("rating_count", 1)],
)
def test_a_counter_of_a_course_that_is_wrong_is_found(world, run, counter, actual):
    client, course = world

    run(update(Course).where(Course.id == course.id).values({counter: 7}))

    assert (f"courses.{counter}", str(course.id), 7, actual) in found(client)


def test_a_count_of_stars_that_is_wrong_is_found(world, run):
    client, course = world

    run(update(Course).where(Course.id == course.id).values(rating_counts=[0, 0, 3, 1, 0]))

    assert found(client) == [("courses.rating_counts", f"{course.id} 3", 3, 0)]


def test_a_run_whose_sums_are_not_its_ledgers_is_found(world, run):
    client, _ = world

    run(update(Assignment).values(counts={"assigned": 2, "not_found": 1}, unique=5))

    assert [row[0] for row in found(client)] == ["assignments.counts", "assignments.unique"]


@pytest.mark.parametrize(
    ("name", "counter"),
    [
        ("users/STUDENT", "tallies of users"),
        ("courses/PUBLISHED", "tallies of courses"),
        ("enrollments/COMPLETED", "tallies of enrollments"),
        ("done/2020-01-01", "tallies of progress"),
        ("decisions/APPROVED", "tallies of decisions"),
    ],
)
def test_a_tally_that_is_wrong_is_found(world, run, name, counter):
    client, _ = world

    run(text(f"INSERT INTO tallies VALUES ('{name}', -1, 3)"))

    ((kind, which, stored, actual),) = found(client)
    assert (kind, which, stored - actual) == (counter, name, 3)


def test_verifying_changes_nothing(world, run, app):
    client, course = world
    run(update(Course).where(Course.id == course.id).values(lesson_count=7))

    first, second = found(client), found(client)

    assert first == second != []


def test_the_command_reports_what_differs_and_fails(world, run, app):
    _, course = world
    verify = app.test_cli_runner().invoke

    clean = verify(args=["stats", "verify"])
    run(update(Course).where(Course.id == course.id).values(lesson_count=7))
    dirty = verify(args=["stats", "verify"])

    assert (clean.exit_code, dirty.exit_code) == (0, 1)
    assert f"courses.lesson_count of {course.id}: stored 7, actual 2" in dirty.output


def test_at_most_a_thousand_differences_are_listed(app, run):
    run(text("INSERT INTO tallies SELECT 'lesson/' || i, -1, 1 FROM generate_series(1, 1200) AS i"))

    with app.app_context():
        report = verification.verify()

    assert (report.difference_count, len(report.differences)) == (1_200, 1_000)
