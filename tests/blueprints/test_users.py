"""People, from the admin's side."""

from uuid import uuid4

import pytest

from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"

GRACE = {"email": "grace@example.org", "first_name": "Grace", "last_name": "Hopper"}


@pytest.fixture
def admin(make):
    return make.admin(email="admin@example.org", username="admin")


@pytest.fixture
def office(api, admin):
    """A client signed in as the admin."""
    return api.as_(admin)


def emails(response):
    return [person["email"] for person in data_of(response)]


def test_people_are_listed_newest_first(office, make):
    make.student(email="one@example.org")
    make.instructor(email="two@example.org")

    assert emails(office.get("/users")) == ["two@example.org", "one@example.org", "admin@example.org"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=instructor", ["ines@example.org"]),
        ("is_active=false", ["olga@example.org"]),
        ("email_verified=false", ["olga@example.org"]),
        ("department=Navy", ["ines@example.org"]),
        ("email=INES@Example.org", ["ines@example.org"]),
        ("email=ines@example.com", []),
        ("username=iNeS", ["ines@example.org"]),
        ("username=ine", []),
        ("external_id=HR-7", ["olga@example.org"]),
        ("external_id=hr-7", []),
        ("external_id=HR", []),
        ("external_id=HR-7&is_active=true", []),
        ("search=INES", ["ines@example.org"]),
        ("search=ines quill", ["ines@example.org"]),
        ("search=ines carter", []),
        ("search=HR-7", ["olga@example.org"]),
        ("search=100%25", []),
        ("search=_", []),
        ("role=STUDENT&is_active=true", []),
        ("ordering=email", ["admin@example.org", "ines@example.org", "olga@example.org"]),
        ("ordering=department", ["ines@example.org", "admin@example.org", "olga@example.org"]),
        ("ordering=-department", ["ines@example.org", "olga@example.org", "admin@example.org"]),
    ],
)
def test_filters_search_and_ordering(office, make, query, expected):
    named = {"first_name": "Ines", "last_name": "Quill", "username": "Ines"}
    make.instructor(email="ines@example.org", department="Navy", **named)
    make.student(email="olga@example.org", is_active=False, email_verified=False, external_id="HR-7")

    assert emails(office.get(f"/users?{query}")) == expected


@pytest.mark.parametrize(
    "query", ["role=KING", "email=no address", "is_active=maybe", "ordering=password_hash", "colour=red"]
)
def test_an_unknown_filter_is_refused(office, query):
    assert_refused(office.get(f"/users?{query}"), 422, "invalid_request")


def test_the_list_is_two_statements_whatever_its_length(office, make, statements):
    for _ in range(5):
        make.student()

    with statements() as seen:
        assert len(data_of(office.get("/users"))) == 6

    assert len(seen) == 2
    assert not any("password_hash" in statement for statement in seen[1:])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/{id}"),
        ("PATCH", "/users/{id}"),
        ("POST", "/users/{id}/role"),
        ("POST", "/users/{id}/activate"),
        ("POST", "/users/{id}/deactivate"),
    ],
)
def test_only_admins_administer(api, make, method, path):
    student, instructor = make.student(), make.instructor()
    target = path.format(id=student.id)

    assert_refused(api.request(method, target), 401, "unauthenticated")
    for person in (student, instructor):
        assert_refused(api.as_(person).request(method, target), 403, "forbidden")


def test_an_admin_makes_an_account_that_can_log_in(office, api):
    person = {
        **GRACE,
        "password": PASSWORD,
        "role": "INSTRUCTOR",
        "external_id": "HR-1906",
        "department": "Navy",
        "hired_on": "2026-09-01",
    }

    made = data_of(office.post("/users", json=person), 201)

    assert {name: made[name] for name in ("role", "external_id", "department", "hired_on")} == {
        "role": "INSTRUCTOR",
        "external_id": "HR-1906",
        "department": "Navy",
        "hired_on": "2026-09-01",
    }
    assert made["email_verified"] is True
    assert data_of(office.get(f"/users/{made['id']}")) == made
    assert data_of(api.post("/auth/login", json={"email": GRACE["email"], "password": PASSWORD}))


