"""Assigning people: who counts as whom, every outcome, and an honest line about each person."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus, PaymentStatus
from app.errors.base import catalogue
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice
from app.schemas.assignments import ItemSchema
from tests.support.http import assert_refused, data_of

DUE = "2031-05-01T12:00:00Z"
LATER = dt.datetime(2032, 1, 1, tzinfo=dt.UTC)
ASSIGN_OUTCOMES = {
    "assigned",
    "reactivated",
    "already_enrolled",
    "due_updated",
    "duplicate",
    "not_found",
    "inactive",
    "ineligible",
    "no_seat",
    "invalid",
    "skipped",
}


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def run(admin):
    """Assign people as an admin and return the report."""

    def assign(course, client=admin, **body):
        return data_of(client.post(f"/courses/{course.id}/assign-multiple", json=body))

    return assign


def ids(*people):
    return [str(person.id) for person in people]


def outcomes(report):
    return [(line["outcome"], line["code"]) for line in report["results"]]


def left(make, course, user=None, **values):
    return make.enrollment(course, user, status=EnrollmentStatus.CANCELLED, cancelled_at=func.now(), **values)


def completed(make, course, user=None, **values):
    return make.enrollment(
        course,
        user,
        status=EnrollmentStatus.COMPLETED,
        completed_at=func.now(),
        completion_number=1,
        **values,
    )


def test_people_are_found_by_every_kind_of_identifier_in_a_fixed_order(run, make):
    course, people = make.course(), [make.student(external_id=f"HR-{n}") for n in range(4)]

    report = run(
        course,
        external_ids=[people[3].external_id],
        usernames=[f" {people[2].username.upper()} "],
        emails=[people[1].email.upper()],
        user_ids=[str(people[0].id).upper()],
    )

    assert [line["row"] for line in report["results"]] == [1, 2, 3, 4]
    assert [line["user_id"] for line in report["results"]] == ids(*people)
    assert [line["input"] for line in report["results"]] == [
        str(people[0].id).upper(),
        people[1].email.upper(),
        f" {people[2].username.upper()} ",
        "HR-3",
    ]


def test_an_assigned_person_holds_a_seat_for_the_reasons_given(run, make, stored):
    admin, course, student = make.admin(), make.course(price=20), make.student()

    report = run(course, user_ids=ids(student), due_at=DUE, reason="Onboarding")

    (line,), (enrollment,) = report["results"], stored(select(Enrollment))
    assert line["before"] is None
    assert line["after"] == {"status": "ACTIVE", "source": "ASSIGNED", "due_at": DUE}
    assert line["enrollment_id"] == str(enrollment.id)
    assert (enrollment.user_id, enrollment.status, enrollment.source) == (student.id, "ACTIVE", "ASSIGNED")
    assert enrollment.payment_status == PaymentStatus.WAIVED
    assert enrollment.price_at_enrollment == 20
    assert enrollment.assigned_by != admin.id
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


def test_every_outcome_in_one_call(run, make):
    course = make.course(total_seats=4)
    active, done, gone = make.enrollment(course), completed(make, course), left(make, course)
    fresh, inactive = make.student(), make.student(is_active=False)
    late = make.student()

    report = run(
        course,
        user_ids=[
            str(fresh.id),
            str(active.user_id),
            str(done.user_id),
            str(gone.user_id),
            str(fresh.id),
            str(inactive.id),
            str(course.instructor_id),
            str(uuid4()),
            str(late.id),
        ],
        emails=["nobody@example.org", "no address", ""],
    )

    assert outcomes(report) == [
        ("assigned", None),
        ("already_enrolled", "already_enrolled"),
        ("already_enrolled", "already_enrolled"),
        ("reactivated", None),
        ("duplicate", None),
        ("inactive", "user_inactive"),
        ("ineligible", "own_course"),
        ("not_found", "not_found"),
        ("no_seat", "course_full"),
        ("not_found", "not_found"),
        ("not_found", "invalid_identifier"),
        ("not_found", "invalid_identifier"),
    ]
    assert set(report["counts"]) == ASSIGN_OUTCOMES
    assert sum(report["counts"].values()) == report["requested"] == 12
    assert report["unique"] == 11


def test_the_codes_of_rows_are_those_of_refusals(app, make, run, stored):
    course = make.course(total_seats=1)
    everything = ["", str(uuid4()), str(course.instructor_id), *ids(make.student(is_active=False))]

    run(course, user_ids=[*everything, *ids(make.student(), make.student())])

    codes = set(stored(select(AssignmentItem.code).where(AssignmentItem.code.is_not(None))))
    assert codes == {"invalid_identifier", "not_found", "own_course", "user_inactive", "course_full"}
    assert codes <= set(catalogue())


def test_the_report_is_shaped_as_documented_and_equals_the_ledger(run, make, admin):
    course = make.course(total_seats=3)
    people = [make.student(), left(make, course, due_at=LATER).user_id, make.student(is_active=False)]
    named = [str(getattr(person, "id", person)) for person in people]

    report = run(course, user_ids=[*named, "x", named[0]], due_in_days=3)

    assert [ItemSchema().load(line) for line in report["results"]]
    items = data_of(admin.get(f"/assignments/{report['assignment_id']}/items"))
    assert items == [
        line | {"user": item["user"]} for line, item in zip(report["results"], items, strict=True)
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("user_ids", "not-a-uuid"),
        ("user_ids", "{01920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f}"),
        ("user_ids", "٠1920c3e-7a10-7c3d-9f42-5b6a7c8d9e0f"),
        ("emails", "no-at-sign"),
        ("emails", "a" * 250 + "@b.org"),
        ("emails", "two words@example.org"),
        ("usernames", ""),
        ("usernames", "  \t"),
        ("usernames", "with\x00nul"),
        ("external_ids", "x" * 255),
        ("external_ids", "x" * 5000),
        ("external_ids", "line\nbreak"),
    ],
)
def test_a_string_that_cannot_be_an_identifier_is_its_rows_own_trouble(run, make, kind, text):
    course, student = make.course(), make.student()

    report = run(course, **{kind: [text], **({} if kind == "user_ids" else {"user_ids": ids(student)})})

    line = report["results"][-1]
    assert (line["outcome"], line["code"], line["input"]) == ("not_found", "invalid_identifier", text)
    assert report["counts"]["assigned"] == len(report["results"]) - 1


@pytest.mark.parametrize("text", ["\\", '"', "{}", "NULL", "',); --", "%s", ":x", "ünï", "👩🏽‍🚀", "\ufffd"])
def test_odd_strings_are_looked_up_as_they_are(run, make, text):
    course, student = make.course(), make.student(external_id=text)

    report = run(course, external_ids=[text])

    assert [(line["user_id"], line["input"]) for line in report["results"]] == [(str(student.id), text)]


def test_one_person_by_two_identifiers_is_one_and_the_first_row_wins(run, make):
    course, student = make.course(), make.student()

    report = run(course, emails=[student.email], user_ids=ids(student), usernames=[student.username])

    assert outcomes(report) == [("assigned", None), ("duplicate", None), ("duplicate", None)]
    assert (report["requested"], report["unique"]) == (3, 1)
    assert report["results"][1]["user_id"] == str(student.id)
    assert report["results"][1]["before"] is report["results"][1]["after"] is None


def test_with_fewer_seats_than_people_the_order_of_the_list_decides(run, make, stored):
    course = make.course(total_seats=3)
    make.enrollment(course)
    people = [make.student() for _ in range(4)]

    report = run(course, user_ids=ids(*reversed(people)))

    assert [line["outcome"] for line in report["results"]] == ["assigned", "assigned", "no_seat", "no_seat"]
    assert [line["user_id"] for line in report["results"]] == ids(*reversed(people))
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]


def test_people_who_take_no_seat_do_not_use_one_up(run, make):
    course = make.course(total_seats=2)
    held, inactive, fresh = make.enrollment(course), make.student(is_active=False), make.student()

    report = run(course, user_ids=[str(held.user_id), str(inactive.id), str(fresh.id)])

    assert [line["outcome"] for line in report["results"]] == ["already_enrolled", "inactive", "assigned"]


def test_an_admin_may_exceed_the_seats(run, make, stored):
    course = make.course(total_seats=1)
    people = [make.student() for _ in range(3)]

    report = run(course, user_ids=ids(*people), override_seats=True)

    assert report["counts"]["assigned"] == 3
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]


def test_an_instructor_may_not_exceed_the_seats(api, make):
    teacher = make.instructor()
    course, instructor = make.course(instructor=teacher), api.as_(teacher)

    response = instructor.post(
        f"/courses/{course.id}/assign-multiple", json={"usernames": ["x"], "override_seats": True}
    )

    assert_refused(response, 403, "forbidden")


def test_coming_back_keeps_the_enrollment_and_renews_its_terms(run, make, stored):
    course = make.course(price=30)
    enrollment = left(make, course, price_at_enrollment=10)

    report = run(course, user_ids=[str(enrollment.user_id)], due_at=DUE)

    (line,), (now,) = report["results"], stored(select(Enrollment))
    assert (line["outcome"], line["enrollment_id"]) == ("reactivated", str(enrollment.id))
    assert line["before"] == {"status": "CANCELLED", "source": "SELF", "due_at": None}
    assert line["after"] == {"status": "ACTIVE", "source": "ASSIGNED", "due_at": DUE}
    assert (now.status, now.source, now.cancelled_at) == ("ACTIVE", "ASSIGNED", None)
    assert (now.price_at_enrollment, now.payment_status) == (30, "WAIVED")
    assert now.enrolled_at == enrollment.enrolled_at
    assert now.reactivated_at is not None
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


@pytest.mark.parametrize("price", [30, 0])
def test_coming_back_keeps_what_was_paid(run, make, stored, price):
    course = make.course(price=price, currency="EUR")
    paid = {"payment_status": PaymentStatus.PAID, "price_at_enrollment": 10, "currency": "USD"}
    enrollment = left(make, course, **paid)

    run(course, user_ids=[str(enrollment.user_id)])

    (now,) = stored(select(Enrollment))
    assert {column: getattr(now, column) for column in paid} == paid


def test_somebody_who_had_completed_comes_back_completed(run, make, stored):
    course = make.course(lessons=1)
    enrollment = left(make, course, completed_at=func.now(), completion_number=1)

    report = run(course, user_ids=[str(enrollment.user_id)])

    assert report["results"][0]["after"]["status"] == "COMPLETED"
    assert stored(select(Enrollment.status)) == [EnrollmentStatus.COMPLETED]


def test_coming_back_with_every_lesson_done_completes_at_once(run, make, stored, admin):
    course = make.course(lessons=1)
    enrollment = left(make, course)
    make.progress(enrollment, *make.lessons_of(course))

    report = run(course, user_ids=[str(enrollment.user_id)])

    assert report["results"][0]["outcome"] == "reactivated"
    assert report["results"][0]["after"]["status"] == "COMPLETED"
    assert stored(select(Enrollment.completion_number)) == [1]
    (line,) = data_of(admin.get(f"/assignments/{report['assignment_id']}/items"))
    assert line == report["results"][0] | {"user": line["user"]}


def test_people_in_the_course_keep_their_due_date_unless_told_otherwise(run, make, stored):
    course = make.course()
    person = make.enrollment(course, due_at=LATER)

    kept = run(course, user_ids=[str(person.user_id)], due_at=DUE)
    moved = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")
    again = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")

    assert [outcomes(each)[0][0] for each in (kept, moved, again)] == [
        "already_enrolled",
        "due_updated",
        "already_enrolled",
    ]
    assert moved["results"][0]["before"]["due_at"] == "2032-01-01T00:00:00Z"
    assert moved["results"][0]["after"] == {"status": "ACTIVE", "source": "SELF", "due_at": DUE}
    assert stored(select(Enrollment.due_at)) == [dt.datetime(2031, 5, 1, 12, tzinfo=dt.UTC)]


def test_a_null_due_date_takes_it_away(run, make, stored):
    course = make.course()
    person = make.enrollment(course, due_at=LATER)

    report = run(course, user_ids=[str(person.user_id)], due_at=None, on_existing="update_due")

    assert outcomes(report) == [("due_updated", None)]
    assert stored(select(Enrollment.due_at)) == [None]


def test_completed_people_have_nothing_due(run, make):
    course = make.course()
    person = completed(make, course)

    report = run(course, user_ids=[str(person.user_id)], due_at=DUE, on_existing="update_due")

    assert outcomes(report) == [("already_enrolled", "already_enrolled")]


def test_days_count_from_today_and_end_with_the_day(run, make, stored):
    course, student = make.course(), make.student()

    run(course, user_ids=ids(student), due_in_days=7)

    (enrollment,) = stored(select(Enrollment))
    assert enrollment.due_at.date() - enrollment.enrolled_at.date() == dt.timedelta(days=7)
    assert enrollment.due_at.time() == dt.time(23, 59, 59)


def test_all_or_nobody_writes_nothing_when_one_is_refused(run, make, stored):
    course, student = make.course(), make.student()
    held = make.enrollment(course)

    report = run(course, user_ids=ids(student), emails=["nobody@example.org"], atomic=True)
    mixed = run(course, user_ids=[str(held.user_id), str(student.id), "x"], atomic=True)

    assert report["state"] == mixed["state"] == "REFUSED"
    assert outcomes(report) == [("skipped", "atomic_refused"), ("not_found", "not_found")]
    assert outcomes(mixed)[0] == ("already_enrolled", "already_enrolled")
    assert report["results"][0]["enrollment_id"] is report["results"][0]["after"] is None
    assert len(stored(select(Enrollment))) == 1
    assert stored(select(Notice)) == []
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [1]


def test_all_or_nobody_writes_everything_when_nobody_is_refused(run, make, stored):
    course, student = make.course(), make.student()
    held = make.enrollment(course)

    report = run(course, user_ids=[str(student.id), str(held.user_id), str(student.id)], atomic=True)

    assert report["state"] == "APPLIED"
    assert [line["outcome"] for line in report["results"]] == ["assigned", "already_enrolled", "duplicate"]
    assert len(stored(select(Enrollment))) == 2


def test_all_refused_is_still_an_answer(run, make):
    report = run(make.course(), emails=["nobody@example.org"])

    assert report["state"] == "APPLIED"
    assert report["counts"]["not_found"] == 1


def test_a_preview_decides_the_same_and_writes_nothing(run, make, stored):
    course = make.course(total_seats=3)
    gone, held = left(make, course), make.enrollment(course, due_at=LATER)
    people = [*ids(make.student()), str(gone.user_id), str(held.user_id), *ids(make.student()), "x"]
    before = stored(select(Enrollment.status).order_by(Enrollment.id))

    body = {"user_ids": people, "due_at": DUE, "on_existing": "update_due"}
    preview = run(course, mode="preview", **body)
    unchanged = stored(select(Enrollment.status).order_by(Enrollment.id))
    real = run(course, **body)

    assert preview["state"] == "PREVIEW"
    assert outcomes(preview) == outcomes(real)
    assert [line["after"] for line in preview["results"]] == [line["after"] for line in real["results"]]
    assert preview["results"][0]["enrollment_id"] is None
    assert unchanged == before
    assert preview["plan_etag"]
    assert len(stored(select(Assignment))) == 2


def test_a_preview_is_gone_after_a_day(app, admin, run, make):
    report = run(make.course(), user_ids=ids(make.student()), mode="preview")
    path = f"/assignments/{report['assignment_id']}"
    fresh = admin.get(path)

    with app.app_context(), transaction():
        db.session.get_one(Assignment, report["assignment_id"]).expires_at = func.now()

    assert data_of(fresh)["state"] == "PREVIEW"
    assert_refused(admin.get(path), 404, "not_found")
    assert_refused(admin.get(f"{path}/items"), 404, "not_found")
    assert data_of(admin.get("/assignments")) == []


def test_assigned_and_reactivated_people_hear_of_it(run, make, stored):
    course = make.course()
    gone, held, fresh = left(make, course), make.enrollment(course), make.student()

    run(course, user_ids=[str(gone.user_id), str(held.user_id), str(fresh.id)])

    told = stored(select(Notice.user_id).where(Notice.channel == "EMAIL"))
    assert set(told) == {gone.user_id, fresh.id}


def test_nobody_hears_of_it_when_told_not_to(run, make, stored):
    run(make.course(), user_ids=ids(make.student()), notify=False)

    assert stored(select(Notice)) == []


def test_admins_assign_anybody_who_is_active(run, make):
    people = [make.instructor(), make.admin(), make.student(email_verified=False)]

    report = run(make.course(admission_deadline=dt.date(2020, 1, 1)), user_ids=ids(*people))

    assert report["counts"]["assigned"] == 3


def test_where_nobody_verifies_an_instructor_assigns_the_unverified_too(api, run, make, setting):
    setting(require_email_verification=False)
    teacher = make.instructor()
    unverified = make.student(email_verified=False)
    inactive = make.student(email_verified=False, is_active=False)

    report = run(make.course(instructor=teacher), client=api.as_(teacher), user_ids=ids(unverified, inactive))

    assert outcomes(report) == [("assigned", None), ("not_found", "not_found")]


def test_to_an_instructor_unknown_inactive_and_unverified_are_alike(api, run, make):
    teacher = make.instructor()
    course, instructor = make.course(instructor=teacher), api.as_(teacher)
    hidden = [make.student(is_active=False), make.student(email_verified=False)]
    seen = make.student()

    report = run(
        course,
        client=instructor,
        user_ids=[str(uuid4()), *ids(*hidden, seen)],
        emails=[person.email for person in hidden],
    )

    nobody = ("not_found", "not_found")
    assert outcomes(report) == [nobody, nobody, nobody, ("assigned", None), nobody, nobody]
    assert [line["user_id"] for line in report["results"]] == [None, None, None, str(seen.id), None, None]


def test_an_instructors_word_waives_no_price(api, run, make, stored):
    teacher, student = make.instructor(), make.student()
    course = make.course(price=5, instructor=teacher)

    run(course, client=api.as_(teacher), user_ids=ids(student))

    assert stored(select(Enrollment.payment_status)) == [PaymentStatus.UNPAID]


@pytest.mark.parametrize("status", [each for each in CourseStatus if each != CourseStatus.PUBLISHED])
def test_only_a_published_course_takes_people(admin, make, status):
    course, student = make.course(status=status), make.student()

    many = admin.post(f"/courses/{course.id}/assign-multiple", json={"user_ids": ids(student)})
    one = admin.post(f"/courses/{course.id}/assign", json={"user_id": str(student.id)})

    assert_refused(many, 409, "course_not_open")
    assert_refused(one, 409, "course_not_open")


@pytest.mark.parametrize("path", ["assign-multiple", "unassign-multiple"])
def test_other_peoples_courses_are_refused(api, make, path):
    other = api.as_(make.instructor())
    public, hidden = make.course(), make.course(status=CourseStatus.DRAFT)
    body = {"emails": ["a@example.org"]}

    assert_refused(other.post(f"/courses/{public.id}/{path}", json=body), 403, "forbidden")
    assert_refused(other.post(f"/courses/{hidden.id}/{path}", json=body), 404, "not_found")
    assert_refused(other.post(f"/courses/{uuid4()}/{path}", json=body), 404, "not_found")
    assert_refused(other.post(f"/courses/{uuid4()}/{path}", json={}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "user_ids"),
        ({"user_ids": [], "emails": []}, "user_ids"),
        ({"user_ids": "abc"}, "user_ids"),
        ({"user_ids": None}, "user_ids"),
        ({"user_ids": {"a": 1}}, "user_ids"),
        ({"emails": ["a@example.org", 7]}, "emails.1"),
        ({"emails": [["a@example.org"]]}, "emails.0"),
        ({"emails": [None]}, "emails.0"),
        ({"emails": [True]}, "emails.0"),
        ({"usernames": ["x"], "course_id": "y"}, "course_id"),
        ({"usernames": ["x"], "due_at": DUE, "due_in_days": 3}, "due_in_days"),
        ({"usernames": ["x"], "due_in_days": -1}, "due_in_days"),
        ({"usernames": ["x"], "due_at": "tomorrow"}, "due_at"),
        ({"usernames": ["x"], "on_existing": "update_due"}, "on_existing"),
        ({"usernames": ["x"], "on_existing": "drop"}, "on_existing"),
        ({"usernames": ["x"], "mode": "dry"}, "mode"),
        ({"usernames": ["x"], "atomic": "yes"}, "atomic"),
        ({"usernames": ["x"], "notify": None}, "notify"),
        ({"usernames": ["x"], "reason": "r" * 1001}, "reason"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(admin, make, body, where):
    response = admin.post(f"/courses/{make.course().id}/assign-multiple", json=body)

    assert where in assert_refused(response, 422, "invalid_request")


def test_all_or_nothing_has_a_limit(admin, make):
    body = {"emails": ["a@example.org"] * 60_000, "usernames": ["a"] * 40_001, "atomic": True}

    response = admin.post(f"/courses/{make.course().id}/assign-multiple", json=body)

    assert "atomic" in assert_refused(response, 422, "invalid_request")


@pytest.mark.parametrize("people", [1, 100, 2_000])
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(app, run, make, statements, people):
    course = make.course(total_seats=5_000)
    with app.app_context(), transaction():
        db.session.execute(
            db.text(
                "INSERT INTO users (email, username, email_verified)"
                " SELECT 'many' || n || '@example.org', 'many' || n, true FROM generate_series(1, :n) n"
            ),
            {"n": people},
        )

    with statements() as seen:
        report = run(course, usernames=[f"many{n}" for n in range(1, people + 1)], due_in_days=30)

    assert report["counts"]["assigned"] == people
    assert len(seen) == STATEMENTS, "\n".join(seen)


STATEMENTS = 12
"""Who calls, the course, its lock, the run, new plans, the ledger, its sums, whether any was undone, the enrollments, the
counter, the notices."""


@pytest.mark.parametrize("verb", ["assign", "unassign"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, None),
        ({"atomic": True}, "Nothing was changed: a row was refused, see the report."),
        ({"mode": "preview"}, "Preview finished: nothing was changed."),
        ({"mode": "preview", "atomic": True}, "Preview finished: nothing was changed."),
    ],
)
def test_the_message_follows_the_outcome(admin, make, verb, options, message):
    course = make.course()
    body = {"user_ids": [str(make.student().id)], "emails": ["unknown@example.org"], **options}

    response = admin.post(f"/courses/{course.id}/{verb}-multiple", json=body)

    finished = f"{verb.capitalize()}ment finished: see the report."
    assert data_of(response)["requested"] == 2
    assert response.get_json()["message"] == (message or finished)
