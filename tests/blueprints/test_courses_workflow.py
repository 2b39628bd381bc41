"""The life of a course: who may take it from which state to which."""

from itertools import product

import pytest

from app.enums import CourseStatus
from tests.support.http import assert_refused, data_of

DRAFT, PENDING, APPROVED, REJECTED, PUBLISHED, ARCHIVED = CourseStatus

STEPS = {
    ("owner", "submit"): {DRAFT: PENDING, REJECTED: PENDING},
    ("owner", "withdraw"): {PENDING: DRAFT},
    ("owner", "publish"): {APPROVED: PUBLISHED},
    ("owner", "unpublish"): {PUBLISHED: DRAFT},
    ("owner", "archive"): {PUBLISHED: ARCHIVED, DRAFT: ARCHIVED},
    ("owner", "unarchive"): {ARCHIVED: DRAFT},
    ("admin", "publish"): dict.fromkeys([DRAFT, PENDING, APPROVED, REJECTED], PUBLISHED),
    ("admin", "unpublish"): {PUBLISHED: DRAFT},
    ("admin", "archive"): {PUBLISHED: ARCHIVED, DRAFT: ARCHIVED},
    ("admin", "unarchive"): {ARCHIVED: DRAFT},
}
BODIES = {"publish": {}}
DONE = {
    "submit": "submitted",
    "withdraw": "withdrawn",
    "publish": "published",
    "unpublish": "unpublished",
    "archive": "archived",
    "unarchive": "unarchived",
}


def people(make, **owner):
    return {"owner": make.instructor(**owner), "admin": make.admin()}


def act(client, course, step, **body):
    return client.post(f"/courses/{course.id}/{step}", json=BODIES.get(step, {}) | body)


@pytest.mark.parametrize(("step", "start"), [*product(STEPS, CourseStatus)])
def test_every_step_leads_where_it_should_or_is_refused(api, make, step, start):
    who, verb = step
    someone = people(make)
    course = make.course(instructor=someone["owner"], status=start, lessons=1)
    client = api.as_(someone[who])
    goal = STEPS[step].get(start)

    response = act(client, course, verb)

    entries = data_of(client.get(f"/courses/{course.id}/history"))
    if goal:
        assert data_of(response)["status"] == goal
        assert [(e["action"], e["from_status"], e["to_status"]) for e in entries] == [
            (DONE[verb], start, goal)
        ]
    else:
        needs_approval = (who, verb) == ("owner", "publish") and start in {DRAFT, PENDING, REJECTED}
        assert_refused(response, 409, "approval_required" if needs_approval else "invalid_transition")
        assert entries == []


DECISIONS = {(start, to) for start in (PENDING, APPROVED) for to in (APPROVED, REJECTED, PUBLISHED)}
DECISIONS -= {(APPROVED, APPROVED)}


@pytest.mark.parametrize(("start", "to"), [*product(CourseStatus, (APPROVED, REJECTED, PUBLISHED))])
def test_a_decision_is_taken_on_what_waits_or_is_approved(api, make, start, to):
    admin = make.admin()
    course = make.course(status=start, lessons=1)
    client = api.as_(admin)

    response = act(client, course, "review", status=to.lower(), review_notes="Fine.")

    if (start, to) in DECISIONS:
        decided = data_of(response)
        assert (decided["status"], decided["review_notes"]) == (to, "Fine.")
        assert decided["reviewed_by"] == str(admin.id)
        assert (decided["published_at"] is not None) == (to == PUBLISHED)
        (entry,) = data_of(client.get(f"/courses/{course.id}/history"))
        assert (entry["from_status"], entry["to_status"], entry["notes"]) == (start, to, "Fine.")
    else:
        assert_refused(response, 409, "invalid_transition")


@pytest.mark.parametrize("status", ["DRAFT", "PENDING", "ARCHIVED", "nonsense", None])
def test_other_decisions_are_not_decisions(api, make, status):
    response = act(api.as_(make.admin()), make.course(status=PENDING), "review", status=status)

    assert "status" in assert_refused(response, 422, "invalid_request")


@pytest.mark.parametrize("verb", [*DONE, "review"])
def test_strangers_move_nothing(api, make, verb):
    public, hidden = make.course(), make.course(status=DRAFT)
    body = {"status": "APPROVED"} if verb == "review" else {}
    stranger, student = api.as_(make.instructor()), api.as_(make.student())

    assert_refused(act(api, public, verb, **body), 401, "unauthenticated")
    assert_refused(act(student, public, verb, **body), 403, "forbidden")
    assert_refused(act(stranger, public, verb, **body), 403, "forbidden")
    if verb != "review":
        assert_refused(act(stranger, hidden, verb, **body), 404, "not_found")


@pytest.mark.parametrize(("verb", "start"), [("submit", DRAFT), ("withdraw", PENDING)])
def test_asking_for_a_decision_is_the_owners_act(api, make, verb, start):
    course = make.course(status=start, lessons=1)

    assert_refused(act(api.as_(make.admin()), course, verb), 403, "forbidden")


