"""The notifications of a user in the app."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update

from app.db.session import db, transaction
from app.models import Enrollment, Notice
from app.services.learning import enrollment_notices
from tests.support.http import assert_refused, data_of


@pytest.fixture
def notify(app, make):
    """Complete something for this person, as far as notices go."""

    def run(person, **values):
        course = make.course(**values)
        enrollment = make.enrollment(course, person)
        with app.app_context(), transaction():
            enrollment_notices.notify_completed([enrollment.id])
        return enrollment

    return run


def test_a_completion_shows_as_a_notification(api, make, notify):
    learner = make.student()
    enrollment = notify(learner, title="Fire safety", code="FIRE-1")

    [shown] = data_of(api.as_(learner).get("/notifications"))

    assert shown.pop("id")
    assert shown.pop("created_at").endswith("Z")
    assert shown == {
        "kind": "COMPLETION",
        "title": "You have completed Fire safety",
        "body": "Well done! Your completion of Fire safety (FIRE-1) is on record.",
        "course_id": str(enrollment.course_id),
        "enrollment_id": str(enrollment.id),
        "cause_id": None,
        "is_read": False,
        "read_at": None,
    }


def test_everyone_reads_their_own(api, make, notify):
    notify(make.student())

    assert data_of(api.as_(make.student()).get("/notifications")) == []


def test_reading_one_lowers_the_count_and_keeps_the_first_time(api, make, notify):
    learner = make.student()
    notify(learner)
    notify(learner)
    client = api.as_(learner)
    newest = data_of(client.get("/notifications"))[0]["id"]
    before = data_of(client.get("/notifications/unread-count"))

    first = data_of(client.post(f"/notifications/{newest}/read"))
    again = data_of(client.post(f"/notifications/{newest}/read"))

    assert before == {"unread_count": 2}
    assert first["is_read"] is True
    assert first["read_at"] is not None
    assert again == first
    assert data_of(client.get("/notifications/unread-count")) == {"unread_count": 1}
    assert [row["id"] for row in data_of(client.get("/notifications?is_read=true"))] == [newest]
    assert len(data_of(client.get("/notifications?is_read=false"))) == 1


def test_read_all_reads_ones_own_and_no_others(api, make, notify):
    learner, other = make.student(), make.student()
    notify(learner)
    notify(learner)
    notify(other)

    assert data_of(api.as_(learner).post("/notifications/read-all")) == {"marked": 2}
    assert data_of(api.as_(learner).post("/notifications/read-all")) == {"marked": 0}
    assert data_of(api.as_(other).get("/notifications/unread-count")) == {"unread_count": 1}


def test_a_notification_of_another_user_is_not_there(api, make, notify):
    learner = make.student()
    notify(learner)
    theirs = data_of(api.as_(learner).get("/notifications"))[0]["id"]

    assert_refused(api.as_(make.admin()).post(f"/notifications/{theirs}/read"), 404, "not_found")
    assert_refused(api.as_(learner).post(f"/notifications/{uuid4()}/read"), 404, "not_found")


def test_a_suppressed_notice_is_no_notification(api, app, make):
    learner = make.student()
    enrollment = make.enrollment(make.course(), learner)
    with app.app_context(), transaction():
        enrollment_notices.notify_completed([enrollment.id], suppressed="import")

    assert data_of(api.as_(learner).get("/notifications")) == []


def test_the_due_date_is_shown_as_it_is_now(api, app, make):
    learner = make.student()
    enrollment = make.enrollment(make.course(title="Fire safety"), learner)
    with app.app_context(), transaction():
        db.session.execute(
            update(Enrollment).where(Enrollment.id == enrollment.id).values(due_at="2031-05-04T10:30:00Z")
        )
        make_assignment_notice(enrollment)

    [shown] = data_of(api.as_(learner).get("/notifications"))

    assert shown["title"] == "You have been assigned to Fire safety"
    assert shown["body"].endswith("Please complete it by 4 May 2031, 10:30 UTC.")


def test_no_user_is_asked_to_complete_what_is_completed(api, make, work_off, mailbox):
    admin, learner, course = (
        api.as_(make.admin()),
        make.student(),
        make.course(title="Fire safety", lessons=1),
    )
    client, (lesson,) = api.as_(learner), make.lessons_of(course)
    enrollment = data_of(client.post(f"/courses/{course.id}/enroll"), 201)
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    data_of(admin.delete(f"/enrollments/{enrollment['id']}"))

    who = {"user_id": str(learner.id), "due_in_days": 3}
    back = data_of(admin.post(f"/courses/{course.id}/assign", json=who), 201)
    work_off()

    assert back["status"] == "COMPLETED"
    mail = mailbox(learner.email)[-1]
    shown = data_of(client.get("/notifications"))[0]
    assert shown["title"] == "You have been assigned to Fire safety"
    assert shown["body"].endswith("You have already completed it: there is nothing you have to do.")
    assert shown["body"] in " ".join(mail.get_body(("plain",)).get_content().split())


def test_the_list_and_the_count_cost_the_same_for_any_number(api, make, notify, statements):
    learner = make.student()
    for _ in range(3):
        notify(learner)
    client = api.as_(learner)

    with statements() as listing:
        data_of(client.get("/notifications"))
    with statements() as counting:
        data_of(client.get("/notifications/unread-count"))

    assert len(listing) == 2
    assert len(counting) == 2


def make_assignment_notice(enrollment):
    db.session.add(
        Notice(
            kind="ASSIGNMENT",
            channel="IN_APP",
            state="SENT",
            sent_at=enrollment.enrolled_at,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            enrollment_id=enrollment.id,
        )
    )
