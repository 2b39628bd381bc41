"""What surrounds every view: access control, strict query and path checks, and one transaction where it may write."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from flask import Response, current_app

from app.db.patience import patiently
from app.db.session import transaction
from app.web import (
    access,
    awaited_runs,
    conditional_requests,
    file_uploads,
    idempotency,
    rate_limits,
    replica_reads,
    sheet_uploads,
)
from app.web.application import current_request
from app.web.openapi import operations
from app.web.openapi.operations import Operation
from app.web.request_body import check_no_body, check_path, check_query, limit_of, read_json, receive

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

View = Callable[..., Any]


def guard(operation: Operation) -> View:
    """The view wrapped in access control, strict query and path checks, and one transaction when it may write."""
    view, declared = operation.view, operation.access
    query, is_list = operation.query, operation.is_list
    sheets = operation.sheets
    limit = _limit_of(operation)
    budget = rate_limits.budget_of(view)
    read = replica_reads.reader_of(view.__name__)

    def body_limit_for(method: str, authorization: str) -> int:
        is_taken = method not in SAFE_METHODS and access.may_send(declared, authorization)
        return limit() if is_taken else 0

    def answer(**path: Any) -> Response:
        return current_app.make_response(view(**path))

    @wraps(view)
    def endpoint(**path: Any) -> Response:
        request = current_request()
        is_safe = request.method in SAFE_METHODS
        if not is_safe and body_limit_for(request.method, request.headers.get("Authorization", "")):
            _receive(operation)
        user_id = patiently(access.authenticate, declared, request)
        rate_limits.consume(budget, user_id, is_catalogue=declared.is_public and is_safe)
        access.authorize(declared)
        check_path(path)
        if request.query_string:
            check_query(query | sheet_uploads.query_of(sheets))
        return read(user_id, lambda: respond(path, is_safe=is_safe))

    def respond(path: dict[str, Any], *, is_safe: bool) -> Response:
        if is_safe:
            response = patiently(answer, **path)
            return response if is_list else conditional_requests.make_conditional(response)
        _read_body(operation)
        # A file is read as it is worked on, and leaves traces outside of the transaction.
        write = partial(_write, operation, answer, path)
        response = write() if _has_file(operation) else patiently(write)
        return awaited_runs.wait(response)

    endpoint.body_limit_for = body_limit_for  # type: ignore[attr-defined]
    endpoint.receives_file = file_uploads.are_taken_by(operation.bodies)  # type: ignore[attr-defined]
    return operations.document(endpoint, operation)


def _limit_of(operation: Operation) -> Callable[[], int]:
    """The longest body in bytes. That of a file depends on the settings, which are not there when a view registers."""
    if file_uploads.are_taken_by(operation.bodies):
        return partial(limit_of, operation.bodies)
    limit = limit_of(operation.bodies) if operation.sheets is None else sheet_uploads.MAX_BYTES
    return lambda: limit


def _write(operation: Operation, answer: View, path: dict[str, Any]) -> Response:
    """The response of a view that may write, in one transaction."""
    with conditional_requests.precondition_on(operation.reader, path), transaction():
        if operation.is_idempotent:
            name = operation.view.__name__
            return idempotency.once(access.caller(), name, path, lambda: answer(**path))
        response: Response = answer(**path)
        return response


def _has_file(operation: Operation) -> bool:
    is_sheet = operation.sheets is not None and sheet_uploads.is_sheet()
    return is_sheet or file_uploads.are_taken_by(operation.bodies)


def _receive(operation: Operation) -> None:
    if operation.sheets is not None and sheet_uploads.is_sheet():
        sheet_uploads.receive()
    elif file_uploads.are_taken_by(operation.bodies):
        file_uploads.receive(limit_of(operation.bodies))
    else:
        receive(limit_of(operation.bodies))


def _read_body(operation: Operation) -> None:
    """Validate the form of the body and keep it for the view."""
    if operation.sheets is not None and sheet_uploads.is_sheet():
        sheet_uploads.read(operation.sheets)
    elif operation.takes_body:
        read_json(operation.bodies)
    else:
        check_no_body()
