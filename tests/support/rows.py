"""Rows in an open transaction, each with what it needs to be valid: what whole platforms are set up from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from app.db.session import db
from app.enums import (
    OUTCOMES_OF_ASSIGNING,
    AssignmentAction,
    AssignmentState,
    LessonType,
    NoticeKind,
    NoticeState,
    Outcome,
    PaymentStatus,
    Source,
)
from app.models import Assignment, AssignmentItem, EmailChange, Enrollment, Lesson, Notice, Section
from app.models.session import Session

PASSWORD = "Analytical-Engine-1843"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def add(row):
    """The row as the database has it."""
    db.session.add(row)
    db.session.flush()
    db.session.refresh(row)
    return row


def session(person):
    return add(Session(user_id=person.id, expires_at=datetime.now(UTC) + timedelta(days=1)))


def email_change(person, address):
    """What this person waits for, in place of what they waited for until now."""
    db.session.execute(delete(EmailChange).where(EmailChange.user_id == person.id))
    return add(EmailChange(user_id=person.id, old_email=person.email, new_email=address))


def section(course):
    return add(Section(course_id=course.id, title="Part", position=1))


def lesson(course, section, title="First", **values):
    defaults = {"type": LessonType.TEXT, "content": "Some *text*.", "position": 1}
    return add(Lesson(course_id=course.id, section_id=section.id, title=title, **{**defaults, **values}))


def enrollment(course, person, **values):
    """A place in a free course; its counter is the caller's."""
    return add(
        Enrollment(
            course_id=course.id,
            user_id=person.id,
            source=Source.SELF,
            price_at_enrollment=0,
            currency="USD",
            payment_status=PaymentStatus.FREE,
            **values,
        )
    )


def completion_notice(channel, enrollment, *, state=NoticeState.SENT):
    return add(
        Notice(
            kind=NoticeKind.COMPLETION,
            channel=channel,
            state=state,
            sent_at=THEN if state == NoticeState.SENT else None,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            enrollment_id=enrollment.id,
            completion_number=1,
        )
    )


def run(course_id, author, **values):
    """A bulk run that found nobody, with its one line."""
    made = add(
        Assignment(
            action=AssignmentAction.ASSIGN,
            course_id=course_id,
            requested=1,
            unique=1,
            counts={**dict.fromkeys(OUTCOMES_OF_ASSIGNING, 0), Outcome.NOT_FOUND: 1},
            created_by_id=author.id,
            **{"state": AssignmentState.APPLIED, "finished_at": THEN, **values},
        )
    )
    add(
        AssignmentItem(
            assignment_id=made.id,
            row=1,
            input="nobody@example.org",
            course_id=course_id,
            outcome=Outcome.NOT_FOUND,
            code="not_found",
        )
    )
    return made
