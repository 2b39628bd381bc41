"""`Idempotency-Key`: a request that is sent again does nothing again and gets the answer that it got."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update

from app.db.session import db, transaction
from app.jobs.periodic import CHORES
from app.models import Assignment, Course, Enrollment, IdempotencyKey, Notice, User
from app.services.retention import idempotency_keys
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

KEY = {"Idempotency-Key": "4e1f6a0c-1"}
REPLAYED = "Idempotency-Replayed"


@pytest.fixture
def rows(app):
    """How many there are of a kind."""

    def count(model):
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(model))

    return count


@pytest.fixture
def age(app):
    """Make every key so many hours old."""

    def run(hours):
        with app.app_context(), transaction():
            ago = func.now() - text(f"interval '{hours} hours'")
            db.session.execute(update(IdempotencyKey).values(created_at=ago))

    return run


def joining(client, course, headers=KEY):
    return client.post(f"/courses/{course.id}/enroll", headers=headers)


def test_a_lost_response_is_sent_again(api, make, rows):
    course, client = make.course(), api.as_(make.student())
    first = joining(client, course)

    again = joining(client, course)

    assert (again.status_code, again.data) == (201, first.data)
    assert again.mimetype == first.mimetype == "application/json"
    assert REPLAYED not in first.headers
    assert again.headers[REPLAYED] == "true"
    assert rows(Enrollment) == 1


def test_without_a_key_a_request_is_a_new_one_and_leaves_nothing(api, make, rows, statements):
    course, client = make.course(), api.as_(make.student())

    with statements() as seen:
        joining(client, course, headers={})

    assert_refused(joining(client, course, headers={}), 409, "already_enrolled")
    assert rows(IdempotencyKey) == 0
    assert not any("idempotency_keys" in statement for statement in seen)


def test_a_key_costs_four_statements_and_a_replay_as_many(api, make, statements):
    course, other, client = make.course(), make.course(), api.as_(make.student())
    with statements() as plain:
        joining(client, other, headers={})

    with statements() as first:
        joining(client, course)
    with statements() as again:
        joining(client, course)

    # The limit of the wait, twice; the key; the answer.
    assert len(first) == len(plain) + 4
    # The session, the same without the answer's writing, and the answer read.
    assert len(again) == 5


EVERYWHERE = {
    "enroll_in_course": lambda _scene: None,
    "enroll": lambda scene: {"course_id": str(scene["course"].id)},
    "assign_person": lambda scene: {"email": scene["person"].email},
    "assign_people": lambda scene: {"emails": [scene["person"].email, "nobody@example.org"]},
    "unassign_people": lambda scene: {"user_ids": [str(scene["learner"].id)]},
    "create_assignment": lambda scene: {
        "action": "assign",
        "course_ids": [scene["course"].code],
        "emails": [scene["person"].email],
    },
    "retry_assignment": lambda _scene: None,
    "commit_assignment": lambda _scene: None,
    "undo_assignment": lambda _scene: None,
}
PATHS = {
    "enroll_in_course": "/courses/{course_id}/enroll",
    "enroll": "/enrollments",
    "assign_person": "/courses/{course_id}/assign",
    "assign_people": "/courses/{course_id}/assign-multiple",
    "unassign_people": "/courses/{course_id}/unassign-multiple",
    "create_assignment": "/assignments",
    "retry_assignment": "/assignments/{run_id}/retry",
    "commit_assignment": "/assignments/{run_id}/commit",
    "undo_assignment": "/assignments/{run_id}/undo",
}


@pytest.mark.parametrize("operation", sorted(EVERYWHERE))
def test_every_request_that_enrolls_or_assigns_is_done_once(api, make, rows, operation):
    scene = {"course": make.course(), "person": make.student(), "learner": make.student()}
    make.enrollment(scene["course"], scene["learner"])
    client = api.as_(make.student() if operation.startswith("enroll") else make.admin())
    mode = "preview" if operation == "commit_assignment" else "run"
    email = make.student().email if operation == "undo_assignment" else "nobody@example.org"
    earlier = {"emails": [email], "mode": mode}
    admin = api.as_(make.admin())
    run = data_of(admin.post(f"/courses/{scene['course'].id}/assign-multiple", json=earlier))
    path = PATHS[operation].format(course_id=scene["course"].id, run_id=run["id"])
    body = EVERYWHERE[operation](scene)
    headers = {**KEY, "If-Match": run["plan_etag"]} if mode == "preview" else KEY
    first = client.post(path, json=body, headers=headers)
    done = {model: rows(model) for model in (Enrollment, Assignment, Notice)}

    again = client.post(path, json=body, headers=headers)

    assert first.status_code < 300, first.text
    assert (again.status_code, again.data, again.headers[REPLAYED]) == (first.status_code, first.data, "true")
    assert {model: rows(model) for model in done} == done


def test_these_are_all_that_take_a_key(app):
    document = app.test_client().get("/openapi.json").get_json()
    taking = {
        operation["operationId"]: operation
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        and any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    }

    assert set(taking) == set(PATHS)
    for operation in taking.values():
        (told,) = [status for status in operation["responses"] if status.startswith("2") and status != "202"]
        assert REPLAYED in operation["responses"][told]["headers"]


def test_the_same_key_for_another_body_is_refused(api, make, rows):
    course, admin = make.course(), api.as_(make.admin())
    people = [make.student() for _ in range(2)]
    path = f"/courses/{course.id}/assign-multiple"
    data_of(admin.post(path, json={"user_ids": [str(people[0].id)]}, headers=KEY))

    other = admin.post(path, json={"user_ids": [str(people[1].id)]}, headers=KEY)

    assert_refused(other, 422, "idempotency_key_reused")
    assert rows(Enrollment) == 1


def test_the_same_key_for_another_course_is_refused(api, make):
    client = api.as_(make.student())
    joining(client, make.course())

    assert_refused(joining(client, make.course()), 422, "idempotency_key_reused")


def test_the_same_body_may_be_written_down_differently(api, make):
    course, admin, person = make.course(), api.as_(make.admin()), make.student()
    body = {"email": person.email, "notify": False}
    path = f"/courses/{course.id}/assign"
    first = admin.post(path, data=json.dumps(body), content_type="application/json", headers=KEY)

    again = admin.post(
        path + "/",
        data=json.dumps(dict(reversed(body.items())), indent=2),
        content_type="application/json",
        headers=KEY,
    )

    assert (again.data, again.headers[REPLAYED]) == (first.data, "true")


def test_a_key_is_its_owners_and_its_operations(api, make):
    course, student = make.course(), make.student()
    joining(api.as_(student), course)

    assert REPLAYED not in joining(api.as_(make.student()), course).headers
    flat = api.as_(student).post("/enrollments", json={"course_id": str(course.id)}, headers=KEY)
    assert_refused(flat, 409, "already_enrolled")


def test_a_refusal_is_not_kept(api, make, rows):
    course, client = make.course(total_seats=1), api.as_(make.student())
    leaver = make.student()
    seat = make.enrollment(course, leaver)
    assert_refused(joining(client, course), 409, "course_full")
    assert rows(IdempotencyKey) == 0
    data_of(api.as_(leaver).delete(f"/enrollments/{seat.id}"))

    assert joining(client, course).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("{", 400, "malformed_body"), ('{"email": 7}', 422, "invalid_request"), ("[]", 422, "invalid_request")],
)
def test_a_body_that_is_refused_leaves_the_key_free(api, make, rows, body, status, code):
    admin, path = api.as_(make.admin()), f"/courses/{make.course().id}/assign"

    refused = admin.post(path, data=body, content_type="application/json", headers=KEY)

    assert refused.status_code == status
    assert code in {refused.get_json()["error"]["code"], "malformed_body"}
    assert rows(IdempotencyKey) == 0


HOSTILE = {
    "nested 100,000 levels": b"[" * 100_000,
    "nested 100,000 levels and closed": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested 300 levels": b"[" * 300 + b"]" * 300,
    "a key twice": b'{"email": "a@example.org", "email": "b@example.org"}',
    "NaN": b'{"email": NaN}',
    "half a surrogate pair": b'{"email": "\\ud800"}',
    "half a surrogate pair as a name": b'{"\\udfff": 1}',
    "more digits than a column has": b'{"email": 99999999999999999999}',
    "not UTF-8": b'{"email": "\xff"}',
}


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without a key", "with a key"])
@pytest.mark.parametrize("operation", sorted(PATHS))
def test_a_hostile_body_is_refused_alike_with_a_key_and_without(api, make, rows, operation, headers):
    client = api.as_(make.student() if operation.startswith("enroll") else make.admin())
    path = PATHS[operation].format(course_id=make.course().id, run_id=uuid4())

    answers = {
        name: client.post(path, data=body, content_type="application/json", headers=headers)
        for name, body in HOSTILE.items()
    }

    assert set(outcomes(answers.values())) <= {"400 invalid_request", "413 too_large", "422 invalid_request"}
    assert (rows(IdempotencyKey), rows(Enrollment)) == (0, 0)


@pytest.mark.parametrize("key", ["two words", "k" * 256, "ключ", "tab\there"])
def test_a_key_is_visible_ascii_of_some_length(api, make, rows, key):
    course, client = make.course(), api.as_(make.student())

    refused = joining(client, course, {"Idempotency-Key": key.encode().decode("latin-1")})

    assert "Idempotency-Key" in assert_refused(refused, 422, "invalid_request")
    assert rows(Enrollment) == 0


def test_the_longest_key_is_one(api, make):
    longest = {"Idempotency-Key": "~" * 255}
    course, client = make.course(), api.as_(make.student())
    joining(client, course, longest)

    assert joining(client, course, longest).headers[REPLAYED] == "true"


def test_a_key_is_for_those_who_may_call(api, make):
    course, admin = make.course(), api.as_(make.admin())

    assert_refused(joining(api, course), 401, "unauthenticated")
    assert_refused(joining(admin, course), 403, "forbidden")


def test_a_key_is_forgotten_after_a_day(api, make, age):
    course, student = make.course(), make.student()
    client = api.as_(student)
    enrollment = data_of(joining(client, course), 201)
    data_of(client.delete(f"/enrollments/{enrollment['id']}"))

    age(23)
    assert joining(client, course).headers[REPLAYED] == "true"
    age(25)
    assert REPLAYED not in joining(client, course).headers


def test_the_sweep_removes_keys_of_yesterday(app, api, make, age, rows):
    joining(api.as_(make.student()), make.course())
    age(25)
    joining(api.as_(make.student()), make.course())
    (chore,) = [chore for chore in CHORES if chore.name == "idempotency keys"]

    with app.app_context():
        chore.run()

    assert rows(IdempotencyKey) == 1


def test_an_answer_about_thousands_is_kept_small(app, api, make):
    course, admin = make.course(), api.as_(make.admin())
    body = {"emails": [f"nobody{number}@example.org" for number in range(3_000)]}
    first = admin.post(f"/courses/{course.id}/assign-multiple", json=body, headers=KEY)

    again = admin.post(f"/courses/{course.id}/assign-multiple", json=body, headers=KEY)

    assert again.data == first.data
    with app.app_context():
        kept = db.session.scalar(select(func.octet_length(IdempotencyKey.answer)))
    assert kept < len(first.data) / 8


def test_a_key_lifts_no_limit(api, make):
    course, client = make.course(), api.as_(make.student())
    body = json.dumps({"course_id": str(course.id)}) + " " * 1024 * 1024

    answers = [
        client.post("/enrollments", data=body, content_type="application/json", headers=headers)
        for headers in ({}, KEY)
    ]

    assert [answer.status_code for answer in answers] == [413, 413]


@pytest.mark.parametrize("_round", range(3))
def test_sixteen_twins_in_flight_are_done_once(api, make, rows, _round):
    course, client = make.course(), api.as_(make.student())

    answers = at_once(*[lambda: joining(client, course)] * 16)

    assert outcomes(answers) == {"201": 16}
    assert len({answer.data for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert rows(Enrollment) == 1


@pytest.mark.parametrize("_round", range(3))
def test_eight_bulk_twins_are_one_run(app, api, make, rows, _round):
    course, admin = make.course(), api.as_(make.admin())
    body = {"user_ids": [str(make.student().id) for _ in range(5)]}

    answers = at_once(
        *[lambda: admin.post(f"/courses/{course.id}/assign-multiple", json=body, headers=KEY)] * 8
    )

    assert outcomes(answers) == {"200": 8}
    assert {data_of(answer)["counts"]["assigned"] for answer in answers} == {5}
    assert (rows(Assignment), rows(Enrollment)) == (1, 5)
    with app.app_context():
        assert db.session.get_one(Course, course.id).enrollment_count == 5


def test_a_twin_that_takes_long_is_reported(app, api, make, monkeypatch):
    course, student = make.course(), make.student()
    client = api.as_(student)
    monkeypatch.setattr(idempotency_keys, "TWIN_WAIT_SECONDS", 1)
    with app.app_context():
        user = db.session.get_one(User, student.id)
        idempotency_keys.take(user, "enroll_in_course", KEY["Idempotency-Key"], request_hash=b"1")
        (response,) = at_once(lambda: joining(client, course))
        db.session.rollback()

    assert_refused(response, 409, "request_in_flight")
    assert response.headers["Retry-After"] == "2"
    assert joining(client, course).status_code == 201


@pytest.mark.parametrize("_round", range(3))
def test_of_two_bodies_under_one_key_at_once_one_is_done(api, make, rows, _round):
    course, admin = make.course(), api.as_(make.admin())
    people = [str(make.student().id) for _ in range(8)]

    answers = at_once(
        *[
            lambda person=person: admin.post(
                f"/courses/{course.id}/assign", json={"user_id": person}, headers=KEY
            )
            for person in people
        ]
    )

    assert outcomes(answers) == {"201": 1, "422 idempotency_key_reused": 7}
    assert rows(Enrollment) == 1


@pytest.mark.parametrize("_round", range(3))
def test_twins_that_are_refused_each_take_their_turn(api, make, rows, _round):
    course, client = make.course(total_seats=1), api.as_(make.student())
    make.enrollment(course)

    answers = at_once(*[lambda: joining(client, course)] * 8)

    assert outcomes(answers) == {"409 course_full": 8}
    assert rows(IdempotencyKey) == 0
