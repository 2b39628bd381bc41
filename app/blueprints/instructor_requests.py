"""Asking to become an instructor, and deciding about it."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.accounts import AlreadyDecided, ReapplyTooSoon, RequestPending
from app.errors.bulk import TooManyPeople
from app.errors.catalogue import InvalidTransition
from app.schemas.instructor_requests import (
    DecisionReportSchema,
    InstructorRequestQuerySchema,
    InstructorRequestSchema,
    NewInstructorRequestSchema,
    RequestDecisionSchema,
    RequestDecisionsSchema,
    RequestTextsSchema,
)
from app.services.people import instructor_requests, instructor_requests_review
from app.web.access import caller, requires
from app.web.api import Blueprint
from app.web.rate_limits import BULK, throttled

blp = Blueprint("instructor requests", __name__, description="Becoming an instructor.")


@blp.get("/instructor-requests")
@requires()
@blp.lists(InstructorRequestSchema, InstructorRequestQuerySchema)
def list_instructor_requests(filters: dict[str, Any]):
    """Your requests; everybody's for admins."""
    return instructor_requests.list_visible(caller(), **filters)


@blp.post("/instructor-requests")
@requires()
@blp.arguments(NewInstructorRequestSchema)
@blp.response(201, InstructorRequestSchema, message="An admin will decide about your request.")
@blp.refuses(InvalidTransition, RequestPending, ReapplyTooSoon)
def ask_to_instruct(request: dict[str, Any]):
    """Ask to become an instructor.

    One request can be PENDING at a time, and as many can be made, withdrawn ones included, as
    `RATELIMIT_INSTRUCTOR_REQUEST` says (3 a day unless set). Who is an INSTRUCTOR or an ADMIN already is refused with
    `invalid_transition`.
    """
    return instructor_requests.ask(caller(), **request)


@blp.get("/instructor-requests/<uuid:request_id>")
@requires()
@blp.response(200, InstructorRequestSchema)
def show_instructor_request(request_id: UUID):
    """One request."""
    return instructor_requests.get_visible(caller(), request_id)


@blp.patch("/instructor-requests/<uuid:request_id>")
@requires()
@blp.arguments(RequestTextsSchema)
@blp.response(200, InstructorRequestSchema, message="Request saved.")
@blp.refuses(AlreadyDecided)
def change_instructor_request(changes: dict[str, Any], request_id: UUID):
    """Change a request while it is PENDING."""
    return instructor_requests.update(caller(), request_id, **changes)


@blp.delete("/instructor-requests/<uuid:request_id>")
@requires()
@blp.response(204)
@blp.refuses(AlreadyDecided)
def withdraw_instructor_request(request_id: UUID):
    """Withdraw a request while it is PENDING."""
    instructor_requests.withdraw(caller(), request_id)


@blp.post("/instructor-requests/<uuid:request_id>/review")
@requires(Role.ADMIN)
@blp.arguments(RequestDecisionSchema)
@blp.acts_on(show_instructor_request)
@blp.response(200, InstructorRequestSchema, message="Decided.")
@blp.refuses(AlreadyDecided)
def review_instructor_request(decision: dict[str, Any], request_id: UUID):
    """Approve or reject a request.

    An approval makes the applicant an INSTRUCTOR at once; an INSTRUCTOR or ADMIN keeps the role. Where nobody has
    confirmed the applicant's address, it voids the password of the sign-up: the owner of the mailbox sets one by mail.
    """
    return instructor_requests_review.review(caller(), request_id, **decision)


@blp.post("/instructor-requests/review-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(RequestDecisionsSchema)
@blp.response(200, DecisionReportSchema, message="Decided; see the report.")
@blp.refuses(TooManyPeople)
def review_instructor_requests(decision: dict[str, Any]):
    """Approve or reject many requests.

    Every id gets a line: `approved`, `rejected`, `already_decided`, `duplicate` or `not_found`. One that cannot be
    decided about fails no other.
    """
    return instructor_requests_review.review_multiple(caller(), **decision)