def test_a_trusted_instructor_publishes_a_draft_and_only_a_draft(api, make):
    owner = make.instructor(can_self_publish=True)
    draft = make.course(instructor=owner, status=DRAFT, lessons=1)
    rejected = make.course(instructor=owner, status=REJECTED, lessons=1)
    client = api.as_(owner)

    assert data_of(act(client, draft, "publish"))["status"] == "PUBLISHED"
    assert_refused(act(client, rejected, "publish"), 409, "approval_required")


def test_without_approval_every_instructor_publishes_drafts(api, make, setting):
    owner = make.instructor()
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    setting(course_approval=False)

    assert data_of(act(api.as_(owner), course, "publish"))["status"] == "PUBLISHED"


def test_what_is_missing_is_named(api, make, setting):
    owner = make.instructor(can_self_publish=True)
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    setting(publish_min_lessons=2)
    client = api.as_(owner)

    for verb in ("submit", "publish"):
        details = assert_refused(act(client, course, verb), 409, "course_incomplete")
        assert details == {"lessons": ["The course needs at least 2 lessons; it has 1."]}
    make.lesson(make.section(course))
    assert data_of(act(client, course, "submit"))["status"] == "PENDING"


def test_an_admin_overrides_what_is_missing_with_a_reason(api, make):
    course = make.course(status=DRAFT)
    admin = api.as_(make.admin())

    assert_refused(act(admin, course, "publish"), 409, "course_incomplete")
    assert_refused(act(admin, course, "publish", override_reason="  "), 409, "course_incomplete")
    assert data_of(act(admin, course, "publish", override_reason="Soon."))["status"] == "PUBLISHED"
    assert data_of(admin.get(f"/courses/{course.id}/history"))[0]["notes"] == "Soon."


def test_an_owners_reason_overrides_nothing(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=APPROVED)

    response = act(api.as_(owner), course, "publish", override_reason="Please.")

    assert_refused(response, 409, "course_incomplete")


def test_the_first_publication_is_remembered(api, make):
    owner = make.instructor(can_self_publish=True)
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    client = api.as_(owner)

    first = data_of(act(client, course, "publish"))["published_at"]
    data_of(act(client, course, "unpublish"))
    again = data_of(act(client, course, "publish"))["published_at"]

    assert first == again


def test_a_decision_settles_what_has_changed(api, make):
    course = make.course(status=PENDING, changed_since_review=True, lessons=1)

    decided = data_of(act(api.as_(make.admin()), course, "review", status="PUBLISHED"))

    assert decided["changed_since_review"] is False


@pytest.mark.parametrize("start", [DRAFT, PENDING, REJECTED])
@pytest.mark.parametrize("reason", ["", "The lessons arrive next week."])
def test_what_an_admin_publishes_is_decided_by_that(api, make, start, reason):
    admin = make.admin()
    before = {"status": start, "review_notes": "Too short.", "changed_since_review": True}
    course = make.course(lessons=1, **before)

    published = data_of(act(api.as_(admin), course, "publish", override_reason=reason))

    assert (published["reviewed_by"], published["review_notes"]) == (str(admin.id), reason)
    assert published["reviewed_at"] == published["published_at"]
    assert published["changed_since_review"] is False


def test_an_approval_stays_on_record_also_if_an_admin_publishes(api, make):
    first, second = make.admin(), make.admin()
    course = make.course(lessons=1, status=PENDING)
    approved = data_of(act(api.as_(first), course, "review", status="APPROVED", review_notes="Fine."))

    published = data_of(act(api.as_(second), course, "publish"))

    kept = ("reviewed_by", "reviewed_at", "review_notes")
    assert [published[name] for name in kept] == [approved[name] for name in kept]


def test_an_owner_settles_nothing_by_publishing_again(api, make):
    owner = make.instructor(can_self_publish=True)
    course, client = make.course(instructor=owner, lessons=1), api.as_(owner)
    data_of(client.patch(f"/courses/{course.id}", json={"title": "Another course altogether"}))
    data_of(act(client, course, "unpublish"))

    again = data_of(act(client, course, "publish"))

    assert (again["changed_since_review"], again["reviewed_by"]) == (True, None)


def test_status_is_never_writable(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=DRAFT)

    response = api.as_(owner).patch(f"/courses/{course.id}", json={"status": "PUBLISHED"})

    assert "status" in assert_refused(response, 422, "invalid_request")


def test_the_queue_shows_what_waits_longest_first(api, make):
    owner = make.instructor()
    client, admin = api.as_(owner), api.as_(make.admin())
    courses = [make.course(instructor=owner, status=DRAFT, lessons=1) for _ in range(3)]
    make.course()
    for course in (courses[2], courses[0], courses[1]):
        data_of(act(client, course, "submit"))

    waiting = data_of(admin.get("/courses/review-queue"))

    assert [each["id"] for each in waiting] == [str(courses[n].id) for n in (2, 0, 1)]
    assert_refused(client.get("/courses/review-queue"), 403, "forbidden")


