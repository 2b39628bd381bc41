"""Courses: made, shown, changed and taken away."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus
from app.models.course import Course
from app.services.catalogue import courses_workflow, courses_write
from tests.support.http import assert_refused, data_of

COURSE = {"title": "Accounting", "short_description": "Read a balance sheet."}


def drafted(client, **values):
    return data_of(client.post("/courses", json={**COURSE, **values}), 201)


def test_an_instructor_drafts_a_course(api, make):
    ada = make.instructor()
    instructor = api.as_(ada)

    course = drafted(instructor, price=49.9, total_seats=30, duration_hours=12.5, level="advanced")

    assert (course["status"], course["slug"], course["level"]) == ("DRAFT", "accounting", "ADVANCED")
    assert course["code"].startswith("COURSE-")
    assert course["display_price"] == {"amount": "49.90", "currency": "USD"}
    assert (course["available_seats"], course["is_full"], course["is_free"]) == (30, False, False)
    assert course["duration_hours"] == 12.5
    assert course["instructor"]["id"] == str(ada.id)
    assert "email" not in course["instructor"]
    assert (course["average_rating"], course["total_reviews"], course["lesson_count"]) == (None, 0, 0)
    assert (course["is_enrolled"], course["is_admission_open"], course["sections"]) == (False, True, [])
    assert course["publish_refused"] is None


def test_only_instructors_and_admins_make_courses(api, make):
    assert_refused(api.post("/courses", json=COURSE), 401, "unauthenticated")
    assert_refused(api.as_(make.student()).post("/courses", json=COURSE), 403, "forbidden")
    assert drafted(api.as_(make.admin()))["status"] == "DRAFT"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "Bare"}, "description"),
        ({"title": "Bare", "description": "  "}, "description"),
        ({"short_description": "x"}, "title"),
        ({**COURSE, "title": "x" * 201}, "title"),
        ({**COURSE, "price": -1}, "price"),
        ({**COURSE, "price": "1.999"}, "price"),
        ({**COURSE, "currency": "usdollar"}, "currency"),
        ({**COURSE, "total_seats": 0}, "total_seats"),
        ({**COURSE, "status": "PUBLISHED"}, "status"),
        ({**COURSE, "preview_video": "javascript:alert(1)"}, "preview_video"),
        ({**COURSE, "category_id": "0195a1a1-0000-7000-8000-000000000000"}, "category_id"),
        ({**COURSE, "slug": "mine"}, "slug"),
        ({**COURSE, "slug": "review-queue"}, "slug"),
        ({**COURSE, "slug": "0195a1a1-0000-7000-8000-000000000000"}, "slug"),
        ({**COURSE, "class_starts": "2031-01-01", "admission_deadline": "2031-01-02"}, "class_starts"),
        ({**COURSE, "duration_hours": 100_000}, "duration_hours"),
    ],
)
def test_what_a_course_cannot_be_is_refused(api, make, body, field):
    instructor = api.as_(make.instructor())

    assert field in assert_refused(instructor.post("/courses", json=body), 422, "invalid_request")


def test_an_inactive_category_is_only_for_admins_to_give(api, make):
    category = make.category(is_active=False)
    body = {**COURSE, "category_id": str(category.id)}

    assert_refused(api.as_(make.instructor()).post("/courses", json=body), 422, "invalid_request")
    course = drafted(api.as_(make.admin()), category_id=str(category.id))
    assert course["category"]["slug"] == category.slug


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Über C++ & Ænima", "uber-c-aenima"),
        ("日本語", "ri-ben-yu"),
        ("???", "course"),
        ("Mine", "mine-2"),
        ("Review queue", "review-queue-2"),
        ("0195a1a1-0000-7000-8000-000000000000", "0195a1a1-0000-7000-8000-000000000000-2"),
    ],
)
def test_a_slug_is_made_from_the_title(api, make, title, slug):
    assert drafted(api.as_(make.instructor()), title=title)["slug"] == slug


def test_twins_get_slugs_of_their_own(api, make):
    instructor = api.as_(make.instructor())

    made = [drafted(instructor)["slug"] for _ in range(12)]

    assert made[:3] == ["accounting", "accounting-2", "accounting-3"]
    assert len(set(made)) == 12


def test_only_the_usual_spelling_is_an_id(api, make):
    course = make.course()
    digits = course.id.hex
    moved = f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:]}"
    slug = "aa-bb-cc-dd-" + "a" * 24
    owner = api.as_(make.instructor())

    made = owner.post("/courses", json={"title": "A", "short_description": "b", "slug": slug})

    assert_refused(api.get(f"/courses/{moved}"), 404, "not_found")
    assert data_of(made, 201)["slug"] == slug
    assert data_of(owner.get(f"/courses/{slug}"))["slug"] == slug


def test_a_slug_of_ones_own_is_taken_once(api, make):
    instructor = api.as_(make.instructor())
    drafted(instructor, slug="ledgers")
    other = drafted(instructor)

    assert_refused(instructor.post("/courses", json={**COURSE, "slug": "ledgers"}), 409, "slug_taken")
    assert_refused(instructor.patch(f"/courses/{other['id']}", json={"slug": "ledgers"}), 409, "slug_taken")


def test_an_admin_may_give_a_code_and_no_one_else(api, make):
    admin, instructor = api.as_(make.admin()), api.as_(make.instructor())

    assert drafted(admin, code="ACC-101")["code"] == "ACC-101"
    assert_refused(admin.post("/courses", json={**COURSE, "code": "acc-101"}), 409, "code_taken")
    assert_refused(instructor.post("/courses", json={**COURSE, "code": "ACC-102"}), 403, "forbidden")


def test_a_code_given_by_hand_does_not_stop_the_sequence(api, make):
    admin = api.as_(make.admin())
    number = int(drafted(admin)["code"].removeprefix("COURSE-"))
    drafted(admin, code=f"COURSE-{number + 1:04}")
    drafted(admin, code=f"COURSE-{number + 2:04}")

    assert drafted(admin)["code"] not in {f"COURSE-{number + 1:04}", f"COURSE-{number + 2:04}"}


def test_publishing_at_creation_is_a_wish(api, make, setting):
    instructor, admin = api.as_(make.instructor()), api.as_(make.admin())

    refused = drafted(instructor, publish=True)
    incomplete = drafted(admin, publish=True)
    setting(publish_min_lessons=0)
    published = drafted(admin, publish=True)

    assert (refused["status"], refused["publish_refused"]) == ("DRAFT", "approval_required")
    assert (incomplete["status"], incomplete["publish_refused"]) == ("DRAFT", "course_incomplete")
    assert (published["status"], published["publish_refused"]) == ("PUBLISHED", None)
    assert published["published_at"] is not None


def test_no_notice_says_that_a_published_course_is_a_draft(api, make, setting):
    setting(publish_min_lessons=0)

    response = api.as_(make.admin()).post("/courses", json={**COURSE, "publish": True})

    assert data_of(response, 201)["status"] == "PUBLISHED"
    assert "draft" not in response.json["message"]


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


def test_an_import_may_speak_of_the_past(app, api, make):
    admin = make.admin()
    then = datetime(2013, 10, 1, tzinfo=UTC)
    with app.app_context(), transaction():
        values = {**COURSE, "class_starts": date(2013, 10, 2)}
        course = courses_write.create(admin, at=then, **values)
        make_complete(course)
        courses_workflow.submit(admin, course.id, at=then + timedelta(hours=1))
        decided = {"status": CourseStatus.PUBLISHED, "at": then + timedelta(hours=2)}
        course = courses_workflow.review(admin, course.id, **decided)

    assert (course.created_at, course.published_at) == (then, then + timedelta(hours=2))
    entries = data_of(api.as_(admin).get(f"/courses/{course.id}/history"))
    assert [entry["action"] for entry in entries] == ["published", "submitted", "created"]


def make_complete(course):
    db.session.get(Course, course.id).lesson_count = 1
    db.session.flush()


def test_a_course_is_not_given_to_a_user_who_is_enrolled_in_it(api, make):
    course, teacher = make.course(), make.instructor()
    enrollment = make.enrollment(course, teacher)

    response = api.as_(make.admin()).patch(f"/courses/{course.id}", json={"instructor_id": str(teacher.id)})

    assert assert_refused(response, 409, "already_enrolled") == {"enrollment_id": [str(enrollment.id)]}


@pytest.mark.parametrize(("sent", "stored"), [("eur", "EUR"), ("JPY", "JPY")])
def test_a_currency_is_read_in_any_case(api, make, sent, stored):
    body = {"title": "Priced", "description": "It costs.", "price": "5", "currency": sent}

    assert data_of(api.as_(make.instructor()).post("/courses", json=body), 201)["currency"] == stored


def test_what_is_no_currency_is_refused(api, make):
    body = {"title": "Priced", "description": "It costs.", "price": "5", "currency": "ZZZ"}

    details = assert_refused(api.as_(make.instructor()).post("/courses", json=body), 422, "invalid_request")

    assert set(details) == {"currency"}
