"""The statements of a run on several courses: none for each user, and few more for each course than what it writes."""

from __future__ import annotations

import pytest

from tests.support.http import data_of

MOST_FOR_A_COURSE = 5
"""The decision, enrollments and seats; and whether the course has enrollments whose run was undone."""


@pytest.fixture
def counted(admin, make, statements):
    """The number of statements of such a run, and its report."""

    def send(courses, people, **body):
        sent = {
            "action": "assign",
            "course_ids": [make.course(total_seats=100).code for _ in range(courses)],
            "user_ids": [str(make.student().id) for _ in range(people)],
            **body,
        }
        with statements() as made:
            report = data_of(admin.post("/assignments", json=sent))
        assert report["counts"]["assigned"] == courses * people
        assert [course["counts"]["assigned"] for course in report["courses"]] == [people] * courses
        return len(made)

    return send


@pytest.mark.parametrize("body", [{}, {"atomic": True}, {"mode": "preview"}])
def test_courses_cost_few_statements_each(counted, body):
    # Plans are discarded whenever the number of chunks doubles, which it does not in between.
    few, many = counted(8, 3, **body), counted(15, 3, **body)

    assert many - few <= 7 * (MOST_FOR_A_COURSE + 2 * ("atomic" in body))


def test_users_cost_none(counted):
    assert counted(3, 2) == counted(3, 30)
