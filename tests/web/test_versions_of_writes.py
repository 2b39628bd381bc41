"""The answer to a write carries the version that it made: the next write can name it without reading again."""

import re
from io import BytesIO

import pytest

from tests.support.good_requests import REQUESTS, body_of, path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.scene import Scene
from tests.web.test_conditional_requests import EDITED, one_of

READ_AT = {
    "CategoryAnswer": "/categories/{}",
    "CertificateAnswer": "/certificates/{}",
    "CourseDetailAnswer": "/courses/{}",
    "CreatedCourseAnswer": "/courses/{}",
    "EnrollmentAnswer": "/enrollments/{}",
    "InstructorRequestAnswer": "/instructor-requests/{}",
    "LessonAnswer": "/lessons/{}",
    "ReviewAnswer": "/reviews/{}",
    "SectionAnswer": "/sections/{}",
    "UserAnswer": "/users/{}",
}
"""By the shape of an answer: where the same is read."""


def answer_of(response):
    return response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]


def writes(document):
    """Every operation that writes and answers with something that can be read, with the shape of its answer."""
    for path, item in document["paths"].items():
        for method in {"post", "put", "patch", "delete"} & set(item):
            for status in {"200", "201"} & set(item[method]["responses"]):
                described = item[method]["responses"][status]
                if answer_of(described) in READ_AT:
                    yield f"{method.upper()} {path.removeprefix(PREFIX)}", item[method], described


def send(api, scene, name, operation):
    """A good request, by the first of the scene's people who may make it."""
    method, _path = name.split()
    unique = {
        "name": f"Name {scene.mark}",
        "email": f"new{scene.mark}@example.org",
        "username": f"new{scene.mark}",
    }
    unique |= {
        "external_id": f"HR-new-{scene.mark}",
        "slug": f"new-{scene.mark}",
        "code": f"NEW-{scene.mark}",
    }
    body = body_of(name, scene, operation) or {}
    body |= {field: value for field, value in unique.items() if field in body}
    file = REQUESTS[name].file
    for who in ("admin", "owner", "student", "person"):
        client = api.as_(getattr(scene, who))
        form = {} if file is None else {"data": {"file": (BytesIO(file), "file.png")}}
        answer = client.request(method, path_of(name, scene), **(form or ({"json": body} if body else {})))
        if answer.status_code < 300:
            return client, answer
    return client, None


def test_the_answer_to_a_write_has_the_version_that_is_read_next(app, api, _witness):
    tried = {}
    for name, operation, described in writes(_witness.document):
        assert "ETag" in described["headers"], name
        scene = Scene(app, status=REQUESTS[name].course_is)
        client, answer = send(api, scene, name, operation)
        if answer is None:
            tried[name] = None
            continue
        place = "/auth/me" if "/auth/me" in name else READ_AT[answer_of(described)]
        if name.startswith("POST /auth"):
            client = api.as_(scene.admin)
        read = client.get(place.format(data_of(answer, answer.status_code).get("id")))
        tried[name] = answer.headers["ETag"] == read.headers["ETag"]

    assert {name for name, is_same in tried.items() if not is_same} == set()
    assert len(tried) > 30


@pytest.mark.parametrize("table", EDITED)
def test_the_version_of_a_write_is_good_for_the_next_one(api, make, table):
    row_id, writer = one_of(table, make, api)
    path, changes = EDITED[table]
    path = path.format(row_id)
    (name,) = changes

    first = writer.patch(path, json=changes)
    second = writer.patch(
        path, json={name: f"{changes[name]} again"}, headers={"If-Match": first.headers["ETag"]}
    )
    stale = writer.patch(path, json=changes, headers={"If-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code) == (200, 200)
    assert re.fullmatch(r'"[0-9a-f.]+"', first.headers["ETag"])
    assert first.headers["ETag"] != second.headers["ETag"]
    assert_refused(stale, 412, "precondition_failed")
