"""No column is written by naming it: bodies hold the fields of `WRITABLE`, and ids in them are checked like ids in paths."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from app.db.session import Model
from tests.security.policy import POLICY
from tests.security.writable import WRITABLE
from tests.support.callers import STATES
from tests.support.good_requests import REQUESTS
from tests.support.http import Client, assert_refused

COLUMNS = sorted({column.name for table in Model.metadata.tables.values() for column in table.columns})
INVENTED = [
    "is_admin",
    "is_staff",
    "is_superuser",
    "permissions",
    "user",
    "owner_id",
    "student_id",
    "progress",
]
WRITES = sorted(name for name in POLICY if not name.startswith("GET"))
READ_ONLY = ["Read-only: this request cannot set it."]
LETTERS = {"S": "student", "I": "owner", "A": "admin"}


@pytest.fixture(scope="module")
def document(app):
    return app.test_client().get("/openapi.json").get_json()


def fields_of(document, schema):
    """The properties of a schema, behind references and alternatives."""
    if "$ref" in schema:
        return fields_of(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    found = set(schema.get("properties", {}))
    return found.union(
        *(fields_of(document, each) for key in ("allOf", "anyOf", "oneOf") for each in schema.get(key, []))
    )


def batched(names):
    """Some at a time: a refusal names no more than twenty fields."""
    return [names[start : start + 18] for start in range(0, len(names), 18)]


def as_(app, witness, stage, name):
    """A caller whose role may call the operation: what is refused now is refused for the body."""
    caller = LETTERS.get(POLICY[name].who[-1], "student")
    return Client(app, witness, stage.tokens[caller])


def send(client, name, **options):
    method, path = name.split()
    return client.request(method, re.sub(r"{\w+}", str(uuid4()), path), **options)


def test_bodies_take_what_the_table_says(document, operations):
    taken = {
        name: set().union(*(fields_of(document, content["schema"]) for content in body["content"].values()))
        for name, operation in operations.items()
        if (body := operation.get("requestBody"))
    }

    assert taken == WRITABLE


@pytest.mark.parametrize("name", WRITES)
def test_no_column_is_written_by_naming_it(app, _witness, stage, snapshot, operations, name):
    forbidden = [each for each in COLUMNS + INVENTED if each not in WRITABLE.get(name, ())]
    content = operations[name].get("requestBody", {}).get("content", {}).get("application/json", {})
    client = as_(app, _witness, stage, name)

    for some in batched(forbidden):
        if REQUESTS[name].file is not None:
            sent = {"data": dict.fromkeys(some, "x"), "content_type": "multipart/form-data"}
        else:
            sent = {"json": {**content.get("example", {}), **dict.fromkeys(some, "x")}}
        response = send(client, name, **sent)
        assert response.status_code in ((422,) if content else (400, 415, 422))
        assert not content or set(some) <= set(assert_refused(response, 422, "invalid_request"))

    assert snapshot.changed() == set()


def resource_of(document, operation):
    """The properties of the resource that an operation answers with: one that has a version."""
    for status, response in operation["responses"].items():
        if status in ("200", "201") and "ETag" in response.get("headers", {}) and "content" in response:
            envelope = response["content"]["application/json"]["schema"]
            named = envelope["$ref"].rpartition("/")[2]
            return fields_of(document, document["components"]["schemas"][named]["properties"]["data"])
    return set()


def test_what_a_body_lacks_of_its_resource_is_read_only(app, _witness, stage, document, operations):
    asked = 0
    for name in WRITES:
        content = operations[name].get("requestBody", {}).get("content", {}).get("application/json")
        shown = sorted(resource_of(document, operations[name]) - WRITABLE.get(name, set())) if content else []
        client = as_(app, _witness, stage, name)

        for some in batched(shown):
            body = {**content.get("example", {}), **dict.fromkeys(some, "x"), "invented": "x"}
            details = assert_refused(send(client, name, json=body), 422, "invalid_request")
            assert {each: details[each] for each in some} == dict.fromkeys(some, READ_ONLY), name
            assert details["invented"] == ["Unknown field."]
            asked += 1

    assert asked > 20


def test_what_an_object_in_a_list_lacks_is_read_only(app, _witness, stage):
    lessons = [{"title": "One", "type": "TEXT", "id": "x", "section_id": "x", "invented": "x"}]
    body = {"course_id": "x", "lessons": lessons}

    details = assert_refused(
        Client(app, _witness, stage.tokens["owner"]).post("/lessons/bulk", json=body), 422, "invalid_request"
    )

    assert details == {
        "lessons.0.id": READ_ONLY,
        "lessons.0.section_id": READ_ONLY,
        "lessons.0.invented": ["Unknown field."],
    }


@pytest.mark.parametrize("name", sorted(POLICY))
def test_no_column_is_written_or_chosen_by_the_query(app, _witness, stage, snapshot, operations, name):
    known = {each["name"] for each in operations[name].get("parameters", []) if each.get("in") == "query"}
    forbidden = [each for each in COLUMNS + INVENTED if each not in known]
    content = operations[name].get("requestBody", {}).get("content", {}).get("application/json", {})
    client = as_(app, _witness, stage, name)

    for some in batched(forbidden):
        response = send(client, name, query_string=dict.fromkeys(some, "x"), json=content.get("example"))
        assert set(some) <= set(assert_refused(response, 422, "invalid_request"))

    assert snapshot.changed() == set()


def test_no_lesson_of_a_batch_holds_more_than_a_lesson(app, _witness, stage, snapshot):
    forbidden = [each for each in COLUMNS + INVENTED if each not in WRITABLE["POST /lessons"]]
    client = Client(app, _witness, stage.tokens["owner"])

    for some in batched([*forbidden, "course_id", "section_id"]):
        lesson = {"title": "One", "type": "TEXT", **dict.fromkeys(some, "x")}
        body = {"section_id": str(stage.ids["section"]["DRAFT"]), "lessons": [lesson]}
        response = client.post("/lessons/bulk", json=body)
        assert {f"lessons.0.{each}" for each in some} <= set(assert_refused(response, 422, "invalid_request"))

    assert snapshot.changed() == set()


STRANGE = {
    # What the owner of one course writes, with an id of a course of another owner.
    "a lesson moves to their section": ("PATCH /lessons/{lesson}", {"section_id": "foreign section"}),
    "a lesson is made in their section": (
        "POST /courses/{course}/lessons",
        {"section_id": "foreign section"},
    ),
    "a lesson is made in my section at their course": (
        "POST /courses/{theirs}/lessons",
        {"section_id": "section"},
    ),
    "a lesson is posted to their section": ("POST /lessons", {"section_id": "foreign section"}),
    "a lesson is posted to their course": ("POST /lessons", {"course_id": "foreign course"}),
    "my course, their section": ("POST /lessons", {"course_id": "course", "section_id": "foreign section"}),
    "their course, my section": ("POST /lessons", {"course_id": "foreign course", "section_id": "section"}),
    "their section in a batch": ("POST /lessons/bulk", {"section_id": "foreign section"}),
    "their section in my order": ("POST /courses/{course}/sections/reorder", {"order": ["foreign section"]}),
    "their lesson in my order": ("POST /sections/{section}/lessons/reorder", {"order": ["foreign lesson"]}),
    "another instructor": ("PATCH /courses/{course}", {"instructor_id": "other"}),
    "another instructor by PUT": ("PUT /courses/{course}", {"instructor_id": "other"}),
    "a course for another instructor": ("POST /courses", {"instructor_id": "other"}),
    "a hidden category": ("PATCH /courses/{course}", {"category_id": "hidden category"}),
    "a list of another user's enrollments": ("GET /enrollments", {"user_id": "other"}),
    "more people than seats": ("POST /courses/{open}/assign", {"override_seats": True}),
    "more people than seats, many": ("POST /courses/{open}/assign-multiple", {"override_seats": True}),
    "a review of their hidden course": ("POST /reviews", {"course_id": "gone course"}),
}


@pytest.mark.parametrize("case", STRANGE)
def test_ids_in_bodies_are_checked_like_ids_in_paths(app, _witness, stage, snapshot, operations, case):
    name, strange = STRANGE[case]
    ids = {
        **{kind: stage.ids[kind]["DRAFT"] for kind in ("course", "section", "lesson")},
        **{f"foreign {kind}": key for kind, key in stage.foreign.items()},
        "theirs": stage.foreign["course"],
        "open": stage.ids["course"]["PUBLISHED"],
        "gone course": stage.ids["course"]["DELETED"],
        "hidden category": stage.ids["category"]["INACTIVE"],
        "other": stage.own["user"]["other"],
    }
    method, path = name.split()
    body = {key: _spelled(ids, value) for key, value in strange.items()}
    sent = {"query_string": body} if method == "GET" else {"json": {**_example(operations, name), **body}}

    response = Client(app, _witness, stage.tokens["owner"]).request(
        method, re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), path), **sent
    )

    assert response.status_code in (403, 404, 409, 422), response.text
    assert snapshot.changed() == set()


def _spelled(ids, value):
    if isinstance(value, list):
        return [_spelled(ids, each) for each in value]
    return value if isinstance(value, bool) else str(ids[value])


def _example(operations, name):
    """The body that the document shows, without the ids in it."""
    pattern = re.compile(re.sub(r"{\w+}", r"{\\w+}", name) + r"\Z")
    (operation,) = (each for known, each in operations.items() if pattern.match(known))
    example = operation["requestBody"]["content"]["application/json"]["example"]
    kept = {key: value for key, value in example.items() if not key.endswith("_id")}
    return {**kept, "email": "bystander@stage.example.org"} if name.endswith("/assign") else kept


@pytest.mark.parametrize("state", STATES)
def test_no_user_sets_a_state_by_editing(app, _witness, stage, snapshot, state):
    course = stage.ids["course"]["DRAFT"]

    for caller in ("owner", "admin"):
        response = Client(app, _witness, stage.tokens[caller]).patch(
            f"/courses/{course}", json={"status": state}
        )
        assert_refused(response, 422, "invalid_request")

    assert snapshot.changed() == set()
