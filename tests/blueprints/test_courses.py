"""Courses: shown to those who may see them, and deleted."""

from datetime import UTC, datetime

import pytest

from app.enums import CourseStatus, EnrollmentStatus
from tests.support.http import assert_refused, data_of


def test_a_course_is_found_by_id_slug_and_code(api, make):
    course = make.course(slug="ledgers", code="ACC-7")

    for ref in (course.id, str(course.id).upper(), "ledgers", "LEDGERS", "ACC-7", "acc-7"):
        assert data_of(api.get(f"/courses/{ref}"))["id"] == str(course.id)
    for ref in ("nothing", "0195a1a1-0000-7000-8000-000000000000", "a%00b"):
        assert_refused(api.get(f"/courses/{ref}"), 404, "not_found")


def test_the_detail_shows_the_outline_and_no_bodies(api, make):
    course = make.course()
    section = make.section(course, title="Basics")
    make.lesson(section, title="First", content="secret", is_preview=True, duration_seconds=60)

    shown = data_of(api.get(f"/courses/{course.id}"))

    assert [each["title"] for each in shown["sections"]] == ["Basics"]
    (lesson,) = shown["sections"][0]["lessons"]
    assert set(lesson) == {
        "id",
        "title",
        "type",
        "duration_seconds",
        "is_preview",
        "is_required",
        "position",
    }
    assert (lesson["title"], lesson["type"], lesson["position"]) == ("First", "TEXT", 1)


def test_the_detail_is_a_constant_number_of_statements(api, make, statements):
    course = make.course(lessons=20)
    student = api.as_(make.student())
    with statements() as few:
        data_of(api.get(f"/courses/{course.id}"))
    make.lesson(make.section(course))

    with statements() as more:
        shown = data_of(student.get(f"/courses/{course.slug}"))

    assert len(shown["sections"]) == 2
    assert (len(few), len(more)) == (1, 2)  # the course with its outline; and the caller


@pytest.mark.parametrize("status", [each for each in CourseStatus if each != CourseStatus.PUBLISHED])
def test_what_is_not_published_is_for_owner_admin_and_learners(api, make, status):
    owner = make.instructor()
    course = make.course(instructor=owner, status=status)
    learner, gone = make.student(), make.student()
    make.enrollment(course, learner)
    make.enrollment(course, gone, status=EnrollmentStatus.CANCELLED, cancelled_at=datetime.now(UTC))

    for person in (owner, make.admin(), learner):
        assert data_of(api.as_(person).get(f"/courses/{course.id}"))["status"] == status
    for client in (api, api.as_(make.instructor()), api.as_(gone)):
        assert_refused(client.get(f"/courses/{course.id}"), 404, "not_found")


def test_a_deleted_course_is_gone_for_every_caller(api, make):
    course = make.course(deleted_at=datetime.now(UTC))
    learner = make.student()
    make.enrollment(course, learner)

    for client in (api, api.as_(make.admin()), api.as_(learner)):
        assert_refused(client.get(f"/courses/{course.id}"), 404, "not_found")


def test_the_decision_is_shown_to_owner_and_admins_alone(api, make):
    owner, admin = make.instructor(), make.admin()
    reviewed = {"review_notes": "Weak.", "reviewed_by_id": admin.id, "reviewed_at": datetime.now(UTC)}
    course = make.course(instructor=owner, **reviewed)

    for person in (owner, admin):
        shown = data_of(api.as_(person).get(f"/courses/{course.id}"))
        assert (shown["review_notes"], shown["reviewed_by"]) == ("Weak.", str(admin.id))
    for client in (api, api.as_(make.student())):
        shown = data_of(client.get(f"/courses/{course.id}"))
        assert (shown["review_notes"], shown["reviewed_by"], shown["reviewed_at"]) == (None, None, None)


def test_a_learner_sees_the_seat_they_hold(api, make):
    course = make.course(total_seats=1)
    learner = make.student()
    make.enrollment(course, learner)

    mine = data_of(api.as_(learner).get(f"/courses/{course.id}"))
    theirs = data_of(api.as_(make.student()).get(f"/courses/{course.id}"))

    assert (mine["is_enrolled"], theirs["is_enrolled"]) == (True, False)
    assert (mine["available_seats"], mine["is_full"], mine["enrollment_count"]) == (0, True, 1)


def test_an_inactive_category_is_not_shown_with_the_course(api, make):
    category = make.category(is_active=False)
    owner = make.instructor()
    course = make.course(category=category, instructor=owner)

    for path in (f"/courses/{course.id}", "/courses"):
        shown = data_of(api.get(path))
        assert (shown[0] if isinstance(shown, list) else shown)["category"] is None
    assert data_of(api.as_(owner).get(f"/courses/{course.id}"))["category"]["id"] == str(category.id)


def test_deleting_is_out_of_sight_and_keeps_records(api, make):
    owner, learner = make.instructor(), make.student()
    course = make.course(instructor=owner)
    done = {"status": EnrollmentStatus.COMPLETED, "completed_at": datetime.now(UTC), "completion_number": 1}
    make.enrollment(course, learner, **done)
    client = api.as_(owner)

    assert client.delete(f"/courses/{course.id}").status_code == 204

    assert_refused(client.get(f"/courses/{course.id}"), 404, "not_found")
    assert_refused(client.delete(f"/courses/{course.id}"), 404, "not_found")
    assert data_of(client.get("/courses/mine")) == []


def test_a_course_in_use_is_deleted_only_by_an_insisting_admin(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner)
    make.enrollment(course)
    path = f"/courses/{course.id}"
    admin = api.as_(make.admin())

    assert_refused(api.as_(owner).delete(path), 409, "course_in_use")
    assert_refused(api.as_(owner).delete(f"{path}?force=true"), 409, "course_in_use")
    assert_refused(admin.delete(path), 409, "course_in_use")
    assert admin.delete(f"{path}?force=true").status_code == 204
