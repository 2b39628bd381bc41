"""One person assigned to a course whom nothing keeps from it: one statement behind the locks of a bulk run.

It decides, takes the seat, and writes the run, its ledger line, the enrollment and the notices, as a run of one row does.
Where it writes nothing, `assignments` carries out such a run, which knows every outcome and its reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ColumnElement,
    DateTime,
    Select,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.session import locked_name
from app.db.statements import Statement, value_of
from app.enums import (
    OUTCOMES_OF_ASSIGNING,
    AssignmentAction,
    AssignmentState,
    CourseStatus,
    EnrollmentStatus,
    Lane,
    NoticeKind,
    NoticeState,
    Outcome,
    Source,
)
from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.caller import Actor
from app.models.course import Course
from app.models.course_name import CourseName
from app.models.enrollment import Enrollment
from app.models.user import User
from app.observability import traces
from app.services.learning import payments
from app.services.learning.enrollment_rows import EnrollmentRow, select_shown
from app.services.messaging import outbox
from app.services.messaging.outbox import MailBatch
from app.settings import settings
from app.values.identifiers import as_id, parsed
from app.values.people import People, storable
from app.values.terms import Terms

_ACTOR = bindparam("actor_id", type_=Uuid())
_KEY = bindparam("key", type_=String())
_INPUT = bindparam("input", type_=String())
_DUE = bindparam("due_at", type_=DateTime(timezone=True))
_REASON = bindparam("reason", type_=String())
_OPTIONS = bindparam("options", type_=JSONB())
_OVERRIDES = bindparam("override_seats", type_=Boolean())
_NOTIFIES = bindparam("notify", type_=Boolean())
_TAKES_UNVERIFIED = bindparam("takes_unverified", type_=Boolean())
_TRACEPARENT = bindparam("traceparent", type_=Text())

_COUNTS = json.dumps({**dict.fromkeys(OUTCOMES_OF_ASSIGNING, 0), Outcome.ASSIGNED: 1})

_NOW: Statement[datetime] = Statement(lambda: select(func.now()), value_of)

_USERS: Mapping[str, ColumnElement[bool]] = {
    "user_id": User.id == cast(_KEY, Uuid()),
    "email": func.lower(User.email) == _KEY,
    "username": func.lower(User.username) == _KEY,
    "external_id": User.external_id == _KEY,
}
"""By kind of identifier: whose key it is."""


class Written(NamedTuple):
    """The enrollment as it is shown, and the run that created it."""

    enrollment: EnrollmentRow
    assignment_id: UUID


def assign(actor: Actor, ref: str | UUID, person: People, terms: Terms, *, reason: str) -> Written | None:
    """Enroll the person, who has never been in the course; None where nothing was written. The locks are held then, too."""
    ((kind, text),) = [(kind, text) for kind, texts in person.by_kind.items() for text in texts]
    key = parsed(kind, text).key
    if key is None:
        return None
    course_id = as_id(ref)
    is_by_id = course_id is not None
    values = {
        "actor_id": actor.id,
        "course_id": course_id,
        "name": CourseName.spelled(str(ref)),
        "key": key,
        "input": storable(text),
        "due_at": terms.due_at if terms.due_in_days is None else terms.due_date(_NOW.one({})),
        "reason": reason,
        "options": terms.as_json() | {"atomic": False},
        "override_seats": terms.override_seats,
        "notify": terms.notify,
        "takes_unverified": not settings().require_email_verification,
        "traceparent": traces.carried(),
    }
    lock = _locking(is_by_id=is_by_id, is_admin=actor.is_admin)
    is_traced = values["traceparent"] is not None
    writing = _writing(kind, is_by_id=is_by_id, is_admin=actor.is_admin, is_traced=is_traced)
    written = writing.first_behind(lock, values)
    if written is None:
        return None
    made, mails = written
    outbox.enqueue(MailBatch(mails or [], Lane.BULK))
    return made


def _made(*row: Any) -> tuple[Written, list[str] | None]:
    *shown, assignment_id, mails = row
    return Written(EnrollmentRow(*shown), assignment_id), mails


@cache
def _locking(*, is_by_id: bool, is_admin: bool) -> Statement[UUID]:
    """Keep people from being deleted, and then lock the course's row, if the actor may change it."""

    def build() -> Select[UUID]:
        locked = select(locked_name(User.DELETION, is_shared=True).is_not(None).label("is_locked"))
        held = locked.cte("held").prefix_with("MATERIALIZED")
        course = select(Course.id).select_from(held).join(Course, held.c.is_locked)
        return course.where(_is_managed(is_by_id=is_by_id, is_admin=is_admin)).with_for_update(
            key_share=True, of=Course
        )

    return Statement(build, value_of)


@cache
def _writing(
    kind: str, *, is_by_id: bool, is_admin: bool, is_traced: bool
) -> Statement[tuple[Written, list[str] | None]]:
    def build() -> Select[*tuple[Any, ...]]:
        person = _person(kind, is_admin=is_admin)
        seat = _take_seat(person, is_by_id=is_by_id, is_admin=is_admin)
        return _write(person, seat, kind, is_waived=is_admin, is_traced=is_traced)

    return Statement(build, _made)