def test_an_account_without_a_password_cannot_log_in(office, api):
    data_of(office.post("/users", json=GRACE), 201)

    for password in ("", "None", PASSWORD):
        login = {"email": GRACE["email"], "password": password}
        assert_refused(api.post("/auth/login", json=login), 401, "invalid_credentials")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "TAKEN@example.org"}, "email_taken"),
        ({"username": "Taken"}, "username_taken"),
        ({"external_id": "HR-1"}, "external_id_taken"),
    ],
)
def test_identifiers_belong_to_one_account(office, make, change, code):
    make.student(email="taken@example.org", username="taken", external_id="HR-1")
    other = make.student()

    assert_refused(office.post("/users", json={**GRACE, **change}), 409, code)
    assert_refused(office.patch(f"/users/{other.id}", json=change), 409, code)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"manager_id": str(uuid4())}, "manager_id"),
        ({"manager_id": "somebody"}, "manager_id"),
        ({"hired_on": "yesterday"}, "hired_on"),
        ({"password": "weak"}, "password"),
        ({"password": ""}, "password"),
        ({"email_verified": True}, "email_verified"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_named(office, change, field):
    assert list(assert_refused(office.post("/users", json={**GRACE, **change}), 422, "invalid_request")) == [
        field
    ]


def test_an_admin_edits_a_user(office, make):
    person, boss = make.student(first_name="Grace", last_name="Murray"), make.instructor()
    changes = {"email": "Grace@example.org", "last_name": "Hopper", "manager_id": str(boss.id)}

    saved = data_of(office.patch(f"/users/{person.id}", json=changes))

    assert (saved["email"], saved["full_name"], saved["manager_id"]) == (
        "grace@example.org",
        "Grace Hopper",
        str(boss.id),
    )
    assert data_of(office.get(f"/users/{person.id}")) == saved


def test_no_user_manages_themselves(office, make):
    person = make.student()

    response = office.patch(f"/users/{person.id}", json={"manager_id": str(person.id)})

    assert list(assert_refused(response, 422, "invalid_request")) == ["manager_id"]


@pytest.mark.parametrize("field", ["role", "is_active", "can_self_publish", "password"])
def test_an_edit_leaves_role_and_state_to_their_own_calls(office, make, field):
    response = office.patch(f"/users/{make.student().id}", json={field: "ADMIN"})

    assert list(assert_refused(response, 422, "invalid_request")) == [field]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"bio": "x"}),
        ("POST", "/role", {"role": "STUDENT"}),
        ("POST", "/activate", None),
        ("POST", "/deactivate", None),
    ],
)
def test_a_user_who_does_not_exist_is_not_found(office, method, path, body):
    for ref in (uuid4(), "not-an-id"):
        assert_refused(office.request(method, f"/users/{ref}{path}", json=body), 404, "not_found")


def test_a_promotion_works_at_once_and_ends_nothing(office, api, make):
    person = make.student()
    client = api.as_(person)
    assert_refused(client.get("/users"), 403, "forbidden")

    promoted = data_of(office.post(f"/users/{person.id}/role", json={"role": "admin"}))

    assert promoted["role"] == "ADMIN"
    assert data_of(client.get("/users"))


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        ("ADMIN", "INSTRUCTOR", False),
        ("ADMIN", "STUDENT", False),
        ("INSTRUCTOR", "STUDENT", False),
        ("INSTRUCTOR", "INSTRUCTOR", True),
        ("INSTRUCTOR", "ADMIN", True),
        ("STUDENT", "INSTRUCTOR", True),
    ],
)
def test_a_lower_role_ends_the_sessions_and_no_other_does(office, api, make, before, after, stays):
    person = make.user(role=before)
    client = api.as_(person)

    data_of(office.post(f"/users/{person.id}/role", json={"role": after}))

    assert client.get("/auth/me").status_code == (200 if stays else 401)


def test_deactivation_shuts_out_at_once_and_activation_lets_in_again(office, api, make):
    person = make.student(email="p@example.org", password=PASSWORD)
    login = {"email": "p@example.org", "password": PASSWORD}
    tokens = data_of(api.post("/auth/login", json=login))["tokens"]

    shut = data_of(office.post(f"/users/{person.id}/deactivate"))

    assert shut["is_active"] is False
    assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert_refused(api.post("/auth/refresh", json={"refresh": tokens["refresh"]}), 401, "token_invalid")
    assert_refused(api.post("/auth/login", json=login), 403, "account_inactive")

    data_of(office.post(f"/users/{person.id}/activate"))

    assert_refused(api.with_token(tokens["access"]).get("/auth/me"), 401, "unauthenticated")
    assert data_of(api.post("/auth/login", json=login))


def test_a_repeated_deactivation_or_activation_is_refused(office, make):
    active, inactive = make.student(), make.student(is_active=False)

    assert_refused(office.post(f"/users/{active.id}/activate"), 409, "invalid_transition")
    assert_refused(office.post(f"/users/{inactive.id}/deactivate"), 409, "invalid_transition")


def test_the_last_active_admin_stays_one(office, make, admin):
    make.admin(is_active=False)

    assert_refused(office.post(f"/users/{admin.id}/role", json={"role": "STUDENT"}), 409, "last_admin")
    assert_refused(office.post(f"/users/{admin.id}/deactivate"), 409, "last_admin")
    assert data_of(office.post(f"/users/{admin.id}/role", json={"role": "ADMIN"}))
    assert data_of(office.get("/auth/me"))


