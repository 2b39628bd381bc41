"""Headers of requests and answers, and bodies that are sheets, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from app.web import idempotency

IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The `ETag` of what you read: the change is refused with 412 when it is not the current version.",
}
IF_MATCH_OF_PLAN = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The `plan_etag` of the preview, with or without quotes.",
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The `ETag` of what you have: the answer is 304 when it is the current version.",
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": idempotency.HEADER,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Names this request for a day: sent again with the same body, it changes nothing and gets the same answer.",
}
PREFER = {
    "in": "header",
    "name": "Prefer",
    "schema": {"type": "string", "maxLength": 200},
    "description": "`respond-async`: a worker carries the run, and the answer is 202. `wait=N`: the answer comes when the run ends,"
    " after N seconds at the latest, 20 at most (RFC 7240); a run of up to 10,000 lines is then answered with its report.",
}
OF_JOBS = {
    "Location": {"schema": {"type": "string", "format": "uri"}, "description": "The record of the run."},
    "Preference-Applied": {
        "schema": {"type": "string"},
        "description": "The preference of the request that was met.",
    },
}
IDEMPOTENCY_REPLAYED = {
    "schema": {"type": "string", "enum": ["true"]},
    "description": "Present when the request was sent before with this `Idempotency-Key`: this is the first answer, repeated.",
}

_SHEETS = {
    "text/csv": "email,due_at\nada@example.org,2027-01-31\n",
    "application/x-ndjson": '{"email": "ada@example.org", "due_at": "2027-01-31"}\n',
}


def sheet_body(schema: ma.Schema) -> dict[str, Any]:
    """The content of a body that may also be a sheet: in a form, or raw with its options in the query."""
    raw = {kind: {"schema": {"type": "string"}, "example": text} for kind, text in _SHEETS.items()}
    return {"content": {"multipart/form-data": {"schema": schema}, **raw}}
