"""Dashboards: who sees which, what the figures are, and that they are right after every change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from jsonschema_rs import validator_for
from redis import Redis
from sqlalchemy import update

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus, PaymentStatus, Source
from app.models import Course, CourseChange, Session
from tests.support.http import assert_refused, data_of

NOW = datetime.now(UTC)
MONTH = NOW.strftime("%Y-%m")


def cancelled():
    return {"status": EnrollmentStatus.CANCELLED, "cancelled_at": NOW}


def completed(at=None):
    return {"status": EnrollmentStatus.COMPLETED, "completed_at": at or NOW, "completion_number": 1}


def of_month(rows, month=MONTH):
    (found,) = (row for row in rows if row["month"] == month)
    return {name: value for name, value in found.items() if name != "month"}


def test_statistics_are_for_everyone_who_is_signed_in(api, make):
    student = make.student()
    make.user(is_active=False)
    course = make.course()
    make.course(deleted_at=NOW)
    make.enrollment(course, student)
    make.enrollment(course, student := make.student(), **completed())
    make.enrollment(course, **cancelled())

    stats = data_of(api.as_(student).get("/dashboard/stats"))

    assert stats.pop("as_of").endswith("Z")
    assert stats == {"total_users": 5, "total_courses": 1, "total_enrollments": 2}
    assert_refused(api.get("/dashboard/stats"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("role", "member"),
    [("admin", "users_by_role"), ("instructor", "published_courses"), ("student", "recent_courses")],
)
def test_a_dashboard_is_that_of_ones_role(api, make, role, member):
    client = api.as_(getattr(make, role)())

    own, named = (data_of(client.get(path)) for path in ("/dashboard", f"/dashboard/{role}"))

    assert own.pop("role") == role.upper()
    assert own.keys() == named.keys()
    assert member in own


def test_only_admins_see_the_platform_and_only_who_manages_a_course_its_analytics(api, make):
    course = make.course()

    assert_refused(api.as_(make.instructor()).get("/dashboard/admin"), 403, "forbidden")
    assert_refused(api.as_(make.student()).get("/dashboard/instructor"), 403, "forbidden")
    assert_refused(api.as_(make.instructor()).get(f"/courses/{course.id}/analytics"), 403, "forbidden")
    draft = make.course(status=CourseStatus.DRAFT)
    assert_refused(api.as_(make.instructor()).get(f"/courses/{draft.id}/analytics"), 404, "not_found")


def test_people_are_counted_by_role_and_by_the_month_they_registered(api, make):
    admin = make.admin()
    make.student()
    make.student(created_at=NOW - timedelta(days=800))
    make.instructor(is_active=False)

    figures = data_of(api.as_(admin).get("/dashboard/admin"))

    assert figures["users_by_role"] == {"STUDENT": 2, "INSTRUCTOR": 0, "ADMIN": 1}
    assert figures["total_users"] == 3
    assert len(figures["registrations"]) == 12
    assert of_month(figures["registrations"]) == {"STUDENT": 1, "INSTRUCTOR": 1, "ADMIN": 1}
    assert sum(row["STUDENT"] for row in figures["registrations"]) == 1


def test_courses_are_counted_by_state_month_and_category(api, make):
    shelf, other = make.category(name="Anatomy"), make.category(name="Botany")
    popular = make.course(category=shelf, rating_sum=9, rating_count=2)
    make.course(category=shelf, status=CourseStatus.DRAFT)
    make.course(category=shelf, deleted_at=NOW, rating_sum=1, rating_count=1)
    make.course(status=CourseStatus.PENDING, rating_sum=3, rating_count=1)
    for _ in range(2):
        make.enrollment(popular)

    figures = data_of(api.as_(make.admin()).get("/dashboard/admin"))

    states = {state: count for state, count in figures["courses_by_status"].items() if count}
    assert states == {"PUBLISHED": 1, "DRAFT": 1, "PENDING": 1}
    assert figures["pending_course_decisions"] == 1
    assert of_month(figures["courses_created"]) == {"courses": 3}
    assert figures["creation_rate"] == 0.25
    assert (figures["average_rating"], figures["total_reviews"]) == (4.0, 3)
    assert [row["title"] for row in figures["top_courses"]] == [popular.title]
    assert figures["by_category"] == [
        {"id": str(shelf.id), "name": "Anatomy", "courses": 1, "enrollments": 2},
        {"id": str(other.id), "name": "Botany", "courses": 0, "enrollments": 0},
    ]


def test_learning_is_counted_by_state_month_and_rate(api, make):
    course = make.course()
    make.enrollment(course)
    make.enrollment(course, due_at=NOW - timedelta(hours=1))
    make.enrollment(course, due_at=NOW + timedelta(hours=1))
    make.enrollment(course, due_at=NOW - timedelta(hours=1), **completed())
    make.enrollment(course, **cancelled())

    figures = data_of(api.as_(make.admin()).get("/dashboard/admin"))

    assert figures["enrollments_by_status"] == {"ACTIVE": 3, "COMPLETED": 1, "CANCELLED": 1}
    assert of_month(figures["enrollments"]) == {"enrolled": 4, "completed": 1}
    assert figures["enrollment_rate"] == 0.8  # 4 seats, 5 active students
    assert figures["completion_rate"] == 25.0
    assert figures["overdue_assignments"] == 1


def test_decisions_are_counted_and_timed(api, app, make):
    admin = make.admin()
    # course, then when each was asked and answered, in hours before now
    for waited, answer in ((6, "APPROVED"), (2, "PUBLISHED"), (1, "REJECTED")):
        course = make.course()
        with app.app_context(), transaction():
            asked = {"action": "submitted", "from_status": "DRAFT", "to_status": "PENDING"}
            decided = {"action": answer.lower(), "from_status": "PENDING", "to_status": answer}
            for hours, change in ((waited + 1, asked), (1, decided)):
                db.session.add(
                    CourseChange(
                        course_id=course.id,
                        actor_id=admin.id,
                        created_at=NOW - timedelta(hours=hours),
                        **change,
                    )
                )

    figures = data_of(api.as_(admin).get("/dashboard/admin"))

    assert figures["course_decisions"] == {"APPROVED": 2, "REJECTED": 1}
    assert figures["approval_rate"] == 66.67
    assert figures["approval_times"] == {"decided": 3, "average_hours": 3.0, "median_hours": 2.0}


def test_who_was_here_this_week_and_learned(api, app, make):
    course = make.course(lessons=3)
    learner, visitor, gone = (api.as_(make.student()) for _ in range(3))
    learner.post(f"/courses/{course.id}/enroll")
    for lesson in make.lessons_of(course)[:2]:
        learner.post(f"/lessons/{lesson.id}/complete")
    admin = api.as_(make.admin())
    with app.app_context(), transaction():
        earliest = db.session.query(Session).order_by(Session.id).offset(2).first()
        earliest.last_used_at = NOW - timedelta(days=9)
    assert visitor.token != gone.token

    figures = data_of(admin.get("/dashboard/admin"))

    assert (figures["active_users"], figures["active_learners"]) == (3, 1)
    assert (figures["lessons_completed"], figures["engagement"]) == (2, 2.0)


def test_an_empty_platform_has_no_rates(api, make):
    figures = data_of(api.as_(make.admin()).get("/dashboard/admin"))

    rates = ("approval_rate", "enrollment_rate", "completion_rate", "average_rating", "engagement")
    assert [figures[name] for name in rates] == [None] * 5


def test_an_instructor_sees_ones_own_courses(api, make):
    teacher = make.instructor()
    first = make.course(instructor=teacher, price=20, rating_sum=9, rating_count=2)
    second = make.course(instructor=teacher, status=CourseStatus.DRAFT, rating_sum=1, rating_count=1)
    make.course(instructor=teacher, deleted_at=NOW)
    make.enrollment(make.course())
    make.enrollment(first, payment_status=PaymentStatus.PAID)
    make.enrollment(first, payment_status=PaymentStatus.PAID, **cancelled())
    make.enrollment(first, payment_status=PaymentStatus.WAIVED, **completed())
    make.enrollment(first, payment_status=PaymentStatus.PAID, currency="EUR", price_at_enrollment=5)

    figures = data_of(api.as_(teacher).get("/dashboard/instructor"))

    assert (figures["total_courses"], figures["published_courses"]) == (2, 1)
    assert (figures["total_enrollments"], figures["total_reviews"]) == (3, 3)
    assert figures["average_rating"] == 3.33
    assert [row["course_id"] for row in figures["courses"]] == [str(second.id), str(first.id)]
    assert figures["courses"][1] == {
        "course_id": str(first.id),
        "code": first.code,
        "title": first.title,
        "slug": first.slug,
        "status": "PUBLISHED",
        "students": 3,
        "ever_enrolled": 4,
        "completed": 1,
        "completion_rate": 33.33,
        "average_rating": 4.5,
        "total_reviews": 2,
        "average_quiz_score": None,
        "revenue": [{"currency": "EUR", "amount": "5.00"}, {"currency": "USD", "amount": "40.00"}],
    }


def test_an_instructor_without_courses_has_a_dashboard(api, make):
    figures = data_of(api.as_(make.instructor()).get("/dashboard/instructor"))

    assert (figures["courses"], figures["average_rating"]) == ([], None)


def test_a_courses_analytics_go_lesson_by_lesson(api, make):
    course = make.course(lessons=2)
    first, second = make.lessons_of(course)
    people = [make.enrollment(course) for _ in range(3)] + [make.enrollment(course, **cancelled())]
    for enrollment in people:
        make.progress(enrollment, first)
    make.progress(people[0], second)

    figures = data_of(api.as_(make.admin()).get(f"/courses/{course.id}/analytics"))

    assert (figures["students"], figures["ever_enrolled"]) == (3, 4)
    funnel = [
        (step["position"], step["completed"], step["completed_percentage"]) for step in figures["funnel"]
    ]
    assert funnel == [(1, 4, 100.0), (2, 1, 25.0)]


def test_a_student_sees_ones_own_learning(api, make):
    student = make.student()
    course = make.course(lessons=2)
    taken = make.enrollment(course, student, due_at=NOW + timedelta(days=3))
    make.progress(taken, make.lessons_of(course)[0])
    make.enrollment(make.course(), student, due_at=NOW - timedelta(days=3))
    make.enrollment(make.course(), student, due_at=NOW + timedelta(days=30))
    make.enrollment(make.course(), student, due_at=NOW - timedelta(days=3), **completed())
    make.enrollment(make.course(), student, **cancelled())
    make.enrollment(course)

    figures = data_of(api.as_(student).get("/dashboard/student"))

    counts = ("enrolled", "in_progress", "completed", "certificates", "due_soon", "overdue")
    assert [figures[name] for name in counts] == [4, 3, 1, 0, 1, 1]
    assert len(figures["recent_courses"]) == 4
    (row,) = (each for each in figures["recent_courses"] if each["enrollment_id"] == str(taken.id))
    assert (row["course"]["title"], row["completion_percentage"]) == (course.title, 50.0)


@pytest.mark.parametrize("late", [timedelta(days=-3), timedelta(days=3)])
def test_nothing_is_due_in_a_course_that_is_no_longer_there(api, make, late):
    student = make.student()
    make.enrollment(make.course(deleted_at=NOW), student, due_at=NOW + late)

    figures = data_of(api.as_(student).get("/dashboard/student"))

    assert (figures["due_soon"], figures["overdue"]) == (0, 0)
    assert (figures["enrolled"], figures["in_progress"]) == (1, 1)


def test_what_is_sent_is_what_is_documented(api, make):
    student, teacher, admin = make.student(), make.instructor(), make.admin()
    course = make.course(lessons=1, instructor=teacher, price=10, category=make.category())
    api.as_(student).post(f"/courses/{course.id}/enroll")
    document = api.app.test_client().get("/openapi.json").get_json()
    cases = {
        "/dashboard/stats": (student, "StatsAnswer"),
        "/dashboard/admin": (admin, "AdminDashboardAnswer"),
        "/dashboard/instructor": (teacher, "InstructorDashboardAnswer"),
        "/dashboard/student": (student, "StudentDashboardAnswer"),
        f"/courses/{course.id}/analytics": (teacher, "CourseAnalyticsAnswer"),
        "/dashboard": (admin, "DashboardAnswer"),
    }

    for path, (user, name) in cases.items():
        body = api.as_(user).get(path).get_json()
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        assert [problem.message for problem in validator_for(schema).iter_errors(body)] == []
        described = document["components"]["schemas"][name.removesuffix("Answer")]["properties"]
        assert set(body["data"]) <= set(described)
        if path != "/dashboard":
            assert set(body["data"]) == set(described)


def test_a_client_that_has_the_figures_gets_304(api, make):
    student = api.as_(make.student())
    first = student.get("/dashboard/student")

    again = student.get("/dashboard/student", headers={"If-None-Match": first.headers["ETag"]})
    student.post(f"/courses/{make.course().id}/enroll")
    changed = student.get("/dashboard/student", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200
    assert data_of(changed)["enrolled"] == 1


def test_figures_computed_again_and_unchanged_are_still_the_same(api, make, redis_url):
    admin = api.as_(make.admin())
    first = admin.get("/dashboard/admin")
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()

    again = admin.get("/dashboard/admin", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "computed", "remembered"),
    [
        ("/dashboard/stats", 3, 2),
        ("/dashboard/admin", 7, 2),
        ("/dashboard/instructor", 6, 3),
        ("/dashboard/student", 4, 2),
        ("/courses/{course}/analytics", 7, 3),
    ],
)
def test_a_dashboard_is_a_few_statements_and_fewer_when_remembered(
    api, make, statements, path, computed, remembered
):
    admin = make.admin()
    for _ in range(3):
        course = make.course(instructor=admin, lessons=2)
        for _ in range(3):
            make.enrollment(course, source=Source.ASSIGNED)
    client = api.as_(admin)

    seen = []
    for _ in range(2):
        with statements() as made:
            data_of(client.get(path.format(course=course.id)))
        seen.append(len(made))

    assert seen == [computed, remembered]


def test_an_instructor_who_hands_a_course_over_loses_its_figures(api, app, make):
    giver, taker = make.instructor(), make.instructor()
    course = make.course(instructor=giver)
    clients = [api.as_(giver), api.as_(taker)]
    before = [data_of(client.get("/dashboard/instructor"))["total_courses"] for client in clients]

    with app.app_context(), transaction():
        db.session.execute(update(Course).where(Course.id == course.id).values(instructor_id=taker.id))

    after = [data_of(client.get("/dashboard/instructor"))["total_courses"] for client in clients]
    assert (before, after) == ([1, 0], [0, 1])
