"""Creating courses: their names, what they may hold, and publishing at once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.db.session import db, transaction
from app.enums import CourseStatus
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
    refused = instructor.post("/courses", json={**COURSE, "code": "ACC-102"})
    assert assert_refused(refused, 403, "forbidden") == {"code": ["Only an admin can set this."]}
    assert refused.get_json()["message"] == "Only an admin can set `code`."


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


@pytest.mark.parametrize(("sent", "stored"), [("eur", "EUR"), ("JPY", "JPY")])
def test_a_currency_is_read_in_any_case(api, make, sent, stored):
    body = {"title": "Priced", "description": "It costs.", "price": "5", "currency": sent}

    assert data_of(api.as_(make.instructor()).post("/courses", json=body), 201)["currency"] == stored


def test_what_is_no_currency_is_refused(api, make):
    body = {"title": "Priced", "description": "It costs.", "price": "5", "currency": "ZZZ"}

    details = assert_refused(api.as_(make.instructor()).post("/courses", json=body), 422, "invalid_request")

    assert set(details) == {"currency"}
