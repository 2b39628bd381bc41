"""Owners hear what others do to their courses: decisions, states, edits; and nothing of their own doing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, update

from app.db.session import db, transaction
from app.enums import CourseStatus
from app.models import CourseChange
from tests.support.http import data_of


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def owner(make):
    return make.instructor(email="owner@example.org")


@pytest.fixture
def course_in(make, owner):
    def run(status, **values):
        return make.course(
            title="Fire safety", code="FIRE-1", lessons=1, instructor=owner, status=status, **values
        )

    return run


def told(api, user):
    return [(each["kind"], each["title"]) for each in data_of(api.as_(user).get("/notifications"))][::-1]


@pytest.mark.parametrize(
    ("status", "act", "body", "expected"),
    [
        ("PENDING", "review", {"status": "APPROVED"}, ("COURSE_DECIDED", "Fire safety was approved")),
        ("PENDING", "review", {"status": "REJECTED"}, ("COURSE_DECIDED", "Fire safety was rejected")),
        ("PENDING", "review", {"status": "PUBLISHED"}, ("COURSE_DECIDED", "Fire safety was published")),
        ("DRAFT", "publish", {}, ("COURSE_DECIDED", "Fire safety was published")),
        ("PUBLISHED", "unpublish", None, ("COURSE_CHANGED", "Fire safety was unpublished")),
        ("PUBLISHED", "archive", None, ("COURSE_CHANGED", "Fire safety was archived")),
        ("ARCHIVED", "unarchive", None, ("COURSE_CHANGED", "Fire safety was unarchived")),
    ],
)
def test_the_owner_hears_of_what_an_admin_did(
    status, act, body, expected, api, admin, owner, course_in, mailbox
):
    course = course_in(CourseStatus(status))

    data_of(admin.post(f"/courses/{course.id}/{act}", json=body))

    assert told(api, owner) == [expected]
    [mail] = mailbox("owner@example.org")
    assert mail["Subject"] == expected[1]
    assert f"/teach/courses/{course.slug}" in mail.get_body(("plain",)).get_content()


def test_a_remark_is_quoted_as_text_and_cut(api, admin, owner, course_in, mailbox):
    course = course_in(CourseStatus.PENDING)
    notes = "<b>Too short</b> {{ 7 * 7 }}\r\nBcc: eve@example.org " + "x " * 2_000

    data_of(admin.post(f"/courses/{course.id}/review", json={"status": "REJECTED", "review_notes": notes}))

    [mail] = mailbox("owner@example.org")
    html = mail.get_body(("html",)).get_content()
    assert mail["Bcc"] is None
    assert "You can change it and submit it again." in html
    assert "&lt;b&gt;Too short&lt;/b&gt; {{ 7 * 7 }} Bcc: eve@example.org" in html
    assert len(data_of(api.as_(owner).get("/notifications"))[0]["body"]) < 700


def test_owners_hear_nothing_of_what_they_do_themselves(api, owner, course_in):
    course, client = course_in(CourseStatus.DRAFT), api.as_(owner)

    data_of(client.patch(f"/courses/{course.id}", json={"title": "Fire"}))
    data_of(client.post(f"/courses/{course.id}/submit"))

    assert told(api, owner) == []


def test_a_series_of_edits_is_notified_once_an_hour(app, api, admin, owner, course_in):
    course = course_in(CourseStatus.PUBLISHED)
    for number in range(3):
        data_of(admin.patch(f"/courses/{course.id}", json={"venue": f"Room {number}"}))
    assert told(api, owner) == [("COURSE_CHANGED", "Fire safety was edited")]

    with app.app_context(), transaction():
        db.session.execute(update(CourseChange).values(created_at=func.now() - timedelta(minutes=61)))
    data_of(admin.patch(f"/courses/{course.id}", json={"venue": "Hall", "total_seats": 9}))

    assert len(told(api, owner)) == 2
    body = data_of(api.as_(owner).get("/notifications"))[0]["body"]
    assert (
        body == "Your course Fire safety (FIRE-1) was edited by an admin. What changed: total seats, venue."
    )


def test_an_edit_of_ones_own_does_not_hide_that_of_an_admin(api, admin, owner, course_in):
    course = course_in(CourseStatus.PUBLISHED)
    data_of(api.as_(owner).patch(f"/courses/{course.id}", json={"venue": "Hall"}))

    data_of(admin.patch(f"/courses/{course.id}", json={"venue": "Room"}))

    assert len(told(api, owner)) == 1


def test_both_owners_hear_of_a_handover_whatever_was_edited_before(api, make, admin, owner, course_in):
    course, heir = course_in(CourseStatus.PUBLISHED), make.instructor()
    data_of(admin.patch(f"/courses/{course.id}", json={"venue": "Hall"}))

    data_of(admin.patch(f"/courses/{course.id}", json={"instructor_id": str(heir.id)}))

    assert told(api, owner)[1:] == [("COURSE_CHANGED", "Fire safety has a new instructor")]
    assert told(api, heir) == [("COURSE_CHANGED", "Fire safety is your course now")]


def test_who_is_given_a_new_course_hears_of_it(api, admin, owner):
    body = {"title": "Fire safety", "description": "What to do.", "instructor_id": str(owner.id)}

    data_of(admin.post("/courses", json=body), 201)

    assert told(api, owner) == [("COURSE_CHANGED", "Fire safety is your course now")]


def test_the_owner_hears_that_the_course_was_deleted(api, admin, owner, course_in):
    course = course_in(CourseStatus.PUBLISHED)

    assert admin.delete(f"/courses/{course.id}").status_code == 204

    assert told(api, owner) == [("COURSE_CHANGED", "Fire safety was deleted")]


def test_the_owner_hears_of_a_new_version_and_of_void_completions_in_words(api, admin, owner, course_in):
    course = course_in(CourseStatus.PUBLISHED)
    made = data_of(admin.post(f"/courses/{course.id}/versions", json={"note": "New law."}), 201)

    data_of(admin.post(f"/versions/{made['id']}/void", json={"reason": "New law."}))

    assert told(api, owner) == [
        ("COURSE_CHANGED", "A new version of Fire safety was published"),
        ("COURSE_CHANGED", "Earlier completions of Fire safety were made void"),
    ]
