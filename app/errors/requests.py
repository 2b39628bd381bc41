"""Refusals of a request as such, whatever it is about: its form, its size, its rate, its preconditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from app.errors.base import Conflict, InvalidRequest, NotFound, Refusal


class PageNotFound(NotFound):
    """The list ends before this page: it is shorter than the page number says, or rows were removed or filtered out in the
    meantime. Start at page 1 and follow `next` until it is null.
    """

    code = "page_not_found"
    title = "This page does not exist: the list is shorter."


class MethodNotAllowed(Refusal):
    """The path exists, but not with this HTTP method; the `Allow` header lists those that do."""

    status = 405
    code = "method_not_allowed"
    title = "This method is not allowed here: see the Allow header."


class PreconditionFailed(Refusal):
    """The `If-Match` header does not name the current version."""

    status = 412
    code = "precondition_failed"
    title = "This resource has changed since you read it: fetch it again."


class TooLarge(Refusal):
    """The body exceeds the limit of this endpoint."""

    status = 413
    code = "too_large"
    title = "The request body is too large."

    @classmethod
    def beyond(cls, limit: int, instead: str = "") -> Self:
        """The refusal of a body by its limit in bytes; `instead` is what to send in its place."""
        return cls(f"The request body is too large: it may have at most {limit:,} bytes. {instead}".strip())


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
    """The body did not arrive in time. The connection is closed; send the request again."""

    status = 408
    code = "request_timeout"
    title = "The request took too long to arrive: send it again."


class UnsupportedMediaType(Refusal):
    """The body has to be what the endpoint documents: `application/json` in UTF-8, or `multipart/form-data` where a file
    is sent.
    """

    status = 415
    code = "unsupported_media_type"
    title = "This media type is not accepted here."


class MalformedBody(InvalidRequest):
    """The body could not be read at all: it is not the JSON that its media type announces."""

    status = 400
    title = "The body cannot be read: it is not what its media type announces."
    example = (
        "The body is not valid JSON: line 1, column 2: Expecting property name enclosed in double quotes."
    )


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
    """The string does not have the form of the identifier it was sent as. In bulk reports the row is `not_found`."""

    code = "invalid_identifier"
    title = "This string cannot be an identifier."


class PageTooDeep(InvalidRequest):
    """Page numbers go up to row 1,000. From there on `next` carries an `after` cursor."""

    code = "page_too_deep"
    title = "This page is too deep: follow the cursor in next."


class IdempotencyKeyReused(InvalidRequest):
    """The key was sent with another request to the same endpoint within the last day. A new request takes a new key."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key belongs to another request: use a new one."


class RequestInFlight(Conflict):
    """Another request with the same `Idempotency-Key` is still being answered. Wait a moment and send it again: it then gets
    the answer of the first one.
    """

    code = "request_in_flight"
    title = "A request with this Idempotency-Key is still being answered: send it again in a moment."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class PreconditionRequired(Refusal):
    """This installation requires every PUT, PATCH and DELETE to name the version that it changes, in `If-Match`."""

    status = 428
    code = "precondition_required"
    title = "The version to change is missing: send its ETag as If-Match."


class Throttled(Refusal):
    """The rate limit of requests like this one is used up. `Retry-After` is the number of seconds to wait."""

    status = 429
    code = "throttled"
    title = "Too many requests: try again later."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(f"Too many requests: try again in {_spelled(retry_after)}.")
        self.retry_after = retry_after


class InternalError(Refusal):
    """A defect of the server. Nothing was changed; the request id helps to find it in the logs."""

    status = 500
    code = "internal_error"
    title = "Something went wrong on the server: nothing was changed."


class Unavailable(Refusal):
    """The database or another dependency did not answer in time, or more logins or pictures arrive than the server can
    process. Nothing was changed; try again.
    """

    status = 503
    code = "unavailable"
    title = "A dependency of the server did not answer: try again."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class NoRoom(Refusal):
    """The server receives more long requests at once than it has room for, and dropped this one. The connection is
    closed; send the request again.
    """

    status = 503
    code = "no_room"
    title = "The server receives too many long requests at once: try again."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class LinkInvalid(Refusal):
    """The link to a file has expired, was changed, or is for a user who may not read the file any more. Links are
    short-lived and personal: `GET /files/{id}` gives another one.
    """

    status = 403
    code = "link_invalid"
    title = "This link is no longer valid: open the file from its lesson again."


class StorageFull(Refusal):
    """The file store has no room left. Nothing was changed; an operator has to make room."""

    status = 507
    code = "storage_full"
    title = "The file store is full: nothing was changed."


def _spelled(seconds: int) -> str:
    for unit, length in (("hour", 3_600), ("minute", 60)):
        if seconds > length:
            return f"{-(-seconds // length)} {unit}s"
    return f"{seconds} seconds" if seconds > 1 else "a second"
