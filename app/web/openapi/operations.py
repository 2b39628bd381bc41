"""One operation of the OpenAPI document: responses, headers, refusals, and who may call."""

from __future__ import annotations

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
from app.web.openapi.marks import (
    PHRASES,
    View,
    acted_on,
    bodies_of,
    documented,
    mark,
    marks_of,
    parameters_of,
)

_EVERYWHERE = {
    InvalidHost,
    MalformedRequest,
    UriTooLong,
    HeadersTooLarge,
    InvalidRequest,
    Throttled,
    Unavailable,
}
_OF_TOKENS = {Unauthenticated, TokenInvalid}
_OF_BODIES = {MalformedBody, RequestTimeout, UnsupportedMediaType, TooLarge}


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
        return parameters_of(self.view)

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
        return marks_of(self.view).get("sheets")

    @property
    def takes_body(self) -> bool:
        return bool(self.bodies)

    @property
    def takes_files(self) -> bool:
        return self.sheets is not None or "files" in self.bodies

    @property
    def is_list(self) -> bool:
        return marks_of(self.view).get("is_list", False)

    @property
    def is_idempotent(self) -> bool:
        return marks_of(self.view).get("is_idempotent", False)

    @property
    def takes_preferences(self) -> bool:
        return bool(marks_of(self.view).keys() & {"accepts", "waits"})

    @property
    def is_conditional(self) -> bool:
        """A conditional request: it reads one resource, and the response is 304 when the client has the current version."""
        return self.view is self.reader and not self.is_list

    @property
    def answers_with_tag(self) -> bool:
        return self.is_conditional or marks_of(self.view).get("shows_resource", False)

    @property
    def checks_version(self) -> bool:
        return self.reader is not None and self.view is not self.reader

    def refusals(self) -> set[type[Refusal]]:
        """The refusals of every endpoint of this kind, and those that the view declares."""
        return {
            *_EVERYWHERE,
            *marks_of(self.view).get("refusals", ()),
            *(_OF_TOKENS if self.access.reads_token else []),
            *([Forbidden] if self.access.roles else []),
            *([NotFound] if self.takes_path else []),
            *(_OF_BODIES if self.takes_body else []),
            *([StorageFull] if self.takes_files else []),
            *([PreconditionFailed] if self.checks_version or self.is_conditional else []),
            *([PreconditionRequired] if self.checks_version and acted_on(self.view) is None else []),
            *([IdempotencyKeyReused, RequestInFlight] if self.is_idempotent else []),
        }


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
    return mark(endpoint, _apidoc={**documented(operation.view), **taken, "manual_doc": described})


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
        *([IF_MATCH_OF_PLAN] if marks_of(operation.view).get("needs_plan") else []),
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
    successes = documented(operation.view).get("response", {}).get("responses", {})
    accepted = marks_of(operation.view).get("accepts")
    return {
        **({"202": _accepted(accepted, headers)} if accepted else {}),
        **({"304": {"description": "Not modified.", "headers": tag}} if operation.is_conditional else {}),
        **{status: {"headers": headers} for status in successes},
        **error_responses(operation.refusals()),
    }


def _accepted(schema: type[ma.Schema], headers: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": PHRASES[202],
        "headers": {**headers, **openapi.headers("Retry-After"), **OF_JOBS},
        "content": {"application/json": {"schema": schema()}},
    }
