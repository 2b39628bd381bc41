"""Numbers kept in parts: no sum is lost, however many count and fold at once, and no transaction waits for another."""

from __future__ import annotations

import pytest
from sqlalchemy import func, insert, select, text

from app.db.session import db, transaction
from app.models import Tally, User
from app.services.counters import tallies, verification
from app.services.dashboards import dashboard
from tests.support.races import at_once


@pytest.fixture
def parts(app):
    def count():
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(Tally).where(Tally.backend != 0))

    return count


def numbers(app):
    with app.app_context():
        return tallies.read(("", "~"))


def deadlocks(app):
    with app.app_context():
        return db.session.scalar(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        )


def compact(app):
    with app.app_context(), transaction():
        tallies.compact()


def test_folding_changes_no_sum(app, make, parts):
    make.enrollment(make.course(lessons=1))
    before = numbers(app)

    compact(app)
    compact(app)

    assert numbers(app) == before != {}
    assert parts() == 0


def sign_up_and_fail(app):
    with app.app_context(), transaction():
        sign_up("somebody")
        raise LookupError


def test_what_is_rolled_back_was_never_counted(app, make):
    make.student()
    before = numbers(app)

    with pytest.raises(LookupError):
        sign_up_and_fail(app)

    assert numbers(app) == before


def test_a_version_moves_with_the_commit_and_not_before(app, make):
    make.student()
    with app.app_context(), transaction():
        sign_up("somebody")
        seen = numbers_elsewhere(app)

    after = numbers(app)

    assert after["version/platform"] == seen["version/platform"] + 1
    assert after["users/STUDENT"] == seen["users/STUDENT"] + 1


def numbers_elsewhere(app):
    (found,) = at_once(lambda: numbers(app))
    return found


@pytest.fixture
def elsewhere(app):
    """Do something in a transaction of its own, on another connection, without waiting."""

    def work(act):
        def attempt():
            with app.app_context(), transaction():
                db.session.execute(text("SET LOCAL lock_timeout = '2s'"))
                act()

        at_once(attempt)

    return work


def sign_up(name):
    db.session.add(User(email=f"{name}@example.org", username=name))
    db.session.flush()


def test_a_transaction_that_counts_waits_for_no_other_that_does(app, elsewhere):
    with app.app_context(), transaction():
        sign_up("first")
        elsewhere(lambda: sign_up("second"))

    assert numbers(app)["users/STUDENT"] == 2


def test_folding_skips_what_another_transaction_is_counting(app, elsewhere):
    with app.app_context(), db.engine.connect() as connection:
        # One connection: what it counts the second time is in a row that is there already.
        for name, meanwhile in (("first", lambda: None), ("second", lambda: elsewhere(tallies.compact))):
            connection.execute(insert(User).values(email=f"{name}@example.org", username=name))
            meanwhile()
            connection.commit()

    assert numbers(app)["users/STUDENT"] == 2


@pytest.mark.parametrize("_round", range(2))
def test_counting_and_folding_at_once_loses_nothing_and_blocks_nothing(api, app, make, _round):
    course = make.course(lessons=1)
    (lesson,) = make.lessons_of(course)
    admin = api.as_(make.admin())
    learners = [api.as_(make.student()) for _ in range(12)]
    assigned = [str(make.student().id) for _ in range(40)]
    stuck = deadlocks(app)

    def learn(learner):
        learner.post(f"/courses/{course.id}/enroll")
        learner.post(f"/lessons/{lesson.id}/complete")
        return learner.get("/dashboard/student").get_json()["data"]["completed"]

    def run():
        answer = admin.post(f"/courses/{course.id}/assign-multiple", json={"user_ids": assigned})
        return answer.get_json()["data"]["counts"]["assigned"]

    def edit():
        return admin.patch(f"/courses/{course.id}", json={"venue": "Room 1"}).status_code

    calls = [*[lambda each=each: learn(each) for each in learners], run, run, edit]
    answers = at_once(*calls, *[lambda: compact(app)] * 4)

    assert answers[:12] == [1] * 12
    assert sorted(answers[12:15]) == [0, 40, 200]
    assert deadlocks(app) == stuck
    with app.app_context():
        assert verification.verify().differences == []
        assert dashboard.show_stats().figures["total_enrollments"] == 52
