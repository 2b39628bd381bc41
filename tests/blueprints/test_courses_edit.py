"""Editing courses: who may, in which state, and what is recorded."""

from datetime import UTC, date, datetime, timedelta

from app.enums import CourseStatus
from tests.support.http import assert_refused, data_of

COURSE = {"title": "Accounting", "short_description": "Read a balance sheet."}


def drafted(client, **values):
    return data_of(client.post("/courses", json={**COURSE, **values}), 201)


def test_patch_changes_a_part_and_put_the_whole(api, make):
    instructor = api.as_(make.instructor())
    course = drafted(instructor, venue="Room 1", price="10", slug="ledgers")
    path = f"/courses/{course['id']}"

    patched = data_of(instructor.patch(path, json={"venue": "Room 2"}))
    put = data_of(instructor.put(path, json={"title": "New", "description": "Long."}))

    assert (patched["venue"], patched["price"], patched["title"]) == ("Room 2", "10.00", "Accounting")
    assert (put["title"], put["venue"], put["price"], put["slug"]) == ("New", "", "0.00", "ledgers")
    assert put["short_description"] == ""


def test_the_last_description_stays(api, make):
    instructor = api.as_(make.instructor())
    course = drafted(instructor)

    response = instructor.patch(f"/courses/{course['id']}", json={"short_description": ""})

    assert "description" in assert_refused(response, 422, "invalid_request")


def test_another_instructor_may_not_touch_a_course(api, make):
    stranger = api.as_(make.instructor())
    public = make.course()
    draft = make.course(status=CourseStatus.DRAFT)

    assert_refused(stranger.patch(f"/courses/{public.id}", json={"title": "x"}), 403, "forbidden")
    assert_refused(stranger.delete(f"/courses/{public.id}"), 403, "forbidden")
    assert_refused(stranger.patch(f"/courses/{draft.id}", json={"title": "x"}), 404, "not_found")


def test_a_demoted_instructors_course_is_read_only_to_them(api, make):
    former = make.student()
    course = make.course(instructor=former, status=CourseStatus.DRAFT)
    client = api.as_(former)

    assert data_of(client.get(f"/courses/{course.id}"))["status"] == "DRAFT"
    assert_refused(client.patch(f"/courses/{course.id}", json={"title": "x"}), 403, "forbidden")


def test_an_admin_gives_a_course_to_another_instructor(api, make):
    old, new = make.instructor(), make.instructor(first_name="Grace", last_name="Hopper")
    course = make.course(instructor=old)
    path, body = f"/courses/{course.id}", {"instructor_id": str(new.id)}

    assert_refused(api.as_(old).patch(path, json=body), 403, "forbidden")
    given = data_of(api.as_(make.admin()).patch(path, json=body))

    assert given["instructor"]["full_name"] == "Grace Hopper"
    assert_refused(api.as_(old).patch(path, json={"title": "x"}), 403, "forbidden")
    assert data_of(api.as_(new).patch(path, json={"title": "x"}))["title"] == "x"
    assert len(data_of(api.get("/courses?search=hopper"))) == 1


def test_a_course_is_given_only_to_someone_who_teaches(api, make):
    admin = api.as_(make.admin())
    path = f"/courses/{make.course().id}"

    for person in (make.student(), make.instructor(is_active=False)):
        response = admin.patch(path, json={"instructor_id": str(person.id)})
        assert "instructor_id" in assert_refused(response, 422, "invalid_request")


def test_a_pending_course_is_frozen(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=CourseStatus.PENDING)
    path = f"/courses/{course.id}"

    for person in (owner, make.admin()):
        client = api.as_(person)
        assert_refused(client.patch(path, json={"title": "x"}), 409, "course_under_review")
        assert_refused(client.put(path, json=COURSE), 409, "course_under_review")
        assert_refused(client.delete(path), 409, "course_under_review")


def test_editing_an_approved_course_returns_it_to_draft(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    client = api.as_(owner)

    edited = data_of(client.patch(f"/courses/{course.id}", json={"title": "x"}))
    (entry,) = data_of(client.get(f"/courses/{course.id}/history"))

    assert edited["status"] == "DRAFT"
    assert (entry["action"], entry["from_status"], entry["to_status"]) == ("edited", "APPROVED", "DRAFT")
    assert entry["fields"] == ["title"]
    assert entry["actor"]["id"] == str(owner.id)


def test_editing_a_published_course_keeps_it_live_and_is_recorded(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner)
    client = api.as_(owner)

    edited = data_of(client.patch(f"/courses/{course.id}", json={"title": "x", "venue": "y"}))

    assert (edited["status"], edited["changed_since_review"]) == ("PUBLISHED", True)
    assert data_of(client.get(f"/courses/{course.id}/history"))[0]["fields"] == ["title", "venue"]


def test_changing_nothing_leaves_no_trace(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=CourseStatus.APPROVED, duration_hours=1.1)
    client = api.as_(owner)

    same = {"title": course.title, "duration_hours": 1.1, "price": 0, "instructor_id": str(owner.id)}
    edited = data_of(client.patch(f"/courses/{course.id}", json=same))

    assert edited["status"] == "APPROVED"
    assert data_of(client.get(f"/courses/{course.id}/history")) == []


def test_a_past_day_is_refused_only_when_it_is_new(api, make):
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    owner = make.instructor()
    course = make.course(instructor=owner, admission_deadline=yesterday, class_starts=yesterday)
    client = api.as_(owner)
    path = f"/courses/{course.id}"

    kept = {"title": "x", "admission_deadline": str(yesterday)}
    assert data_of(client.patch(path, json=kept))["is_admission_open"] is False
    moved = client.patch(path, json={"admission_deadline": str(yesterday - timedelta(days=1))})
    assert "admission_deadline" in assert_refused(moved, 422, "invalid_request")
    made = client.post("/courses", json={**COURSE, "class_starts": str(yesterday)})
    assert "class_starts" in assert_refused(made, 422, "invalid_request")


def test_today_is_not_past_and_admission_is_open_through_it(api, make):
    today = datetime.now(UTC).date()

    course = drafted(api.as_(make.instructor()), admission_deadline=str(today), class_starts=str(today))

    assert course["is_admission_open"] is True


def test_a_start_may_not_slip_before_the_deadline(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, admission_deadline=date(2031, 1, 10))

    response = api.as_(owner).patch(f"/courses/{course.id}", json={"class_starts": "2031-01-09"})

    assert "class_starts" in assert_refused(response, 422, "invalid_request")


def test_a_course_is_not_given_to_a_user_who_is_enrolled_in_it(api, make):
    course, teacher = make.course(), make.instructor()
    enrollment = make.enrollment(course, teacher)

    response = api.as_(make.admin()).patch(f"/courses/{course.id}", json={"instructor_id": str(teacher.id)})

    assert assert_refused(response, 409, "already_enrolled") == {"enrollment_id": [str(enrollment.id)]}