def test_the_queue_shows_what_changed_since_the_last_decision(api, make):
    owner = make.instructor()
    client, admin = api.as_(owner), api.as_(make.admin())
    course, new = (make.course(instructor=owner, status=DRAFT, lessons=1) for _ in range(2))
    data_of(client.patch(f"/courses/{course.id}", json={"venue": "Before"}))
    data_of(act(client, course, "submit"))
    data_of(act(admin, course, "review", status="REJECTED"))
    data_of(client.patch(f"/courses/{course.id}", json={"title": "After", "price": 5}))
    data_of(client.patch(f"/courses/{course.id}", json={"title": "After all"}))
    lesson = make.lessons_of(course)[0]
    data_of(client.patch(f"/lessons/{lesson.id}", json={"title": "Another"}))
    data_of(act(client, course, "submit"))
    data_of(act(client, new, "submit"))

    first, second = data_of(admin.get("/courses/review-queue"))

    assert first["changed_fields"] == ["lessons", "price", "title"]
    assert first["decided_at"] < first["submitted_at"]
    assert (second["changed_fields"], second["decided_at"]) == ([], None)


def test_what_owners_publish_themselves_is_no_decision(api, make):
    owner = make.instructor(can_self_publish=True)
    client, admin = api.as_(owner), api.as_(make.admin())
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    data_of(client.patch(f"/courses/{course.id}", json={"venue": "Not yet reviewed"}))

    for step in ("publish", "unpublish", "submit"):
        data_of(act(client, course, step))

    [waiting] = data_of(admin.get("/courses/review-queue"))
    assert (waiting["decided_at"], waiting["changed_fields"]) == (None, ["venue"])


def test_the_queue_knows_what_an_admin_published(api, make):
    owner = make.instructor()
    client, admin = api.as_(owner), api.as_(make.admin())
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    data_of(client.patch(f"/courses/{course.id}", json={"venue": "The admin has looked at this"}))
    published = data_of(act(admin, course, "publish", override_reason="I have read it."))
    data_of(act(client, course, "unpublish"))
    data_of(client.patch(f"/courses/{course.id}", json={"title": "And not at this"}))

    data_of(act(client, course, "submit"))

    [waiting] = data_of(admin.get("/courses/review-queue"))
    assert (waiting["decided_at"], waiting["changed_fields"]) == (published["reviewed_at"], ["title"])


def test_an_approval_that_is_revised_was_decided_about_then(api, make):
    owner = make.instructor()
    client, admin = api.as_(owner), api.as_(make.admin())
    course = make.course(instructor=owner, status=PENDING, lessons=1)

    data_of(act(admin, course, "review", status="APPROVED"))
    revised = data_of(act(admin, course, "review", status="REJECTED"))["reviewed_at"]
    data_of(act(client, course, "submit"))

    [waiting] = data_of(admin.get("/courses/review-queue"))
    assert waiting["decided_at"] == revised


def test_what_an_admin_publishes_as_it_is_was_decided_about(api, make):
    owner = make.instructor()
    client, admin = api.as_(owner), api.as_(make.admin())
    course = make.course(instructor=owner, status=REJECTED, lessons=1)
    data_of(client.patch(f"/courses/{course.id}", json={"venue": "Seen by the admin"}))

    data_of(act(admin, course, "publish"))
    for step in ("unpublish", "submit"):
        data_of(act(client, course, step))

    [waiting] = data_of(admin.get("/courses/review-queue"))
    assert waiting["changed_fields"] == []


def test_the_history_is_for_owner_and_admins_newest_first_and_paged(api, make):
    owner = make.instructor()
    course = make.course(instructor=owner, status=DRAFT, lessons=1)
    client = api.as_(owner)
    for verb in ("submit", "withdraw", "archive"):
        data_of(act(client, course, verb))

    response = client.get(f"/courses/{course.id}/history?page_size=2")

    assert [each["action"] for each in data_of(response)] == ["archived", "withdrawn"]
    assert response.get_json()["count"] == 3
    assert len(data_of(client.get(f"/courses/{course.id}/history?page_size=2&page=2"))) == 1
    assert_refused(api.as_(make.instructor()).get(f"/courses/{course.id}/history"), 404, "not_found")
    assert_refused(api.as_(make.student()).get(f"/courses/{course.id}/history"), 403, "forbidden")


@pytest.mark.parametrize(
    ("verb", "body", "start", "message"),
    [
        ("withdraw", {}, DRAFT, "The course is DRAFT; this needs PENDING."),
        ("submit", {}, PENDING, "The course is PENDING; this needs DRAFT or REJECTED."),
        ("publish", {}, ARCHIVED, "The course is ARCHIVED; this needs DRAFT, PENDING, APPROVED or REJECTED."),
        ("review", {"status": "REJECTED"}, DRAFT, "The course is DRAFT; this needs PENDING or APPROVED."),
        ("review", {"status": "APPROVED"}, APPROVED, "The course is already APPROVED."),
    ],
)
def test_a_refused_step_names_the_state_and_those_it_starts_from(api, make, verb, body, start, message):
    admin = make.admin()
    course = make.course(instructor=admin, status=start, lessons=1)

    response = api.as_(admin).post(f"/courses/{course.id}/{verb}", json=body)

    assert_refused(response, 409, "invalid_transition")
    assert response.get_json()["message"] == message
