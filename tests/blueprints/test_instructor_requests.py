"""Becoming an instructor: asking, changing one's mind, and what admins decide."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from app.db.session import db, transaction
from app.models import InstructorRequest
from setting_parsers import Rate
from tests.support.http import assert_refused, data_of
from tests.support.mail import token_in
from tests.support.races import at_once, outcomes

PASSWORD = "Analytical-Engine-1843"
WISH = {"reason": "I have a course.", "qualifications": "Ten years.", "teaching_interests": "Mathematics"}
SIGN_UP = {
    "email": "ada@example.org",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "first_name": "Ada",
    "role": "INSTRUCTOR",
}
RACES = 12


@pytest.fixture
def admin(make):
    return make.admin()


@pytest.fixture
def office(api, admin):
    return api.as_(admin)


@pytest.fixture
def student(make):
    return make.student(first_name="Grace", last_name="Hopper", email="grace@example.org")


@pytest.fixture
def client(api, student):
    return api.as_(student)


@pytest.fixture
def wish(client):
    return data_of(client.post("/instructor-requests", json=WISH), 201)


def decide(office, wish, status, **more):
    return office.post(f"/instructor-requests/{wish['id']}/review", json={"status": status, **more})


def role_of(office, user_id):
    return data_of(office.get(f"/users/{user_id}"))["role"]


def test_a_student_asks_and_an_admin_sees_it(client, office, student):
    wish = data_of(client.post("/instructor-requests", json=WISH), 201)

    assert {name: wish[name] for name in WISH} == WISH
    assert (wish["status"], wish["user_id"], wish["reviewed_at"]) == ("PENDING", str(student.id), None)
    assert wish["user"]["full_name"] == "Grace Hopper"
    assert data_of(office.get(f"/instructor-requests/{wish['id']}")) == wish
    assert data_of(client.get("/instructor-requests")) == [wish]


def test_one_request_waits_at_a_time(client, wish):
    assert_refused(client.post("/instructor-requests", json=WISH), 409, "request_pending")


def test_of_two_requests_at_once_one_is_made(client):
    answers = at_once(*[lambda: client.post("/instructor-requests", json=WISH)] * 4)

    assert outcomes(answers) == {"201": 1, "409 request_pending": 3}


@pytest.mark.parametrize("role", ["INSTRUCTOR", "ADMIN"])
def test_who_may_teach_already_need_not_ask(api, make, role):
    client = api.as_(make.user(role=role))

    assert_refused(client.post("/instructor-requests", json=WISH), 409, "invalid_transition")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": " "}, "reason"),
        ({**WISH, "reason": "x" * 5001}, "reason"),
        ({**WISH, "status": "APPROVED"}, "status"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(client, body, field):
    response = client.post("/instructor-requests", json=body)

    assert list(assert_refused(response, 422, "invalid_request")) == [field]


def test_a_request_is_put_in_other_words_while_it_waits(client, wish):
    changed = data_of(client.patch(f"/instructor-requests/{wish['id']}", json={"qualifications": ""}))

    assert (changed["qualifications"], changed["reason"]) == ("", WISH["reason"])


def test_a_withdrawn_request_is_gone_and_another_can_be_made(client, wish):
    assert client.delete(f"/instructor-requests/{wish['id']}").status_code == 204

    assert_refused(client.get(f"/instructor-requests/{wish['id']}"), 404, "not_found")
    assert data_of(client.post("/instructor-requests", json=WISH), 201)


def test_who_asks_and_withdraws_in_circles_mails_the_admins_three_times_a_day(
    api, make, admin, setting, mailbox
):
    setting(ratelimit_enabled=True)
    client = api.as_(make.student())

    answers = []
    for _ in range(10):
        answers.append(client.post("/instructor-requests", json=WISH))
        if answers[-1].status_code == 201:
            mailbox(admin.email)
            client.delete(f"/instructor-requests/{data_of(answers[-1], 201)['id']}")

    assert outcomes(answers) == {"201": 3, "429 throttled": 7}
    assert len(mailbox(admin.email)) == 3
    assert 80_000 < int(answers[-1].headers["Retry-After"]) <= 86_400
    assert data_of(api.as_(make.student()).post("/instructor-requests", json=WISH), 201)


def test_what_is_refused_for_another_reason_counts_for_nothing(client, wish, setting):
    setting(ratelimit_enabled=True, ratelimit_instructor_request=Rate(1, 86_400))

    answers = [client.post("/instructor-requests", json=WISH) for _ in range(3)]
    client.delete(f"/instructor-requests/{wish['id']}")
    answers.append(client.post("/instructor-requests", json=WISH))

    assert outcomes(answers) == {"409 request_pending": 3, "201": 1}


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"reason": "x"}), ("DELETE", None)])
def test_no_user_sees_the_requests_of_others(api, make, wish, method, body):
    stranger = api.as_(make.instructor())

    response = stranger.request(method, f"/instructor-requests/{wish['id']}", json=body)

    assert_refused(response, 404, "not_found")
    assert data_of(stranger.get("/instructor-requests")) == []


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED"])
def test_what_was_decided_stays_as_it_is(client, office, wish, status):
    data_of(decide(office, wish, status))
    path = f"/instructor-requests/{wish['id']}"

    assert_refused(client.patch(path, json={"reason": "x"}), 409, "already_decided")
    assert_refused(client.delete(path), 409, "already_decided")
    assert_refused(decide(office, wish, "APPROVED"), 409, "already_decided")


def test_an_approval_gives_the_role_at_once(client, office, admin, student, wish):
    decided = data_of(decide(office, wish, "approved", review_notes="Welcome!"))

    assert (decided["status"], decided["review_notes"]) == ("APPROVED", "Welcome!")
    assert (decided["reviewed_by"], decided["reviewed_at"] is None) == (str(admin.id), False)
    assert data_of(client.get("/auth/me"))["role"] == "INSTRUCTOR"
    assert data_of(client.get("/courses/mine")) == []


def test_a_rejection_leaves_the_role_and_one_may_ask_again(client, office, wish):
    data_of(decide(office, wish, "REJECTED", review_notes="Not yet."))

    assert data_of(client.get("/auth/me"))["role"] == "STUDENT"
    assert data_of(client.post("/instructor-requests", json=WISH), 201)


def test_an_approval_takes_no_role_away(client, office, student, wish):
    data_of(office.post(f"/users/{student.id}/role", json={"role": "ADMIN"}))

    data_of(decide(office, wish, "APPROVED"))

    assert role_of(office, student.id) == "ADMIN"


def test_only_admins_decide(client, wish):
    assert_refused(decide(client, wish, "APPROVED"), 403, "forbidden")
    response = client.post(
        "/instructor-requests/review-multiple", json={"request_ids": [wish["id"]], "status": "APPROVED"}
    )
    assert_refused(response, 403, "forbidden")


def test_a_request_is_not_put_back_to_pending(office, wish):
    assert list(assert_refused(decide(office, wish, "PENDING"), 422, "invalid_request")) == ["status"]


def test_deciding_about_nothing_is_not_found(office):
    assert_refused(decide(office, {"id": uuid4()}, "APPROVED"), 404, "not_found")


def test_there_may_be_a_waiting_time_after_a_rejection(app, client, office, wish, setting):
    setting(instructor_reapply_days=30)
    data_of(decide(office, wish, "REJECTED"))

    details = assert_refused(client.post("/instructor-requests", json=WISH), 409, "reapply_too_soon")

    [spelled] = details["retry_at"]
    assert spelled.endswith("Z")
    retry_at = datetime.fromisoformat(spelled)
    assert timedelta(days=29) < retry_at - datetime.now(UTC) <= timedelta(days=30)
    with app.app_context(), transaction():
        past = datetime.now(UTC) - timedelta(days=31)
        db.session.execute(update(InstructorRequest).values(reviewed_at=past))
    assert data_of(client.post("/instructor-requests", json=WISH), 201)


def test_an_instructor_sign_up_makes_a_student_who_asks(api, office):
    response = api.post("/auth/register", json=SIGN_UP)

    made = data_of(response, 201)
    assert "An admin will decide on your request to teach" in response.json["message"]
    assert made["user"]["role"] == "STUDENT"
    assert made["instructor_request"]["status"] == "PENDING"
    assert made["instructor_request"]["user_id"] == made["user"]["id"]
    data_of(decide(office, made["instructor_request"], "APPROVED"))
    assert role_of(office, made["user"]["id"]) == "INSTRUCTOR"


def test_an_open_house_notifies_no_admin(api, setting):
    setting(instructor_signup="open")

    made = data_of(api.post("/auth/register", json=SIGN_UP), 201)

    assert (made["user"]["role"], made["instructor_request"]) == ("INSTRUCTOR", None)


def test_admins_hear_of_a_sign_up_to_teach_once_its_address_is_verified(api, office, admin, mailbox):
    made = data_of(api.post("/auth/register", json=SIGN_UP), 201)
    assert told(office, "INSTRUCTOR_REQUEST") == []

    [mail] = mailbox(SIGN_UP["email"])
    data_of(api.post("/auth/verify-email", json={"token": token_in(mail)}))

    assert told(office, "INSTRUCTOR_REQUEST") == both_ways(admin)
    [shown] = data_of(office.get("/notifications"))
    assert shown["cause_id"] == made["instructor_request"]["id"]


def test_a_sign_up_whose_address_is_verified_by_a_reset_is_notified_once(api, office, admin, mailbox):
    data_of(api.post("/auth/register", json=SIGN_UP), 201)
    data_of(api.post("/auth/forgot-password", json={"email": SIGN_UP["email"]}))
    tokens = {mail["Subject"]: token_in(mail) for mail in mailbox(SIGN_UP["email"])}
    new = "Difference-Engine-1822"
    body = {"token": tokens["Set a new password"], "new_password": new, "new_password_confirm": new}

    data_of(api.post("/auth/reset-password", json=body))
    data_of(api.post("/auth/verify-email", json={"token": tokens["Confirm your email address"]}))

    assert told(office, "INSTRUCTOR_REQUEST") == both_ways(admin)


def test_without_verification_admins_hear_of_a_sign_up_at_once(api, office, admin, setting):
    setting(require_email_verification=False)

    response = api.post("/auth/register", json=SIGN_UP)

    assert "You can log in now." in response.json["message"]
    assert told(office, "INSTRUCTOR_REQUEST") == both_ways(admin)


def test_once_verification_is_off_admins_hear_of_an_older_sign_up_at_its_first_login(
    api, office, admin, setting
):
    data_of(api.post("/auth/register", json=SIGN_UP), 201)
    setting(require_email_verification=False)
    before = told(office, "INSTRUCTOR_REQUEST")

    for _ in range(2):
        login = {"email": SIGN_UP["email"], "password": SIGN_UP["password"]}
        data_of(api.post("/auth/login", json=login))

    assert (before, told(office, "INSTRUCTOR_REQUEST")) == ([], both_ways(admin))


def test_a_sign_up_whose_request_is_gone_notifies_no_admin(api, office, mailbox):
    made = data_of(api.post("/auth/register", json=SIGN_UP), 201)
    [mail] = mailbox(SIGN_UP["email"])
    assert office.delete(f"/instructor-requests/{made['instructor_request']['id']}").status_code == 204

    data_of(api.post("/auth/verify-email", json={"token": token_in(mail)}))

    assert told(office, "INSTRUCTOR_REQUEST") == []


def test_a_student_sign_up_asks_for_nothing(api):
    made = data_of(api.post("/auth/register", json={**SIGN_UP, "role": "STUDENT"}), 201)

    assert (made["user"]["role"], made["instructor_request"]) == ("STUDENT", None)


@pytest.fixture
def three(api, make, office):
    """Ines was rejected, then Olga and Ruth asked."""
    found = []
    for name, reason in (("Ines", "Bread"), ("Olga", "Cheese"), ("Ruth", "Bread and cheese")):
        person = make.student(first_name=name, last_name="Quill", email=f"{name.lower()}@example.org")
        found.append(data_of(api.as_(person).post("/instructor-requests", json={"reason": reason}), 201))
    data_of(decide(office, found[0], "REJECTED"))
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ruth", "Olga", "Ines"]),
        ("ordering=created_at", ["Ines", "Olga", "Ruth"]),
        ("ordering=reviewed_at", ["Ines", "Olga", "Ruth"]),
        ("ordering=-reviewed_at", ["Ines", "Ruth", "Olga"]),
        ("status=pending", ["Ruth", "Olga"]),
        ("status=REJECTED", ["Ines"]),
        ("search=bread", ["Ruth", "Ines"]),
        ("search=quill cheese", ["Ruth", "Olga"]),
        ("search=olga@", ["Olga"]),
        ("search=%25", []),
        ("search=bread&status=PENDING", ["Ruth"]),
    ],
)
def test_filters_search_and_ordering(office, three, query, expected):
    found = data_of(office.get(f"/instructor-requests?{query}"))

    assert [wish["user"]["full_name"].split()[0] for wish in found] == expected


def test_a_request_is_found_by_the_present_name_of_its_user(api, make, office):
    person = make.student(first_name="Ines", last_name="Quill")
    client = api.as_(person)
    wish = data_of(client.post("/instructor-requests", json={"reason": "Bread"}), 201)
    data_of(client.patch(f"/instructor-requests/{wish['id']}", json={"reason": "Cheese"}))
    data_of(office.patch(f"/users/{person.id}", json={"last_name": "Feather"}))

    found = {
        word: len(data_of(office.get(f"/instructor-requests?search={word}")))
        for word in ("quill", "feather", "bread", "cheese", "ines+cheese", "eather")
    }

    assert found == {"quill": 0, "feather": 1, "bread": 0, "cheese": 1, "ines+cheese": 1, "eather": 0}


def test_the_requests_of_one_person(office, three):
    found = data_of(office.get(f"/instructor-requests?user_id={three[1]['user_id']}"))

    assert [wish["id"] for wish in found] == [three[1]["id"]]


@pytest.mark.parametrize("query", ["status=MAYBE", "ordering=reason", "colour=red", "user_id=me"])
def test_an_unknown_filter_is_refused(office, query):
    assert_refused(office.get(f"/instructor-requests?{query}"), 422, "invalid_request")


def test_the_list_is_two_statements_whatever_its_length(office, three, statements):
    with statements() as seen:
        assert len(data_of(office.get("/instructor-requests"))) == 3

    assert len(seen) == 2


def test_many_are_decided_about_with_a_line_for_each(office, three):
    ines, olga, ruth = (wish["id"] for wish in three)
    nobody = str(uuid4())
    named = [ruth, "me", ines, ruth.upper(), nobody, olga]

    report = data_of(
        office.post("/instructor-requests/review-multiple", json={"request_ids": named, "status": "APPROVED"})
    )

    assert [(line["row"], line["input"]) for line in report["results"]] == list(enumerate(named, 1))
    assert [(line["request_id"], line["outcome"], line["code"]) for line in report["results"]] == [
        (ruth, "approved", None),
        (None, "not_found", "invalid_identifier"),
        (ines, "already_decided", "already_decided"),
        (ruth, "duplicate", None),
        (None, "not_found", "not_found"),
        (olga, "approved", None),
    ]
    assert (report["requested"], report["unique"]) == (6, 5)
    assert report["counts"] == {
        "approved": 2,
        "rejected": 0,
        "already_decided": 1,
        "duplicate": 1,
        "not_found": 2,
    }
    assert [role_of(office, wish["user_id"]) for wish in three] == ["STUDENT", "INSTRUCTOR", "INSTRUCTOR"]


def test_many_are_rejected_with_the_same_notes(office, three):
    body = {"request_ids": [wish["id"] for wish in three[1:]], "status": "REJECTED", "review_notes": "No."}

    report = data_of(office.post("/instructor-requests/review-multiple", json=body))

    assert report["counts"]["rejected"] == 2
    assert data_of(office.get(f"/instructor-requests/{three[2]['id']}"))["review_notes"] == "No."
    assert role_of(office, three[2]["user_id"]) == "STUDENT"


@pytest.mark.parametrize(
    ("request_ids", "code"),
    [([], "invalid_request"), ([7], "invalid_request"), (["x"] * 10_001, "too_many_people")],
)
def test_a_bulk_decision_about_nothing_or_too_much_is_refused(office, request_ids, code):
    body = {"request_ids": request_ids, "status": "APPROVED"}

    assert_refused(office.post("/instructor-requests/review-multiple", json=body), 422, code)


def test_a_bulk_decision_costs_the_same_for_two_as_for_twenty(api, make, office, statements):
    def cost(count):
        wishes = [
            data_of(api.as_(make.student()).post("/instructor-requests", json=WISH), 201)["id"]
            for _ in range(count)
        ]
        with statements() as seen:
            body = {"request_ids": wishes, "status": "APPROVED"}
            assert data_of(office.post("/instructor-requests/review-multiple", json=body))["unique"] == count
        return len(seen)

    assert cost(2) == cost(20)


@pytest.mark.parametrize("attempt", range(RACES))
def test_approved_against_rejected_at_once_exactly_one_wins(api, make, client, student, wish, attempt):
    """One by one against many, in both directions: the role is there if and only if the approval won."""
    first, second = api.as_(make.admin()), api.as_(make.admin())
    words = ["APPROVED", "REJECTED"] if attempt % 2 else ["REJECTED", "APPROVED"]
    body = {"request_ids": [wish["id"]], "status": words[1]}

    one, many = at_once(
        lambda: decide(first, wish, words[0]),
        lambda: second.post("/instructor-requests/review-multiple", json=body),
    )

    many_won = data_of(many)["counts"]["already_decided"] == 0
    assert one.status_code == (409 if many_won else 200)
    decided = data_of(first.get(f"/instructor-requests/{wish['id']}"))["status"]
    assert decided == words[1 if many_won else 0]
    assert role_of(first, student.id) == ("INSTRUCTOR" if decided == "APPROVED" else "STUDENT")


@pytest.mark.parametrize("attempt", range(RACES))
def test_an_edit_and_a_decision_at_once_leave_what_was_decided_about(client, office, wish, attempt):
    path = f"/instructor-requests/{wish['id']}"

    edit, withdrawal, decision = at_once(
        lambda: client.patch(path, json={"reason": "Another"}),
        lambda: client.delete(path),
        lambda: decide(office, wish, "APPROVED"),
    )

    assert {withdrawal.status_code, decision.status_code} in ({204, 404}, {409, 200})
    assert edit.status_code in {200, 404, 409}
    if edit.status_code == decision.status_code == 200:
        assert data_of(office.get(path))["reason"] == "Another"


def both_ways(*people):
    return sorted((str(person.id), channel) for person in people for channel in ("EMAIL", "IN_APP"))


def told(office, kind):
    """The recipients, channels and states of the notices of this kind."""
    notices = data_of(office.get(f"/notices?kind={kind}"))
    return sorted((notice["user_id"], notice["channel"]) for notice in notices)


def test_the_admins_hear_of_a_new_request(office, admin, make, client):
    other, _former = make.admin(), make.admin(is_active=False)

    data_of(client.post("/instructor-requests", json=WISH), 201)

    assert told(office, "INSTRUCTOR_REQUEST") == both_ways(admin, other)


def test_applicants_hear_what_was_decided_once(office, three):
    body = {"request_ids": [wish["id"] for wish in three], "status": "REJECTED"}

    data_of(office.post("/instructor-requests/review-multiple", json=body))

    everyone = [(wish["user_id"], channel) for wish in three for channel in ("EMAIL", "IN_APP")]
    assert told(office, "INSTRUCTOR_REQUEST_DECIDED") == sorted(everyone)
