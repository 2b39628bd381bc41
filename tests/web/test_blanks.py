"""What a client leaves blank it did not send: tools that import the document send every parameter, filled in or not."""

import pytest
from sqlalchemy import func, select

from app.db.session import db
from app.models import Enrollment
from tests.support.good_requests import path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.scene import Scene

BLANKS = ["", " ", "\u200b\u00a0"]
OF_LEARNERS = ("/progress", "/lessons/{lesson_id}/submissions")


def operations_with_queries(document, method):
    """Path and query parameters of each operation that takes any."""
    for path, item in document["paths"].items():
        parameters = item.get(method, {}).get("parameters", [])
        names = [each["name"] for each in parameters if each["in"] == "query"]
        if names:
            yield path.removeprefix(PREFIX), names


@pytest.mark.parametrize("blank", BLANKS)
def test_every_blank_parameter_of_every_list_is_as_if_it_were_not_sent(app, api, _witness, blank):
    scene = Scene(app)
    admin, student = api.as_(scene.admin), api.as_(scene.student)
    taken = dict(operations_with_queries(_witness.document, "get"))

    answers = {}
    for path, names in taken.items():
        there = path_of(f"GET {path}", scene)
        client = student if path.endswith(OF_LEARNERS) else admin
        plain = client.get(there)
        blanks = client.get(there, query_string=dict.fromkeys(names, blank))
        answers[path] = (blanks.status_code, plain.status_code, blanks.data == plain.data)

    assert len(answers) > 15
    assert {path: answer for path, answer in answers.items() if answer != (200, 200, True)} == {}


def test_links_do_not_repeat_what_was_blank(api, make):
    for _ in range(3):
        make.course()

    page = api.get("/courses?level=&search=%20&page=&after=&page_size=1").get_json()

    assert len(page["data"]) == 1
    assert "level" not in page["next"]
    assert "search" not in page["next"]


def test_a_blank_beside_a_value_is_not_a_repetition(api, make):
    make.course(title="found")

    assert [each["title"] for each in data_of(api.get("/courses?level=&level=beginner"))] == ["found"]
    assert_refused(api.get("/courses?level=advanced&level=beginner"), 422, "invalid_request")


def test_an_unknown_parameter_is_unknown_also_when_it_is_blank(api):
    details = assert_refused(api.get("/courses?levle="), 422, "invalid_request")

    assert details == {"levle": ["Unknown parameter."]}


def test_a_blank_option_of_an_action_is_not_sent(api, make):
    course = make.course()
    make.enrollment(course, make.student())

    refused = api.as_(make.admin()).delete(f"/courses/{course.id}?force=")

    assert_refused(refused, 409, "course_in_use")


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_idempotency_key_is_none(app, api, make, blank):
    courses, client = [make.course(), make.course()], api.as_(make.student())

    answers = [
        client.post(f"/courses/{course.id}/enroll", headers={"Idempotency-Key": blank}) for course in courses
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Enrollment)) == 2


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_preconditions_are_none(api, make, blank):
    course, admin = make.course(), api.as_(make.admin())

    changed = admin.patch(f"/courses/{course.id}", json={"venue": "Hall 2"}, headers={"If-Match": blank})
    read = admin.get(f"/courses/{course.id}", headers={"If-None-Match": blank})

    assert data_of(changed)["venue"] == "Hall 2"
    assert read.status_code == 200


def test_a_blank_version_is_none_where_one_is_demanded(api, make, setting):
    setting(require_if_match=True)
    course = make.course()

    refused = api.as_(make.admin()).patch(
        f"/courses/{course.id}", json={"venue": "Hall 2"}, headers={"If-Match": "  "}
    )

    assert_refused(refused, 428, "precondition_required")
