"""The outbox as admins see it, and what they can do about it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from app.adapters import redis
from app.db.session import db, transaction
from app.enums import Channel, NoticeState
from app.models import Notice
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once, outcomes


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def mail(app, make, notify_completed):
    """An EMAIL row in some state."""

    def run(state, **values):
        enrollment = make.enrollment(make.course())
        notify_completed(enrollment)
        if state == NoticeState.SENT:
            values["sent_at"] = func.now()
        with app.app_context(), transaction():
            mails = Notice.enrollment_id == enrollment.id, Notice.channel == Channel.EMAIL
            db.session.execute(update(Notice).where(*mails).values(state=state, **values))
            found = db.session.scalars(select(Notice).where(*mails)).one()
            redis.connection().flushdb()
        return found

    return run


def test_admins_see_every_notice(admin, mail):
    found = mail(NoticeState.FAILED, reason="SMTP 550 no", attempts=10)

    shown = data_of(admin.get("/notices?channel=email"))
    course = data_of(admin.get(f"/courses/{found.course_id}"))
    user = data_of(admin.get(f"/users/{found.user_id}"))

    [row] = shown
    assert row["created_at"].endswith("Z")
    assert {name: row[name] for name in row if not name.endswith("_at")} == {
        "id": str(found.id),
        "kind": "COMPLETION",
        "channel": "EMAIL",
        "state": "FAILED",
        "reason": "SMTP 550 no",
        "enrollment_id": str(found.enrollment_id),
        "course_id": str(found.course_id),
        "course": {name: course[name] for name in ("id", "code", "title", "slug")},
        "cause_id": None,
        "assignment_id": None,
        "user_id": str(found.user_id),
        "user": {name: user[name] for name in ("id", "username", "full_name")},
        "completion_number": 0,
        "attempt_number": 1,
        "attempts": 10,
        "message_id": f"<{found.id}@rollcall.example>",
    }
    assert row["sent_at"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 4),
        ("state=sent", 2),
        ("state=QUEUED", 2),
        ("kind=completion", 4),
        ("kind=ASSIGNMENT", 0),
        ("channel=IN_APP", 2),
        ("course=one", 2),
        ("course=two&channel=EMAIL", 1),
        ("course=nowhere", 0),
        ("user=ada", 2),
        ("user=ADA@example.org", 2),
        ("ordering=created_at", 4),
    ],
)
def test_the_list_is_filtered(query, found, admin, make, notify_completed):
    notify_completed(
        make.enrollment(make.course(slug="one"), make.student(username="ada", email="ada@example.org"))
    )
    notify_completed(make.enrollment(make.course(slug="two")))

    assert len(data_of(admin.get(f"/notices?{query}"))) == found


@pytest.mark.parametrize("query", ["state=LOST", "channel=PIGEON", "ordering=reason", "colour=red"])
def test_an_unknown_filter_is_refused(query, admin):
    assert_refused(admin.get(f"/notices?{query}"), 422, "invalid_request")


def test_the_list_is_newest_first_in_two_statements(admin, make, notify_completed, statements):
    for _ in range(3):
        notify_completed(make.enrollment(make.course()))

    with statements() as seen:
        rows = data_of(admin.get("/notices"))

    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert len(seen) == 2


def test_a_failed_notice_is_tried_again_under_its_message_id(admin, mail, enqueued):
    failed = mail(NoticeState.FAILED, reason="SMTP 550 no", attempts=10)

    again = data_of(admin.post(f"/notices/{failed.id}/resend"))

    assert again["id"] == str(failed.id)
    assert again["message_id"] == f"<{failed.id}@rollcall.example>"
    assert (again["state"], again["attempts"], again["reason"]) == ("QUEUED", 0, None)
    assert enqueued() == [str(failed.id)]


def test_a_sent_notice_becomes_a_new_attempt_under_its_own_message_id(admin, mail, smtp, work_off):
    sent = mail(NoticeState.SENT, attempts=1)

    second = data_of(admin.post(f"/notices/{sent.id}/resend"))
    work_off()
    third = data_of(admin.post(f"/notices/{second['id']}/resend"))
    work_off()

    assert [second["attempt_number"], third["attempt_number"]] == [2, 3]
    assert smtp.message_ids == [f"<{sent.id}.2@rollcall.example>", f"<{sent.id}.3@rollcall.example>"]
    assert {row["state"] for row in data_of(admin.get("/notices?channel=EMAIL"))} == {"SENT"}


def test_a_notification_can_be_repeated(api, admin, make, notify_completed):
    learner = make.student()
    notify_completed(make.enrollment(make.course(), learner))
    [shown] = data_of(admin.get("/notices?channel=IN_APP"))

    response = admin.post(f"/notices/{shown['id']}/resend")

    again = data_of(response)
    assert (again["state"], again["message_id"]) == ("SENT", None)
    assert response.get_json()["message"] == "Notice sent again."
    assert data_of(api.as_(learner).get("/notifications/unread-count")) == {"unread_count": 2}


def test_a_mail_that_is_sent_again_is_queued(admin, mail):
    response = admin.post(f"/notices/{mail(NoticeState.FAILED).id}/resend")

    assert data_of(response)["state"] == "QUEUED"
    assert response.get_json()["message"] == "Notice queued again."


@pytest.mark.parametrize("channel", ["EMAIL", "IN_APP"])
@pytest.mark.parametrize(
    ("leaving", "reason"), [("/users/{user_id}/deactivate", "user_inactive"), (None, "not_enrolled")]
)
def test_what_has_lost_its_point_is_resent_on_no_channel(
    admin, make, work_off, smtp, channel, leaving, reason
):
    learner, course = make.student(), make.course()
    enrollment = data_of(admin.post(f"/courses/{course.id}/assign", json={"user_id": str(learner.id)}), 201)
    work_off()
    [notice] = data_of(admin.get(f"/notices?channel={channel}"))
    if leaving:
        data_of(admin.post(leaving.format(**enrollment)))
    else:
        data_of(admin.delete(f"/enrollments/{enrollment['id']}"))

    data_of(admin.post(f"/notices/{notice['id']}/resend"))
    work_off()

    again = data_of(admin.get(f"/notices?channel={channel}"))[0]
    assert (again["state"], again["reason"], again["attempt_number"]) == ("SUPPRESSED", reason, 2)
    assert len(smtp.message_ids) == 1


@pytest.mark.parametrize("state", [NoticeState.QUEUED, NoticeState.SUPPRESSED])
def test_what_was_not_delivered_is_not_resent(state, admin, mail):
    notice = mail(state)

    assert_refused(admin.post(f"/notices/{notice.id}/resend"), 409, "notice_not_delivered")


def test_a_resend_that_is_under_way_is_not_repeated(admin, mail):
    sent = mail(NoticeState.SENT)
    data_of(admin.post(f"/notices/{sent.id}/resend"))

    assert_refused(admin.post(f"/notices/{sent.id}/resend"), 409, "notice_not_delivered")


@pytest.mark.parametrize("state", [NoticeState.SENT, NoticeState.FAILED])
def test_of_racing_resends_one_sends(state, admin, mail, enqueued):
    notice = mail(state)

    answers = at_once(*[lambda: admin.post(f"/notices/{notice.id}/resend")] * 6)

    assert outcomes(answers) == {"200": 1, "409 notice_not_delivered": 5}
    assert len(enqueued()) == 1


def test_a_notice_that_is_not_there_is_not_resent(admin):
    assert_refused(admin.post(f"/notices/{uuid4()}/resend"), 404, "not_found")


@pytest.mark.parametrize("role", ["student", "instructor"])
def test_the_outbox_is_for_admins(role, api, make, mail):
    person = api.as_(getattr(make, role)())
    sent = mail(NoticeState.SENT)

    assert_refused(person.get("/notices"), 403, "forbidden")
    assert_refused(person.post(f"/notices/{sent.id}/resend"), 403, "forbidden")


@pytest.fixture(params=["nowhere", "silence"])
def without_redis(request, app):
    """Redis is away: no process listens, or one that never answers."""
    before = app.extensions["rollcall-redis"]
    app.extensions["rollcall-redis"] = redis.client(request.getfixturevalue(request.param), timeout=0.2)
    yield
    app.extensions["rollcall-redis"].close()
    app.extensions["rollcall-redis"] = before


def test_a_request_waits_once_at_most_while_redis_is_away(admin, make, without_redis, silent_server):
    course = make.course(lessons=1)
    make.progress(make.enrollment(course), *make.lessons_of(course))

    completed = data_of(admin.post(f"/courses/{course.id}/recalculate", json={}))
    waits = len(silent_server.visits)

    assert completed["completed"] == 1
    assert waits <= 1
    assert [row["state"] for row in data_of(admin.get("/notices?channel=EMAIL"))] == ["QUEUED"]
