"""Joining, leaving, coming back; who sees which enrollment, and how far it is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from flask import has_app_context, has_request_context

from app.enums import CourseStatus, EnrollmentStatus, PaymentStatus, Source
from app.models import User
from tests.support.http import assert_refused, data_of

CANCELLED = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
COMPLETED = {
    "status": EnrollmentStatus.COMPLETED,
    "completed_at": datetime(2026, 1, 1, tzinfo=UTC),
    "completion_number": 1,
}


def test_a_student_joins_a_published_course(api, make):
    course, student = make.course(lessons=2, price=20), make.student()

    enrollment = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert enrollment["status"] == "ACTIVE"
    assert enrollment["source"] == "SELF"
    assert enrollment["payment_status"] == "UNPAID"
    assert enrollment["price_at_enrollment"] == "20.00"
    assert enrollment["course"] == {
        "id": str(course.id),
        "code": course.code,
        "title": course.title,
        "slug": course.slug,
        "thumbnail": None,
    }
    assert enrollment["user"] == {
        "id": str(student.id),
        "username": student.username,
        "full_name": student.full_name,
    }
    assert (enrollment["total_lessons"], enrollment["completion_percentage"]) == (2, 0.0)


def test_the_flat_path_joins_alike(api, make):
    course = make.course()

    enrollment = data_of(
        api.as_(make.student()).post("/enrollments", json={"course_id": str(course.id)}), 201
    )

    assert enrollment["course_id"] == str(course.id)
    assert enrollment["payment_status"] == "FREE"


def test_only_students_join(api, make):
    course = make.course()

    assert_refused(api.as_(make.instructor()).post(f"/courses/{course.id}/enroll"), 403, "forbidden")
    assert_refused(api.as_(make.admin()).post(f"/courses/{course.id}/enroll"), 403, "forbidden")


def test_a_course_one_may_not_see_is_not_found(api, make):
    course = make.course(status=CourseStatus.DRAFT)

    assert_refused(api.as_(make.student()).post(f"/courses/{course.id}/enroll"), 404, "not_found")


def test_the_instructor_of_a_course_never_joins_it(api, make):
    demoted = make.student()
    course = make.course(instructor=demoted)

    assert_refused(api.as_(demoted).post(f"/courses/{course.id}/enroll"), 409, "own_course")


def test_a_course_that_is_not_published_takes_no_learner(api, make):
    course, student = make.course(status=CourseStatus.ARCHIVED), make.student()
    make.enrollment(course, student)

    assert_refused(api.as_(student).post(f"/courses/{course.id}/enroll"), 409, "course_not_open")


@pytest.mark.parametrize("state", [{}, COMPLETED])
def test_joining_twice_names_the_first_enrollment(api, make, state):
    course, student = make.course(), make.student()
    enrollment = make.enrollment(course, student, **state)

    refused = api.as_(student).post(f"/courses/{course.id}/enroll")

    details = assert_refused(refused, 409, "already_enrolled")
    assert refused.get_json()["message"] == "You are already enrolled in this course."
    assert details == {"enrollment_id": [str(enrollment.id)]}


def test_admission_is_open_through_its_last_day(api, make):
    today = datetime.now(UTC).date()
    closed, open_today = (
        make.course(admission_deadline=today - timedelta(days=1)),
        make.course(admission_deadline=today),
    )
    student = api.as_(make.student())

    assert_refused(student.post(f"/courses/{closed.id}/enroll"), 409, "admission_closed")
    data_of(student.post(f"/courses/{open_today.id}/enroll"), 201)


def test_a_full_course_takes_no_learner_until_one_leaves(api, make):
    course, second = make.course(total_seats=1), api.as_(make.student())
    first = make.student()
    enrollment = make.enrollment(course, first)

    assert_refused(second.post(f"/courses/{course.id}/enroll"), 409, "course_full")
    data_of(api.as_(first).delete(f"/enrollments/{enrollment.id}"))
    data_of(second.post(f"/courses/{course.id}/enroll"), 201)


def test_leaving_cancels_and_keeps_the_progress(api, make):
    course, student = make.course(lessons=2), make.student()
    enrollment = make.enrollment(course, student)
    make.progress(enrollment, make.lessons_of(course)[0])

    left = data_of(api.as_(student).delete(f"/enrollments/{enrollment.id}"))

    assert left["status"] == "CANCELLED"
    assert left["cancelled_at"]
    assert left["completed_lessons"] == 1
    assert course_of(make, course).enrollment_count == 0


def test_leaving_twice_is_refused(api, make):
    student = make.student()
    enrollment = make.enrollment(make.course(), student, **CANCELLED)

    assert_refused(api.as_(student).delete(f"/enrollments/{enrollment.id}"), 409, "invalid_transition")


def test_a_learner_leaves_only_what_they_joined_themselves(api, make):
    student = make.student()
    enrollment = make.enrollment(make.course(), student, source=Source.ASSIGNED)

    assert_refused(api.as_(student).delete(f"/enrollments/{enrollment.id}"), 409, "assigned_by_admin")
    assert data_of(api.as_(make.admin()).delete(f"/enrollments/{enrollment.id}"))["status"] == "CANCELLED"


def test_what_is_completed_is_left_by_admins_only(api, make):
    student = make.student()
    enrollment = make.enrollment(make.course(), student, **COMPLETED)

    assert_refused(api.as_(student).delete(f"/enrollments/{enrollment.id}"), 409, "already_completed")
    cancelled = data_of(api.as_(make.admin()).delete(f"/enrollments/{enrollment.id}"))
    assert (cancelled["status"], cancelled["is_completed"]) == ("CANCELLED", True)


def test_an_instructor_takes_people_out_of_their_course_unless_they_completed_it(api, make):
    course = make.course()
    assigned = make.enrollment(course, source=Source.ASSIGNED)
    completed = make.enrollment(course, **COMPLETED)
    owner = api.as_(get_user(make, course.instructor_id))

    assert data_of(owner.delete(f"/enrollments/{assigned.id}"))["status"] == "CANCELLED"
    assert_refused(owner.delete(f"/enrollments/{completed.id}"), 409, "already_completed")


def test_strangers_do_not_see_an_enrollment(api, make):
    enrollment = make.enrollment(make.course())

    for stranger in (make.student(), make.instructor()):
        assert_refused(api.as_(stranger).get(f"/enrollments/{enrollment.id}"), 404, "not_found")
        assert_refused(api.as_(stranger).delete(f"/enrollments/{enrollment.id}"), 404, "not_found")


def test_coming_back_revives_the_same_enrollment(api, make):
    course, student = make.course(lessons=2, price=30), make.student()
    enrollment = make.enrollment(
        course,
        student,
        source=Source.ASSIGNED,
        assigned_by=make.admin().id,
        due_at=datetime(2026, 5, 1, tzinfo=UTC),
        price_at_enrollment=10,
        payment_status=PaymentStatus.WAIVED,
        **CANCELLED,
    )
    make.progress(enrollment, make.lessons_of(course)[0])

    back = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert back["id"] == str(enrollment.id)
    assert (back["status"], back["source"], back["payment_status"]) == ("ACTIVE", "SELF", "UNPAID")
    assert (back["assigned_by"], back["due_at"], back["cancelled_at"]) == (None, None, None)
    assert back["price_at_enrollment"] == "30.00"
    assert back["completed_lessons"] == 1
    assert datetime.fromisoformat(back["enrolled_at"]) == enrollment.enrolled_at
    assert back["reactivated_at"]
    assert course_of(make, course).enrollment_count == 1


@pytest.mark.parametrize("price", [200, 0])
def test_what_was_paid_stays_paid_on_coming_back(api, make, price):
    course, student = make.course(price=price, currency="EUR"), make.student()
    paid = {"payment_status": PaymentStatus.PAID, "price_at_enrollment": 10, "currency": "USD"}
    make.enrollment(course, student, **paid, **CANCELLED)

    back = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert (back["payment_status"], back["price_at_enrollment"], back["currency"]) == ("PAID", "10.00", "USD")


def test_revenue_is_what_people_paid_whatever_the_course_costs_when_they_come_back(api, make):
    course, student, admin = make.course(price=10), make.student(), api.as_(make.admin())
    enrollment = make.enrollment(course, student, payment_status=PaymentStatus.PAID, **CANCELLED)
    admin.patch(f"/courses/{course.id}", json={"price": 200, "currency": "EUR"})

    data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    revenue = data_of(admin.get(f"/courses/{course.id}/analytics"))["revenue"]
    assert revenue == [{"currency": "USD", "amount": f"{enrollment.price_at_enrollment:.2f}"}]


def test_coming_back_to_a_course_that_costs_nothing_by_now_is_free(api, make):
    course, student = make.course(), make.student()
    make.enrollment(course, student, payment_status=PaymentStatus.UNPAID, price_at_enrollment=10, **CANCELLED)

    back = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert (back["payment_status"], back["price_at_enrollment"]) == ("FREE", "0.00")


def test_coming_back_to_a_completed_course_is_completed_again(api, make):
    course, student = make.course(lessons=1), make.student()
    make.enrollment(course, student, **{**COMPLETED, **CANCELLED})

    back = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert back["status"] == "COMPLETED"
    assert datetime.fromisoformat(back["completed_at"]) == COMPLETED["completed_at"]
    assert back["certificate_number"] is None


def test_coming_back_with_everything_done_completes_at_once(api, make):
    course, student = make.course(lessons=1), make.student()
    enrollment = make.enrollment(course, student, **CANCELLED)
    make.progress(enrollment, *make.lessons_of(course))

    back = data_of(api.as_(student).post(f"/courses/{course.id}/enroll"), 201)

    assert (back["status"], back["completion_percentage"]) == ("COMPLETED", 100.0)
    assert back["certificate_number"].startswith("RC-")


def test_required_lessons_decide_and_optional_ones_stand_beside(api, make):
    course, student = make.course(), make.student()
    section = make.section(course)
    required = [make.lesson(section) for _ in range(3)]
    optional = [make.lesson(section, is_required=False) for _ in range(2)]
    enrollment = make.enrollment(course, student)
    make.progress(enrollment, *required[:2], optional[0])

    shown = data_of(api.as_(student).get(f"/enrollments/{enrollment.id}"))

    assert (shown["total_lessons"], shown["completed_lessons"]) == (3, 2)
    assert shown["completion_percentage"] == 66.67
    assert (shown["optional_total"], shown["optional_completed"]) == (2, 1)


def test_without_required_lessons_all_count(api, make):
    course, student = make.course(), make.student()
    section = make.section(course)
    lessons = [make.lesson(section, is_required=False) for _ in range(2)]
    enrollment = make.enrollment(course, student)
    make.progress(enrollment, lessons[0])

    shown = data_of(api.as_(student).get(f"/enrollments/{enrollment.id}"))

    assert (shown["total_lessons"], shown["completed_lessons"]) == (2, 1)
    assert shown["completion_percentage"] == 50.0


def test_without_lessons_the_percentage_is_zero(api, make):
    student = make.student()
    enrollment = make.enrollment(make.course(), student)

    shown = data_of(api.as_(student).get(f"/enrollments/{enrollment.id}"))

    assert (shown["total_lessons"], shown["completion_percentage"]) == (0, 0.0)


def test_my_enrollments_are_mine_newest_first(api, make):
    student = make.student()
    first, second = (make.enrollment(make.course(), student) for _ in range(2))
    make.enrollment(make.course())

    listed = data_of(api.as_(student).get("/enrollments"))

    assert [row["id"] for row in listed] == [str(second.id), str(first.id)]


def test_only_admins_list_the_enrollments_of_others(api, make):
    enrollment = make.enrollment(make.course())
    path = f"/enrollments?user_id={enrollment.user_id}"

    assert_refused(api.as_(make.student()).get(path), 403, "forbidden")
    assert [row["id"] for row in data_of(api.as_(make.admin()).get(path))] == [str(enrollment.id)]


def test_admins_list_a_users_enrollments(api, make):
    enrollment, admin = make.enrollment(make.course()), api.as_(make.admin())

    assert len(data_of(admin.get(f"/users/{enrollment.user_id}/enrollments"))) == 1
    assert_refused(admin.get(f"/users/{enrollment.id}/enrollments"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=completed", {"done"}),
        ("status=ACTIVE", {"late", "soon", "open"}),
        ("overdue=true", {"late"}),
        ("overdue=false", {"done", "soon", "open"}),
        ("due_before=2026-06-01T00:00:00Z", {"late"}),
        ("due_after=2026-06-01T00:00:00Z", {"soon"}),
        ("search=late+course", {"late"}),
        ("search=100%25", set()),
    ],
)
def test_my_enrollments_are_filtered(api, make, query, expected):
    student = make.student()
    rows = {
        "done": COMPLETED,
        "late": {"due_at": datetime(2026, 1, 1, tzinfo=UTC)},
        "soon": {"due_at": datetime(2199, 1, 1, tzinfo=UTC)},
        "open": {},
    }
    ids = {
        str(make.enrollment(make.course(title=f"The {name} course"), student, **values).id): name
        for name, values in rows.items()
    }

    listed = data_of(api.as_(student).get(f"/enrollments?{query}"))

    assert {ids[row["id"]] for row in listed} == expected


def test_nothing_is_overdue_in_a_course_that_is_no_longer_there(api, make):
    student, past = make.student(), datetime(2026, 1, 1, tzinfo=UTC)
    make.enrollment(make.course(deleted_at=past), student, due_at=past)
    client = api.as_(student)

    assert data_of(client.get("/enrollments?overdue=true")) == []
    assert len(data_of(client.get("/enrollments?overdue=false"))) == 1


def test_missing_due_dates_come_last_both_ways(api, make):
    student = make.student()
    never = make.enrollment(make.course(), student)
    early = make.enrollment(make.course(), student, due_at=datetime(2026, 1, 1, tzinfo=UTC))
    late = make.enrollment(make.course(), student, due_at=datetime(2027, 1, 1, tzinfo=UTC))

    def order(ordering):
        return [row["id"] for row in data_of(api.as_(student).get(f"/enrollments?ordering={ordering}"))]

    assert order("due_at") == [str(early.id), str(late.id), str(never.id)]
    assert order("-due_at") == [str(late.id), str(early.id), str(never.id)]


def test_the_roster_is_for_the_owner_and_admins(api, make):
    course = make.course()
    enrollment = make.enrollment(course)
    path = f"/courses/{course.id}/enrollments"

    for reader in (get_user(make, course.instructor_id), make.admin()):
        assert [row["id"] for row in data_of(api.as_(reader).get(path))] == [str(enrollment.id)]
    assert_refused(api.as_(make.instructor()).get(path), 403, "forbidden")
    assert_refused(api.as_(make.student()).get(path), 403, "forbidden")


def test_the_roster_is_searched_by_name_and_by_admins_also_by_email(api, make):
    course = make.course()
    grace = make.student(first_name="Grace", last_name="Hopper", email="navy@example.org")
    make.enrollment(course, grace)
    make.enrollment(course)
    owner, admin = api.as_(get_user(make, course.instructor_id)), api.as_(make.admin())

    def found(reader, words):
        path = f"/courses/{course.id}/enrollments?search={words}&ordering=name"
        return [row["user_id"] for row in data_of(reader.get(path))]

    assert found(owner, "hop+grac") == [str(grace.id)]
    assert found(owner, "navy@") == []
    assert found(admin, "navy@") == [str(grace.id)]


def test_a_name_that_many_bear_is_found_in_the_roster(api, make, monkeypatch):
    """Then those of the course are looked up one by one."""
    monkeypatch.setattr("app.services.learning.enrollments_read.MOST_GATHERED", 1)
    course = make.course()
    grace = make.student(first_name="Grace", email="navy@example.org")
    for person in (grace, make.student(first_name="Alan")):
        make.enrollment(course, person)
    for _ in range(3):
        make.student(first_name="Grace", email=f"navy@{make.student().username}.example.org")
    owner, admin = api.as_(get_user(make, course.instructor_id)), api.as_(make.admin())
    path = f"/courses/{course.id}/enrollments?search="

    assert [row["user_id"] for row in data_of(owner.get(f"{path}grace"))] == [str(grace.id)]
    assert data_of(owner.get(f"{path}navy")) == []
    assert [row["user_id"] for row in data_of(admin.get(f"{path}navy"))] == [str(grace.id)]


@pytest.mark.parametrize("ordering", ["name", "-name", "username", "due_at", "-due_at", "last_accessed"])
def test_the_roster_goes_on_behind_a_cursor_in_any_order(api, make, ordering, monkeypatch):
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)
    course = make.course()
    for number in range(5):
        due_at = datetime.now(UTC) + timedelta(days=number) if number % 2 else None
        make.enrollment(course, make.student(last_name=f"Name{number % 2}"), due_at=due_at)
    admin = api.as_(make.admin())
    path = f"/courses/{course.id}/enrollments?ordering={ordering}"
    whole = [row["id"] for row in data_of(admin.get(path))]

    seen, follow = [], f"{path}&page_size=2"
    while follow:
        page = admin.get(follow.removeprefix("http://rollcall.test/api/v1")).get_json()
        seen += [row["id"] for row in page["data"]]
        follow = page["next"]

    assert seen == whole
    assert len(set(seen)) == 5


@pytest.mark.parametrize(("query", "count"), [("", 4), ("?status=ACTIVE", 3), ("?status=CANCELLED", 1)])
def test_the_roster_knows_how_long_it_is(api, make, set_limit, query, count):
    set_limit("app.db.page_statements.COUNT_CAP", 1)
    course = make.course()
    for _ in range(3):
        make.enrollment(course)
    left = make.student()
    data_of(api.as_(left).delete(f"/enrollments/{make.enrollment(course, left).id}"))

    found = api.as_(make.admin()).get(f"/courses/{course.id}/enrollments{query}").get_json()

    assert (found["count"], found["count_is_exact"]) == (count, True)


def test_a_spreadsheet_that_is_not_read_to_the_end_leaves_nothing_to_the_next_request(api, make):
    course, admin = make.course(), api.as_(make.admin())
    make.enrollment(course, make.student())

    unread = admin.get(f"/courses/{course.id}/enrollments?format=csv")
    left = has_request_context(), has_app_context()
    answered = admin.get(f"/courses/{course.id}/enrollments").status_code
    unread.close()

    assert left == (False, False)
    assert (answered, admin.get("/auth/me").status_code) == (200, 200)


def test_the_roster_as_a_spreadsheet(api, make):
    course = make.course(lessons=1)
    student = make.student(first_name="=cmd()", last_name="Eve")
    make.enrollment(course, student)

    response = api.as_(make.admin()).get(f"/courses/{course.id}/enrollments?format=csv")

    assert response.mimetype == "text/csv"
    (row,) = csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff")))
    assert row["user_username"] == student.username
    assert row["user_full_name"] == "'=cmd() Eve"
    assert (row["status"], row["total_lessons"]) == ("ACTIVE", "1")


def test_owner_and_admin_grade_and_clear(api, make):
    course = make.course(lessons=1)
    enrollment = make.enrollment(course)
    path = f"/enrollments/{enrollment.id}/grade"
    owner = api.as_(get_user(make, course.instructor_id))

    graded = data_of(owner.post(path, json={"grade": "b+"}))

    assert (graded["grade"], graded["status"]) == ("B+", "ACTIVE")
    assert data_of(api.as_(make.admin()).post(path, json={"grade": None}))["grade"] is None
    assert_refused(api.as_(make.instructor()).post(path, json={"grade": "A"}), 404, "not_found")
    assert_refused(owner.post(path, json={"grade": "E"}), 422, "invalid_request")


def test_an_instructor_who_learns_does_not_grade_themselves(api, make):
    learner = make.instructor()
    enrollment = make.enrollment(make.course(), learner)

    response = api.as_(learner).post(f"/enrollments/{enrollment.id}/grade", json={"grade": "A"})

    assert_refused(response, 403, "forbidden")


def test_a_cancelled_enrollment_takes_no_grade_and_no_payment(api, make):
    enrollment, admin = make.enrollment(make.course(), **CANCELLED), api.as_(make.admin())

    graded = admin.post(f"/enrollments/{enrollment.id}/grade", json={"grade": "A"})
    paid = admin.post(f"/enrollments/{enrollment.id}/payment", json={"payment_status": "PAID"})

    assert_refused(graded, 409, "enrollment_cancelled")
    assert_refused(paid, 409, "enrollment_cancelled")


def test_paying_completes_what_waited_only_for_that(api, make, setting):
    setting(paid_enrollment="require")
    course = make.course(lessons=1, price=10)
    enrollment = make.enrollment(course)
    make.progress(enrollment, *make.lessons_of(course))

    paid = data_of(
        api.as_(make.admin()).post(f"/enrollments/{enrollment.id}/payment", json={"payment_status": "paid"})
    )

    assert (paid["payment_status"], paid["status"]) == ("PAID", "COMPLETED")


def test_joining_takes_a_constant_number_of_statements(api, make, statements):
    course, student = make.course(lessons=3), api.as_(make.student())

    with statements() as seen:
        data_of(student.post(f"/courses/{course.id}/enroll"), 201)

    assert len(seen) == 3  # the caller, the locks, the enrollment


def test_a_page_of_my_enrollments_takes_two_statements(api, make, statements):
    student = make.student()
    for _ in range(20):
        make.enrollment(make.course(lessons=1), student)
    client = api.as_(student)

    with statements() as seen:
        assert len(data_of(client.get("/enrollments"))) == 20

    assert len(seen) == 2


def test_a_page_of_the_roster_takes_four_statements(api, make, statements):
    course = make.course(lessons=3)
    for _ in range(20):
        make.enrollment(course)
    admin = api.as_(make.admin())

    with statements() as seen:
        assert len(data_of(admin.get(f"/courses/{course.id}/enrollments"))) == 20

    assert len(seen) == 4


def course_of(make, course):
    return make._fresh(type(course), course.id)


def get_user(make, user_id):
    return make._fresh(User, user_id)


def test_a_deleted_course_can_still_be_left(api, make):
    student = make.student()
    enrollment = make.enrollment(make.course(deleted_at=datetime(2026, 1, 1, tzinfo=UTC)), student)

    assert data_of(api.as_(student).delete(f"/enrollments/{enrollment.id}"))["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("done", "of", "shown"), [(1, 3, 33.33), (2, 3, 66.67), (6, 7, 85.71), (3, 3, 100.0)]
)
def test_the_percentage_is_rounded_to_two_decimals(api, make, done, of, shown):
    course, student = make.course(lessons=of), make.student()
    enrollment = make.enrollment(course, student)
    make.progress(enrollment, *make.lessons_of(course)[:done])

    response = api.as_(student).get(f"/enrollments/{enrollment.id}")

    assert data_of(response)["completion_percentage"] == shown


@pytest.mark.parametrize("name", ["id", "slug", "code"])
def test_ones_enrollments_are_found_by_whatever_names_the_course(api, make, name):
    course, student = make.course(), make.student()
    make.enrollment(make.course(), user=student)
    own = make.enrollment(course, user=student)

    found = data_of(api.as_(student).get(f"/enrollments?course={getattr(course, name)}"))

    assert [each["id"] for each in found] == [str(own.id)]


@pytest.mark.parametrize("status", ["ACTIVE", "COMPLETED"])
@pytest.mark.parametrize("source", list(Source))
def test_an_enrollment_in_a_deleted_course_can_be_left(api, make, source, status):
    student, course = make.student(), make.course()
    done = {"completed_at": datetime.now(UTC), "completion_number": 1} if status == "COMPLETED" else {}
    enrollment = make.enrollment(course, student, source=source, status=EnrollmentStatus(status), **done)
    api.as_(make.admin()).delete(f"/courses/{course.id}?force=true")

    left = data_of(api.as_(student).delete(f"/enrollments/{enrollment.id}"))

    assert left["status"] == "CANCELLED"
    assert_refused(api.as_(student).delete(f"/enrollments/{enrollment.id}"), 409, "invalid_transition")


def test_only_admins_read_in_the_roster_how_other_systems_know_people(api, make):
    teacher = make.instructor()
    course = make.course(instructor=teacher)
    make.enrollment(course, make.student(email="ada@example.org", external_id="HR-7", department="Finance"))
    path = f"/courses/{course.id}/enrollments?format=csv"

    for_admin = list(csv.DictReader(io.StringIO(api.as_(make.admin()).get(path).text.lstrip("\ufeff"))))
    for_teacher = api.as_(teacher).get(path).text

    row = for_admin[0]
    assert (row["user_email"], row["user_external_id"], row["user_department"]) == (
        "ada@example.org",
        "HR-7",
        "Finance",
    )
    assert not any(secret in for_teacher for secret in ("email", "external_id", "ada@", "HR-7", "Finance"))
    assert len(for_teacher.splitlines()) == 2
