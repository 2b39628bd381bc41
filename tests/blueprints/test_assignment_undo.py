"""Undo of a run: what the run changed and no user changed since is put back, the rest is kept with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.models import Assignment, AssignmentItem, Course, Enrollment, Notice
from app.services.counters import verification
from tests.support.http import assert_refused, data_of

LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def run(admin):
    """Carry out an order on these people; its report."""

    def send(course, *people, verb="assign", **body):
        sent = {"user_ids": [str(person.id) for person in people], "notify": False, **body}
        return data_of(admin.post(f"/courses/{course.id}/{verb}-multiple", json=sent))

    return send


@pytest.fixture
def exact(app):
    """After each test every counter equals the rows that it counts."""
    yield
    with app.app_context():
        assert verification.verify().differences == []


pytestmark = pytest.mark.usefixtures("exact")


def undo(client, report, **body):
    return client.post(f"/assignments/{report['id']}/undo", json=body)


def decisions(report):
    return [(line["outcome"], line["code"]) for line in report["results"]]


def record(client, report):
    return data_of(client.get(f"/assignments/{report['id']}"))


def counted(report):
    return {outcome: count for outcome, count in report["counts"].items() if count}


def test_a_new_enrollment_is_cancelled_and_counts_as_never_begun(api, admin, make, run, stored):
    course, learner = make.course(total_seats=3), make.student()
    first = run(course, learner, due_in_days=3, emails=["nobody@example.org"])
    (enrollment_id,) = stored(select(Enrollment.id))

    report = data_of(undo(admin, first, reason="The wrong list"))

    assert decisions(report) == [("undone", None), ("not_applied", "not_found")]
    assert report["counts"] == {
        "undone": 1, "kept_started": 0, "kept_completed": 0, "kept_changed": 0, "not_applied": 1, "no_seat": 0,
    }  # fmt: skip
    assert report["results"][0]["before"]["status"] == "ACTIVE"
    assert report["results"][0]["after"]["status"] == "CANCELLED"
    assert report["results"][0]["input"] == str(learner.id)
    assert stored(select(Enrollment.status)) == ["CANCELLED"]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [0]

    own = api.as_(learner)
    assert data_of(own.get("/enrollments")) == []
    assert own.get("/enrollments").get_json()["count"] == 0
    assert_refused(own.get(f"/enrollments/{enrollment_id}"), 404, "not_found")
    assert data_of(own.get("/dashboard/student"))["enrolled"] == 0
    roster = f"/courses/{course.id}/enrollments"
    assert admin.get(roster).get_json()["count"] == 0
    assert data_of(admin.get(roster)) == []
    cancelled = admin.get(roster, query_string={"status": "CANCELLED"})
    assert cancelled.get_json()["count"] == 1
    assert [row["id"] for row in data_of(cancelled)] == [str(enrollment_id)]
    assert data_of(admin.get(f"/enrollments/{enrollment_id}"))["status"] == "CANCELLED"


def test_the_instructor_does_not_see_what_was_undone(api, admin, make, run, stored):
    owner = make.instructor()
    course = make.course(instructor=owner)
    undo(admin, run(course, make.student()))
    (enrollment_id,) = stored(select(Enrollment.id))

    client = api.as_(owner)

    found = client.get(f"/courses/{course.id}/enrollments", query_string={"status": "CANCELLED"})
    assert (found.get_json()["count"], data_of(found)) == (0, [])
    assert_refused(client.get(f"/enrollments/{enrollment_id}"), 404, "not_found")


def test_the_records_name_each_other(admin, make, run):
    first = run(make.course(), make.student())

    report = data_of(undo(admin, first, reason="The wrong list"))

    second = record(admin, report)
    assert (second["action"], second["state"], second["reason"]) == ("UNDO", "APPLIED", "The wrong list")
    assert (second["undo_of"], second["undone_by"]) == (first["id"], None)
    assert second["can"] == {"commit": False, "cancel": False, "retry": False, "undo": False}
    undone = record(admin, first)
    assert (undone["state"], undone["undone_by"], undone["undo_of"]) == ("UNDONE", report["id"], None)
    assert not undone["can"]["undo"]


def test_an_undo_happens_once_and_is_not_undone_itself(admin, make, run):
    first = run(make.course(), make.student())
    assert record(admin, first)["can"]["undo"]
    report = data_of(undo(admin, first))

    assert_refused(undo(admin, first), 409, "invalid_transition")
    assert_refused(undo(admin, report), 409, "invalid_transition")


def test_a_preview_and_a_refused_run_cannot_be_undone(admin, make, run):
    course = make.course()
    preview = run(course, make.student(), mode="preview")
    refused = run(course, make.student(), emails=["nobody@example.org"], atomic=True)

    assert refused["state"] == "REFUSED"
    assert_refused(undo(admin, preview), 409, "invalid_transition")
    assert_refused(undo(admin, refused), 409, "invalid_transition")


def test_the_same_key_undoes_once_and_gets_the_same_answer(admin, make, run):
    first = run(make.course(), make.student())
    path, headers = f"/assignments/{first['id']}/undo", {"Idempotency-Key": "undo-1"}

    answers = [admin.post(path, json={}, headers=headers) for _ in range(2)]

    assert data_of(answers[0]) == data_of(answers[1])
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_who_has_started_since_is_kept(api, admin, make, run, stored):
    course = make.course()
    lesson = make.lesson(make.section(course))
    make.lesson(make.section(course))
    opened, reviewed, graded, idle = (make.student() for _ in range(4))
    first = run(course, opened, reviewed, graded, idle)
    enrollments = [line["enrollment_id"] for line in first["results"]]
    api.as_(opened).put(f"/lessons/{lesson.id}/progress", json={"position_seconds": 3})
    api.as_(reviewed).post(f"/courses/{course.id}/reviews", json={"rating": 5})
    admin.post(f"/enrollments/{enrollments[2]}/grade", json={"grade": "B"})

    report = data_of(undo(admin, first))

    assert decisions(report) == [("kept_started", "kept_started")] * 3 + [("undone", None)]
    assert stored(select(Enrollment.status).order_by(Enrollment.id)).count("ACTIVE") == 3
    kept = record(admin, first)
    assert (kept["state"], kept["undone_by"]) == ("APPLIED", report["id"])


def test_who_has_completed_is_kept(api, admin, make, run, stored):
    course = make.course()
    lesson, learner = make.lesson(make.section(course)), make.student()
    first = run(course, learner)
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")

    report = data_of(undo(admin, first))

    assert decisions(report) == [("kept_completed", "already_completed")]
    assert stored(select(Enrollment.status)) == ["COMPLETED"]


def test_what_was_changed_since_is_kept(admin, make, run, stored):
    course = make.course(price=20)
    moved, paid, gone, returned = (make.student() for _ in range(4))
    first = run(course, moved, paid, gone, returned)
    ids = [line["enrollment_id"] for line in first["results"]]
    run(course, moved, due_in_days=3, on_existing="update_due")
    admin.post(f"/enrollments/{ids[1]}/payment", json={"payment_status": "PAID"})
    run(course, gone, returned, verb="unassign")
    run(course, returned)

    report = data_of(undo(admin, first))

    assert decisions(report) == [("kept_changed", "kept_changed")] * 4
    assert sorted(stored(select(Enrollment.status))) == ["ACTIVE", "ACTIVE", "ACTIVE", "CANCELLED"]


def test_a_later_run_that_was_undone_itself_changes_nothing(admin, make, run):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    later = run(course, learner, due_in_days=3, on_existing="update_due")
    ended = run(course, learner, verb="unassign")
    data_of(undo(admin, ended))
    data_of(undo(admin, later))

    assert decisions(data_of(undo(admin, first))) == [("undone", None)]


def test_a_reactivated_enrollment_is_cancelled_as_it_was(admin, make, run, stored):
    course, learner = make.course(price=20), make.student()
    make.enrollment(
        course,
        learner,
        status="CANCELLED",
        source="SELF",
        cancelled_at=LONG_AGO,
        due_at=LONG_AGO,
        payment_status="UNPAID",
        price_at_enrollment=7,
    )
    before = values_of(stored)
    first = run(course, learner, due_in_days=3)
    assert first["results"][0]["outcome"] == "reactivated"

    report = data_of(undo(admin, first))

    assert decisions(report) == [("undone", None)]
    assert report["results"][0]["after"] == first["results"][0]["before"]
    assert values_of(stored) == before


def test_progress_from_before_a_reactivation_keeps_no_enrollment(api, admin, make, run, stored):
    course, learner = make.course(), make.student()
    lessons = [make.lesson(make.section(course)) for _ in range(2)]
    own = api.as_(learner)
    own.post(f"/courses/{course.id}/enroll")
    own.post(f"/lessons/{lessons[0].id}/complete")
    own.post(f"/courses/{course.id}/reviews", json={"rating": 4})
    run(course, learner, verb="unassign")
    first = run(course, learner)

    assert decisions(data_of(undo(admin, first))) == [("undone", None)]

    again = run(course, learner)
    own.put(f"/lessons/{lessons[1].id}/progress", json={"position_seconds": 3})
    assert decisions(data_of(undo(admin, again))) == [("kept_started", "kept_started")]


def test_a_completed_enrollment_that_came_back_is_cancelled_again(admin, make, run, stored):
    course, learner = make.course(), make.student()
    make.enrollment(
        course, learner, status="CANCELLED", completed_at=LONG_AGO, completion_number=1, cancelled_at=LONG_AGO
    )
    first = run(course, learner)
    assert first["results"][0]["after"]["status"] == "COMPLETED"

    assert decisions(data_of(undo(admin, first))) == [("undone", None)]
    assert stored(select(Enrollment.status)) == ["CANCELLED"]


def test_an_unassigned_enrollment_is_active_again_if_a_seat_is_free(api, admin, make, run, stored):
    course = make.course(total_seats=3)
    people = [make.student() for _ in range(3)]
    run(course, *people, due_in_days=3)
    before = values_of(stored)
    first = run(course, *people, verb="unassign")
    api.as_(make.student()).post(f"/courses/{course.id}/enroll")

    report = data_of(undo(admin, first))

    assert decisions(report) == [("undone", None)] * 2 + [("no_seat", "course_full")]
    assert values_of(stored)[:2] == before[:2]
    assert stored(select(Course.enrollment_count).where(Course.id == course.id)) == [3]
    assert record(admin, first)["state"] == "APPLIED"

    admin.patch(f"/courses/{course.id}", json={"total_seats": 4})
    assert record(admin, report)["can"]["retry"]
    again = data_of(admin.post(f"/assignments/{report['id']}/retry"))
    assert [(line["row"], line["input"], line["outcome"]) for line in again["results"]] == [
        (1, str(people[2].id), "undone")
    ]
    assert record(admin, first)["state"] == "UNDONE"


def test_an_unassigned_user_who_came_back_or_was_deleted_is_kept(admin, make, run):
    course, returned, deleted = make.course(), make.student(), make.student()
    run(course, returned, deleted)
    first = run(course, returned, deleted, verb="unassign")
    run(course, returned)
    admin.delete(f"/users/{deleted.id}")

    assert decisions(data_of(undo(admin, first))) == [("kept_changed", "kept_changed")] * 2


def test_a_due_date_is_the_former_one_in_spite_of_progress(api, admin, make, run, stored):
    course = make.course()
    lesson, other = make.lesson(make.section(course)), make.lesson(make.section(course))
    learner, completed, moved = (make.student() for _ in range(3))
    run(course, learner, completed, moved, due_in_days=3)
    (former,) = set(stored(select(Enrollment.due_at)))
    first = run(course, learner, completed, moved, due_in_days=9, on_existing="update_due")
    api.as_(learner).post(f"/lessons/{lesson.id}/complete")
    run(course, moved, due_in_days=12, on_existing="update_due")
    for each in (lesson, other):
        api.as_(completed).post(f"/lessons/{each.id}/complete")

    report = data_of(undo(admin, first))

    assert decisions(report) == [
        ("undone", None), ("kept_completed", "already_completed"), ("kept_changed", "kept_changed"),
    ]  # fmt: skip
    assert stored(select(Enrollment.due_at).where(Enrollment.user_id == learner.id)) == [former]


def test_assigned_again_later_it_begins_under_its_id(api, admin, make, run, stored):
    course, learner, other = make.course(), make.student(), make.student()
    first = run(course, learner, other)
    undo(admin, first)
    (enrolled_at,) = stored(select(Enrollment.enrolled_at).where(Enrollment.user_id == learner.id))

    again = run(course, learner, due_in_days=3)
    joined = api.as_(other).post(f"/courses/{course.id}/enroll")

    (line,) = again["results"]
    assert (line["outcome"], line["before"]) == ("assigned", None)
    assert line["enrollment_id"] == first["results"][0]["enrollment_id"]
    assert line["after"]["status"] == "ACTIVE"
    (row,) = stored(select(Enrollment).where(Enrollment.user_id == learner.id))
    assert (row.reactivated_at, row.cancelled_at, row.cancellation_reason) == (None, None, None)
    assert row.enrolled_at > enrolled_at
    assert data_of(joined, 201)["id"] == first["results"][1]["enrollment_id"]
    assert data_of(joined, 201)["reactivated_at"] is None
    assert decisions(data_of(undo(admin, again))) == [("undone", None)]


def test_what_was_undone_is_not_enrolled_for_a_run_that_unassigns(admin, make, run):
    course, learner = make.course(), make.student()
    undo(admin, run(course, learner))

    (line,) = run(course, learner, verb="unassign")["results"]

    assert (line["outcome"], line["before"], line["enrollment_id"]) == ("not_enrolled", None, None)


def test_a_preview_of_an_undo_changes_nothing_and_can_be_committed(admin, make, run, stored):
    course = make.course()
    first = run(course, make.student(), make.student())

    plan = data_of(undo(admin, first, mode="preview"))
    assert (plan["state"], decisions(plan)) == ("PREVIEW", [("undone", None)] * 2)
    assert set(stored(select(Enrollment.status))) == {"ACTIVE"}
    assert record(admin, first)["undone_by"] is None

    report = data_of(admin.post(f"/assignments/{plan['id']}/commit", headers={"If-Match": plan["plan_etag"]}))
    assert (report["id"], report["state"], counted(report)) == (plan["id"], "APPLIED", {"undone": 2})
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}
    undone = record(admin, first)
    assert (undone["state"], undone["undone_by"]) == ("UNDONE", plan["id"])


def test_a_plan_of_an_undo_is_refused_after_a_change_and_after_another_undo(admin, make, run, stored):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    plan = data_of(undo(admin, first, mode="preview"))
    path, headers = f"/assignments/{plan['id']}/commit", {"If-Match": plan["plan_etag"]}
    run(course, learner, due_in_days=3, on_existing="update_due")

    assert_refused(admin.post(path, headers=headers), 412, "plan_changed")
    data_of(undo(admin, first))
    assert_refused(admin.post(path, headers=headers), 409, "invalid_transition")


def test_a_preview_of_restored_seats_counts_them(admin, make, run):
    course = make.course(total_seats=2)
    first_two, third = [make.student(), make.student()], make.student()
    run(course, *first_two)
    first = run(course, *first_two, verb="unassign")
    run(course, third)

    plan = data_of(undo(admin, first, mode="preview"))

    assert decisions(plan) == [("undone", None), ("no_seat", "course_full")]


def test_a_run_on_several_courses_is_undone_course_by_course(admin, make, stored):
    one, two = make.course(), make.course()
    people = [make.student(), make.student()]
    body = {
        "action": "assign", "course_ids": [one.code, two.code],
        "user_ids": [str(each.id) for each in people], "notify": False,
    }  # fmt: skip
    first = data_of(admin.post("/assignments", json=body))

    report = data_of(undo(admin, first))

    assert [(line["row"], line["course_id"]) for line in report["results"]] == [
        (row, str(course.id)) for row, course in enumerate([one, one, two, two], 1)
    ]
    assert {course["counts"]["undone"] for course in report["courses"]} == {2}
    assert [course["code"] for course in record(admin, report)["courses"]] == [one.code, two.code]
    assert set(stored(select(Course.enrollment_count))) == {0}


def test_a_committed_plan_can_be_undone(admin, make, run, stored):
    course, learner, left = make.course(price=5), make.student(), make.student()
    make.enrollment(course, left, status="CANCELLED", cancelled_at=LONG_AGO, source="SELF")
    plan = run(course, learner, left, mode="preview")
    data_of(admin.post(f"/assignments/{plan['id']}/commit", headers={"If-Match": plan["plan_etag"]}))

    assert decisions(data_of(undo(admin, plan))) == [("undone", None)] * 2
    assert stored(select(Enrollment.cancelled_at).where(Enrollment.user_id == left.id)) == [LONG_AGO]


def test_an_older_ledger_is_undone_as_far_as_it_goes(app, admin, make, run, stored):
    course, learner, left = make.course(price=5), make.student(), make.student()
    make.enrollment(course, left, status="CANCELLED", cancelled_at=LONG_AGO, source="SELF")
    first = run(course, learner, left)
    with app.app_context(), transaction():
        db.session.execute(update(AssignmentItem).values(former=None, acted_at=None, after_payment=None))

    assert decisions(data_of(undo(admin, first))) == [("undone", None)] * 2
    assert set(stored(select(Enrollment.status))) == {"CANCELLED"}
    assert stored(select(Enrollment.source).where(Enrollment.user_id == left.id)) == ["SELF"]


def test_an_instructor_undoes_their_own_runs_in_their_own_courses(app, api, make, stored):
    owner, other, learner = make.instructor(), make.instructor(), make.student()
    course, client = make.course(instructor=owner), api.as_(owner)
    body = {"user_ids": [str(learner.id)], "notify": False}
    first = data_of(client.post(f"/courses/{course.id}/assign-multiple", json=body))
    second = data_of(client.post(f"/courses/{course.id}/unassign-multiple", json=body))

    assert_refused(undo(api.as_(other), first), 404, "not_found")
    assert decisions(data_of(undo(client, second))) == [("undone", None)]
    with app.app_context(), transaction():
        db.session.execute(update(Course).values(instructor_id=other.id))
    assert_refused(undo(client, first), 403, "forbidden")
    assert stored(select(Assignment.undone_by_id).where(Assignment.id == UUID(first["id"]))) == [None]


def test_a_course_without_end_of_seats_and_in_any_state_can_be_undone(admin, make, run, stored):
    course, learner = make.course(), make.student()
    first = run(course, learner)
    admin.post(f"/courses/{course.id}/archive")

    assert decisions(data_of(undo(admin, first))) == [("undone", None)]


def test_unsent_notices_are_suppressed_and_sent_ones_followed_by_another(admin, make, run, stored, work_off):
    course, told, waiting = make.course(), make.student(), make.student()
    first = run(course, told, notify=True)
    work_off()
    second = run(course, waiting, notify=True)

    undo(admin, first)
    undo(admin, second)

    def notices(person):
        found = select(Notice.kind, Notice.channel, Notice.state, Notice.reason)
        return sorted(stored_rows(stored, found.where(Notice.user_id == person.id)))

    assert notices(told) == [
        ("ASSIGNMENT", "EMAIL", "SENT", None),
        ("ASSIGNMENT", "IN_APP", "SENT", None),
        ("ASSIGNMENT_UNDONE", "EMAIL", "QUEUED", None),
        ("ASSIGNMENT_UNDONE", "IN_APP", "SENT", None),
    ]
    assert notices(waiting) == [
        ("ASSIGNMENT", "EMAIL", "SUPPRESSED", "undone"),
        ("ASSIGNMENT", "IN_APP", "SENT", None),
        ("ASSIGNMENT_UNDONE", "IN_APP", "SENT", None),
    ]


def test_without_notify_no_user_hears_of_the_undo(api, admin, make, run, stored):
    course, learner = make.course(), make.student()
    first = run(course, learner, notify=True)

    undo(admin, first, notify=False)

    assert sorted(stored(select(Notice.kind))) == ["ASSIGNMENT", "ASSIGNMENT"]


def test_the_user_reads_that_it_was_undone(api, admin, make, run):
    course, learner = make.course(title="First aid"), make.student()
    undo(admin, run(course, learner, notify=True))

    newest = data_of(api.as_(learner).get("/notifications"))[0]

    assert newest["kind"] == "ASSIGNMENT_UNDONE"
    assert newest["title"] == "Your assignment to First aid was undone"


def test_an_unknown_option_is_refused(admin, make, run):
    first = run(make.course(), make.student())

    assert_refused(undo(admin, first, override_seats=True), 422, "invalid_request")


def stored_rows(stored, statement):
    """Rows of several columns, as tuples."""
    return [tuple(row) for row in stored(select(func.jsonb_build_array(*statement.subquery().c)))]


def values_of(stored):
    """Everything that an enrollment has, in the order of ids."""
    columns = [column.name for column in Enrollment.__table__.columns]
    return [
        {name: getattr(row, name) for name in columns}
        for row in stored(select(Enrollment).order_by(Enrollment.id))
    ]
