"""Versions of courses: when one is made, what names it, and what becomes of completions that it makes void."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.declarations import PIXEL
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes


@pytest.fixture
def course(api, make):
    """A published course of two lessons, with its first version."""
    course = make.course(lessons=2, status="DRAFT")
    data_of(api.as_(make.admin()).post(f"/courses/{course.id}/publish", json={"override_reason": "Tested."}))
    return course


@pytest.fixture
def complete(api, make):
    """A learner who completes the course, or goes on with it."""

    def run(course, learner=None, lessons=None):
        if learner is None:
            learner = make.student(first_name="Ada", last_name="Lovelace")
            make.enrollment(course, learner)
        client = api.as_(learner)
        for lesson in lessons or make.lessons_of(course):
            data_of(client.post(f"/lessons/{lesson.id}/complete"))
        return learner

    return run


def _edit(api, make, course, **values):
    lesson = make.lessons_of(course)[-1]
    data_of(api.as_(make.admin()).patch(f"/lessons/{lesson.id}", json=values or {"content": "Quite new."}))
    return lesson


def _publish(api, make, course, note=""):
    return data_of(api.as_(make.admin()).post(f"/courses/{course.id}/versions", json={"note": note}), 201)


def test_publishing_makes_the_first_version(api, make, course):
    (version,) = data_of(api.as_(make.admin()).get(f"/courses/{course.id}/versions"))

    assert version["number"] == 1
    assert version["changes"] == {"added": [], "removed": [], "changed": []}
    assert data_of(api.get(f"/courses/{course.id}"))["version"]["number"] == 1


def test_a_changed_course_is_published_as_the_next_version(api, make, course):
    admin = api.as_(make.admin())
    changed = _edit(api, make, course)
    section_id = changed.section_id
    new = data_of(
        admin.post("/lessons", json={"section_id": str(section_id), "title": "New", "type": "TEXT"}), 201
    )
    listed = admin.get(f"/courses/{course.id}/versions").get_json()
    assert listed["has_unpublished_changes"] is True

    version = _publish(api, make, course, "Rewritten.")

    assert version["number"] == 2
    assert version["changes"] == {"added": [new["title"]], "changed": [changed.title], "removed": []}
    assert data_of(api.get(f"/courses/{course.id}"))["version"]["note"] == "Rewritten."
    assert data_of(admin.get(f"/versions/{version['id']}")) == version
    listed = admin.get(f"/courses/{course.id}/versions").get_json()
    assert listed["has_unpublished_changes"] is False


def test_an_unchanged_course_makes_no_version(api, make, course):
    admin = api.as_(make.admin())

    assert_refused(admin.post(f"/courses/{course.id}/versions", json={}), 409, "course_unchanged")
    data_of(admin.post(f"/courses/{course.id}/unpublish"))
    assert_refused(admin.post(f"/courses/{course.id}/versions", json={}), 409, "invalid_transition")
    data_of(admin.post(f"/courses/{course.id}/publish", json={"override_reason": "Again."}))

    assert len(data_of(admin.get(f"/courses/{course.id}/versions"))) == 1


def test_files_and_questions_are_content_of_their_lesson(api, make):
    instructor = make.instructor()
    course, client = make.course(instructor=instructor), api.as_(instructor)
    quiz = make.quiz(course, questions=2)
    (_, last) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    _publish(api, make, course)
    found = []

    for edit in (
        lambda: client.patch(f"/questions/{last['id']}", json={"points": 5}),
        lambda: client.patch(f"/questions/{last['id']}", json={"name": "only for instructors"}),
        lambda: client.put(f"/lessons/{quiz.id}/quiz", json={"pass_percentage": 90}),
        lambda: client.put(
            f"/questions/{last['id']}/image",
            data={"alt": "A ledger", "file": (io.BytesIO(PIXEL), "ledger.png")},
        ),
        lambda: client.put(
            f"/questions/{last['id']}/image",
            data={"alt": "A ledger with two sides"},
            content_type="multipart/form-data",
        ),
        lambda: client.delete(f"/questions/{last['id']}"),
        lambda: make.file(quiz, uploaded_by=instructor),
    ):
        edit()
        before = client.get(f"/courses/{course.id}/versions").get_json()["has_unpublished_changes"]
        found.append(before and _publish(api, make, course)["changes"]["changed"])

    assert found == [[quiz.title], False, *[[quiz.title]] * 5]


def test_of_two_publications_at_once_one_makes_the_version(api, make, course):
    admin = api.as_(make.admin())
    _edit(api, make, course)

    answers = at_once(*[lambda: admin.post(f"/courses/{course.id}/versions", json={})] * 6)

    assert outcomes(answers) == {"201": 1, "409 course_unchanged": 5}
    assert [each["number"] for each in data_of(admin.get(f"/courses/{course.id}/versions"))] == [2, 1]


def test_a_completion_and_its_certificate_name_the_version(api, complete, course):
    client = api.as_(complete(course))

    (enrollment,) = data_of(client.get("/enrollments"))
    (certificate,) = data_of(client.get("/certificates"))

    assert enrollment["course_version"] == 1
    assert certificate["course_version"] == 1
    assert data_of(api.get(f"/certificates/verify/{certificate['number']}"))["course_version"] == 1


def test_a_preview_says_whom_it_hits_and_writes_nothing(api, make, complete, course):
    admin = api.as_(make.admin())
    learner = complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)
    complete(course)

    plan = data_of(admin.post(f"/versions/{version['id']}/void", json={"mode": "preview", "due_in_days": 30}))
    (hit,) = data_of(admin.get(f"/versions/{version['id']}/affected"))

    assert (plan["state"], plan["affected"], plan["remaining"]) == ("PREVIEW", 1, 1)
    assert (hit["user_id"], hit["course_version"]) == (str(learner.id), 1)
    (enrollment,) = data_of(api.as_(learner).get("/enrollments"))
    assert enrollment["status"] == "COMPLETED"


def test_void_completions_are_open_again_and_their_certificates_say_so(api, make, complete, course):
    admin = api.as_(make.admin())
    learner = complete(course)
    client = api.as_(learner)
    _edit(api, make, course)
    version = _publish(api, make, course)
    path = f"/versions/{version['id']}/void"
    plan = data_of(admin.post(path, json={"mode": "preview"}))

    done = data_of(
        admin.post(path, json={"due_at": "2030-01-31", "plan_etag": plan["plan_etag"], "reason": "Law."})
    )

    assert (done["state"], done["affected"], done["remaining"]) == ("APPLIED", 1, 0)
    (enrollment,) = data_of(client.get("/enrollments"))
    assert (enrollment["status"], enrollment["is_completed"], enrollment["completed_at"]) == (
        "ACTIVE",
        False,
        None,
    )
    assert enrollment["renewal_required_at"]
    assert enrollment["due_at"] == "2030-01-31T23:59:59Z"
    assert (enrollment["completed_lessons"], enrollment["total_lessons"]) == (1, 2)  # the unchanged one stays
    (certificate,) = data_of(client.get("/certificates"))
    proven = data_of(api.get(f"/certificates/verify/{certificate['number']}"))
    assert (proven["is_valid"], proven["is_superseded"]) == (True, True)
    notifications = data_of(client.get("/notifications"))
    assert any("complete" in each["title"] and "again" in each["title"] for each in notifications)
    shown = data_of(admin.get(f"/versions/{version['id']}"))
    assert (shown["voided_completions"], shown["void_reason"]) == (1, "Law.")


def test_the_renewal_has_a_certificate_of_its_own(api, make, complete, course):
    learner = complete(course)
    client = api.as_(learner)
    changed = _edit(api, make, course)
    version = _publish(api, make, course)
    data_of(api.as_(make.admin()).post(f"/versions/{version['id']}/void", json={}))

    data_of(client.post(f"/lessons/{changed.id}/complete"))

    (enrollment,) = data_of(client.get("/enrollments"))
    assert (enrollment["status"], enrollment["completion_number"], enrollment["course_version"]) == (
        "COMPLETED",
        2,
        2,
    )
    assert enrollment["renewal_required_at"] is None
    new, former = data_of(client.get("/certificates?ordering=-issued_at"))
    assert (new["course_version"], new["completion_number"], new["superseded_at"]) == (2, 2, None)
    assert (former["course_version"], former["completion_number"]) == (1, 1)
    assert former["superseded_at"]
    assert enrollment["certificate_number"] == new["number"]


def test_all_lessons_are_done_again_on_request_or_where_no_change_counts(api, make, complete, course):
    admin = api.as_(make.admin())
    learner = complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)

    data_of(admin.post(f"/versions/{version['id']}/void", json={"redo": "all"}))

    (enrollment,) = data_of(api.as_(learner).get("/enrollments"))
    assert enrollment["completed_lessons"] == 0


def test_a_changed_optional_lesson_alone_opens_all(api, make, complete, course):
    admin = api.as_(make.admin())
    _edit(api, make, course, is_required=False)
    _publish(api, make, course)
    learner = complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)

    data_of(admin.post(f"/versions/{version['id']}/void", json={}))

    (enrollment,) = data_of(api.as_(learner).get("/enrollments"))
    assert (enrollment["completed_lessons"], enrollment["status"]) == (0, "ACTIVE")


def test_a_stale_plan_is_refused(api, make, complete, course):
    admin = api.as_(make.admin())
    complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)

    refused = admin.post(f"/versions/{version['id']}/void", json={"plan_etag": "2-none"})

    assert_refused(refused, 412, "precondition_failed")


def test_a_repeated_run_hits_nobody(api, make, complete, course):
    admin = api.as_(make.admin())
    complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)
    path = f"/versions/{version['id']}/void"

    answers = at_once(*[lambda: admin.post(path, json={})] * 4)

    assert sorted(data_of(answer)["affected"] for answer in answers) == [0, 0, 0, 1]
    assert data_of(admin.get(f"/versions/{version['id']}"))["voided_completions"] == 1


def test_no_completion_of_an_earlier_version_escapes_a_run(api, make, complete, course):
    """Learners finish while the version is published and earlier completions become void."""
    admin = api.as_(make.admin())
    first, last = make.lessons_of(course)
    learners = [make.student() for _ in range(12)]
    for learner in learners:
        make.enrollment(course, learner)
        complete(course, learner, [first])
    _edit(api, make, course)

    def finish(learner):
        return lambda: data_of(api.as_(learner).post(f"/lessons/{last.id}/complete"))

    def publish_and_void():
        version = _publish(api, make, course)
        return data_of(admin.post(f"/versions/{version['id']}/void", json={}))

    at_once(publish_and_void, *map(finish, learners))

    rows = data_of(admin.get(f"/courses/{course.id}/enrollments"))
    for row in rows:
        assert (row["status"], row["course_version"]) in {("COMPLETED", 2), ("ACTIVE", 1)}


@pytest.mark.parametrize("people", [3, 30])
def test_a_run_takes_the_same_statements_for_any_number(api, make, course, statements, people):
    """Set-based: 3 learners or 30."""
    admin = api.as_(make.admin())
    completed = {
        "status": "COMPLETED",
        "completed_at": datetime.now(UTC) - timedelta(days=1),
        "completion_number": 1,
    }
    for _ in range(people):
        make.enrollment(course, make.student(), **completed)
    _edit(api, make, course)
    version = _publish(api, make, course)

    with statements() as made:
        done = data_of(admin.post(f"/versions/{version['id']}/void", json={}))

    assert done["affected"] == people
    assert len(made) <= 22, len(made)


def test_a_run_keeps_every_certificate(api, make, complete, course):
    learner = complete(course)
    _edit(api, make, course)
    version = _publish(api, make, course)

    data_of(api.as_(make.admin()).post(f"/versions/{version['id']}/void", json={}))

    assert len(data_of(api.as_(learner).get("/certificates"))) == 1
