"""Courses under several hands at once, over real connections."""

import io
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enums import CourseStatus
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, at_once, holding, outcomes

HOLD_COURSE = "SELECT FROM courses WHERE id = :id FOR UPDATE"
COURSE = {"title": "Accounting", "short_description": "Read a balance sheet."}


def colliding(config, course, *calls):
    """The answers of calls that have all read the course before the first of them, in this order, writes."""
    started = []
    with holding(config, HOLD_COURSE, id=course.id) as wait_for:
        for call in calls:
            started.append(Started(call))
            wait_for(len(started))
    return [each.finish() for each in started]


def the_winner(answers):
    """What the one call answered that was not refused."""
    refused = [answer for answer in answers if answer.status_code != 200]
    for answer in refused:
        assert_refused(answer, 409, "invalid_transition")
    (won,) = [data_of(answer) for answer in answers if answer.status_code == 200]
    return won


def test_of_publishing_and_archiving_at_once_one_happens(api, make, config):
    owner, admin = api.as_(make.instructor()), api.as_(make.admin())
    course = make.course(status=CourseStatus.DRAFT, lessons=1)
    path = f"/courses/{course.id}"

    answers = colliding(
        config,
        course,
        lambda: admin.post(f"{path}/publish", json={}),
        lambda: admin.post(f"{path}/archive"),
    )

    won = the_winner(answers)
    (entry,) = data_of(admin.get(f"{path}/history"))
    assert (entry["from_status"], entry["to_status"]) == ("DRAFT", won["status"])
    assert data_of(admin.get(path))["status"] == won["status"]
    assert owner.get(path).status_code == (200 if won["status"] == "PUBLISHED" else 404)


def test_of_two_decisions_at_once_one_is_taken(api, make, config):
    first, second = api.as_(make.admin()), api.as_(make.admin())
    course = make.course(status=CourseStatus.PENDING, lessons=1)
    path = f"/courses/{course.id}"

    answers = colliding(
        config,
        course,
        lambda: first.post(f"{path}/review", json={"status": "APPROVED", "review_notes": "Good."}),
        lambda: second.post(f"{path}/review", json={"status": "REJECTED", "review_notes": "Bad."}),
    )

    won = the_winner(answers)
    (entry,) = data_of(first.get(f"{path}/history"))
    shown = data_of(first.get(path))
    assert entry["to_status"] == won["status"] == shown["status"]
    assert entry["notes"] == won["review_notes"] == shown["review_notes"]


def test_an_edit_before_a_publication_withdraws_the_approval(api, make, config):
    teacher = make.instructor()
    owner = api.as_(teacher)
    course = make.course(instructor=teacher, status=CourseStatus.APPROVED, lessons=1)
    path = f"/courses/{course.id}"

    edited, published = colliding(
        config,
        course,
        lambda: owner.patch(path, json={"title": "Another"}),
        lambda: owner.post(f"{path}/publish", json={}),
    )

    assert data_of(edited)["status"] == "DRAFT"
    assert_refused(published, 409, "invalid_transition")


def test_an_edit_after_a_publication_is_an_edit_of_what_is_live(api, make, config):
    teacher = make.instructor()
    owner = api.as_(teacher)
    course = make.course(instructor=teacher, status=CourseStatus.APPROVED, lessons=1)
    path = f"/courses/{course.id}"

    published, edited = colliding(
        config,
        course,
        lambda: owner.post(f"{path}/publish", json={}),
        lambda: owner.patch(path, json={"title": "Another"}),
    )

    assert data_of(published)["status"] == "PUBLISHED"
    shown = data_of(edited)
    assert (shown["status"], shown["changed_since_review"]) == ("PUBLISHED", True)


def test_a_lesson_deleted_while_submitting_leaves_no_incomplete_course_behind(api, make, config):
    teacher = make.instructor()
    course = make.course(instructor=teacher, status=CourseStatus.DRAFT, lessons=1)
    owner = api.as_(teacher)
    engine = create_engine(config.database_url)
    with engine.connect() as other, holding(config, "SELECT 1") as wait_for:
        other.execute(text("UPDATE courses SET lesson_count = 0 WHERE id = :id"), {"id": course.id})
        started = Started(lambda: owner.post(f"/courses/{course.id}/submit"))
        wait_for(1)
        other.commit()
    engine.dispose()

    answer = started.finish()

    assert_refused(answer, 409, "invalid_transition")
    assert data_of(owner.get(f"/courses/{course.id}"))["status"] == "DRAFT"


def test_twins_made_at_once_all_get_a_slug(api, make):
    instructor = api.as_(make.instructor())

    answers = at_once(*[lambda: instructor.post("/courses", json=COURSE)] * 8)

    made = [data_of(answer, 201) for answer in answers]
    assert len({course["slug"] for course in made}) == 8
    assert len({course["code"] for course in made}) == 8


def test_a_slug_that_is_being_taken_is_passed_over(api, make, config):
    teacher = make.instructor()
    instructor = api.as_(teacher)
    taking = (
        "INSERT INTO courses (slug, title, currency, instructor_id) VALUES ('accounting', 'x', 'USD', :id)"
    )
    engine = create_engine(config.database_url)
    with engine.connect() as other, holding(config, "SELECT 1") as wait_for:
        other.execute(text(taking), {"id": teacher.id})
        started = [Started(lambda: instructor.post("/courses", json=COURSE)) for _ in range(2)]
        wait_for(2)
        other.commit()
    engine.dispose()

    slugs = {data_of(each.finish(), 201)["slug"] for each in started}

    assert slugs == {"accounting-2", "accounting-3"}


def test_category_twins_made_at_once_are_one(api, make):
    admin = api.as_(make.admin())

    answers = at_once(*[lambda: admin.post("/categories", json={"name": "Finance"})] * 8)

    assert outcomes(answers) == {"201": 1, "409 name_taken": 7}


