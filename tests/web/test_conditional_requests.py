"""Versions: a reader who has it gets 304, and of two writers who read the same one is refused."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.enums import CourseStatus
from tests.support.good_requests import EDITED, body_of, path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.races import Started, at_once, holding
from tests.support.scene import Scene


@pytest.fixture
def course(make):
    return make.course(lessons=1)


def test_a_reader_who_has_the_version_gets_304(api, course):
    first = api.get(f"/courses/{course.id}")

    again = api.get(f"/courses/{course.id}", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_a_change_makes_a_new_version(api, make, course):
    before = api.get(f"/courses/{course.id}").headers["ETag"]
    admin = api.as_(make.admin())

    data_of(admin.patch(f"/courses/{course.id}", json={"venue": "Hall 2"}))

    assert api.get(f"/courses/{course.id}").headers["ETag"] != before


def test_a_write_that_names_the_current_version_is_made(api, make, course):
    admin = api.as_(make.admin())
    current = admin.get(f"/courses/{course.id}").headers["ETag"]

    response = admin.patch(f"/courses/{course.id}", json={"venue": "Hall 2"}, headers={"If-Match": current})

    assert data_of(response)["venue"] == "Hall 2"


def test_another_users_enrollment_is_no_edit(api, make, course):
    admin, student = api.as_(make.admin()), api.as_(make.student())
    read = admin.get(f"/courses/{course.id}").headers["ETag"]

    data_of(student.post(f"/courses/{course.id}/enroll"), 201)

    assert admin.get(f"/courses/{course.id}").headers["ETag"] != read
    response = admin.patch(f"/courses/{course.id}", json={"venue": "Hall 2"}, headers={"If-Match": read})
    assert data_of(response)["venue"] == "Hall 2"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("abc", "If-Match must be an ETag that the API sent, in double quotes."),
        ('"abc"', "This resource has changed since you read it: fetch it again."),
    ],
)
def test_a_header_without_an_entity_tag_is_explained(api, make, course, sent, message):
    response = api.as_(make.admin()).patch(f"/courses/{course.id}", json={}, headers={"If-Match": sent})

    assert_refused(response, 412, "precondition_failed")
    assert response.get_json()["message"] == message


@pytest.mark.parametrize("stale", ['"some-other-version"', 'W/"weak"', "garbage", '""', '"a", ""'])
def test_a_write_that_names_another_version_changes_nothing(api, make, course, stale):
    admin = api.as_(make.admin())

    response = admin.patch(f"/courses/{course.id}", json={"venue": "Hall 2"}, headers={"If-Match": stale})

    assert_refused(response, 412, "precondition_failed")
    assert data_of(admin.get(f"/courses/{course.id}"))["venue"] == ""


def test_a_delete_that_names_another_version_deletes_nothing(api, make):
    admin, category = api.as_(make.admin()), make.category()

    response = admin.delete(f"/categories/{category.id}", headers={"If-Match": '"other"'})

    assert_refused(response, 412, "precondition_failed")
    assert admin.get(f"/categories/{category.id}").status_code == 200


def test_an_unknown_thing_is_not_found_whatever_version_is_named(api, make):
    response = api.as_(make.admin()).patch(
        "/sections/00000000-0000-7000-8000-000000000000", json={}, headers={"If-Match": "*"}
    )

    assert_refused(response, 404, "not_found")


def test_an_installation_may_demand_the_version(api, make, course, setting):
    setting(require_if_match=True)
    admin = api.as_(make.admin())

    assert_refused(admin.patch(f"/courses/{course.id}", json={"venue": "x"}), 428, "precondition_required")
    current = admin.get(f"/courses/{course.id}").headers["ETag"]
    changed = admin.patch(f"/courses/{course.id}", json={"venue": "x"}, headers={"If-Match": current})
    assert changed.status_code == 200


def test_of_writers_who_read_the_same_version_one_is_refused(api, make, course):
    admin = api.as_(make.admin())
    current = admin.get(f"/courses/{course.id}").headers["ETag"]

    def write(number):
        body = {"venue": f"Hall {number}"}
        return admin.patch(f"/courses/{course.id}", json=body, headers={"If-Match": current}).status_code

    answers = at_once(*(lambda number=number: write(number) for number in range(6)))

    assert sorted(answers) == [200, 412, 412, 412, 412, 412]


@pytest.mark.parametrize("attempt", range(4))
@pytest.mark.parametrize(
    ("noun", "names"),
    [
        ("courses", lambda course: (course.id, course.slug, course.code.lower(), str(course.id).upper())),
        ("categories", lambda category: (category.id, category.slug)),
        ("users", lambda user: (user.id, str(user.id).upper())),
    ],
)
def test_one_is_refused_too_where_they_call_the_thing_by_different_names(api, make, noun, names, attempt):
    admin = api.as_(make.admin())
    makes = {"courses": make.course, "categories": make.category, "users": make.student}
    changes = {"courses": "venue", "categories": "description", "users": "department"}
    paths = [f"/{noun}/{name}" for name in names(makes[noun]())]
    current = {"If-Match": admin.get(paths[0]).headers["ETag"]}

    def write(path):
        return admin.patch(path, json={changes[noun]: path}, headers=current).status_code

    answers = at_once(*(lambda path=path: write(path) for path in paths))

    assert sorted(answers) == [200] + [412] * (len(paths) - 1)


def test_a_profile_that_changed_while_a_write_waited_is_another_version(api, make, config):
    person = make.student()
    own, elsewhere = api.as_(person), api.as_(person)
    read = {"If-Match": own.get("/auth/me").headers["ETag"]}

    with holding(config, "SELECT FROM users WHERE id = :id FOR NO KEY UPDATE", id=person.id) as wait_for:
        first = Started(lambda: own.patch("/auth/me", json={"bio": "First"}, headers=read))
        wait_for(1)
        second = Started(lambda: elsewhere.patch("/auth/me", json={"bio": "Second"}, headers=read))
        wait_for(2)

    assert data_of(first.finish())["bio"] == "First"
    assert_refused(second.finish(), 412, "precondition_failed")


@pytest.mark.parametrize("attempt", range(4))
def test_one_is_refused_too_where_an_admin_and_the_person_write(api, make, attempt):
    person = make.student()
    admin, own = api.as_(make.admin()), api.as_(person)
    read = {"If-Match": own.get("/auth/me").headers["ETag"]}

    answers = at_once(
        lambda: admin.patch(f"/users/{person.id}", json={"bio": "An admin's"}, headers=read).status_code,
        lambda: own.patch("/auth/me", json={"bio": "My own"}, headers=read).status_code,
    )

    assert sorted(answers) == [200, 412]


class Edited:
    """A row of the table that nothing refers to, and a caller who has edited it and can undo that."""

    def __init__(self, table, app, api, document):
        name = EDITED[table]
        scene = Scene(app)
        operation = document["paths"][PREFIX + name.split()[1]]["patch"]
        self.path = path_of(name.replace("PATCH", "DELETE"), scene)
        self.row_id = self.path.rpartition("/")[2]
        self.changes = body_of(name, scene, operation)
        for who in ("admin", "owner", "student", "person"):
            self.writer = api.as_(getattr(scene, who))
            before = data_of(self.writer.get(self.path))
            self.edit = self.writer.patch(self.path, json=self.changes)
            if self.edit.status_code == 200:
                break
        self.undo = {field: before[field] for field in self.changes}


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("table", EDITED)
def test_an_edit_between_the_check_and_the_write_is_noticed(app, api, config, _witness, table, method):
    edited = Edited(table, app, api, _witness.document)
    read = {"If-Match": edited.edit.headers["ETag"]}
    body = {"json": edited.undo} if method == "PATCH" else {}
    edit = f"UPDATE {table} SET updated_at = clock_timestamp() WHERE id = :id"

    with holding(config, edit, id=edited.row_id, commits=True) as wait_for:
        writing = Started(lambda: edited.writer.request(method, edited.path, headers=read, **body))
        wait_for(1)

    assert_refused(writing.finish(), 412, "precondition_failed")
    assert edited.writer.get(edited.path).status_code == 200


@pytest.mark.parametrize("kind", ["lessons", "sections"])
def test_what_was_read_is_written_again_only_if_it_is_unchanged(api, make, config, kind):
    """The values are compared with what is there after the wait, not with what was read before it."""
    owner = make.instructor()
    course = make.course(instructor=owner, lessons=1)
    (lesson,) = make.lessons_of(course)
    path = f"/{kind}/{lesson.id if kind == 'lessons' else lesson.section_id}"
    writer = api.as_(owner)
    shown = writer.get(path)
    edit = (
        "WITH held AS (SELECT id FROM courses WHERE id = :id FOR NO KEY UPDATE)"
        f" UPDATE {kind} SET title = 'Theirs', updated_at = clock_timestamp() FROM held WHERE course_id = held.id"
    )

    with holding(config, edit, id=course.id, commits=True) as wait_for:
        same = {"title": data_of(shown)["title"]}
        writing = Started(lambda: writer.patch(path, json=same, headers={"If-Match": shown.headers["ETag"]}))
        wait_for(1)

    assert_refused(writing.finish(), 412, "precondition_failed")
    assert data_of(writer.get(path))["title"] == "Theirs"


def test_an_action_is_an_edit_too(api, make, config):
    owner = make.instructor(can_self_publish=True)
    course = make.course(instructor=owner, status=CourseStatus.DRAFT, lessons=1)
    writer, publisher = api.as_(owner), api.as_(owner)
    read = {"If-Match": writer.get(f"/courses/{course.id}").headers["ETag"]}

    with holding(config, "SELECT FROM courses WHERE id = :id FOR UPDATE", id=course.id) as wait_for:
        publishing = Started(lambda: publisher.post(f"/courses/{course.id}/publish", json={}))
        wait_for(1)
        writing = Started(lambda: writer.patch(f"/courses/{course.id}", json={"title": "Late"}, headers=read))
        wait_for(2)

    assert data_of(publishing.finish())["status"] == "PUBLISHED"
    assert_refused(writing.finish(), 412, "precondition_failed")


def test_a_decision_is_about_the_course_that_was_read(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=CourseStatus.DRAFT, lessons=1)
    teacher, admin = api.as_(owner), api.as_(make.admin())
    data_of(teacher.post(f"/courses/{course.id}/submit"))
    read = {"If-Match": admin.get(f"/courses/{course.slug}").headers["ETag"]}
    decide = {"json": {"status": "PUBLISHED"}, "headers": read}

    data_of(teacher.post(f"/courses/{course.id}/withdraw"))
    data_of(teacher.patch(f"/courses/{course.id}", json={"title": "Something else"}))
    data_of(teacher.post(f"/courses/{course.id}/submit"))

    assert_refused(admin.post(f"/courses/{course.id}/review", **decide), 412, "precondition_failed")
    decide["headers"] = {"If-Match": admin.get(f"/courses/{course.id}").headers["ETag"]}
    assert data_of(admin.post(f"/courses/{course.id}/review", **decide))["status"] == "PUBLISHED"


def test_a_decision_is_about_the_request_that_was_read(api, make):
    applicant, admin = api.as_(make.student()), api.as_(make.admin())
    request_id = data_of(applicant.post("/instructor-requests", json={"reason": "I taught for years."}), 201)[
        "id"
    ]
    read = {"If-Match": admin.get(f"/instructor-requests/{request_id}").headers["ETag"]}

    data_of(applicant.patch(f"/instructor-requests/{request_id}", json={"reason": "I never taught a day."}))

    decided = admin.post(
        f"/instructor-requests/{request_id}/review", json={"status": "APPROVED"}, headers=read
    )
    assert_refused(decided, 412, "precondition_failed")


def test_a_counter_that_moves_between_the_check_and_the_write_is_no_edit(api, make, config, course):
    admin = api.as_(make.admin())
    read = {"If-Match": admin.get(f"/courses/{course.id}").headers["ETag"]}
    count = "UPDATE courses SET enrollment_count = enrollment_count + 1 WHERE id = :id"

    with holding(config, count, id=course.id, commits=True) as wait_for:
        writing = Started(lambda: admin.patch(f"/courses/{course.id}", json={"venue": "x"}, headers=read))
        wait_for(1)

    assert data_of(writing.finish())["venue"] == "x"


def test_a_bad_body_is_refused_before_a_version_is_asked_for(api, make):
    admin = api.as_(make.admin())

    answers = [
        admin.patch(f"/courses/{name}", json={"title": 5}, headers={"If-Match": '"some"'})
        for name in ("no-such-course", "00000000-0000-7000-8000-000000000000")
    ]

    assert [answer.status_code for answer in answers] == [422, 422]


def test_a_write_that_names_no_version_costs_nothing_more(api, make, course, statements):
    admin = api.as_(make.admin())
    data_of(admin.patch(f"/courses/{course.id}", json={"venue": "as it was"}))

    with statements() as by_id:
        data_of(admin.patch(f"/courses/{course.id}", json={"venue": "a"}))
    with statements() as by_slug:
        data_of(admin.patch(f"/courses/{course.slug}", json={"venue": "b"}))

    assert len(by_id) == len(by_slug)
    assert not any("pg_advisory" in statement for statement in by_id + by_slug)


def test_no_request_waits_for_another_users_profile(api, make, config):
    person = make.student()
    slow, quick = api.as_(person), api.as_(make.student())
    with holding(config, "SELECT FROM users WHERE id = :id FOR NO KEY UPDATE", id=person.id) as wait_for:
        first = Started(lambda: slow.patch("/auth/me", json={"bio": "Slow"}))
        wait_for(1)
        second = Started(lambda: quick.patch("/auth/me", json={"bio": "Quick"}))
        second.thread.join(5)
        waited = second.thread.is_alive()

    assert data_of(first.finish())["bio"] == "Slow"
    assert (data_of(second.finish())["bio"], waited) == ("Quick", False)


def test_an_edit_of_the_same_microsecond_is_another_version(config, make):
    category = make.category()
    edit = "UPDATE categories SET description = :words, updated_at = :at WHERE id = :id"
    engine = create_engine(config.database_url)

    with engine.connect() as mine:
        moment = mine.scalar(text("SELECT transaction_timestamp()"))
        read = mine.scalar(text("SELECT updated_at FROM categories WHERE id = :id"), {"id": category.id})
        with engine.begin() as other:
            other.execute(text(edit), {"words": "Theirs", "at": moment, "id": category.id})
        expected = {"expected": f"{category.id} {read.isoformat()}"}
        mine.execute(text("SELECT set_config('rollcall.expected_version', :expected, true)"), expected)
        with pytest.raises(DBAPIError, match="another version"):
            mine.execute(text(edit), {"words": "Mine", "at": moment, "id": category.id})
    engine.dispose()


@pytest.mark.parametrize("path", ["/courses/{id}", "/dashboard/stats"])
def test_a_read_of_another_version_is_refused_without_the_body_of_the_read(api, make, path):
    course, client = make.course(title="Not to be sent"), api.as_(make.admin())

    refused = client.get(path.format(id=course.id), headers={"If-Match": '"another"'})

    assert_refused(refused, 412, "precondition_failed")
    assert refused.get_json()["data"] is None
