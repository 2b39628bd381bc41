"""The bulk assignment as a workflow for machines: an Arazzo 1.1 document beside the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.version import VERSION
from app.web.openapi.examples.requests import COURSE

_SOURCE = "rollcall"
_ABOUT = "Log in, preview an assignment, look at its rows, assign, read what was refused, and take the people out again."
_PEOPLE = {"emails": "$inputs.emails", "due_in_days": 30, "reason": "$inputs.reason"}
_COURSE = {"course_id": "$inputs.course"}
_RUN = {"assignment_id": "$steps.assign.outputs.run"}
_LIST: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}

_INPUTS: Mapping[str, Any] = {
    "login": {"type": "string", "default": "admin@example.org"},
    "password": {"type": "string"},
    "course": {"type": "string", "default": COURSE, "description": "Its id, slug or code."},
    "emails": {**_LIST, "minItems": 1},
    "reason": {"type": "string", "default": "Yearly safety training"},
    "key": {"type": "string", "description": "The idempotency key of this assignment."},
}


def document(openapi: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """The workflow, whose operations are those of the OpenAPI document."""
    known = {each["operationId"] for item in openapi["paths"].values() for each in item.values()}
    steps = _steps()
    if missing := {step["operationId"] for step in steps} - known:
        raise LookupError(f"The workflow uses operations that are gone: {', '.join(sorted(missing))}.")
    return {
        "arazzo": "1.1.0",
        "info": {"title": "Rollcall: a bulk assignment", "version": VERSION, "description": _ABOUT},
        "sourceDescriptions": [{"name": _SOURCE, "url": f"{base_url}/openapi.json", "type": "openapi"}],
        "workflows": [
            {
                "workflowId": "bulk-assignment",
                "summary": "Assign people in bulk",
                "description": _ABOUT,
                "inputs": {
                    "type": "object",
                    "properties": _INPUTS,
                    "required": ["login", "password", "course", "emails", "reason", "key"],
                },
                "steps": steps,
                "outputs": {
                    "run": "$steps.assign.outputs.run",
                    "refused": "$steps.read_refused.outputs.rows",
                },
            }
        ],
    }


def _steps() -> list[dict[str, Any]]:
    return [
        _step(
            "log_in",
            "log_in",
            "Log in.",
            body={"email": "$inputs.login", "password": "$inputs.password"},
            outputs={"token": "$response.body#/data/tokens/access"},
            is_public=True,
        ),
        _step(
            "preview",
            "assign_people",
            "Preview the assignment: nothing is written.",
            path=_COURSE,
            body={**_PEOPLE, "mode": "preview"},
            holds="$response.body#/data/state == 'PREVIEW'",
            outputs={"run": "$response.body#/data/assignment_id", "counts": "$response.body#/data/counts"},
        ),
        _step(
            "look",
            "list_assignment_items",
            "Look at each row of the preview.",
            path={"assignment_id": "$steps.preview.outputs.run"},
            outputs={"rows": "$response.body#/data"},
        ),
        _step(
            "assign",
            "assign_people",
            "Assign them. Sent again with the same key, it has no second effect.",
            path=_COURSE,
            headers={"Idempotency-Key": "$inputs.key"},
            body=_PEOPLE,
            holds="$response.body#/data/state == 'APPLIED'",
            outputs={"run": "$response.body#/data/assignment_id", "counts": "$response.body#/data/counts"},
        ),
        _step(
            "read_refused",
            "list_assignment_items",
            "Read the rows without an account.",
            path=_RUN,
            query={"outcome": "not_found"},
            outputs={"rows": "$response.body#/data"},
        ),
        _step(
            "take_out",
            "unassign_people",
            "Take them out again.",
            path=_COURSE,
            body={"emails": "$inputs.emails", "reason": "$inputs.reason"},
            outputs={"counts": "$response.body#/data/counts"},
        ),
    ]


def _step(
    step: str,
    operation: str,
    about: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    holds: str = "",
    outputs: Mapping[str, str],
    is_public: bool = False,
) -> dict[str, Any]:
    token = {} if is_public else {"Authorization": "Bearer {$steps.log_in.outputs.token}"}
    places = (("path", path or {}), ("query", query or {}), ("header", {**token, **(headers or {})}))
    parameters = [
        {"name": name, "in": place, "value": value}
        for place, values in places
        for name, value in values.items()
    ]
    return {
        "stepId": step,
        "description": about,
        "operationId": operation,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"contentType": "application/json", "payload": body}} if body else {}),
        "successCriteria": [
            {"condition": "$statusCode == 200"},
            *([{"condition": holds}] if holds else []),
        ],
        "outputs": outputs,
    }
