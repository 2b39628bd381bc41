"""Sections: public with their course, changed by those who manage it, and never two at one position."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus
from app.errors.catalogue import OrderStale
from app.models import Course, CourseChange, Enrollment, LessonProgress, Section
from app.schemas.sections import MOST_IN_ORDER
from app.services.content import positions
from app.services.content.lessons import MOST_LESSONS
from app.services.content.sections import MOST_SECTIONS
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once


@pytest.fixture
def owner(make):
    return make.instructor()


@pytest.fixture
def course(make, owner):
    return make.course(instructor=owner)


@pytest.fixture
def editor(api, owner):
    return api.as_(owner)


def titles(response):
    return [(row["title"], row["position"]) for row in data_of(response)]


def test_a_section_is_appended(editor, course, make):
    make.section(course, position=4)

    section = data_of(
        editor.post(
            f"/courses/{course.id}/sections", json={"title": " Assets ", "description": "What is owned."}
        ),
        201,
    )

    assert section["title"] == "Assets"
    assert section["description"] == "What is owned."
    assert section["position"] == 5
    assert section["course_id"] == str(course.id)


def test_the_first_section_is_at_position_one(editor, course):
    assert data_of(editor.post(f"/courses/{course.id}/sections", json={"title": "A"}), 201)["position"] == 1


def test_a_course_holds_so_many_sections(app, editor, course):
    with app.app_context(), transaction() as session:
        rows = [{"course_id": course.id, "title": "Part", "position": place} for place in range(1, 501)]
        session.execute(insert(Section), rows)

    one_more = editor.post(f"/courses/{course.id}/sections", json={"title": "Part"})

    assert_refused(one_more, 422, "course_too_large")


def test_a_section_takes_a_free_position(editor, course, make):
    make.section(course)

    section = data_of(editor.post(f"/courses/{course.id}/sections", json={"title": "A", "position": 3}), 201)

    assert section["position"] == 3


def test_a_taken_position_is_refused_and_named(editor, course, make):
    make.section(course)

    response = editor.post(f"/courses/{course.id}/sections", json={"title": "A", "position": 1})

    assert "1" in assert_refused(response, 409, "position_taken")["position"][0]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "A", "position": 0}, "position"),
        ({"title": "A", "position": "1"}, "position"),
        ({"title": "A", "lessons": []}, "lessons"),
    ],
)
def test_a_section_that_is_not_well_formed_is_refused(editor, course, body, path):
    response = editor.post(f"/courses/{course.id}/sections", json=body)

    assert path in assert_refused(response, 422, "invalid_request")


def test_sections_are_listed_in_order(api, make, course):
    make.section(course, title="Second", position=2)
    make.section(course, title="First", position=1)
    make.section(make.course(), title="Elsewhere")

    assert titles(api.get(f"/courses/{course.id}/sections")) == [("First", 1), ("Second", 2)]


def test_one_section_is_shown(api, make, course):
    section = make.section(course, title="Assets")

    assert data_of(api.get(f"/sections/{section.id}"))["title"] == "Assets"


def test_sections_of_an_unpublished_course_are_not_found(api, make, owner):
    draft = make.course(instructor=owner, status=CourseStatus.DRAFT)
    section = make.section(draft)

    for client in (api, api.as_(make.student()), api.as_(make.instructor())):
        assert_refused(client.get(f"/courses/{draft.id}/sections"), 404, "not_found")
        assert_refused(client.get(f"/sections/{section.id}"), 404, "not_found")
    for client in (api.as_(owner), api.as_(make.admin())):
        assert data_of(client.get(f"/courses/{draft.id}/sections"))
        assert data_of(client.get(f"/sections/{section.id}"))


def test_patching_changes_what_is_sent(editor, make, course):
    section = make.section(course, title="Assets", description="What is owned.")

    changed = data_of(editor.patch(f"/sections/{section.id}", json={"title": "Liabilities"}))

    assert changed["title"] == "Liabilities"
    assert changed["description"] == "What is owned."
    assert changed["position"] == section.position


def test_putting_replaces_all_but_the_place(editor, make, course):
    section = make.section(course, title="Assets", description="What is owned.")

    changed = data_of(editor.put(f"/sections/{section.id}", json={"title": "Liabilities"}))

    assert changed["title"] == "Liabilities"
    assert changed["description"] == ""
    assert changed["position"] == section.position


def test_moving_to_a_taken_position_is_refused(editor, make, course):
    first, second = make.section(course), make.section(course)

    response = editor.patch(f"/sections/{second.id}", json={"position": first.position})

    assert "position" in assert_refused(response, 409, "position_taken")


def test_deleting_frees_the_place_and_takes_the_lessons_along(app, editor, api, make, course):
    gone, kept = make.section(course), make.section(course)
    for section in (gone, gone, kept):
        make.lesson(section)

    assert editor.delete(f"/sections/{gone.id}").status_code == 204

    assert_refused(api.get(f"/sections/{gone.id}"), 404, "not_found")
    assert len(data_of(api.get(f"/courses/{course.id}/lessons"))) == 1
    assert data_of(editor.post(f"/courses/{course.id}/sections", json={"title": "A", "position": 1}), 201)
    with app.app_context():
        assert db.session.get_one(Course, course.id).lesson_count == 1


def test_deleting_keeps_progress_and_completes_who_did_all_the_rest(app, editor, make, course):
    done, never_done = make.lesson(make.section(course)), make.lesson(make.section(course))
    extra = make.lesson(make.section(course))
    enrollment = make.enrollment(course)
    make.progress(enrollment, done, extra)

    assert editor.delete(f"/sections/{never_done.section_id}").status_code == 204
    assert editor.delete(f"/sections/{extra.section_id}").status_code == 204

    with app.app_context():
        after = db.session.get_one(Enrollment, enrollment.id)
        assert after.status == EnrollmentStatus.COMPLETED
        assert after.completion_number == 1
        assert len(db.session.scalars(select(LessonProgress)).all()) == 2


def test_what_is_deleted_cannot_be_changed(editor, make, course):
    section = make.section(course)
    editor.delete(f"/sections/{section.id}")

    assert_refused(editor.patch(f"/sections/{section.id}", json={"title": "A"}), 404, "not_found")
    assert_refused(editor.delete(f"/sections/{section.id}"), 404, "not_found")


def test_sections_are_reordered_in_one_call(editor, make, course):
    a, b, c = (make.section(course, title=title) for title in "ABC")

    answer = data_of(
        editor.post(
            f"/courses/{course.id}/sections/reorder", json={"order": [str(c.id), str(a.id), str(b.id)]}
        )
    )

    assert [(row["title"], row["position"]) for row in answer["sections"]] == [("C", 1), ("A", 2), ("B", 3)]


def test_reordering_closes_gaps(editor, make, course):
    a, b = make.section(course, position=3), make.section(course, position=9)

    editor.post(f"/courses/{course.id}/sections/reorder", json={"order": [str(a.id), str(b.id)]})

    assert [place for _, place in titles(editor.get(f"/courses/{course.id}/sections"))] == [1, 2]


@pytest.mark.parametrize("mistake", ["missing", "twice", "unknown", "deleted", "elsewhere", "empty"])
def test_an_order_that_is_not_of_exactly_the_current_sections_is_refused(editor, make, course, mistake):
    a, b = make.section(course), make.section(course)
    deleted, elsewhere = make.section(course), make.section(make.course())
    editor.delete(f"/sections/{deleted.id}")
    order = {
        "missing": [a.id],
        "twice": [a.id, b.id, b.id],
        "unknown": [a.id, b.id, uuid4()],
        "deleted": [a.id, b.id, deleted.id],
        "elsewhere": [a.id, elsewhere.id],
        "empty": [],
    }[mistake]

    response = editor.post(
        f"/courses/{course.id}/sections/reorder", json={"order": [str(id_) for id_ in order]}
    )

    assert assert_refused(response, 409, "order_stale")["order"]


def test_an_order_without_any_known_id_reports_a_hundred_at_most(editor, course, make):
    for _ in range(3):
        make.section(course)

    response = editor.post(
        f"/courses/{course.id}/sections/reorder", json={"order": [str(uuid4()) for _ in range(MOST_IN_ORDER)]}
    )

    told = assert_refused(response, 409, "order_stale")["order"]
    assert [sentence.partition(":")[0] for sentence in told] == ["Missing"] * 3 + ["Unknown"] * 97


def test_an_order_names_no_more_than_a_course_can_hold(editor, course):
    order = [str(uuid4()) for _ in range(MOST_IN_ORDER + 1)]

    response = editor.post(f"/courses/{course.id}/sections/reorder", json={"order": order})

    assert list(assert_refused(response, 422, "invalid_request")) == ["order"]
    assert max(MOST_LESSONS, MOST_SECTIONS) == MOST_IN_ORDER


def test_refusing_an_order_looks_at_each_id_a_few_times_only(app, make, course):
    """It is done under the course's lock: a thousand unknown ids once took seconds."""
    looks = []

    class Looked(UUID):
        def __hash__(self):
            looks.append(self)
            return super().__hash__()

    for _ in range(20):
        make.section(course)
    order = [Looked(int=number) for number in range(200)]

    with app.app_context(), pytest.raises(OrderStale):
        positions.renumber(Section, Section.course_id == course.id, order)

    assert len(order) <= len(looks) <= 3 * len(order)


