"""Requests to become an instructor, and the decisions about them."""

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

blp = Blueprint(
    "instructor requests", __name__, description="Request to become an instructor, and decide about requests."
)


@blp.get("/instructor-requests")
@requires()
@blp.lists(InstructorRequestSchema, InstructorRequestQuerySchema)
def list_instructor_requests(filters: dict[str, Any]):
    """List instructor requests.

    Your own; admins see all.
    """
    return instructor_requests.list_visible(caller(), **filters)


@blp.post("/instructor-requests")
@requires()
@blp.arguments(NewInstructorRequestSchema)
@blp.response(201, InstructorRequestSchema, message="Instructor request sent: an admin will decide on it.")
@blp.refuses(InvalidTransition, RequestPending, ReapplyTooSoon)
def ask_to_instruct(request: dict[str, Any]):
    """Request to become an instructor.

    One request can be PENDING at a time. `RATELIMIT_INSTRUCTOR_REQUEST` limits how many a user can make, withdrawn ones
    included (3 a day unless set). A caller who is an INSTRUCTOR or ADMIN already is refused with `invalid_transition`.
    """
    return instructor_requests.ask(caller(), **request)


@blp.get("/instructor-requests/<uuid:request_id>")
@requires()
@blp.response(200, InstructorRequestSchema)
def show_instructor_request(request_id: UUID):
    """Show an instructor request."""
    return instructor_requests.get_visible(caller(), request_id)


@blp.patch("/instructor-requests/<uuid:request_id>")
@requires()
@blp.arguments(RequestTextsSchema)
@blp.response(200, InstructorRequestSchema, message="Instructor request updated.")
@blp.refuses(AlreadyDecided)
def change_instructor_request(changes: dict[str, Any], request_id: UUID):
    """Change an instructor request while it is PENDING."""
    return instructor_requests.update(caller(), request_id, **changes)


@blp.delete("/instructor-requests/<uuid:request_id>")
@requires()
@blp.response(204)
@blp.refuses(AlreadyDecided)
def withdraw_instructor_request(request_id: UUID):
    """Withdraw an instructor request while it is PENDING."""
    instructor_requests.withdraw(caller(), request_id)


@blp.post("/instructor-requests/<uuid:request_id>/review")
@requires(Role.ADMIN)
@blp.arguments(RequestDecisionSchema)
@blp.acts_on(show_instructor_request)
@blp.response(200, InstructorRequestSchema, message="Decision recorded.")
@blp.refuses(AlreadyDecided)
def review_instructor_request(decision: dict[str, Any], request_id: UUID):
    """Approve or reject an instructor request.

    An approval makes the applicant an INSTRUCTOR at once; an INSTRUCTOR or ADMIN keeps the role. Where the applicant's
    address is unconfirmed, it invalidates the password of the sign-up: the owner of the mailbox sets a new one by mail.
    """
    return instructor_requests_review.review(caller(), request_id, **decision)


@blp.post("/instructor-requests/review-multiple")
@requires(Role.ADMIN)
@throttled(BULK)
@blp.arguments(RequestDecisionsSchema)
@blp.response(200, DecisionReportSchema, message="Review finished: see the report.")
@blp.refuses(TooManyPeople)
def review_instructor_requests(decision: dict[str, Any]):
    """Approve or reject many instructor requests.

    The report has a row for each id: `approved`, `rejected`, `already_decided`, `duplicate` or `not_found`. A refused
    row does not affect the others.
    """
    return instructor_requests_review.review_multiple(caller(), **decision)
