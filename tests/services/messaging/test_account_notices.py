"""Notices about accounts: recipients, channels, number of statements, and when one is obsolete."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db.session import db, transaction
from app.enums import Channel, NoticeKind
from app.models import Notice
from app.services.messaging import account_notices
from tests.support.http import assert_refused, data_of

WISH = {"reason": "I have <b>taught</b> {{ 7 * 7 }}\r\nBcc: eve@example.org"}


@pytest.fixture
def notify(app):
    def run(kind, *people):
        with app.app_context(), transaction():
            account_notices.notify(kind, [person.id for person in people])

    return run


@pytest.fixture
def written(app):
    """Every row as (recipient, channel, state, reason)."""

    def read(kind):
        with app.app_context():
            rows = db.session.scalars(select(Notice).where(Notice.kind == kind)).all()
        return {(row.user_id, row.channel.value, row.state.value, row.reason) for row in rows}

    return read


@pytest.fixture
def office(make):
    return make.admin(email="office@example.org")


@pytest.fixture
def asked(api, make, office):
    """A request of Grace Hopper's, and she herself."""
    grace = make.student(first_name="Grace", last_name="<i>Hopper</i>", email="grace@example.org")
    client = api.as_(grace)
    return client, data_of(client.post("/instructor-requests", json=WISH), 201)


def test_many_are_notified_in_one_statement(notify, written, make, statements):
    people = [make.user() for _ in range(30)]

    with statements() as seen:
        notify(NoticeKind.SET_PASSWORD, *people)

    assert len(seen) == 1
    assert written(NoticeKind.SET_PASSWORD) == {(person.id, "EMAIL", "QUEUED", None) for person in people}


def test_no_recipients_cost_no_statement(notify, statements):
    with statements() as seen:
        notify(NoticeKind.SET_PASSWORD)

    assert seen == []


def test_the_deactivated_are_not_written_to(notify, written, make):
    person = make.student(is_active=False)

    notify(NoticeKind.SET_PASSWORD, person)

    assert written(NoticeKind.SET_PASSWORD) == {(person.id, "EMAIL", "SUPPRESSED", "user_inactive")}


@pytest.mark.parametrize(
    "kind",
    [
        NoticeKind.VERIFY_EMAIL,
        NoticeKind.RESET_PASSWORD,
        NoticeKind.SET_PASSWORD,
        NoticeKind.PASSWORD_CHANGED,
    ],
)
def test_what_is_about_a_password_or_an_address_is_sent_by_mail_alone(kind, notify, written, make):
    notify(kind, make.student())

    assert {channel for _, channel, _, _ in written(kind)} == {Channel.EMAIL}


def test_admins_read_who_asks_as_text(asked, mailbox, api, office):
    [mail] = mailbox("office@example.org")

    html, plain = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))
    assert mail["Subject"] == "Grace <i>Hopper</i> asks to become an instructor"
    assert mail["Bcc"] is None
    assert "&lt;i&gt;Hopper&lt;/i&gt;" in html
    assert "I have &lt;b&gt;taught&lt;/b&gt; {{ 7 * 7 }} Bcc: eve@example.org" in html
    assert "Their reason: I have <b>taught</b> {{ 7 * 7 }} Bcc: eve@example.org" in plain
    [shown] = data_of(api.as_(office).get("/notifications"))
    assert (shown["kind"], shown["cause_id"]) == ("INSTRUCTOR_REQUEST", asked[1]["id"])


@pytest.mark.parametrize("end", ["withdrawn", "decided"])
def test_of_a_request_that_is_over_no_admin_is_mailed(end, asked, api, office, written, mailbox):
    client, request = asked
    if end == "withdrawn":
        assert client.delete(f"/instructor-requests/{request['id']}").status_code == 204
    else:
        decision = {"status": "APPROVED"}
        data_of(api.as_(office).post(f"/instructor-requests/{request['id']}/review", json=decision))

    assert mailbox("office@example.org") == []

    assert (office.id, "EMAIL", "SUPPRESSED", "already_decided") in written(NoticeKind.INSTRUCTOR_REQUEST)
    assert len(data_of(api.as_(office).get("/notifications"))) == 1


@pytest.mark.parametrize(
    ("status", "subject"),
    [
        ("APPROVED", "You are an instructor now"),
        ("REJECTED", "Your request to become an instructor was rejected"),
    ],
)
def test_the_applicant_reads_the_decision_and_its_notes(status, subject, asked, api, office, mailbox):
    decision = {"status": status, "review_notes": "Come by\r\nBcc: eve@example.org"}

    data_of(api.as_(office).post(f"/instructor-requests/{asked[1]['id']}/review", json=decision))

    [mail] = mailbox("grace@example.org")
    assert (mail["Subject"], mail["Bcc"]) == (subject, None)
    assert "The admin's note: Come by Bcc: eve@example.org" in mail.get_body(("plain",)).get_content()


def test_a_mail_is_not_resent_while_the_person_waits_for_another(api, make, office, mailbox):
    make.student(email="ada@example.org")
    forgot = {"email": "ada@example.org"}
    data_of(api.post("/auth/forgot-password", json=forgot))
    mailbox("ada@example.org")
    [sent] = data_of(api.as_(office).get("/notices"))
    data_of(api.post("/auth/forgot-password", json=forgot))

    response = api.as_(office).post(f"/notices/{sent['id']}/resend")

    assert_refused(response, 409, "notice_not_delivered")