WRITES = [
    ("post", "/courses/{course}/sections", {"title": "A"}),
    ("post", "/courses/{course}/sections/reorder", {"order": ["{section}"]}),
    ("put", "/sections/{section}", {"title": "A"}),
    ("patch", "/sections/{section}", {"title": "A"}),
    ("delete", "/sections/{section}", None),
]


def write(client, method, path, body, course, section):
    if body and "order" in body:
        body = {"order": [str(section.id)]}
    return client.request(method.upper(), path.format(course=course.id, section=section.id), json=body)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_only_who_manages_the_course_writes(api, make, course, owner, method, path, body):
    section = make.section(course)

    assert_refused(write(api, method, path, body, course, section), 401, "unauthenticated")
    for stranger in (make.student(), make.instructor()):
        assert_refused(write(api.as_(stranger), method, path, body, course, section), 403, "forbidden")
    assert write(api.as_(owner), method, path, body, course, section).status_code < 300


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_course_under_review_is_frozen(api, make, owner, method, path, body):
    course = make.course(instructor=owner, status=CourseStatus.PENDING)
    section = make.section(course)

    for client in (api.as_(owner), api.as_(make.admin())):
        assert_refused(write(client, method, path, body, course, section), 409, "course_under_review")
    assert_refused(write(api.as_(make.instructor()), method, path, body, course, section), 404, "not_found")


