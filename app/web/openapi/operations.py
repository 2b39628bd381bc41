"""One operation of the OpenAPI document: responses, headers, refusals, and who may call.

flask-smorest keeps its documentation in the view's `_apidoc`, beside our marks. Both are attributes of the function,
because `functools.wraps` copies those from decorator to decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
from flask_smorest.utils import load_info_from_docstring

from app.errors.accounts import TokenInvalid
from app.errors.base import Forbidden, InvalidRequest, NotFound, Refusal, Unauthenticated
from app.errors.requests import (
    HeadersTooLarge,
    IdempotencyKeyReused,
    InvalidHost,
    MalformedBody,
    MalformedRequest,
    PreconditionFailed,
    PreconditionRequired,
    RequestInFlight,
    RequestTimeout,
    StorageFull,
    Throttled,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from app.web import idempotency
from app.web.access import Access
from app.web.openapi import document as openapi
from app.web.openapi.error_responses import error_responses
from app.web.openapi.exchange_headers import (
    IDEMPOTENCY_KEY,
    IDEMPOTENCY_REPLAYED,
    IF_MATCH,
    IF_MATCH_OF_PLAN,
    IF_NONE_MATCH,
    OF_JOBS,
    PREFER,
    sheet_body,
)

View = Callable[..., Any]

_EVERYWHERE = {
    InvalidHost,
    MalformedRequest,
    UriTooLong,
    HeadersTooLarge,
    Unauthenticated,
    TokenInvalid,
    InvalidRequest,
    Throttled,
    Unavailable,
}
_OF_BODIES = {MalformedBody, RequestTimeout, UnsupportedMediaType, TooLarge}
_PHRASES = {200: "OK.", 201: "Created.", 202: "Accepted: a job does it.", 204: "Deleted."}


@dataclass(frozen=True)
class Operation:
    """A view as it was declared, when it registers."""

    view: View
    access: Access
    takes_path: bool
    reader: View | None
    """The view of GET on the same path, where this view is it or changes what it reads; or the view that it acts on."""

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return _parameters(self.view)

    @property
    def query(self) -> set[str]:
        """The names of the query parameters."""
        return {name for each in self.parameters if each["in"] == "query" for name in each["schema"].fields}

    @property
    def bodies(self) -> dict[str, ma.Schema]:
        """The schemas of the body, by location."""
        return bodies_of(self.view)

    @property
    def sheets(self) -> ma.Schema | None:
        """The schema of a body that is a sheet, where one is taken."""
        return _marks(self.view).get("sheets")

    @property
    def takes_body(self) -> bool:
        return bool(self.bodies)

    @property
    def takes_files(self) -> bool:
        return self.sheets is not None or "files" in self.bodies

    @property
    def is_list(self) -> bool:
        return _marks(self.view).get("is_list", False)

    @property
    def is_idempotent(self) -> bool:
        return _marks(self.view).get("is_idempotent", False)

    @property
    def takes_preferences(self) -> bool:
        return bool(_marks(self.view).keys() & {"accepts", "waits"})

    @property
    def is_conditional(self) -> bool:
        """A conditional request: it reads one resource, and the response is 304 when the client has the current version."""
        return self.view is self.reader and not self.is_list

    @property
    def answers_with_tag(self) -> bool:
        return self.is_conditional or _marks(self.view).get("shows_resource", False)

    @property
    def checks_version(self) -> bool:
        return self.reader is not None and self.view is not self.reader

    def refusals(self) -> set[type[Refusal]]:
        """The refusals of every endpoint of this kind, and those that the view declares."""
        return {
            *_EVERYWHERE,
            *_marks(self.view).get("refusals", ()),
            *([Forbidden] if self.access.roles else []),
            *([NotFound] if self.takes_path else []),
            *(_OF_BODIES if self.takes_body else []),
            *([StorageFull] if self.takes_files else []),
            *([PreconditionFailed] if self.checks_version else []),
            *([PreconditionRequired] if self.checks_version and acted_on(self.view) is None else []),
            *([IdempotencyKeyReused, RequestInFlight] if self.is_idempotent else []),
        }


def bodies_of(view: View) -> dict[str, ma.Schema]:
    """The schemas of the body that the view takes, by location."""
    return {each["in"]: each["schema"] for each in _parameters(view) if each["in"] in ("json", "files")}


def mark_list(view: View) -> View:
    return _mark(view, is_list=True)


def mark_resource(view: View) -> View:
    """Mark a view that responds with a resource that has a URL of its own, and with its version."""
    return _mark(view, shows_resource=True)


def mark_needing_plan(view: View) -> View:
    return _mark(view, needs_plan=True)


def mark_waiting(view: View) -> View:
    """Mark a view that may wait for what it shows to end."""
    return _mark(view, waits=True)


def mark_taking_sheets(view: View, schema: ma.Schema) -> View:
    return _mark(view, sheets=schema)


def mark_idempotent(view: View) -> View:
    return _mark(view, is_idempotent=True)


def mark_action(view: View, reader: View) -> View:
    return _mark(view, acts_on=reader)


def acted_on(view: View) -> View | None:
    """The view that shows what this one acts on, if it is marked with one."""
    found: View | None = _marks(view).get("acts_on")
    return found


def add_refusals(view: View, *kinds: type[Refusal]) -> View:
    return _mark(view, refusals=(*_marks(view).get("refusals", ()), *kinds))


def document_answer(
    view: View, status: int, schema: type[ma.Schema] | None, *, is_also_csv: bool = False
) -> View:
    """Document the success of a view."""
    described: dict[str, Any] = {"description": _PHRASES[status], "content_type": None}
    contents = [described if schema is None else {**described, "schema": schema()}]
    if is_also_csv:
        contents.append({**described, "content_type": "text/csv", "schema": {"type": "string"}})
    return _mark(view, _apidoc={**_documented(view), "response": {"responses": {status: contents}}})


def document_file(view: View, media_types: Sequence[str]) -> View:
    """Document the success of a view that returns a file in one of these forms."""
    contents = [
        {"description": _PHRASES[200], "content_type": each, "schema": _schema_of_file(each)}
        for each in media_types
    ]
    return _mark(view, _apidoc={**_documented(view), "response": {"responses": {200: contents}}})


def _schema_of_file(media_type: str) -> dict[str, str]:
    is_text = media_type.startswith("text/") or media_type.endswith(("xml", "json"))
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def mark_accepting(view: View, schema: type[ma.Schema]) -> View:
    """Mark a view that may leave its work to a job, and document that answer."""
    return _mark(view, accepts=schema)


def document(endpoint: View, operation: Operation) -> View:
    """Document an endpoint beyond the arguments and the response of its view."""
    parameters = [*operation.parameters, *_request_headers(operation)]
    access = operation.access
    description = load_info_from_docstring(operation.view.__doc__ or "", delimiter="---").get(
        "description", ""
    )
    described = {
        "operationId": operation.view.__name__,
        "description": f"{description}\n\n{_callers(access)}".strip(),
        "responses": _responses(operation),
        **({"requestBody": sheet_body(operation.sheets)} if operation.sheets else {}),
        **_security(access),
        **({"x-roles": sorted(access.roles)} if access.roles else {}),
    }
    taken = {"arguments": {"parameters": parameters}} if parameters else {}
    return _mark(endpoint, _apidoc={**_documented(operation.view), **taken, "manual_doc": described})


def _callers(access: Access) -> str:
    """The sentence about who may call."""
    if access.roles:
        roles = " and ".join(f"{role.value.lower()}s" for role in sorted(access.roles, reverse=True))
        return f"**Who may call:** {roles}."
    if not access.is_public:
        return "**Who may call:** every user who is logged in."
    if access.reads_token:
        return "**Who may call:** everyone. With an access token the answer is that user's."
    return "**Who may call:** everyone. An access token is ignored."


def _security(access: Access) -> dict[str, Any]:
    """Empty where a token is required: importers then use the token of the whole document, which users enter once."""
    if not access.is_public:
        return {}
    return {"security": [{}, {"bearerAuth": []}] if access.reads_token else []}


def _request_headers(operation: Operation) -> list[dict[str, Any]]:
    return [
        *([IF_NONE_MATCH] if operation.is_conditional else []),
        *([IF_MATCH] if operation.checks_version else []),
        *([IF_MATCH_OF_PLAN] if _marks(operation.view).get("needs_plan") else []),
        *([IDEMPOTENCY_KEY] if operation.is_idempotent else []),
        *([PREFER] if operation.takes_preferences else []),
    ]


def _responses(operation: Operation) -> dict[Any, Any]:
    tag = openapi.headers("ETag") if operation.answers_with_tag else {}
    headers = {
        **openapi.headers(*openapi.RATE_LIMIT_HEADERS),
        **tag,
        **(openapi.headers("Link") if operation.is_list else {}),
        **({idempotency.REPLAYED: IDEMPOTENCY_REPLAYED} if operation.is_idempotent else {}),
    }
    successes = _documented(operation.view).get("response", {}).get("responses", {})
    accepted = _marks(operation.view).get("accepts")
    return {
        **({"202": _accepted(accepted, headers)} if accepted else {}),
        **({"304": {"description": "Not modified.", "headers": tag}} if operation.is_conditional else {}),
        **{status: {"headers": headers} for status in successes},
        **error_responses(operation.refusals()),
    }


def _accepted(schema: type[ma.Schema], headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": _PHRASES[202],
        "headers": {**headers, **openapi.headers("Retry-After"), **OF_JOBS},
        "content": {"application/json": {"schema": schema()}},
    }


def _parameters(view: View) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _documented(view).get("arguments", {}).get("parameters", [])
    return found


def _documented(view: View) -> dict[str, Any]:
    """The documentation of a view by flask-smorest. Never changed in place: wrapped and wrapping view share it."""
    found: dict[str, Any] = _marks(view).get("_apidoc", {})
    return found


def _marks(view: View) -> dict[str, Any]:
    return vars(view)


def _mark(view: View, **marks: Any) -> View:
    vars(view).update(marks)
    return view
