"""Undo that meets learners, admins and another undo: each enrollment ends one way or the other, and sums are exact."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db.session import db
from app.enums import EnrollmentStatus
from app.jobs import runs
from app.models import Certificate, Enrollment, LessonProgress
from app.services.assigning import assignments_runs
from app.services.counters import verification
from tests.services.assigning.test_assignments_races import (
    admin,
    bulk,
    calling,
    crowd,
    deadlocks,
    seats,
    total,
)  # fmt: skip
from tests.support.assigning import ASYNC, commit
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, at_once, holding, outcomes

__all__ = ["admin", "crowd", "deadlocks", "seats"]

ROUNDS = 4


@pytest.fixture(autouse=True)
def exact(app, deadlocks):
    """After each test no deadlock was broken, and every counter equals the rows that it counts."""
    before = deadlocks()
    yield
    with app.app_context():
        assert verification.verify().differences == []
    assert deadlocks() == before


def undoing(client, report):
    return lambda: client.post(f"/assignments/{report['id']}/undo", json={})


def by_person(report):
    return {line["user_id"]: line["outcome"] for line in report["results"]}


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_undos_at_once_one_is_carried_out(admin, make, crowd, seats, _round):
    course = make.course()
    first = data_of(bulk(admin, course, crowd(100))())

    answers = at_once(*[undoing(admin, first)] * 4)

    assert outcomes(answers) == {"200": 1, "409 invalid_transition": 3}
    assert seats(course) == 0


@pytest.mark.parametrize("_round", range(ROUNDS * 2))
def test_a_learner_who_completes_at_that_moment_is_kept_or_refused(app, api, admin, make, seats, _round):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    learners = [make.student() for _ in range(6)]
    clients = [api.as_(learner) for learner in learners]
    first = data_of(bulk(admin, course, [str(learner.id) for learner in learners])())

    report, *answers = at_once(
        undoing(admin, first), *[calling(each, f"/lessons/{lesson.id}/complete") for each in clients]
    )

    decided = by_person(data_of(report))
    for learner, answer in zip(learners, answers, strict=True):
        is_kept = decided[str(learner.id)] == "kept_completed"
        assert decided[str(learner.id)] in {"kept_completed", "undone"}
        assert answer.status_code == (200 if is_kept else 403)
        with app.app_context():
            row = db.session.scalars(select(Enrollment).where(Enrollment.user_id == learner.id)).one()
            marks = select(LessonProgress).where(LessonProgress.enrollment_id == row.id)
            certificates = select(Certificate).where(Certificate.enrollment_id == row.id)
            assert row.status == (EnrollmentStatus.COMPLETED if is_kept else EnrollmentStatus.CANCELLED)
            assert len(db.session.scalars(marks).all()) == is_kept
            assert len(db.session.scalars(certificates).all()) == is_kept
    assert seats(course) == sum(outcome == "kept_completed" for outcome in decided.values())


def test_the_undo_waits_for_progress_that_is_being_written_and_then_keeps_it(config, app, admin, make):
    """Decided by a statement after the locks: one that only locked what it decides would not see the progress."""
    course, learner = make.course(), make.student()
    first = data_of(bulk(admin, course, [str(learner.id)])())
    progress = "UPDATE enrollments SET last_accessed = now() WHERE user_id = :user_id"

    with holding(config, progress, commits=True, user_id=learner.id) as waiting:
        started = Started(undoing(admin, first))
        waiting(1)
    assert by_person(data_of(started.finish())) == {str(learner.id): "kept_started"}


def test_the_commit_of_an_undo_waits_for_progress_that_is_being_written_and_refuses_the_plan(
    config, app, admin, make
):
    """Its preview would have taken the progress back."""
    course, learner = make.course(), make.student()
    first = data_of(bulk(admin, course, [str(learner.id)])())
    plan = data_of(admin.post(f"/assignments/{first['id']}/undo", json={"mode": "preview"}))
    assert by_person(plan) == {str(learner.id): "undone"}
    progress = "UPDATE enrollments SET last_accessed = now() WHERE user_id = :user_id"

    with holding(config, progress, commits=True, user_id=learner.id) as waiting:
        started = Started(lambda: commit(admin, plan))
        waiting(1)
    assert_refused(started.finish(), 412, "plan_changed")


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_freed_seats_and_restored_seats_are_never_oversold(api, admin, make, crowd, seats, _round):
    course, people = make.course(total_seats=50), crowd(50)
    data_of(bulk(admin, course, people)())
    ended = data_of(bulk(admin, course, people[:30], "unassign")())
    learners = [api.as_(make.student()) for _ in range(12)]

    report, *answers = at_once(
        undoing(admin, ended),
        *[calling(each, f"/courses/{course.id}/enroll") for each in learners],
    )

    joined = outcomes(answers).get("201", 0)
    counts = data_of(report)["counts"]
    assert counts["undone"] + counts["no_seat"] == 30
    assert seats(course) == 20 + counts["undone"] + joined <= 50


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_learners_who_enroll_and_runs_that_assign_meet_an_undo(api, admin, make, crowd, seats, _round):
    course, people = make.course(), crowd(120)
    learners = [make.student() for _ in range(6)]
    clients = [api.as_(learner) for learner in learners]
    first = data_of(bulk(admin, course, people[:100] + [str(each.id) for each in learners])())

    answers = at_once(
        undoing(admin, first),
        bulk(admin, course, people),
        bulk(admin, course, people[::-1], "unassign"),
        *[calling(each, f"/courses/{course.id}/enroll") for each in clients],
    )

    assert outcomes(answers[:3]) == {"200": 3}
    assert set(outcomes(answers[3:])) <= {"201", "409 already_enrolled"}
    undone = data_of(answers[0])["counts"]["undone"]
    joined = outcomes(answers[3:]).get("201", 0)
    came = total(answers[1:2], "assigned") + total(answers[1:2], "reactivated") + joined
    assert seats(course) == 106 - undone + came - total(answers[2:3], "unassigned")


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_an_admin_who_ends_enrollments_meets_an_undo(admin, make, crowd, seats, _round):
    course = make.course()
    first = data_of(bulk(admin, course, crowd(6))())
    ids = [line["enrollment_id"] for line in first["results"]]

    report, *answers = at_once(
        undoing(admin, first), *[lambda each=each: admin.delete(f"/enrollments/{each}") for each in ids]
    )

    kept = data_of(report)["counts"]["kept_changed"]
    assert outcomes(answers).get("200", 0) == kept
    assert seats(course) == 0


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_learner_who_starts_a_quiz_at_that_moment_is_kept_or_refused(app, api, admin, make, seats, _round):
    course = make.course()
    quiz = make.quiz(course, questions=1)
    learners = [make.student() for _ in range(6)]
    clients = [api.as_(learner) for learner in learners]
    first = data_of(bulk(admin, course, [str(learner.id) for learner in learners])())

    report, *answers = at_once(
        undoing(admin, first), *[calling(each, f"/lessons/{quiz.id}/attempts") for each in clients]
    )

    decided = by_person(data_of(report))
    for learner, answer in zip(learners, answers, strict=True):
        assert decided[str(learner.id)] in {"kept_started", "undone"}
        assert answer.status_code == (201 if decided[str(learner.id)] == "kept_started" else 403)
    assert seats(course) == sum(outcome == "kept_started" for outcome in decided.values())


def test_a_retry_and_the_last_chunk_of_an_undo_lock_in_one_order(config, app, admin, make, monkeypatch):
    """The row of the first run before the course: otherwise each would wait for what the other holds."""
    monkeypatch.setattr(assignments_runs, "LONGEST_WAIT", timedelta(minutes=1))
    course = make.course(total_seats=1)
    first = data_of(bulk(admin, course, [str(make.student().id) for _ in range(2)])())
    admin.patch(f"/courses/{course.id}", json={"total_seats": 10})
    accepted = data_of(admin.post(f"/assignments/{first['id']}/undo", json={}, headers=ASYNC), 202)

    def carry():
        with app.app_context():
            runs.carry(UUID(accepted["id"]), 60)

    with holding(
        config, "SELECT FROM assignments WHERE id = :id FOR NO KEY UPDATE", id=first["id"]
    ) as waiting:
        retry = Started(lambda: admin.post(f"/assignments/{first['id']}/retry"))
        waiting(1)
        worker = Started(carry)
        waiting(2)

    assert data_of(retry.finish())["counts"]["assigned"] == 1
    worker.finish()
    assert data_of(admin.get(f"/assignments/{first['id']}"))["state"] == "UNDONE"
