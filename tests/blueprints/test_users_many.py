"""Accounts in numbers, trust to publish, and being forgotten."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.db.session import db
from app.models import Certificate, Course, InstructorRequest, User
from app.models.idempotency_key import IdempotencyKey
from app.models.session import Session
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"


@pytest.fixture
def admin(make):
    return make.admin()


@pytest.fixture
def office(api, admin):
    return api.as_(admin)


def ids(*people):
    return {"user_ids": [str(person.id) for person in people]}


def rows(report):
    return [(line["user_id"], line["outcome"], line["code"]) for line in report["results"]]


def test_many_are_shut_out_at_once_with_a_line_for_each(office, api, make):
    one, two, shut = make.student(), make.instructor(), make.student(is_active=False)
    client = api.as_(one)
    named = [str(one.id), "me", str(shut.id), str(uuid4()), str(one.id).upper(), str(two.id)]

    report = data_of(office.post("/users/deactivate-multiple", json={"user_ids": named}))

    assert [(line["row"], line["input"]) for line in report["results"]] == list(enumerate(named, 1))
    assert rows(report) == [
        (str(one.id), "deactivated", None),
        (None, "not_found", "invalid_identifier"),
        (str(shut.id), "unchanged", None),
        (None, "not_found", "not_found"),
        (str(one.id), "duplicate", None),
        (str(two.id), "deactivated", None),
    ]
    assert (report["requested"], report["unique"]) == (6, 5)
    assert report["counts"] == {
        "activated": 0,
        "deactivated": 2,
        "unchanged": 1,
        "duplicate": 1,
        "not_found": 2,
        "refused": 0,
    }
    assert_refused(client.get("/auth/me"), 401, "unauthenticated")
    assert data_of(office.get(f"/users/{two.id}"))["is_active"] is False


def test_many_are_let_in_again(office, make):
    shut, active = make.student(is_active=False), make.student()

    report = data_of(office.post("/users/activate-multiple", json=ids(shut, active)))

    assert rows(report) == [(str(shut.id), "activated", None), (str(active.id), "unchanged", None)]
    assert data_of(office.get(f"/users/{shut.id}"))["is_active"] is True


def test_of_all_admins_the_last_one_named_stays(office, api, make, admin):
    other, former = make.admin(), make.admin(is_active=False)

    report = data_of(office.post("/users/deactivate-multiple", json=ids(former, admin, other)))

    assert rows(report) == [
        (str(former.id), "unchanged", None),
        (str(admin.id), "deactivated", None),
        (str(other.id), "refused", "last_admin"),
    ]
    assert data_of(api.as_(other).get("/users"))


def test_of_all_admins_the_last_one_who_can_log_in_stays(office, api, make, admin):
    able = make.admin(password=PASSWORD)

    report = data_of(office.post("/users/deactivate-multiple", json=ids(able, admin)))

    assert rows(report) == [(str(able.id), "refused", "last_admin"), (str(admin.id), "deactivated", None)]
    assert data_of(api.as_(able).get("/users"))


@pytest.mark.parametrize("attempt", range(8))
def test_admins_who_shut_each_other_out_leave_one(api, make, attempt):
    one, two = make.admin(), make.admin()
    first, second = api.as_(one), api.as_(two)

    answers = at_once(
        lambda: first.post("/users/deactivate-multiple", json=ids(two)),
        lambda: second.post("/users/deactivate-multiple", json=ids(one)),
    )

    assert outcomes(answers) in ({"200": 1, "403 forbidden": 1}, {"200": 1, "401 unauthenticated": 1})


@pytest.mark.parametrize("path", ["/users/activate-multiple", "/users/deactivate-multiple"])
@pytest.mark.parametrize(
    ("user_ids", "code"),
    [([], "invalid_request"), ([None], "invalid_request"), (["x"] * 10_001, "too_many_people")],
)
def test_a_call_about_none_or_too_many_is_refused(office, path, user_ids, code):
    assert_refused(office.post(path, json={"user_ids": user_ids}), 422, code)


def test_many_cost_as_few_statements_as_two(office, make, statements):
    def cost(count):
        people = [make.student() for _ in range(count)]
        with statements() as seen:
            data_of(office.post("/users/deactivate-multiple", json=ids(*people)))
        return len(seen)

    assert cost(2) == cost(30) == 6


def test_trust_to_publish_is_given_and_taken_once(office, make):
    path = f"/users/{make.instructor().id}"

    assert data_of(office.post(f"{path}/grant-self-publish"))["can_self_publish"] is True
    assert_refused(office.post(f"{path}/grant-self-publish"), 409, "invalid_transition")
    assert data_of(office.post(f"{path}/revoke-self-publish"))["can_self_publish"] is False
    assert_refused(office.post(f"{path}/revoke-self-publish"), 409, "invalid_transition")


def test_the_trusted_publish_without_a_decision(office, api, make):
    instructor = make.instructor()
    course = make.course(instructor=instructor, status="DRAFT", lessons=1)
    client = api.as_(instructor)
    assert_refused(client.post(f"/courses/{course.id}/publish"), 409, "approval_required")

    data_of(office.post(f"/users/{instructor.id}/grant-self-publish"))

    assert data_of(client.post(f"/courses/{course.id}/publish"))["status"] == "PUBLISHED"


@pytest.fixture
def person(make, admin):
    return make.student(
        email="ada@example.org",
        username="ada",
        first_name="Ada",
        last_name="Lovelace",
        phone_number="+44 20 7946 0958",
        bio="Countess",
        external_id="HR-1815",
        department="Analysis",
        hired_on="2026-01-01",
        manager_id=admin.id,
        password=PASSWORD,
    )


def row_of(app, person):
    with app.app_context():
        return db.session.get_one(User, person.id)


def test_a_deleted_person_is_forgotten_for_good(app, office, person):
    assert office.delete(f"/users/{person.id}").status_code == 204

    left = row_of(app, person)
    told = str({name: value for name, value in vars(left).items() if name != "id"}).lower()
    for trace in ("ada", "lovelace", "7946", "countess", "1815", "analysis", "2026-01-01", "argon"):
        assert trace not in told
    assert (left.full_name, left.is_active, left.manager_id) == ("Deleted user", False, None)


def test_a_deleted_person_is_nowhere_to_be_found(office, person):
    office.delete(f"/users/{person.id}")

    assert_refused(office.get(f"/users/{person.id}"), 404, "not_found")
    assert_refused(office.patch(f"/users/{person.id}", json={"bio": "x"}), 404, "not_found")
    assert_refused(office.post(f"/users/{person.id}/activate"), 404, "not_found")
    assert_refused(office.delete(f"/users/{person.id}"), 404, "not_found")
    assert len(data_of(office.get("/users"))) == 1
    report = data_of(office.post("/users/activate-multiple", json=ids(person)))
    assert rows(report) == [(None, "not_found", "not_found")]


def test_a_deleted_person_is_out_at_once_and_the_address_is_free(app, office, api, person):
    login = {"email": "ada@example.org", "password": PASSWORD}
    tokens = data_of(api.post("/auth/login", json=login))["tokens"]

    office.delete(f"/users/{person.id}")

    assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")
    assert_refused(api.post("/auth/login", json=login), 401, "invalid_credentials")
    with app.app_context():
        session = db.session.scalar(select(Session).where(Session.user_id == person.id))
        assert (session.user_agent, session.ip_address) == ("", "")
    again = {"email": "ada@example.org", "first_name": "Ada", "username": "ada", "external_id": "HR-1815"}
    assert data_of(office.post("/users", json=again), 201)


def test_what_a_deleted_person_did_stays(app, office, api, make, person):
    course = make.course(lessons=1)
    client = api.as_(person)
    enrollment = data_of(client.post(f"/courses/{course.id}/enroll"), 201)
    (lesson,) = make.lessons_of(course)
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    with app.app_context():
        number = db.session.scalar(select(Certificate.number))

    office.delete(f"/users/{person.id}")

    proven = data_of(api.get(f"/certificates/verify/{number}"))
    assert (proven["is_valid"], proven["full_name"]) == (True, None)
    kept = data_of(office.get(f"/enrollments/{enrollment['id']}"))
    assert (kept["status"], kept["user"]["full_name"]) == ("COMPLETED", "Deleted user")
    assert data_of(office.get(f"/users/{person.id}/enrollments")) == [kept]


def test_what_a_deleted_person_asked_for_is_forgotten(app, office, api, person):
    client = api.as_(person)
    first = data_of(client.post("/instructor-requests", json={"reason": "I am Ada"}), 201)
    data_of(office.post(f"/instructor-requests/{first['id']}/review", json={"status": "REJECTED"}))
    data_of(client.post("/instructor-requests", json={"reason": "Still Ada"}), 201)

    office.delete(f"/users/{person.id}")

    with app.app_context():
        (left,) = db.session.scalars(select(InstructorRequest))
        assert (str(left.id), left.reason, left.status) == (first["id"], "", "REJECTED")


def test_the_answers_kept_for_a_deleted_person_are_forgotten(app, office, api, make, person):
    course = make.course()
    named = {"Idempotency-Key": "once"}
    data_of(api.as_(person).post(f"/courses/{course.id}/enroll", headers=named), 201)

    office.delete(f"/users/{person.id}")

    with app.app_context():
        assert db.session.scalars(select(IdempotencyKey)).all() == []


def test_an_instructor_with_courses_is_not_deleted(app, office, make):
    course = make.course()
    assert_refused(office.delete(f"/users/{course.instructor_id}"), 409, "instructor_has_courses")

    data_of(office.patch(f"/courses/{course.id}", json={"instructor_id": str(make.instructor().id)}))

    assert office.delete(f"/users/{course.instructor_id}").status_code == 204


def test_the_words_of_a_deleted_course_forget_whose_it_was(office, make, stored):
    course = make.course(instructor=make.instructor(last_name="Zimmermann"))
    data_of(office.patch(f"/courses/{course.id}", json={"title": "Accounting"}))
    assert "'zimmermann'" in stored(select(Course.search_vector))[0]
    office.delete(f"/courses/{course.id}")

    assert office.delete(f"/users/{course.instructor_id}").status_code == 204

    assert "'zimmermann'" not in stored(select(Course.search_vector))[0]


def test_the_last_active_admin_is_not_deleted(office, make, admin):
    make.admin(is_active=False)

    assert_refused(office.delete(f"/users/{admin.id}"), 409, "last_admin")
    assert data_of(office.get("/auth/me"))


@pytest.mark.parametrize("attempt", range(8))
def test_no_user_is_deleted_while_being_given_a_course(app, office, api, make, attempt):
    heir, course, second = make.instructor(), make.course(), api.as_(make.admin())

    deleted, given = at_once(
        lambda: office.delete(f"/users/{heir.id}"),
        lambda: second.patch(f"/courses/{course.id}", json={"instructor_id": str(heir.id)}),
    )

    assert (deleted.status_code, given.status_code) in {(204, 422), (409, 200)}
    with app.app_context():
        owner = db.session.get_one(User, db.session.get_one(Course, course.id).instructor_id)
        assert owner.deleted_at is None


@pytest.mark.parametrize("attempt", range(8))
def test_no_user_is_deleted_while_making_a_course(app, office, api, make, attempt):
    person = make.instructor()
    client = api.as_(person)

    deleted, made = at_once(
        lambda: office.delete(f"/users/{person.id}"),
        lambda: client.post("/courses", json={"title": "Last", "description": "Words"}),
    )

    assert (deleted.status_code, made.status_code) in {(204, 401), (204, 422), (409, 201)}


@pytest.mark.parametrize("attempt", range(8))
def test_nothing_is_written_about_a_person_after_they_are_forgotten(app, office, api, person, attempt):
    client = api.as_(person)

    deleted, saved = at_once(
        lambda: office.delete(f"/users/{person.id}"),
        lambda: client.patch("/auth/me", json={"first_name": "Augusta", "bio": "Countess"}),
    )

    assert deleted.status_code == 204
    assert saved.status_code in {200, 401}
    left = row_of(app, person)
    assert (left.first_name, left.bio) == ("Deleted", None)
