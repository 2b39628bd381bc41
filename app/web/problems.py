"""Error responses, request ids, and a documentation page for each reason code.

`{success: false, message, data: null, error: {code, type, status, details, request_id}}` is built here and nowhere
else. Messages of database drivers never reach a client.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any
from uuid import uuid4

from flask import Blueprint, Request, Response, abort, g, jsonify, render_template, request
from gunicorn.http.errors import ParseException
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.adapters.storage import NO_ROOM
from app.errors.base import Details, InvalidRequest, NotFound, Refusal, catalogue, kinds_of
from app.errors.requests import (
    InternalError,
    MalformedBody,
    MethodNotAllowed,
    StorageFull,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from app.observability import alarms
from app.observability.alarms import Alarm
from app.settings import settings
from app.values import characters
from app.web import application, not_found
from app.web.application import Application, Noted

log = logging.getLogger(__name__)

pages = Blueprint("problems", __name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SLIPPED = "a value slipped past its schema"

MOST_DETAILS = 100
"""The limit of the details in one response: a request can be wrong in many more ways."""

_BY_STATUS: dict[int, type[Refusal]] = {
    400: MalformedBody,
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
    422: InvalidRequest,
    503: Unavailable,
}


def init_app(app: Application) -> None:
    app.register_blueprint(pages)
    app.before(assign_request_id)
    app.after(_add_request_id)
    app.register_error_handler(Refusal, render)
    app.register_error_handler(HTTPException, render_http)
    app.register_error_handler(OperationalError, _render_unavailable)
    app.register_error_handler(PoolTimeout, _render_unavailable)
    app.register_error_handler(ParseException, _render_unreadable)
    app.register_error_handler(DataError, _render_out_of_range)
    app.register_error_handler(OSError, _render_system_error)
    app.register_error_handler(Exception, _render_defect)


def render(refusal: Refusal) -> Response:
    """The response for a domain error."""
    response = jsonify(
        success=False,
        message=_message(refusal),
        data=None,
        error={
            "code": refusal.code,
            "type": f"{settings().public_url}/problems/{refusal.code}",
            "status": refusal.status,
            "details": _first(refusal.details) if refusal.facts is None else refusal.facts,
            "request_id": g.get("request_id", ""),
        },
    )
    response.status_code = refusal.status
    response.headers.extend(refusal.headers)
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _message(refusal: Refusal) -> str:
    is_plain = type(refusal) is NotFound and refusal.message == NotFound.title
    return (not_found.sentence() if is_plain else None) or refusal.message


def _first(details: Details) -> Details:
    """The first `MOST_DETAILS` sentences of the details."""
    first: dict[str, list[str]] = {}
    every = ((where, sentence) for where, sentences in details.items() for sentence in sentences)
    for where, sentence in islice(every, MOST_DETAILS):
        first.setdefault(where, []).append(sentence)
    return first


def flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Nested validation messages as `{"lessons.3.title": ["…"]}`."""
    if isinstance(messages, Mapping):
        flat: dict[str, list[str]] = {}
        for name, inner in messages.items():
            step = path if name == "_schema" else f"{path}.{characters.printable(str(name))}".lstrip(".")
            for where, sentences in flatten(inner, step).items():
                flat.setdefault(where, []).extend(sentences)
        return flat
    sentences = messages if isinstance(messages, list) else [messages]
    return {path or "body": [str(sentence) for sentence in sentences]}


def invalid(details: Details) -> InvalidRequest:
    return InvalidRequest(details=details)


def render_http(error: HTTPException) -> Response:
    """Errors of Werkzeug and webargs, among them the validation errors of schemas."""
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    kind = _BY_STATUS.get(error.code, InternalError if error.code >= 500 else MalformedBody)
    details = flatten(_without_location(getattr(error, "data", {}).get("messages", {})))
    limit = request.max_content_length
    if kind is TooLarge and limit is not None and (request.content_length or 0) > limit:
        refusal: Refusal = TooLarge.beyond(limit)
    else:
        refusal = kind(details=details if error.code in {400, 422} else None)
    response = render(refusal)
    response.status_code = error.code if error.code in _BY_STATUS else kind.status
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response


def _without_location(messages: Any) -> Any:
    """Drop the location that webargs groups messages by: a client knows where it put its fields."""
    if isinstance(messages, Mapping) and len(messages) == 1:
        (location, inner), *_ = messages.items()
        if location in {"json", "query", "form", "files"}:
            return inner
    return messages


def _render_unavailable(error: DBAPIError | PoolTimeout) -> Response:
    log.error("the database did not answer: %s", type(error).__name__, exc_info=error)
    return render(Unavailable())


def _render_unreadable(error: ParseException) -> Response:
    """The web server detects broken chunks only when the body is read."""
    log.info("the body could not be read: %s", type(error).__name__)
    return render(MalformedBody())


def _render_out_of_range(error: DataError) -> Response:
    """The fallback behind the schemas: a value that no column can hold. Each case is a missing rule in a schema."""
    alarms.sound(Alarm.VALUE_SLIPPED, SLIPPED, error=error)
    return render(InvalidRequest())


def _render_system_error(error: OSError) -> Response:
    """A long body is kept in a temporary file, for which the disk can be too full."""
    if error.errno not in NO_ROOM:
        return _render_defect(error)
    log.error("no room on the disk", exc_info=error)
    return render(StorageFull())


def _render_defect(error: Exception) -> Response:
    log.error("unhandled error on %s %s", request.method, request.path, exc_info=error)
    return render(InternalError())


def assign_request_id(request: Request, noted: Noted) -> None:
    offered = request.headers.get("X-Request-ID", "")
    noted.request_id = offered if _REQUEST_ID.fullmatch(offered) else uuid4().hex


def _add_request_id(response: application.Response, _request: Request, noted: Noted) -> application.Response:
    response.add_headers([("X-Request-ID", noted.get("request_id", ""))])
    return response


@pages.get("/problems/<code>")
def show_problem(code: str) -> str:
    """What a reason code means."""
    if code not in catalogue():
        abort(404)
    meanings = [(kind, _paragraphs(kind.__doc__ or "")) for kind in kinds_of(code)]
    return render_template("problem.html", code=code, meanings=meanings)


@pages.get("/problems")
def list_problems() -> str:
    """All reason codes."""
    kinds = sorted(catalogue().values(), key=lambda kind: (kind.status, kind.code))
    statuses = {kind.code: [each.status for each in kinds_of(kind.code)] for kind in kinds}
    return render_template("problems.html", kinds=kinds, statuses=statuses)


def _paragraphs(docstring: str) -> str:
    return " ".join(docstring.split())
