"""Races about the stars of a course, on real connections: each has been seen to fail without its mechanism."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy import func, select

from app.db.session import db, transaction
from app.errors.base import NotFound
from app.models import Course, Review
from app.services.learning import reviews
from tests.support.races import at_once, outcomes

ROUNDS = 3
WRITERS = 16


@pytest.fixture
def counted(app):
    """The stars of a course as it counts them, which is what its reviews give."""

    def count(course):
        with app.app_context():
            given = db.session.execute(
                select(Review.rating, func.count())
                .where(Review.course_id == course.id)
                .group_by(Review.rating)
            )
            given = dict(map(tuple, given))
            found = db.session.get_one(Course, course.id)
            assert found.rating_counts == [given.get(rating, 0) for rating in range(1, 6)]
            assert found.rating_sum == sum(rating * number for rating, number in given.items())
            assert found.rating_count == sum(given.values())
            return found.rating_count

    return count


@pytest.fixture
def learners(api, make):
    """Clients of people who take the course."""

    def enroll(course, number):
        students = [make.student() for _ in range(number)]
        for student in students:
            make.enrollment(course, student)
        return [api.as_(student) for student in students]

    return enroll


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_reviews_of_one_person_at_once_are_one(make, learners, counted, _round):
    course = make.course()
    (client,) = learners(course, 1)

    answers = at_once(
        *[
            lambda rating=rating: client.post(f"/courses/{course.id}/reviews", json={"rating": rating})
            for rating in (1, 5) * 4
        ]
    )

    assert outcomes(answers) == {"201": 1, "409 already_reviewed": 7}
    assert counted(course) == 1


def test_stars_do_not_drift_under_sixteen_people_who_write_edit_and_delete(make, learners, counted):
    course = make.course()
    clients = learners(course, WRITERS)

    def live(client, number):
        """Write, edit twice, and every other person deletes and writes again."""
        answers = [client.post(f"/courses/{course.id}/reviews", json={"rating": number % 5 + 1})]
        path = f"/reviews/{answers[0].get_json()['data']['id']}"
        answers += [client.patch(path, json={"rating": (number + turn) % 5 + 1}) for turn in (1, 2)]
        if number % 2:
            answers.append(client.delete(path))
            answers.append(client.post("/reviews", json={"course_id": str(course.id), "rating": 3}))
        return answers

    lives = at_once(
        *[lambda client=client, number=number: live(client, number) for number, client in enumerate(clients)]
    )

    assert set(outcomes(answer for answers in lives for answer in answers)) == {"200", "201", "204"}
    assert counted(course) == WRITERS


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_edits_and_deletions_of_one_review_at_once_count_it_once(app, make, counted, _round):
    """Of the service itself: requests about one resource follow each other anyway."""
    course, author, admin = make.course(), make.student(), make.admin()
    review = make.review(course, author, rating=3)
    make.review(course, rating=2)

    def act(service, *arguments, **keywords):
        with app.app_context(), suppress(NotFound), transaction():
            service(*arguments, **keywords)
            return True

    *_, first, second = at_once(
        *[partial(act, reviews.revise, author, review.id, rating=rating) for rating in (1, 2, 4, 5, 1, 5)],
        *[partial(act, reviews.delete, who, review.id) for who in (author, admin)],
    )

    assert [first, second].count(True) == 1
    assert counted(course) == 1