@pytest.fixture
def swallowed(_janitor):
    """While it is open no row is written to the table, and none is found that is in its way."""

    @contextmanager
    def swallowing(table):
        with _janitor.connect() as connection:
            connection.execute(
                text(
                    "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
                )
            )
            connection.execute(
                text(
                    f"CREATE TRIGGER swallows BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION swallow()"
                )
            )
            try:
                yield
            finally:
                connection.execute(text("DROP FUNCTION swallow() CASCADE"))

    return swallowing


@pytest.mark.parametrize(
    ("path", "names", "body"),
    [("/courses", "course_names", COURSE), ("/categories", "categories", {"name": "Finance"})],
)
def test_a_request_that_never_gets_a_slug_first_is_asked_to_try_again(
    api, make, swallowed, path, names, body
):
    admin = api.as_(make.admin())

    with swallowed(names):
        assert_refused(admin.post(path, json=body), 503, "unavailable")

    assert data_of(admin.post(path, json=body), 201)


def hands_over(admin, course, teacher):
    data_of(admin.patch(f"/courses/{course.id}", json={"instructor_id": str(teacher.id)}))
    return str(course.id)


def makes_one_for(admin, _course, teacher):
    return data_of(admin.post("/courses", json={**COURSE, "instructor_id": str(teacher.id)}), 201)["id"]


@pytest.mark.parametrize("give", [hands_over, makes_one_for])
def test_a_course_given_while_its_instructor_is_renamed_is_found_by_the_new_name(api, make, config, give):
    first, second = api.as_(make.admin()), api.as_(make.admin())
    teacher = make.instructor(last_name="Quill")
    theirs, another = make.course(instructor=teacher), make.course()
    rename = {"last_name": "Zimmermann"}
    with holding(config, HOLD_COURSE, id=theirs.id) as wait_for:
        renaming = Started(lambda: first.patch(f"/users/{teacher.id}", json=rename))
        wait_for(1)
        giving = Started(lambda: give(second, another, teacher))
        giving.thread.join(0.5)  # it waits for the rename, or has overtaken it
    data_of(renaming.finish())

    given = giving.finish()

    found = data_of(first.get("/courses?search=zimmermann"))
    assert {course["id"] for course in found} == {str(theirs.id), given}


@pytest.mark.parametrize("path", ["/auth/me", "/users/{id}"])
def test_a_name_that_is_taken_back_at_once_is_the_one_that_search_knows(api, make, config, path):
    teacher = make.instructor(last_name="Quill")
    person, admin = api.as_(teacher), api.as_(make.admin())
    course = make.course(instructor=teacher)
    data_of(person.patch("/auth/me", json={"last_name": "Quill", "first_name": "Ada"}))
    client = person if path == "/auth/me" else admin
    with holding(config, HOLD_COURSE, id=course.id) as wait_for:
        renaming = Started(lambda: person.patch("/auth/me", json={"last_name": "Zimmermann"}))
        wait_for(1)
        taking_back = Started(lambda: client.patch(path.format(id=teacher.id), json={"last_name": "Quill"}))
        wait_for(2)
    data_of(renaming.finish())

    assert data_of(taking_back.finish())["last_name"] == "Quill"

    assert data_of(api.get("/courses?search=zimmermann")) == []
    assert [each["id"] for each in data_of(api.get("/courses?search=quill"))] == [str(course.id)]


def test_a_rename_of_both_instructors_and_a_hand_over_never_wait_for_each_other(api, make, config):
    first, second = api.as_(make.admin()), api.as_(make.admin())
    giver, taker = make.instructor(external_id="HR-1"), make.instructor(external_id="HR-2")
    theirs, course = make.course(instructor=giver), make.course(instructor=giver)
    rows = f"email,last_name\n{giver.email},Quill\n{taker.email},Zimmermann".encode()
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(rows), "people.csv")})
    content_type = f"multipart/form-data; boundary={boundary}"
    with holding(config, HOLD_COURSE, id=theirs.id) as wait_for:
        renaming = Started(lambda: first.post("/users/import", data=form, content_type=content_type))
        wait_for(1)
        giving = Started(lambda: hands_over(second, course, taker))
        wait_for(2)

    assert data_of(renaming.finish())["counts"]["updated"] == 2
    given = giving.finish()

    assert [each["id"] for each in data_of(first.get("/courses?search=zimmermann"))] == [given]


@pytest.mark.parametrize("rename", ["/users/{teacher}", "/categories/{shelf}"])
def test_a_course_whose_instructor_and_category_are_renamed_at_once_has_both_names(api, make, config, rename):
    """The second to rename has begun to read when the first, whom it waits for, is not committed yet."""
    first, second = api.as_(make.admin()), api.as_(make.admin())
    teacher, shelf = make.instructor(), make.category()
    course = make.course(instructor=teacher, category=shelf)
    other = make.course(instructor=teacher, category=shelf)
    ways = {
        "/users/{teacher}": (f"/users/{teacher.id}", {"last_name": "Zimmermann"}),
        "/categories/{shelf}": (f"/categories/{shelf.id}", {"name": "Horticulture"}),
    }
    (path, change), (other_path, other_change) = sorted(ways.values(), key=lambda way: way != ways[rename])
    with holding(config, HOLD_COURSE, id=other.id) as wait_for:
        renaming = Started(lambda: first.patch(path, json=change))
        wait_for(1)
        also = Started(lambda: second.patch(other_path, json=other_change))
        wait_for(2)
    data_of(renaming.finish())
    data_of(also.finish())

    found = data_of(first.get("/courses?search=zimmermann+horticulture"))
    assert {each["id"] for each in found} == {str(course.id), str(other.id)}
