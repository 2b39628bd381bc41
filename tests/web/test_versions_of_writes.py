"""The answer to a write carries the version that it made: the next write can name it without reading again."""

import re
from io import BytesIO

import pytest

from tests.support.good_requests import EDITED, REQUESTS, body_of, path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.scene import Scene
from tests.web.test_conditional_requests import Edited


def answer_of(response):
    return response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]


def read_at(document):
    """By the shape of a response: where the same is read, which is the page of its resource."""
    pages = {
        answer_of(item["get"]["responses"]["200"]): f"/{found[1]}/{{}}"
        for path, item in document["paths"].items()
        if "get" in item and (found := re.fullmatch(rf"{PREFIX}/([\w-]+)/{{\w+}}", path))
    }
    return pages | {"CreatedCourseAnswer": pages["CourseDetailAnswer"]}


def writes(document):
    """Every operation that writes and responds with what can be read, with the shape of its response."""
    pages = read_at(document)
    for path, item in document["paths"].items():
        for method in {"post", "put", "patch", "delete"} & set(item):
            for status in {"200", "201"} & set(item[method]["responses"]):
                described = item[method]["responses"][status]
                if answer_of(described) in pages:
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
        form = {} if file is None else {"data": {**REQUESTS[name].form, "file": (BytesIO(file), "file")}}
        answer = client.request(method, path_of(name, scene), **(form or ({"json": body} if body else {})))
        if answer.status_code < 300:
            return client, answer
    return client, None


NEED_A_RUN_THAT_GOES_ON = {"POST /assignments/{assignment_id}/cancel"}
"""Tested where there is one, in `tests/jobs/test_runs.py`."""


def test_the_answer_to_a_write_has_the_version_that_is_read_next(app, api, _witness):
    tried = {}
    for name, operation, described in writes(_witness.document):
        assert "ETag" in described["headers"], name
        scene = Scene(app, status=REQUESTS[name].course_is)
        client, answer = send(api, scene, name, operation)
        if answer is None:
            tried[name] = None
            continue
        place = "/auth/me" if "/auth/me" in name else read_at(_witness.document)[answer_of(described)]
        if name.startswith("POST /auth"):
            client = api.as_(scene.admin)
        read = client.get(place.format(data_of(answer, answer.status_code).get("id")))
        tried[name] = answer.headers["ETag"] == read.headers["ETag"]

    assert {name for name, is_same in tried.items() if not is_same} == NEED_A_RUN_THAT_GOES_ON
    assert len(tried) > 30


@pytest.mark.parametrize("table", EDITED)
def test_the_version_of_a_write_is_good_for_the_next_one(app, api, _witness, table):
    edited = Edited(table, app, api, _witness.document)
    first = edited.edit

    second = edited.writer.patch(edited.path, json=edited.undo, headers={"If-Match": first.headers["ETag"]})
    stale = edited.writer.patch(edited.path, json=edited.changes, headers={"If-Match": first.headers["ETag"]})

    assert (first.status_code, second.status_code) == (200, 200)
    assert re.fullmatch(r'"[0-9a-f.]+"', first.headers["ETag"])
    assert first.headers["ETag"] != second.headers["ETag"]
    assert_refused(stale, 412, "precondition_failed")