LEAVING = {
    "demoted": lambda office, admin: office.post(f"/users/{admin.id}/role", json={"role": "STUDENT"}),
    "deactivated": lambda office, admin: office.post(f"/users/{admin.id}/deactivate"),
    "deleted": lambda office, admin: office.delete(f"/users/{admin.id}"),
}
UNABLE = {
    "without a password": {},
    "with an unconfirmed address": {"password": PASSWORD, "email_verified": False},
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
@pytest.mark.parametrize("who", UNABLE)
def test_an_admin_who_cannot_log_in_is_no_reason_to_let_the_last_one_go(api, make, who, leave):
    able = make.admin(password=PASSWORD)
    unable = make.admin(**UNABLE[who])
    office = api.as_(able)

    assert_refused(leave(office, able), 409, "last_admin")
    assert_refused(leave(api.as_(unable), able), 409, "last_admin")
    assert leave(office, unable).status_code in {200, 204}


def test_without_verification_an_unconfirmed_admin_counts(api, make, setting):
    setting(require_email_verification=False)
    able = make.admin(password=PASSWORD)
    make.admin(password=PASSWORD, email_verified=False)

    assert data_of(api.as_(able).post(f"/users/{able.id}/deactivate"))


def test_trust_to_publish_ends_with_the_role(office, make):
    person = make.instructor(can_self_publish=True)

    demoted = data_of(office.post(f"/users/{person.id}/role", json={"role": "STUDENT"}))
    promoted = data_of(office.post(f"/users/{person.id}/role", json={"role": "INSTRUCTOR"}))

    assert (demoted["can_self_publish"], promoted["can_self_publish"]) == (False, False)


def test_a_promotion_keeps_trust_to_publish(office, make):
    person = make.instructor(can_self_publish=True)

    promoted = data_of(office.post(f"/users/{person.id}/role", json={"role": "ADMIN"}))

    assert promoted["can_self_publish"] is True


def test_an_admin_may_go_once_there_is_another(office, make, admin):
    make.admin()

    assert data_of(office.post(f"/users/{admin.id}/role", json={"role": "STUDENT"}))["role"] == "STUDENT"
    assert_refused(office.get("/auth/me"), 401, "unauthenticated")


def test_an_inactive_admin_is_demoted_without_ado(office, make):
    former = make.admin(is_active=False)

    assert data_of(office.post(f"/users/{former.id}/role", json={"role": "STUDENT"}))["role"] == "STUDENT"


@pytest.mark.parametrize("who", ["the admin", "themselves"])
def test_a_renamed_instructor_is_found_by_the_new_name(office, api, make, who):
    instructor = make.instructor(first_name="Ines", last_name="Quill")
    course = make.course(instructor=instructor)
    client, path = (
        (office, f"/users/{instructor.id}") if who == "the admin" else (api.as_(instructor), "/auth/me")
    )

    data_of(client.patch(path, json={"last_name": "Zimmermann"}))

    assert [found["id"] for found in data_of(api.get("/courses?search=zimmermann"))] == [str(course.id)]


def reports_to(office, person, manager):
    return office.patch(f"/users/{person.id}", json={"manager_id": manager and str(manager.id)})


def test_a_manager_is_given_and_taken(office, make):
    person, boss = make.student(), make.student()

    assert data_of(reports_to(office, person, boss))["manager_id"] == str(boss.id)
    assert data_of(reports_to(office, person, None))["manager_id"] is None


def test_no_user_reports_to_people_who_report_to_them(office, make):
    top, middle, bottom = make.student(), make.student(), make.student()
    data_of(reports_to(office, bottom, middle))
    data_of(reports_to(office, middle, top))

    for below in (middle, bottom):
        response = reports_to(office, top, below)
        assert list(assert_refused(response, 422, "invalid_request")) == ["manager_id"]
    assert data_of(reports_to(office, bottom, top))
    assert data_of(reports_to(office, top, make.student()))


def test_no_user_reports_to_a_deleted_person(office, make):
    person, gone = make.student(), make.student()
    assert office.delete(f"/users/{gone.id}").status_code == 204

    assert_refused(reports_to(office, person, gone), 422, "invalid_request")
    response = office.post("/users", json={**GRACE, "manager_id": str(gone.id)})
    assert list(assert_refused(response, 422, "invalid_request")) == ["manager_id"]


@pytest.mark.parametrize("attempt", range(8))
def test_chains_of_managers_joined_at_once_do_not_become_a_circle(api, make, office, attempt):
    a, b, c, d = (make.student() for _ in range(4))
    second = api.as_(make.admin())
    data_of(reports_to(office, a, b))
    data_of(reports_to(office, c, d))

    answers = at_once(lambda: reports_to(office, b, c), lambda: reports_to(second, d, a))

    assert outcomes(answers) == {"200": 1, "422 invalid_request": 1}
