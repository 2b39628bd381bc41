"""From a learner's last click, or an admin's call, to the mailbox."""

from __future__ import annotations

from tests.support.http import data_of
from tests.support.races import at_once


def test_the_last_lesson_brings_one_mail_and_one_notification(api, make, smtp, work_off):
    course = make.course(lessons=1, title="Fire safety")
    learner = make.student(email="ada@example.org")
    make.enrollment(course, learner)
    [lesson] = make.lessons_of(course)
    client = api.as_(learner)

    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    work_off()

    [mail] = smtp.taken
    assert (mail["To"].addresses[0].addr_spec, mail["Subject"]) == (
        "ada@example.org",
        "You have completed Fire safety",
    )
    [notification] = data_of(client.get("/notifications"))
    assert notification["title"] == mail["Subject"]


def test_eight_racing_clicks_bring_one_mail(api, make, smtp, work_off):
    course = make.course(lessons=1)
    learner = make.student()
    make.enrollment(course, learner)
    [lesson] = make.lessons_of(course)
    client = api.as_(learner)

    at_once(*[lambda: client.post(f"/lessons/{lesson.id}/complete")] * 8)
    work_off()

    assert len(smtp.taken) == 1
    assert data_of(client.get("/notifications/unread-count")) == {"unread_count": 1}


def test_assigned_people_hear_of_it_once_and_the_others_do_not(api, make, smtp, work_off):
    course = make.course(title="Fire safety")
    newcomer, member = make.student(email="new@example.org"), make.student()
    make.enrollment(course, member)
    admin = api.as_(make.admin())
    body = {"user_ids": [str(newcomer.id), str(member.id)], "due_at": "2099-05-04T10:30:00Z"}

    data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
    data_of(admin.post(f"/courses/{course.id}/assign-multiple", json=body))
    work_off()

    [mail] = smtp.taken
    assert mail["To"].addresses[0].addr_spec == "new@example.org"
    assert mail["Subject"] == "You have been assigned to Fire safety"
    assert "by 4 May 2099, 10:30 UTC" in mail.get_body(("plain",)).get_content()


def test_an_assignment_with_notify_off_is_silent(api, make, smtp, work_off):
    course, newcomer = make.course(), make.student()
    body = {"user_ids": [str(newcomer.id)], "notify": False}

    data_of(api.as_(make.admin()).post(f"/courses/{course.id}/assign-multiple", json=body))
    work_off()

    assert smtp.taken == []
    assert data_of(api.as_(newcomer).get("/notifications")) == []
