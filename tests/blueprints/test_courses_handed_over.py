"""A course that is given to another instructor during a request of its instructor: the request is refused."""

import pytest

from app.enums import CourseStatus
from tests.support.http import assert_refused
from tests.support.races import Started, holding

HAND_OVER = "UPDATE courses SET instructor_id = :taker WHERE id = :course"

STEPS = [
    (CourseStatus.DRAFT, "submit"),
    (CourseStatus.PENDING, "withdraw"),
    (CourseStatus.APPROVED, "publish"),
    (CourseStatus.PUBLISHED, "unpublish"),
    (CourseStatus.PUBLISHED, "archive"),
    (CourseStatus.ARCHIVED, "unarchive"),
]

WRITES = [
    ("PATCH", "/courses/{course}", {"title": "Mine"}),
    ("DELETE", "/courses/{course}", None),
    ("POST", "/courses/{course}/assign", {"user_id": "{student}"}),
    ("POST", "/courses/{course}/assign-multiple", {"user_ids": ["{student}"]}),
    ("POST", "/courses/{course}/unassign-multiple", {"user_ids": ["{learner}"]}),
    ("DELETE", "/enrollments/{enrollment}", None),
    ("POST", "/enrollments/{enrollment}/grade", {"grade": "B+"}),
    ("POST", "/courses/{course}/sections", {"title": "Mine"}),
    ("POST", "/courses/{course}/sections/reorder", {"order": ["{section}"]}),
    ("PATCH", "/sections/{section}", {"title": "Mine"}),
    ("DELETE", "/sections/{section}", None),
    ("POST", "/lessons", {"section_id": "{section}", "title": "Mine", "type": "TEXT"}),
    ("POST", "/sections/{section}/lessons/reorder", {"order": ["{lesson}"]}),
    ("PATCH", "/lessons/{lesson}", {"title": "Mine"}),
    ("DELETE", "/lessons/{lesson}", None),
]
"""What an instructor does to a course and below it, but for the steps of its life."""


@pytest.fixture
def handed_over(api, make, config):
    """The answer to a call of this person, which waits while the course is given to another instructor."""

    def meanwhile(person, course, call):
        with holding(
            config, HAND_OVER, commits=True, taker=make.instructor().id, course=course.id
        ) as wait_for:
            calling = Started(lambda: call(api.as_(person)))
            wait_for(1)
        return calling.finish()

    return meanwhile


def stepping(course, step):
    path = f"/courses/{course.id}/{step}"
    return lambda client: client.post(path, json={}) if step == "publish" else client.post(path)


@pytest.mark.parametrize(("status", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_former_instructor_moves_a_course_no_more(make, handed_over, status, step):
    teacher = make.instructor()
    course = make.course(instructor=teacher, status=status, lessons=1)

    answer = handed_over(teacher, course, stepping(course, step))

    assert_refused(answer, 403, "forbidden")


@pytest.mark.parametrize(("status", "step"), STEPS[2:], ids=[step for _, step in STEPS[2:]])
def test_an_admin_moves_a_course_also_if_another_teaches_it_by_now(make, handed_over, status, step):
    course = make.course(status=status, lessons=1)

    answer = handed_over(make.admin(), course, stepping(course, step))

    assert answer.status_code == 200


@pytest.fixture
def world(make):
    """A published course of one lesson and one learner, and the words that stand for them."""
    teacher, learner = make.instructor(), make.student()
    course = make.course(instructor=teacher)
    section = make.section(course)
    there = {
        "course": course,
        "section": section,
        "lesson": make.lesson(section),
        "learner": learner,
        "enrollment": make.enrollment(course, learner),
        "student": make.student(),
    }
    return teacher, course, {name: str(row.id) for name, row in there.items()}


def filled(value, names):
    """The value with ids in place of words such as `{course}`."""
    if isinstance(value, dict):
        return {name: filled(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    return value.format(**names) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("method", "path", "body"), WRITES, ids=[f"{verb} {path}" for verb, path, _ in WRITES]
)
def test_a_former_instructor_changes_nothing_in_a_course(world, handed_over, method, path, body):
    teacher, course, names = world
    sent = {} if body is None else {"json": filled(body, names)}

    answer = handed_over(teacher, course, lambda client: client.request(method, path.format(**names), **sent))

    assert_refused(answer, 403, "forbidden")
