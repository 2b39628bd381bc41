"""Lessons: outline for all, body for those entitled to it, written by those who manage the course."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.db.session import db
from app.enums import CourseStatus, EnrollmentStatus, LessonType, PaymentStatus
from app.models import Certificate, Course, CourseChange, Enrollment, LessonProgress, Notice, Section
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

TEXT = {"title": "What a ledger is", "type": "TEXT"}


@pytest.fixture
def owner(make):
    return make.instructor()


@pytest.fixture
def course(make, owner):
    return make.course(instructor=owner)


@pytest.fixture
def section(make, course):
    return make.section(course)


@pytest.fixture
def editor(api, owner):
    return api.as_(owner)


def lesson_count(app, course):
    with app.app_context():
        return db.session.get_one(Course, course.id).lesson_count


def outline(client, course):
    return [(row["title"], row["position"]) for row in data_of(client.get(f"/courses/{course.id}/lessons"))]


def places(client, section):
    return [(row["title"], row["position"]) for row in data_of(client.get(f"/sections/{section.id}/lessons"))]


def assert_untouched(client, course):
    """An approval is kept, and the history is empty."""
    assert data_of(client.get(f"/courses/{course.id}"))["status"] == "APPROVED"
    assert data_of(client.get(f"/courses/{course.id}/history")) == []


# Adding


def test_a_lesson_is_appended_to_its_section(app, editor, course, section, make):
    make.lesson(section, position=4)

    lesson = data_of(
        editor.post(
            "/lessons",
            json={
                "section_id": str(section.id),
                "title": "What a ledger is",
                "type": "video",
                "content": "Two *sides*. <script>alert(1)</script>",
                "video_url": "https://example.org/ledger.mp4",
                "duration_seconds": 300,
                "is_preview": True,
                "is_required": False,
            },
        ),
        201,
    )

    assert lesson["position"] == 5
    assert lesson["type"] == "VIDEO"
    assert lesson["content"] == "Two *sides*. <script>alert(1)</script>"
    assert lesson["content_html"] == "<p>Two <em>sides</em>. &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    assert (lesson["section_id"], lesson["course_id"]) == (str(section.id), str(course.id))
    assert (lesson["is_preview"], lesson["is_required"]) == (True, False)
    assert (lesson["video_url"], lesson["duration_seconds"]) == ("https://example.org/ledger.mp4", 300)
    assert lesson_count(app, course) == 2


def test_a_lesson_counts_for_completion_unless_requested_otherwise(editor, section):
    lesson = data_of(editor.post("/lessons", json={"section_id": str(section.id), **TEXT}), 201)

    assert (lesson["is_required"], lesson["is_preview"], lesson["content"]) == (True, False, "")
    assert (lesson["video_url"], lesson["duration_seconds"]) == (None, None)


def test_every_type_of_lesson_can_be_made(editor, section):
    for kind in LessonType:
        body = {"section_id": str(section.id), "title": kind.value, "type": kind.value}
        assert data_of(editor.post("/lessons", json=body), 201)["type"] == kind.value


def test_a_lesson_without_a_section_goes_to_the_first_one(editor, course, make):
    make.section(course, position=5)
    first = make.section(course, position=2)

    for path, extra in (("/lessons", {"course_id": str(course.id)}), (f"/courses/{course.id}/lessons", {})):
        lesson = data_of(editor.post(path, json={**TEXT, **extra}), 201)
        assert lesson["section_id"] == str(first.id)


def test_the_first_section_is_made_when_there_is_none(editor, course):
    lesson = data_of(editor.post(f"/courses/{course.id}/lessons", json=TEXT), 201)

    (section,) = data_of(editor.get(f"/courses/{course.id}/sections"))
    assert (section["id"], section["position"]) == (lesson["section_id"], 1)


def test_a_lesson_of_a_course_may_name_its_section(editor, course, make):
    make.section(course)
    second = make.section(course)

    lesson = data_of(
        editor.post(f"/courses/{course.id}/lessons", json={**TEXT, "section_id": str(second.id)}), 201
    )

    assert lesson["section_id"] == str(second.id)


def test_a_section_of_another_course_is_refused(editor, course, owner, make):
    elsewhere = make.section(make.course(instructor=owner))

    response = editor.post(f"/courses/{course.id}/lessons", json={**TEXT, "section_id": str(elsewhere.id)})

    assert "section_id" in assert_refused(response, 422, "invalid_request")


@pytest.mark.parametrize("both", [True, False])
def test_a_lesson_names_a_course_or_a_section(editor, course, section, both):
    place = {"course_id": str(course.id), "section_id": str(section.id)} if both else {}

    assert "section_id" in assert_refused(
        editor.post("/lessons", json={**TEXT, **place}), 422, "invalid_request"
    )
    assert "section_id" in assert_refused(
        editor.post("/lessons/bulk", json={"lessons": [TEXT], **place}), 422, "invalid_request"
    )


@pytest.mark.parametrize("place", ["course_id", "section_id"])
def test_a_place_that_does_not_exist_is_not_found(editor, place):
    assert_refused(editor.post("/lessons", json={**TEXT, place: str(uuid4())}), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "nul \x00"}, "title"),
        ({"type": "PODCAST"}, "type"),
        ({"type": None}, "type"),
        ({"content": "x" * 200_001}, "content"),
        ({"video_url": "javascript:alert(1)"}, "video_url"),
        ({"video_url": "ftp://example.org/a"}, "video_url"),
        ({"duration_seconds": -1}, "duration_seconds"),
        ({"duration_seconds": 10**12}, "duration_seconds"),
        ({"is_preview": 1}, "is_preview"),
        ({"position": 0}, "position"),
        ({"position": 10**9}, "position"),
        ({"quiz": []}, "quiz"),
    ],
)
def test_a_lesson_that_is_not_well_formed_is_refused(editor, course, change, path):
    response = editor.post(f"/courses/{course.id}/lessons", json={**TEXT, **change})

    assert path in assert_refused(response, 422, "invalid_request")


def test_a_taken_position_is_refused_and_named(app, editor, course, section, make):
    make.lesson(section, position=3)

    response = editor.post("/lessons", json={**TEXT, "section_id": str(section.id), "position": 3})

    assert "3" in assert_refused(response, 409, "position_taken")["position"][0]
    assert lesson_count(app, course) == 1


# Adding many


def test_many_lessons_are_added_in_their_order(app, editor, course, section, make):
    make.lesson(section)
    batch = [{"title": f"Lesson {number}", "type": "TEXT"} for number in range(1, 31)]

    made = data_of(editor.post("/lessons/bulk", json={"section_id": str(section.id), "lessons": batch}), 201)

    assert [(row["title"], row["position"]) for row in made["lessons"]] == [
        (f"Lesson {number}", number + 1) for number in range(1, 31)
    ]
    assert lesson_count(app, course) == 31


def test_a_course_holds_so_many_lessons(app, editor, course, section):
    order = {"section_id": str(section.id), "lessons": [TEXT] * 500}
    for _ in range(4):
        data_of(editor.post("/lessons/bulk", json=order), 201)

    one_more = editor.post(f"/courses/{course.id}/lessons", json=TEXT)

    assert_refused(one_more, 422, "course_too_large")
    assert lesson_count(app, course) == 2_000


def test_lessons_with_and_without_positions_mix(editor, section):
    batch = [TEXT, {**TEXT, "position": 2}, TEXT, {**TEXT, "position": 7, "content": "Some."}]

    made = data_of(editor.post("/lessons/bulk", json={"section_id": str(section.id), "lessons": batch}), 201)

    assert [row["position"] for row in made["lessons"]] == [2, 7, 8, 9]


def test_one_clash_refuses_all_and_every_clash_is_named(app, editor, course, section, make):
    make.lesson(section, position=1)
    make.lesson(section, position=2)
    wanted = [5, 1, None, 2, 5]
    batch = [{**TEXT, **({"position": place} if place else {})} for place in wanted]

    response = editor.post("/lessons/bulk", json={"section_id": str(section.id), "lessons": batch})

    details = assert_refused(response, 409, "position_taken")
    assert set(details) == {"lessons.1.position", "lessons.3.position", "lessons.4.position"}
    assert lesson_count(app, course) == 2
    assert len(outline(editor, course)) == 2


def test_one_malformed_lesson_refuses_all_and_is_named(app, editor, course):
    batch = [TEXT, TEXT, {"type": "TEXT"}, {**TEXT, "type": "PODCAST"}]

    response = editor.post("/lessons/bulk", json={"course_id": str(course.id), "lessons": batch})

    assert set(assert_refused(response, 422, "invalid_request")) == {"lessons.2.title", "lessons.3.type"}
    assert lesson_count(app, course) == 0


@pytest.mark.parametrize("size", [0, 501])
def test_a_batch_holds_between_one_and_five_hundred_lessons(editor, course, size):
    response = editor.post("/lessons/bulk", json={"course_id": str(course.id), "lessons": [TEXT] * size})

    assert "lessons" in assert_refused(response, 422, "invalid_request")


def test_a_batch_costs_the_same_few_statements_whatever_its_size(editor, section, statements):
    def cost(size):
        with statements() as seen:
            body = {"section_id": str(section.id), "lessons": [TEXT] * size}
            data_of(editor.post("/lessons/bulk", json=body), 201)
        return len(seen)

    cost(1)  # the first edit of a published course also marks it

    assert cost(1) == cost(100) == cost(500) == 9


# The outline


def test_the_outline_counts_over_the_whole_course(api, make, course):
    second, first = make.section(course, title="B", position=7), make.section(course, title="A", position=3)
    make.lesson(second, title="b1", position=1)
    make.lesson(first, title="a2", position=9)
    make.lesson(first, title="a1", position=2, duration_seconds=60, is_preview=True, is_required=False)

    rows = data_of(api.get(f"/courses/{course.id}/lessons"))

    assert [(row["title"], row["position"], row["section_title"]) for row in rows] == [
        ("a1", 1, "A"),
        ("a2", 2, "A"),
        ("b1", 3, "B"),
    ]
    assert set(rows[0]) == {
        *("id", "section_id", "section_title", "title", "type", "duration_seconds"),
        *("is_preview", "is_required", "position"),
    }
    assert (rows[0]["duration_seconds"], rows[0]["is_preview"], rows[0]["is_required"]) == (60, True, False)
    assert rows[0]["section_id"] == str(first.id)


def test_the_outline_comes_in_pages(api, make):
    course = make.course(lessons=25)

    first = api.get(f"/courses/{course.id}/lessons?page_size=10").get_json()
    third = api.get(f"/courses/{course.id}/lessons?page_size=10&page=3").get_json()

    assert (first["count"], len(first["data"]), first["previous"]) == (25, 10, None)
    assert [row["position"] for row in third["data"]] == [21, 22, 23, 24, 25]
    assert_refused(api.get(f"/courses/{course.id}/lessons?page_size=10&page=4"), 404, "page_not_found")


def test_a_long_outline_is_walked_to_its_end(editor, course):
    for _ in range(3):
        body = {"course_id": str(course.id), "lessons": [TEXT] * 370}
        data_of(editor.post("/lessons/bulk", json=body), 201)

    places, path = [], f"http://rollcall.test/api/v1/courses/{course.id}/lessons?page_size=100"
    while path:
        page = editor.get(path).get_json()
        places += [row["position"] for row in page["data"]]
        path = page["next"]

    assert places == list(range(1, 1111))


def test_the_outline_of_twenty_lessons_is_two_statements(api, make, statements):
    course = make.course(lessons=20)

    with statements() as seen:
        assert len(data_of(api.get(f"/courses/{course.id}/lessons"))) == 20

    assert len(seen) == 2


def test_the_outline_of_a_section_counts_within_it(api, make, course):
    make.lesson(make.section(course))
    section = make.section(course)
    make.lesson(section, title="b", position=4)
    make.lesson(section, title="a", position=2)

    assert places(api, section) == [("a", 2), ("b", 4)]


def test_the_outline_of_an_unpublished_course_is_not_found(api, make, owner):
    draft = make.course(instructor=owner, status=CourseStatus.DRAFT, lessons=1)
    section_id = data_of(api.as_(owner).get(f"/courses/{draft.id}/lessons"))[0]["section_id"]

    for client in (api, api.as_(make.student()), api.as_(make.instructor())):
        assert_refused(client.get(f"/courses/{draft.id}/lessons"), 404, "not_found")
        assert_refused(client.get(f"/sections/{section_id}/lessons"), 404, "not_found")
    assert len(data_of(api.as_(make.admin()).get(f"/courses/{draft.id}/lessons"))) == 1


# The body


@pytest.mark.parametrize(
    ("reader", "preview", "status", "answer"),
    [
        ("nobody", False, "PUBLISHED", (401, "unauthenticated")),
        ("nobody", True, "PUBLISHED", None),
        ("nobody", True, "DRAFT", (404, "not_found")),
        ("nobody", False, "ARCHIVED", (404, "not_found")),
        ("student", False, "PUBLISHED", (403, "not_enrolled")),
        ("student", True, "PUBLISHED", None),
        ("student", True, "ARCHIVED", (404, "not_found")),
        ("instructor", False, "PUBLISHED", (403, "not_enrolled")),
        ("instructor", False, "DRAFT", (404, "not_found")),
        ("owner", False, "PUBLISHED", None),
        ("owner", False, "PENDING", None),
        ("admin", False, "DRAFT", None),
        ("admin", False, "ARCHIVED", None),
        ("ACTIVE", False, "PUBLISHED", None),
        ("ACTIVE", False, "ARCHIVED", None),
        ("ACTIVE", True, "DRAFT", None),
        ("COMPLETED", False, "DRAFT", None),
        ("CANCELLED", False, "PUBLISHED", (403, "not_enrolled")),
        ("CANCELLED", True, "PUBLISHED", None),
        ("CANCELLED", False, "ARCHIVED", (404, "not_found")),
    ],
)
def test_who_reads_the_body(api, make, owner, reader, preview, status, answer):
    course = make.course(instructor=owner, status=CourseStatus(status))
    lesson = make.lesson(make.section(course), is_preview=preview)
    person = {"owner": lambda: owner, "admin": make.admin, "instructor": make.instructor}.get(
        reader, make.student
    )()
    if reader in EnrollmentStatus.__members__:
        times = {
            "ACTIVE": {},
            "COMPLETED": {"completed_at": course.created_at, "completion_number": 1},
            "CANCELLED": {"cancelled_at": course.created_at},
        }
        make.enrollment(course, person, status=EnrollmentStatus(reader), **times[reader])
    client = api if reader == "nobody" else api.as_(person)

    response = client.get(f"/lessons/{lesson.id}")

    if answer:
        assert_refused(response, *answer)
    else:
        assert data_of(response)["content_html"] == "<p>Some <em>text</em>.</p>\n"


def test_a_body_and_its_files_are_two_statements_beside_the_session(api, make, course, section, statements):
    lesson = make.lesson(section)
    learner = api.as_(make.student())
    with statements() as seen:
        learner.get(f"/lessons/{lesson.id}")
    assert len(seen) == 3


def test_an_unpaid_body_opens_by_setting(api, make, setting):
    course = make.course(price=50)
    lesson, preview = (make.lesson(make.section(course), is_preview=shown) for shown in (False, True))
    unpaid, waived = make.student(), make.student()
    make.enrollment(course, unpaid, payment_status=PaymentStatus.UNPAID)
    make.enrollment(course, waived, payment_status=PaymentStatus.WAIVED)

    assert data_of(api.as_(unpaid).get(f"/lessons/{lesson.id}"))
    setting(paid_enrollment="require")

    assert_refused(api.as_(unpaid).get(f"/lessons/{lesson.id}"), 402, "payment_required")
    assert data_of(api.as_(unpaid).get(f"/lessons/{preview.id}"))
    assert data_of(api.as_(waived).get(f"/lessons/{lesson.id}"))


def test_a_malformed_id_is_not_found(api):
    assert api.get("/lessons/seven").status_code == 404


# Changing


def test_patching_changes_what_is_sent(editor, make, section):
    lesson = make.lesson(section, title="Old", duration_seconds=60, content="Kept.")

    changed = data_of(editor.patch(f"/lessons/{lesson.id}", json={"title": "New", "duration_seconds": None}))

    assert (changed["title"], changed["duration_seconds"], changed["content"]) == ("New", None, "Kept.")
    assert changed["position"] == lesson.position
    assert changed["updated_at"] > changed["created_at"]


def test_putting_replaces_all_but_the_place(editor, make, section):
    lesson = make.lesson(section, title="Old", content="Gone.", is_preview=True, is_required=False)

    changed = data_of(editor.put(f"/lessons/{lesson.id}", json={"title": "New", "type": "VIDEO"}))

    assert (changed["title"], changed["type"], changed["content"]) == ("New", "VIDEO", "")
    assert (changed["is_preview"], changed["is_required"]) == (False, True)
    assert (changed["section_id"], changed["position"]) == (str(section.id), lesson.position)


@pytest.mark.parametrize("sent", [{}, {"title": "Kept"}, {"position": 1, "is_required": True}])
def test_changing_nothing_leaves_no_trace(api, make, owner, sent):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    lesson, editor = make.lesson(make.section(course), title="Kept"), api.as_(owner)
    before = data_of(editor.get(f"/lessons/{lesson.id}"))
    whole = {name: before[name] for name in ("section_id", "title", "type", "content", "video_url")}

    patched = editor.patch(f"/lessons/{lesson.id}", json=sent)
    replaced = editor.put(f"/lessons/{lesson.id}", json={**whole, **sent})

    assert data_of(patched) == data_of(replaced) == before
    assert_untouched(editor, course)


def test_a_place_in_another_section_is_a_change_even_if_its_number_is_the_same(editor, make, course, section):
    lesson, other = make.lesson(section, title="Moved", position=3), make.section(course)
    make.lesson(other, title="First")

    editor.patch(f"/lessons/{lesson.id}", json={"section_id": str(other.id), "position": 3})

    assert places(editor, other) == [("First", 1), ("Moved", 3)]


def test_moving_to_another_section_appends(editor, make, course, section):
    lesson, other = make.lesson(section, title="Moved"), make.section(course)
    make.lesson(other, title="First")

    changed = data_of(editor.patch(f"/lessons/{lesson.id}", json={"section_id": str(other.id)}))

    assert (changed["section_id"], changed["position"]) == (str(other.id), 2)
    assert places(editor, section) == []
    assert places(editor, other) == [("First", 1), ("Moved", 2)]


def test_moving_to_a_taken_position_is_refused(editor, make, course, section):
    lesson, other = make.lesson(section), make.section(course)
    make.lesson(other, position=4)

    response = editor.patch(f"/lessons/{lesson.id}", json={"section_id": str(other.id), "position": 4})

    assert "4" in assert_refused(response, 409, "position_taken")["position"][0]


@pytest.mark.parametrize("place", ["elsewhere", "unknown", "deleted"])
def test_moving_out_of_the_course_is_refused(editor, make, course, section, owner, place):
    lesson, gone = make.lesson(section), make.section(course)
    editor.delete(f"/sections/{gone.id}")
    target = {
        "elsewhere": make.section(make.course(instructor=owner)).id,
        "unknown": uuid4(),
        "deleted": gone.id,
    }[place]

    response = editor.patch(f"/lessons/{lesson.id}", json={"section_id": str(target)})

    assert "section_id" in assert_refused(response, 422, "invalid_request")


def completed(app, enrollment):
    """The status, and how many certificates and completion notices there are."""
    with app.app_context():
        status = db.session.get_one(Enrollment, enrollment.id).status
        return (
            status,
            len(db.session.scalars(select(Certificate)).all()),
            len(set(db.session.scalars(select(Notice.channel)))),
        )


DONE = (EnrollmentStatus.COMPLETED, 1, 2)
UNDONE = (EnrollmentStatus.ACTIVE, 0, 0)


def test_making_the_last_missing_lesson_optional_completes(app, editor, make, course, section):
    done, missing = make.lesson(section), make.lesson(section)
    enrollment = make.enrollment(course)
    make.progress(enrollment, done)
    bystander = make.enrollment(course)

    editor.patch(f"/lessons/{missing.id}", json={"title": "Renamed"})
    assert completed(app, enrollment) == UNDONE

    assert not data_of(editor.patch(f"/lessons/{missing.id}", json={"is_required": False}))["is_required"]

    assert completed(app, enrollment) == DONE
    assert completed(app, bystander)[0] == EnrollmentStatus.ACTIVE


def test_deleting_the_last_missing_lesson_completes(app, editor, make, course, section):
    done, missing = make.lesson(section), make.lesson(section)
    enrollment = make.enrollment(course)
    make.progress(enrollment, done)

    assert editor.delete(f"/lessons/{missing.id}").status_code == 204

    assert completed(app, enrollment) == DONE
    assert lesson_count(app, course) == 1


def test_requiring_the_only_lesson_done_completes(app, editor, make, course, section):
    done, _ = make.lesson(section, is_required=False), make.lesson(section, is_required=False)
    enrollment = make.enrollment(course)
    make.progress(enrollment, done)

    editor.patch(f"/lessons/{done.id}", json={"is_required": True})

    assert completed(app, enrollment) == DONE


def test_deleting_every_lesson_completes_no_learner(app, editor, make, course, section):
    lesson = make.lesson(section)
    enrollment = make.enrollment(course)

    editor.delete(f"/lessons/{lesson.id}")

    assert completed(app, enrollment) == UNDONE


def test_a_deleted_lesson_keeps_progress_and_frees_its_place(app, editor, make, course, section):
    lesson, _ = make.lesson(section), make.lesson(section)
    make.progress(make.enrollment(course), lesson)

    assert editor.delete(f"/lessons/{lesson.id}").status_code == 204

    assert_refused(editor.get(f"/lessons/{lesson.id}"), 404, "not_found")
    assert_refused(editor.patch(f"/lessons/{lesson.id}", json={"title": "A"}), 404, "not_found")
    assert_refused(editor.delete(f"/lessons/{lesson.id}"), 404, "not_found")
    place = {"section_id": str(section.id), "position": lesson.position}
    assert data_of(editor.post("/lessons", json={**TEXT, **place}), 201)
    with app.app_context():
        assert db.session.scalars(select(LessonProgress.lesson_id)).all() == [lesson.id]


# Reordering


def test_lessons_are_reordered_in_one_call(editor, make, section):
    a, b, c = (make.lesson(section, title=title) for title in "ABC")

    answer = data_of(
        editor.post(
            f"/sections/{section.id}/lessons/reorder", json={"order": [str(c.id), str(a.id), str(b.id)]}
        )
    )

    assert [(row["title"], row["position"]) for row in answer["lessons"]] == [("C", 1), ("A", 2), ("B", 3)]
    assert places(editor, section) == [("C", 1), ("A", 2), ("B", 3)]


def test_the_order_they_have_already_leaves_no_trace(api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    section, editor = make.section(course), api.as_(owner)
    order = [str(make.lesson(section, position=place).id) for place in (1, 3)]

    answer = editor.post(f"/sections/{section.id}/lessons/reorder", json={"order": order})

    assert [row["position"] for row in data_of(answer)["lessons"]] == [1, 2]
    assert_untouched(editor, course)


@pytest.mark.parametrize("mistake", ["missing", "twice", "unknown", "deleted", "elsewhere"])
def test_an_order_that_is_not_of_exactly_the_current_lessons_is_refused(
    editor, make, course, section, mistake
):
    a, b, deleted = (make.lesson(section) for _ in range(3))
    elsewhere = make.lesson(make.section(course))
    editor.delete(f"/lessons/{deleted.id}")
    order = {
        "missing": [a.id],
        "twice": [a.id, b.id, b.id],
        "unknown": [a.id, b.id, uuid4()],
        "deleted": [a.id, b.id, deleted.id],
        "elsewhere": [a.id, elsewhere.id],
    }[mistake]

    response = editor.post(
        f"/sections/{section.id}/lessons/reorder", json={"order": [str(each) for each in order]}
    )

    assert assert_refused(response, 409, "order_stale")["order"]


# Who writes

WRITES = [
    ("POST", "/lessons", {**TEXT, "course_id": "{course}"}),
    ("POST", "/lessons", {**TEXT, "section_id": "{section}"}),
    ("POST", "/lessons/bulk", {"lessons": [TEXT], "course_id": "{course}"}),
    ("POST", "/courses/{course}/lessons", TEXT),
    ("POST", "/sections/{section}/lessons/reorder", {"order": ["{lesson}"]}),
    ("PUT", "/lessons/{lesson}", TEXT),
    ("PATCH", "/lessons/{lesson}", {"title": "A"}),
    ("DELETE", "/lessons/{lesson}", None),
]


def write(client, method, path, body, lesson):
    def fill(value):
        if isinstance(value, str):
            names = {"course": lesson.course_id, "section": lesson.section_id, "lesson": lesson.id}
            return value.format(**names)
        return [fill(each) for each in value] if value == ["{lesson}"] else value

    sent = body and {name: fill(value) for name, value in body.items()}
    return client.request(method, fill(path), json=sent)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_only_who_manages_the_course_writes(api, make, owner, section, method, path, body):
    lesson = make.lesson(section)

    assert_refused(write(api, method, path, body, lesson), 401, "unauthenticated")
    for stranger in (make.student(), make.instructor()):
        assert_refused(write(api.as_(stranger), method, path, body, lesson), 403, "forbidden")
    assert write(api.as_(owner), method, path, body, lesson).status_code < 300


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_course_under_review_is_frozen(api, make, owner, method, path, body):
    lesson = make.lesson(make.section(make.course(instructor=owner, status=CourseStatus.PENDING)))

    for client in (api.as_(owner), api.as_(make.admin())):
        assert_refused(write(client, method, path, body, lesson), 409, "course_under_review")
    assert_refused(write(api.as_(make.instructor()), method, path, body, lesson), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "body"), [write for write in WRITES if not write[1].endswith("/reorder")]
)
def test_an_edit_is_recorded_and_the_course_waits_for_another_look(
    app, api, make, owner, section, method, path, body
):
    lesson = make.lesson(section)

    write(api.as_(owner), method, path, body, lesson)

    with app.app_context():
        assert db.session.get_one(Course, lesson.course_id).changed_since_review
        (change,) = db.session.scalars(select(CourseChange))
        assert (change.actor_id, change.fields) == (owner.id, ["lessons"])


def test_another_order_is_recorded_and_undoes_an_approval(api, make, owner, stored):
    course = make.course(instructor=owner, status=CourseStatus.APPROVED)
    section = make.section(course)
    first, second = (str(make.lesson(section).id) for _ in range(2))

    api.as_(owner).post(f"/sections/{section.id}/lessons/reorder", json={"order": [second, first]})

    assert stored(select(Course.status)) == [CourseStatus.DRAFT]
    assert stored(select(CourseChange.fields)) == [["lessons"]]


# Races


def test_editors_who_append_at_once_all_succeed(app, api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.DRAFT)
    section, clients = make.section(course), [api.as_(owner) for _ in range(8)]
    body = {**TEXT, "section_id": str(section.id)}

    answers = at_once(*(lambda client=client: client.post("/lessons", json=body) for client in clients))

    assert sorted(data_of(answer, 201)["position"] for answer in answers) == list(range(1, 9))
    assert lesson_count(app, course) == 8


def test_lessons_without_a_section_make_one_section_between_them(app, api, make, owner):
    course = make.course(instructor=owner, status=CourseStatus.DRAFT)
    clients = [api.as_(owner) for _ in range(8)]

    answers = at_once(
        *(lambda client=client: client.post(f"/courses/{course.id}/lessons", json=TEXT) for client in clients)
    )

    assert len({data_of(answer, 201)["section_id"] for answer in answers}) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Section)).all()) == 1


def test_editors_who_reorder_and_delete_at_once_leave_a_whole_order(app, api, make, owner, course):
    first, second, deleter = (api.as_(owner) for _ in range(3))
    for _ in range(10):
        section = make.section(course)
        ids = [str(make.lesson(section).id) for _ in range(8)]
        path = f"/sections/{section.id}/lessons/reorder"

        forwards, backwards, deleted = at_once(
            lambda path=path, ids=ids: first.post(path, json={"order": ids[::-1]}),
            lambda path=path, ids=ids: second.post(path, json={"order": ids[1:] + ids[:1]}),
            lambda ids=ids: deleter.delete(f"/lessons/{ids[2]}"),
        )

        assert deleted.status_code == 204
        assert {forwards.status_code, backwards.status_code} <= {200, 409}
        rows = data_of(first.get(f"/sections/{section.id}/lessons"))
        assert sorted(row["id"] for row in rows) == sorted(set(ids) - {ids[2]})
        assert [row["position"] for row in rows] == sorted({row["position"] for row in rows})


def test_an_editor_who_reorders_does_not_wait_for_who_learns(app, api, make, owner, section):
    lessons = [make.lesson(section) for _ in range(3)]
    enrollment = make.enrollment(make.course())
    order = [str(lesson.id) for lesson in reversed(lessons)]
    with app.app_context():
        learning = db.session()
        learning.add(LessonProgress(enrollment_id=enrollment.id, lesson_id=lessons[0].id))
        learning.flush()
        with ThreadPoolExecutor(1) as pool:
            editor = api.as_(owner)
            answer = pool.submit(
                editor.post, f"/sections/{section.id}/lessons/reorder", json={"order": order}
            ).result(timeout=5)
        learning.rollback()

    assert data_of(answer)


def test_the_last_lesson_done_while_another_is_deleted_completes_once(app, api, make, owner):
    for _ in range(5):
        course = make.course(instructor=owner, lessons=2)
        done, missing = make.lessons_of(course)
        learner = make.student()
        enrollment = make.enrollment(course, learner)
        editor, pupil = api.as_(owner), api.as_(learner)

        deleted, marked = at_once(
            lambda editor=editor, missing=missing: editor.delete(f"/lessons/{missing.id}"),
            lambda pupil=pupil, done=done: pupil.post(f"/lessons/{done.id}/complete"),
        )

        assert (deleted.status_code, marked.status_code) == (204, 200)
        with app.app_context():
            after = db.session.get_one(Enrollment, enrollment.id)
            assert (after.status, after.completion_number) == (EnrollmentStatus.COMPLETED, 1)