def test_an_edit_is_in_the_history_and_undoes_an_approval(app, api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)

    api.as_(owner).post(f"/courses/{course.id}/sections", json={"title": "A"})

    with app.app_context():
        assert db.session.get_one(Course, course.id).status == CourseStatus.DRAFT
        (change,) = db.session.scalars(select(CourseChange))
        assert change.fields == ["sections"]


def test_another_order_is_recorded_and_undoes_an_approval(api, make, owner, stored):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    first, second = (str(make.section(course).id) for _ in range(2))

    api.as_(owner).post(f"/courses/{course.id}/sections/reorder", json={"order": [second, first]})

    assert stored(select(Course.status)) == [CourseStatus.DRAFT]
    assert stored(select(CourseChange.fields)) == [["sections"]]


@pytest.mark.parametrize("sent", [{}, {"title": "Kept"}, {"position": 1, "description": ""}])
def test_changing_nothing_leaves_no_trace(api, make, owner, sent):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    section, editor = make.section(course, title="Kept"), api.as_(owner)
    before = data_of(editor.get(f"/sections/{section.id}"))

    patched = editor.patch(f"/sections/{section.id}", json=sent)
    replaced = editor.put(f"/sections/{section.id}", json={"title": "Kept", **sent})

    assert data_of(patched) == data_of(replaced) == before
    assert data_of(editor.get(f"/courses/{course.id}"))["status"] == "APPROVED"
    assert data_of(editor.get(f"/courses/{course.id}/history")) == []


def test_the_order_they_have_already_leaves_no_trace(api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    order, editor = [str(make.section(course, position=place).id) for place in (1, 3)], api.as_(owner)

    answer = editor.post(f"/courses/{course.id}/sections/reorder", json={"order": order})

    assert [row["position"] for row in data_of(answer)["sections"]] == [1, 2]
    assert data_of(editor.get(f"/courses/{course.id}"))["status"] == "APPROVED"
    assert data_of(editor.get(f"/courses/{course.id}/history")) == []


def test_editors_who_append_at_once_all_succeed(api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.DRAFT)
    path, clients = f"/courses/{course.id}/sections", [api.as_(owner) for _ in range(8)]

    answers = at_once(*(lambda client=client: client.post(path, json={"title": "A"}) for client in clients))

    assert sorted(data_of(answer, 201)["position"] for answer in answers) == list(range(1, 9))


def test_editors_who_reorder_and_delete_at_once_leave_a_whole_order(api, make, owner):
    clients = [api.as_(owner) for _ in range(6)]
    for _ in range(8):
        course = make.course(instructor=owner, status=CourseStatus.DRAFT)
        ids = [str(make.section(course).id) for _ in range(8)]
        gone, orders = ids[2:5], [ids[::-1], ids[1:] + ids[:1], ids]
        path = f"/courses/{course.id}/sections/reorder"

        answers = at_once(
            *(
                lambda client=client, order=order, path=path: client.post(path, json={"order": order})
                for client, order in zip(clients[:3], orders, strict=True)
            ),
            *(
                lambda client=client, section=section: client.delete(f"/sections/{section}")
                for client, section in zip(clients[3:], gone, strict=True)
            ),
        )

        assert [answer.status_code for answer in answers[3:]] == [204, 204, 204]
        assert {answer.status_code for answer in answers[:3]} <= {200, 409}
        rows = data_of(clients[0].get(f"/courses/{course.id}/sections"))
        assert sorted(row["id"] for row in rows) == sorted(set(ids) - set(gone))
        assert [row["position"] for row in rows] == sorted({row["position"] for row in rows})