def _is_managed(*, is_by_id: bool, is_admin: bool) -> ColumnElement[bool]:
    named = CourseName.select_named(bindparam("name", type_=Text()))
    course_id = bindparam("course_id", type_=Uuid()) if is_by_id else named
    is_managed = true() if is_admin else Course.instructor_id == _ACTOR
    return and_(Course.id == course_id, Course.deleted_at.is_(None), is_managed)


def _person(kind: str, *, is_admin: bool) -> CTE:
    """The user of this key, if they are active. Instructors find no unverified users where those cannot log in."""
    is_seen = true() if is_admin else or_(User.email_verified, _TAKES_UNVERIFIED)
    found = select(User.id).where(_USERS[kind], User.deleted_at.is_(None), User.is_active, is_seen)
    return found.cte("person").prefix_with("MATERIALIZED")


def _take_seat(person: CTE, *, is_by_id: bool, is_admin: bool) -> CTE:
    """The course's row with one seat more taken, if the person may join it and has never been in it."""
    has_seat = or_(_OVERRIDES, Course.total_seats.is_(None), Course.enrollment_count < Course.total_seats)
    was_there = exists().where(Enrollment.course_id == Course.id, Enrollment.user_id == person.c.id)
    return (
        update(Course)
        .where(
            _is_managed(is_by_id=is_by_id, is_admin=is_admin),
            Course.status == CourseStatus.PUBLISHED,
            Course.instructor_id != person.c.id,
            has_seat,
            ~was_there,
        )
        # Taking a seat is no edit of the course.
        .values(enrollment_count=Course.enrollment_count + 1, updated_at=Course.updated_at)
        .returning(Course.id, Course.price, Course.currency)
        .cte("seat")
    )


def _write(
    person: CTE, seat: CTE, kind: str, *, is_waived: bool, is_traced: bool
) -> Select[*tuple[Any, ...]]:
    """Insert the run, the enrollment, its line and the notices, and return the enrollment as it is shown."""
    run = _record(seat)
    row = {
        "course_id": seat.c.id,
        "user_id": person.c.id,
        "status": literal(EnrollmentStatus.ACTIVE.value),
        "source": literal(Source.ASSIGNED.value),
        "due_at": _DUE,
        "assigned_by": _ACTOR,
        "enrolled_at": func.now(),
        **payments.of(seat.c.price, seat.c.currency, is_waived=is_waived),
    }
    enrolled = insert(Enrollment).from_select(
        list(row), select(*row.values()).select_from(seat).join(person, true())
    )
    held = enrolled.returning(*Enrollment.__table__.columns).cte("held")
    line = {
        "assignment_id": run.c.id,
        "row": literal(1),
        "input": _INPUT,
        "kind": literal(kind),
        "user_id": held.c.user_id,
        "course_id": held.c.course_id,
        "outcome": literal(Outcome.ASSIGNED.value),
        "enrollment_id": held.c.id,
        "after_status": held.c.status,
        "after_source": held.c.source,
        "after_due_at": held.c.due_at,
        "after_payment": held.c.payment_status,
    }
    lines = select(*line.values()).select_from(run).join(held, true())
    item = insert(AssignmentItem).from_select(list(line), lines).returning(AssignmentItem.row).cte("item")
    notified = _notified(run, held, is_traced=is_traced)
    return select_shown(run.c.id, notified, held=held.c).join(run, true()).add_cte(item)


def _record(seat: CTE) -> CTE:
    record = {
        "action": literal(AssignmentAction.ASSIGN.value),
        "course_id": seat.c.id,
        "state": literal(AssignmentState.APPLIED.value),
        "requested": literal(1),
        "unique_count": literal(1),
        "done": literal(1),
        "counts": cast(literal(_COUNTS, Text()), JSONB()),
        "options": _OPTIONS,
        "reason": _REASON,
        "created_by_id": _ACTOR,
        "created_at": func.now(),
        "finished_at": func.clock_timestamp(),
        "overdue": case((func.clock_timestamp() > _DUE, 1), else_=0),
    }
    return (
        insert(Assignment)
        .from_select(list(record), select(*record.values()))
        .returning(Assignment.id)
        .cte("run")
    )


def _notified(run: CTE, held: CTE, *, is_traced: bool) -> ColumnElement[list[str]]:
    """Write the notices of the assignment, and return the ids of the mails to send."""
    made = outbox.writing(
        NoticeKind.ASSIGNMENT,
        select().select_from(held).join(User, User.id == held.c.user_id).join(run, true()).where(_NOTIFIES),
        order_by=held.c.id,
        traceparent=_TRACEPARENT if is_traced else None,
        enrollment_id=held.c.id,
        course_id=held.c.course_id,
        assignment_id=run.c.id,
    )
    mails = select(func.array_agg(cast(made.c.id, Text), type_=ARRAY(Text())))
    return mails.where(made.c.state == NoticeState.QUEUED).scalar_subquery()
