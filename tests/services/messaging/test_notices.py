"""Notices about enrollments: recipients, channels and number of statements."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import AssignmentAction, AssignmentState, Channel, NoticeKind, NoticeState, Outcome
from app.models import Assignment, AssignmentItem, Notice
from app.services.learning import enrollment_notices
from app.services.messaging import kinds


@pytest.fixture
def written(app):
    """Every row as (recipient, channel, state, reason), and nothing about the order."""

    def read():
        with app.app_context():
            rows = db.session.scalars(select(Notice)).all()
        return sorted(
            (str(row.user_id), row.channel.value, row.state.value, row.reason or "") for row in rows
        )

    return read


def test_a_completion_is_written_for_both_channels(notify_completed, written, make, enqueued, app):
    enrollment = make.enrollment(make.course())

    notify_completed(enrollment)

    learner = str(enrollment.user_id)
    assert written() == [(learner, "EMAIL", "QUEUED", ""), (learner, "IN_APP", "SENT", "")]
    with app.app_context():
        mail = db.session.scalars(select(Notice).where(Notice.channel == Channel.EMAIL)).one()
    assert enqueued() == [str(mail.id)]


def test_notifying_twice_writes_once(notify_completed, written, make, enqueued):
    enrollment = make.enrollment(make.course())

    notify_completed(enrollment, enrollment)
    notify_completed(enrollment)

    assert len(written()) == 2
    assert len(enqueued()) == 1


def test_the_instructor_is_notified_by_setting(notify_completed, written, make, setting):
    setting(notify_instructor_of_completion=True)
    course = make.course()
    enrollment = make.enrollment(course)

    notify_completed(enrollment)

    people = {str(enrollment.user_id), str(course.instructor_id)}
    assert {row[0] for row in written()} == people
    assert len(written()) == 4


@pytest.mark.parametrize(
    ("is_active", "suppressed", "expected"),
    [
        (True, None, [("EMAIL", "QUEUED", ""), ("IN_APP", "SENT", "")]),
        (False, None, [("EMAIL", "SUPPRESSED", "user_inactive"), ("IN_APP", "SUPPRESSED", "user_inactive")]),
        (True, "import", [("EMAIL", "SUPPRESSED", "import"), ("IN_APP", "SUPPRESSED", "import")]),
        (False, "import", [("EMAIL", "SUPPRESSED", "import"), ("IN_APP", "SUPPRESSED", "import")]),
    ],
)
def test_what_is_suppressed_is_on_record(
    is_active, suppressed, expected, notify_completed, written, make, enqueued
):
    notify_completed(make.enrollment(make.course(), make.student(is_active=is_active)), suppressed=suppressed)

    assert [row[1:] for row in written()] == expected
    assert len(enqueued()) == (1 if expected[0][1] == "QUEUED" else 0)


def test_the_ledger_decides_who_is_notified_of_an_assignment(app, make, written):
    admin, course = make.admin(), make.course()
    people = {outcome: make.enrollment(course) for outcome in Outcome}
    with app.app_context(), transaction():
        run = Assignment(
            action=AssignmentAction.ASSIGN,
            course_id=course.id,
            state=AssignmentState.APPLIED,
            requested=len(people),
            created_by_id=admin.id,
        )
        db.session.add(run)
        db.session.flush()
        db.session.add_all(
            AssignmentItem(
                assignment_id=run.id,
                row=row,
                input=str(enrollment.user_id),
                user_id=enrollment.user_id,
                course_id=course.id,
                outcome=outcome,
                enrollment_id=enrollment.id,
            )
            for row, (outcome, enrollment) in enumerate(people.items(), 1)
        )
        db.session.flush()

        enrollment_notices.notify_assigned(run.id)
        enrollment_notices.notify_assigned(run.id)

    notified = {str(people[outcome].user_id) for outcome in (Outcome.ASSIGNED, Outcome.REACTIVATED)}
    assert {row[0] for row in written()} == notified
    assert len(written()) == 4
    with app.app_context():
        rows = db.session.scalars(select(Notice)).all()
    assert {(row.kind, row.assignment_id) for row in rows} == {(NoticeKind.ASSIGNMENT, run.id)}


def test_any_number_of_people_is_one_statement(app, make, statements):
    course = make.course()
    ids = [make.enrollment(course).id for _ in range(5)]

    with app.app_context(), transaction(), statements() as seen:
        enrollment_notices.notify_completed(ids)

    assert len(seen) == 1


def test_what_is_rolled_back_was_never_written(app, make, written, enqueued):
    enrollment = make.enrollment(make.course())

    def fail_late():
        with transaction():
            enrollment_notices.notify_completed([enrollment.id])
            raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        fail_late()

    assert (written(), enqueued()) == ([], [])


def test_a_notice_is_worded_for_its_reader(app, make, notify_completed, setting):
    setting(notify_instructor_of_completion=True)
    course = make.course(title="Fire\r\nBcc: x@example.org\tsafety")
    notify_completed(make.enrollment(course, make.student(first_name="Grace", last_name="Hopper")))

    with app.app_context():
        sent = select(Notice).where(Notice.state == NoticeState.SENT).options(*kinds.loads_for_inbox())
        titles = sorted(kinds.of(notice).wording(notice).title for notice in db.session.scalars(sent))

    assert titles == [
        "Grace Hopper has completed Fire Bcc: x@example.org safety",
        "You have completed Fire Bcc: x@example.org safety",
    ]
