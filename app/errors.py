"""Everything the domain can say no with.

A refusal is raised, never returned, and rendered in one place (`app.web.problems`). Its `code` is the contract: clients
switch on it, bulk reports carry it row by row, and its docstring is the page behind the error's `type`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

Details = Mapping[str, list[str]]
"""Where the trouble lies: a path such as `lessons.3.title`, and the sentences about it."""


class Refusal(Exception):
    """A request that the rules do not allow."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    keeps_writes: ClassVar[bool] = False
    headers: ClassVar[Mapping[str, str]] = {}
    retry_after: int | None = None
    """seconds"""

    def __init__(self, message: str | None = None, *, details: Details | None = None) -> None:
        self.message = message or self.title
        self.details: Details = details or {}
        super().__init__(self.message)


def catalogue() -> dict[str, type[Refusal]]:
    """Every refusal by its reason code."""

    def concrete(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        if "code" in vars(kind):
            yield kind
        for narrower in kind.__subclasses__():
            yield from concrete(narrower)

    return {kind.code: kind for kind in concrete(Refusal)}


def kinds_of(code: str) -> list[type[Refusal]]:
    """What is refused under a code, which may mean a little more than one thing: the kind of the catalogue comes first."""
    named = catalogue()[code]
    sharing = [kind for kind in named.__subclasses__() if kind.code == code and "status" in vars(kind)]
    return [named, *sharing]


class Unauthenticated(Refusal):
    """The request carries no access token, or the session behind it has ended: log in, or refresh."""

    status = 401
    code = "unauthenticated"
    title = "Sign in first."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class TokenInvalid(Refusal):
    """The token is malformed, expired, spent, of the wrong kind, or its session has ended."""

    status = 401
    code = "token_invalid"
    title = "This token is not valid."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class RefreshTokenReused(TokenInvalid):
    """A spent refresh token came back: whoever holds it may have stolen it, so the session ends for everybody."""

    keeps_writes = True


class MailTokenInvalid(TokenInvalid):
    """The token of a mail is unknown, expired or spent, or the account has another address by now."""

    status = 400
    title = "This link is not valid any more: ask for a new one."
    headers: ClassVar[Mapping[str, str]] = {}


class InvalidCredentials(Refusal):
    """No account has this login and this password. The answer is the same whichever of the two is wrong."""

    status = 401
    code = "invalid_credentials"
    title = "Login or password is wrong."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class PaymentRequired(Refusal):
    """The enrollment is UNPAID and this installation opens priced courses only once they are PAID or WAIVED."""

    status = 402
    code = "payment_required"
    title = "This course has to be paid for first."


class Forbidden(Refusal):
    """The caller is known and sees the thing, but neither role nor ownership allows this act."""

    status = 403
    code = "forbidden"
    title = "You may not do this."


class AccountInactive(Forbidden):
    """The password was right, but an admin has deactivated the account."""

    code = "account_inactive"
    title = "This account is deactivated."


class EmailNotVerified(Forbidden):
    """The password was right, but the address has not been confirmed with the mail that we sent; ask for another one at
    `/auth/resend-verification`.
    """

    code = "email_not_verified"
    title = "Confirm your email address first."


class NotEnrolled(Forbidden):
    """What was asked for is only for people with an ACTIVE or COMPLETED enrollment in the course."""

    code = "not_enrolled"
    title = "You are not enrolled in this course."


class NotFound(Refusal):
    """There is no such thing, or the caller may not see it: the answer is the same for both."""

    status = 404
    code = "not_found"
    title = "Not found."


class PageNotFound(NotFound):
    """The list ends before this page."""

    code = "page_not_found"
    title = "There is no such page."


class MethodNotAllowed(Refusal):
    """The path exists, but not with this HTTP method; the `Allow` header lists those that do."""

    status = 405
    code = "method_not_allowed"
    title = "This method is not allowed here."


class Conflict(Refusal):
    """The state of things stands against it."""

    status = 409


class EmailTaken(Conflict):
    """Email addresses are unique, upper and lower case alike."""

    code = "email_taken"
    title = "This email address already has an account."


class UsernameTaken(Conflict):
    """Usernames are unique, upper and lower case alike."""

    code = "username_taken"
    title = "This username is taken."


class ExternalIdTaken(Conflict):
    """The identifier from the HR system is unique."""

    code = "external_id_taken"
    title = "This external id belongs to another user."


class IdentityConflict(Conflict):
    """The row of an import gives an external id that belongs to another person: the account has neither the address nor
    the name of the row, or the address belongs to a second account, or an earlier row gives the same external id with
    another address. Nothing of the row was written. Correct the external id, or, where the external id is right and the
    person has another name and address, send the file with `?on_conflict=update`: then rows that were written in spite of
    such a conflict have this code.
    """

    code = "identity_conflict"
    title = "This external id belongs to another person."


class AlreadyRotated(Conflict):
    """Another tab or a retried request used the token moments ago. Nothing was changed: use the tokens that the other
    call received.
    """

    code = "already_rotated"
    title = "This refresh token has just been exchanged."


class LastAdmin(Conflict):
    """Demoting, deactivating or deleting this user would leave nobody to administer the platform. An admin who has no
    password yet, or has not confirmed the address, cannot log in and does not count.
    """

    code = "last_admin"
    title = "There has to be an active admin who can log in, and this is the last one."


class InstructorHasCourses(Conflict):
    """Give the courses to somebody else first: a course always has an instructor."""

    code = "instructor_has_courses"
    title = "This person still has courses: give them to somebody else first."


class RequestPending(Conflict):
    """One instructor request at a time: edit the pending one, or withdraw it."""

    code = "request_pending"
    title = "A request of yours is waiting for a decision."


class ReapplyTooSoon(Conflict):
    """This installation has a waiting time after a rejected instructor request; `details.retry_at` says when it ends."""

    code = "reapply_too_soon"
    title = "It is too soon to ask again."


class AlreadyDecided(Conflict):
    """An instructor request is edited, withdrawn and decided about only while it is PENDING."""

    code = "already_decided"
    title = "This request has already been decided."


class NameTaken(Conflict):
    """Another category has this name."""

    code = "name_taken"
    title = "This name is taken."


class SlugTaken(Conflict):
    """Slugs are unique among their kind."""

    code = "slug_taken"
    title = "This slug is taken."


class CodeTaken(Conflict):
    """Course codes are unique."""

    code = "code_taken"
    title = "This course code is taken."


class CategoryInUse(Conflict):
    """A category can be deleted once no course refers to it."""

    code = "category_in_use"
    title = "Courses still use this category."


class CourseInUse(Conflict):
    """A course with active enrollments is deleted only by an admin who insists with `?force=true`."""

    code = "course_in_use"
    title = "People are enrolled in this course."


class CourseIncomplete(Conflict):
    """Submitting and publishing need a complete course; `details` names what is missing."""

    code = "course_incomplete"
    title = "The course is not complete yet."


class CourseUnderReview(Conflict):
    """A PENDING course is frozen until it is decided about or withdrawn."""

    code = "course_under_review"
    title = "The course is under review."


class ApprovalRequired(Conflict):
    """On this installation a course is published after an admin has approved it."""

    code = "approval_required"
    title = "The course has to be approved first."


class InvalidTransition(Conflict):
    """The transition does not start from the present state, or somebody else was faster: repeats are refused too."""

    code = "invalid_transition"
    title = "The present state does not allow this."


class CourseNotOpen(Conflict):
    """Only a PUBLISHED course takes new people."""

    code = "course_not_open"
    title = "This course is not open for enrollment."


class AdmissionClosed(Conflict):
    """The day of the admission deadline has ended, in the time zone of the platform."""

    code = "admission_closed"
    title = "Admission to this course has closed."


class CourseFull(Conflict):
    """Every seat is held by an ACTIVE or COMPLETED enrollment."""

    code = "course_full"
    title = "This course has no seat left."


class OwnCourse(Conflict):
    """The instructor of a course cannot be enrolled in it."""

    code = "own_course"
    title = "You are the instructor of this course."


class AlreadyEnrolled(Conflict):
    """There is an ACTIVE or COMPLETED enrollment; `details.enrollment_id` names it."""

    code = "already_enrolled"
    title = "Already enrolled in this course."


class AlreadyReviewed(Conflict):
    """There is one review per learner and course; edit the one you wrote."""

    code = "already_reviewed"
    title = "You have already reviewed this course."


class AssignedByAdmin(Conflict):
    """Only an enrollment of one's own making can be cancelled by the learner; ask whoever assigned you."""

    code = "assigned_by_admin"
    title = "You were assigned to this course and cannot leave it yourself."


class AlreadyCompleted(Conflict):
    """A completed enrollment is not cancelled, except by an admin."""

    code = "already_completed"
    title = "This enrollment is completed."


class EnrollmentCancelled(Conflict):
    """A cancelled enrollment takes no grade and no payment state."""

    code = "enrollment_cancelled"
    title = "This enrollment is cancelled."


class LessonLocked(Conflict):
    """The course is completed in order; `details.lesson_id` names the first lesson that is missing."""

    code = "lesson_locked"
    title = "An earlier lesson comes first."


class PositionTaken(Conflict):
    """Another section or lesson stands there; `details` names the clashing positions. Leave the position out to
    append.
    """

    code = "position_taken"
    title = "This position is taken."


class OrderStale(Conflict):
    """A reorder names every current id exactly once; something was added or removed since it was read."""

    code = "order_stale"
    title = "The list to reorder is not the current one."


class UserInactive(Conflict):
    """Deactivated people cannot be assigned."""

    code = "user_inactive"
    title = "This user is deactivated."


class NoticeNotDelivered(Conflict):
    """Only a SENT or FAILED notice is sent again."""

    code = "notice_not_delivered"
    title = "This notice has not been delivered or given up yet."


class AtomicRefused(Conflict):
    """The run was atomic and a row of it was refused, so nothing was written."""

    code = "atomic_refused"
    title = "Another row of the run was refused."


class PreconditionFailed(Refusal):
    """The `If-Match` header does not name the current version."""

    status = 412
    code = "precondition_failed"
    title = "This has changed since you read it: read it again."


class TooLarge(Refusal):
    """The body exceeds the limit of this endpoint."""

    status = 413
    code = "too_large"
    title = "The request body is too large."


class UriTooLong(Refusal):
    """Path and query together may have 8,000 bytes. Lists of many things go into a body."""

    status = 414
    code = "uri_too_long"
    title = "The address is too long."


class HeadersTooLarge(Refusal):
    """A header may have 8,190 bytes, name and value together, and a request 100 headers."""

    status = 431
    code = "headers_too_large"
    title = "The headers of the request are too large."


class RequestTimeout(Refusal):
    """The body did not come in in time, or made room for others while many requests were unfinished. The connection is
    closed; send the request again.
    """

    status = 408
    code = "request_timeout"
    title = "The request took too long to come in."


class UnsupportedMediaType(Refusal):
    """The body has to be what the endpoint documents: `application/json` in UTF-8, or `multipart/form-data` where a file
    is sent.
    """

    status = 415
    code = "unsupported_media_type"
    title = "This media type is not accepted here."


class InvalidRequest(Refusal):
    """The request can be read but not accepted; `details` says where and why."""

    status = 422
    code = "invalid_request"
    title = "Some fields are not valid."


class MalformedBody(InvalidRequest):
    """The body could not be read at all: it is not the JSON that its media type announces."""

    status = 400


class MalformedRequest(InvalidRequest):
    """The request is not HTTP/1.1 (RFC 9112): its first line, a header or the length of its body cannot be read. The
    connection is closed.
    """

    status = 400
    code = "malformed_request"
    title = "The request is not valid HTTP."


class InvalidHost(InvalidRequest):
    """An HTTP/1.1 request names the server that it is for in exactly one `Host` header (RFC 9112, section 3.2)."""

    status = 400
    code = "invalid_host"
    title = "Send exactly one Host header, with the name of this server."


class InvalidIdentifier(InvalidRequest):
    """The string has not the form of the identifier it was sent as. In bulk reports the row is `not_found`."""

    code = "invalid_identifier"
    title = "This cannot be an identifier."


class DamagedIdentifier(InvalidRequest):
    """A spreadsheet has replaced the identifier of this row: by a shortened number such as `1.23457E+11`, by an error such
    as `#N/A`, or by a word for no value such as `NULL`. Format the column as text and export the file again.
    """

    code = "damaged_identifier"
    title = "A spreadsheet has destroyed this identifier."


class PageTooDeep(InvalidRequest):
    """Numbered pages reach to row 1,000. From there on `next` carries an `after` cursor."""

    code = "page_too_deep"
    title = "This page is too deep; follow the cursor."


class TooManyPeople(InvalidRequest):
    """A call takes at most 10,000 people."""

    code = "too_many_people"
    title = "Too many people for one call."


class CourseTooLarge(InvalidRequest):
    """A course holds at most 2,000 lessons in 500 sections: its page shows them all."""

    code = "course_too_large"
    title = "This course holds as much as a course can."


class IdempotencyKeyReused(InvalidRequest):
    """The key came with another request to the same endpoint within the last day. A new request takes a new key."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request."


class PreconditionRequired(Refusal):
    """This installation wants every PUT, PATCH and DELETE to name in `If-Match` the version that it changes."""

    status = 428
    code = "precondition_required"
    title = "Say which version you change: send its ETag as If-Match."


class Throttled(Refusal):
    """There have been too many requests like this one. `Retry-After` says in how many seconds to come back."""

    status = 429
    code = "throttled"
    title = "Too many requests: slow down."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(f"Too many requests: try again in {_spelled(retry_after)}.")
        self.retry_after = retry_after


class InternalError(Refusal):
    """A defect of ours. Nothing was changed; the request id helps us find it."""

    status = 500
    code = "internal_error"
    title = "Something went wrong on our side."


class Unavailable(Refusal):
    """The database or another dependency did not answer in time, or more people log in, or send pictures, than we can
    keep up with. Nothing was changed; try again.
    """

    status = 503
    code = "unavailable"
    title = "A service we depend on is down."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class StorageFull(Refusal):
    """The file store has no room left. Nothing was changed; an operator has to make room."""

    status = 507
    code = "storage_full"
    title = "There is no room left for files."


def _spelled(seconds: int) -> str:
    for unit, length in (("hour", 3_600), ("minute", 60)):
        if seconds > length:
            return f"{-(-seconds // length)} {unit}s"
    return f"{seconds} seconds" if seconds > 1 else "a second"
