"""Decisions about instructor requests, one or many: an approval gives the role in the same transaction.

Applicants are locked first, as everywhere, and a decision is one compare-and-set on PENDING: of two admins who decide
at once exactly one succeeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from app.db.session import among, db
from app.enums import DecisionOutcome, RequestStatus, Role
from app.errors.accounts import AlreadyDecided
from app.errors.base import NotFound
from app.models.caller import Actor
from app.models.instructor_request import InstructorRequest
from app.models.user import User
from app.services.bulk import rows
from app.services.bulk.rows import BulkReport
from app.services.messaging import account_notices
from app.services.people import instructor_requests, users_unconfirmed

_DECIDED = {
    RequestStatus.APPROVED: DecisionOutcome.APPROVED,
    RequestStatus.REJECTED: DecisionOutcome.REJECTED,
}


def review(
    admin: Actor, request_id: UUID, *, status: RequestStatus, review_notes: str = ""
) -> InstructorRequest:
    """Approve or reject one request."""
    known, decided = _decide(admin, [request_id], status, review_notes)
    if not known:
        raise NotFound
    if not decided:
        raise AlreadyDecided
    return instructor_requests.get_visible(admin, request_id)


def review_multiple(
    admin: Actor, *, request_ids: Sequence[str], status: RequestStatus, review_notes: str = ""
) -> BulkReport:
    """Approve or reject many, as a set; one that cannot be decided about fails no other."""
    known, decided = _decide(admin, rows.ids_in(request_ids), status, review_notes)

    def verdict(request_id: UUID) -> tuple[str, str | None]:
        if request_id in decided:
            return _DECIDED[status], None
        if request_id in known:
            return DecisionOutcome.ALREADY_DECIDED, AlreadyDecided.code
        return DecisionOutcome.NOT_FOUND, NotFound.code

    return rows.report(rows.judge(request_ids, verdict), DecisionOutcome)


def _decide(
    admin: Actor, request_ids: Sequence[UUID], status: RequestStatus, notes: str
) -> tuple[set[UUID], set[UUID]]:
    """Which of the requests exist, and which were still pending and are decided now."""
    named = among(InstructorRequest.id, request_ids)
    _lock_applicants(named)
    decision = (
        update(InstructorRequest)
        .where(named, InstructorRequest.status == RequestStatus.PENDING)
        .values(status=status, review_notes=notes, reviewed_by_id=admin.id, reviewed_at=func.now())
        .returning(InstructorRequest.id, InstructorRequest.user_id)
        .execution_options(synchronize_session=False)
    )
    decided = db.session.execute(decision).all()
    if status == RequestStatus.APPROVED:
        _give_role([row.user_id for row in decided])
    account_notices.notify_applicants([row.id for row in decided])
    # Read last: a request that was withdrawn in the meantime does not exist.
    known = db.session.scalars(select(InstructorRequest.id).where(named))
    return set(known), {row.id for row in decided}


def _lock_applicants(named: ColumnElement[bool]) -> None:
    statement = (
        select(User.id)
        .join(InstructorRequest, InstructorRequest.user_id == User.id)
        .where(named)
        .order_by(User.id)
        .with_for_update(of=User, key_share=True)
    )
    db.session.execute(statement)


def _give_role(user_ids: Sequence[UUID]) -> None:
    """Promote students. Users who already are instructors or admins are not changed."""
    promoted = db.session.scalars(
        update(User)
        .where(among(User.id, user_ids), User.role == Role.STUDENT)
        .values(role=Role.INSTRUCTOR)
        .returning(User.id)
        .execution_options(synchronize_session="fetch")
    )
    users_unconfirmed.reset_unconfirmed(promoted.all())
