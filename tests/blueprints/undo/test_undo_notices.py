"""Notices of what was undone: suppressed, or followed by another one."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Notice
from tests.support.assigning import stored_rows, undo
from tests.support.http import assert_refused, data_of


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
