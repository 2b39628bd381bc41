"""Requests to become an instructor: one pending request per user, until an admin decides."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.db.fulltext import naming
from app.db.listings import Listing, narrowed_by, ordered_by
from app.db.session import db, refusing
from app.enums import RequestStatus, Role
from app.errors.accounts import AlreadyDecided, ReapplyTooSoon, RequestPending
from app.errors.base import NotFound
from app.errors.catalogue import InvalidTransition
from app.models.caller import Actor
from app.models.instructor_request import InstructorRequest
from app.models.user import User
from app.models.visibility import instructor_request_visible_to
from app.services.auth import attempts
from app.services.auth.attempts import Quota
from app.services.messaging import account_notices
from app.services.search.people_search import exact_first
from app.settings import settings

_COLUMNS = {"created_at": InstructorRequest.created_at, "reviewed_at": InstructorRequest.reviewed_at}


def ask(
    user: Actor, *, reason: str = "", qualifications: str = "", teaching_interests: str = ""
) -> InstructorRequest:
    """Ask to become an instructor. Admins are notified once the user's email address is verified."""
    statement = (
        select(User.role, User.email_verified)
        .where(User.id == user.id, User.deleted_at.is_(None))
        .with_for_update(key_share=True)
    )
    # Under the lock that a decision takes: a user cannot ask again while the role is being given.
    held = db.session.execute(statement).one_or_none()
    if held is None or held.role != Role.STUDENT:
        raise InvalidTransition("You are already an instructor or an admin.")
    _refuse_too_soon(user)
    request = InstructorRequest(
        user_id=user.id,
        reason=reason,
        qualifications=qualifications,
        teaching_interests=teaching_interests,
    )
    with refusing({InstructorRequest.ONE_PENDING: RequestPending()}):
        db.session.add(request)
    attempts.take([Quota.on(settings().ratelimit_instructor_request, "instructor request of", str(user.id))])
    if held.email_verified or not settings().require_email_verification:
        account_notices.notify_admins_of_requests([user.id])
    return get_visible(user, request.id)


def list_visible(
    viewer: Actor,
    *,
    status: tuple[RequestStatus, ...] | None = None,
    user_id: UUID | None = None,
    search: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    """The user's own requests; all requests for admins."""
    wanted = {InstructorRequest.status: status, InstructorRequest.user_id: user_id}
    conditions = narrowed_by(wanted)
    conditions.append(instructor_request_visible_to(viewer))
    requests = (
        select(InstructorRequest)
        .join(User, User.id == InstructorRequest.user_id)
        .options(contains_eager(InstructorRequest.user))
    )
    keys = ordered_by(ordering, _COLUMNS, InstructorRequest.id, nullable=("reviewed_at",))
    if not search or not search.strip():
        return Listing(requests.where(*conditions), keys)
    keys.insert(0, exact_first(InstructorRequest.user_id, search))
    conditions.append(InstructorRequest.search_vector.bool_op("@@")(naming(search)))
    matching = select(InstructorRequest.id).where(*conditions)
    return Listing(
        requests, keys, matching=matching, gathers=True, crowded=Listing(requests.where(*conditions), keys)
    )


def get_visible(viewer: Actor, request_id: UUID) -> InstructorRequest:
    statement = (
        select(InstructorRequest)
        .options(joinedload(InstructorRequest.user))
        .where(InstructorRequest.id == request_id, instructor_request_visible_to(viewer))
        .execution_options(populate_existing=True)
    )
    request = db.session.scalar(statement)
    if request is None:
        raise NotFound
    return request


def update(user: Actor, request_id: UUID, **changes: Any) -> InstructorRequest:
    """Edit a pending request."""
    request = _hold_pending(user, request_id)
    for name, value in changes.items():
        setattr(request, name, value)
    db.session.flush()
    return get_visible(user, request_id)


def withdraw(user: Actor, request_id: UUID) -> None:
    """Delete a pending request."""
    db.session.delete(_hold_pending(user, request_id))
    db.session.flush()


def _refuse_too_soon(user: Actor) -> None:
    days = settings().instructor_reapply_days
    if not days:
        return
    rejected_at = db.session.scalar(
        select(func.max(InstructorRequest.reviewed_at)).where(
            InstructorRequest.user_id == user.id,
            InstructorRequest.status == RequestStatus.REJECTED,
            InstructorRequest.reviewed_at > func.now() - timedelta(days=days),
        )
    )
    if rejected_at is not None:
        retry_at = (rejected_at + timedelta(days=days)).astimezone(UTC)
        raise ReapplyTooSoon(
            f"It is too soon to ask again: you can from {retry_at.day} {retry_at:%B %Y, %H:%M} UTC.",
            details={"retry_at": [retry_at.isoformat().replace("+00:00", "Z")]},
        )


def _hold_pending(user: Actor, request_id: UUID) -> InstructorRequest:
    """The row of a pending request, locked against a decision."""
    statement = (
        select(InstructorRequest)
        .where(InstructorRequest.id == request_id, instructor_request_visible_to(user))
        .with_for_update()
    )
    request = db.session.scalar(statement, execution_options={"populate_existing": True})
    if request is None:
        raise NotFound
    if not request.is_pending:
        raise AlreadyDecided
    return request
