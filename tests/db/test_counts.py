"""Lists count their rows in the tables that their conditions name."""

from __future__ import annotations

import pytest

from tests.support.http import data_of


def counting(seen):
    """The part of a statement that counts all rows of the list."""
    (counted,) = (each for each in seen if "SELECT count(*)" in each)
    _, _, count = counted.rpartition("SELECT count(*)")
    return count.partition("LIMIT")[0]


@pytest.mark.parametrize(
    "path", ["/courses?min_price=0", "/courses?level=BEGINNER", "/enrollments?status=ACTIVE"]
)
def test_a_list_is_counted_without_the_rows_it_shows_beside(api, make, statements, path):
    learner, course = api.as_(make.student()), make.course()
    data_of(learner.post(f"/courses/{course.id}/enroll"), 201)

    with statements() as seen:
        answer = learner.get(path)

    assert answer.get_json()["count"] == 1
    assert " WHERE " in " ".join(counting(seen).split())
    assert " JOIN " not in counting(seen)


@pytest.mark.parametrize("query", ["search=made", "overdue=false", "overdue=false&search=made"])
def test_enrollments_filtered_by_their_course_are_counted_with_it(api, make, query):
    learner, course = api.as_(make.student()), make.course(title="A made course")
    data_of(learner.post(f"/courses/{course.id}/enroll"), 201)

    answer = learner.get(f"/enrollments?{query}")

    assert answer.get_json()["count"] == 1
    assert len(data_of(answer)) == 1
