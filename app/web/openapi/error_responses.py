"""The refusals of an operation, as responses of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.errors.base import Refusal
from app.errors.requests import Throttled
from app.web.openapi import document as openapi
from app.web.openapi.examples.recording import ADDRESS


def error_responses(refusals: Iterable[type[Refusal]]) -> dict[str, Any]:
    """A response for each status, with its codes as examples."""
    by_status: dict[int, dict[str, type[Refusal]]] = {}
    for kind in sorted(refusals, key=lambda kind: (kind.status, kind.code)):
        by_status.setdefault(kind.status, {}).setdefault(kind.code, kind)
    return {str(status): _error_response(kinds) for status, kinds in by_status.items()}


def _error_response(kinds: dict[str, type[Refusal]]) -> dict[str, Any]:
    described = "; ".join(f"`{code}`: {kind.title}" for code, kind in kinds.items())
    is_throttled = any(issubclass(kind, Throttled) for kind in kinds.values())
    says_when = is_throttled or any("Retry-After" in kind.headers for kind in kinds.values())
    headers = [*(openapi.RATE_LIMIT_HEADERS if is_throttled else ()), *(["Retry-After"] if says_when else ())]
    return {
        "description": described,
        **({"headers": openapi.headers(*headers)} if headers else {}),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": {code: {"value": _example(kind)} for code, kind in kinds.items()},
            }
        },
    }


def _example(kind: type[Refusal]) -> dict[str, Any]:
    return {
        "success": False,
        "message": kind.example or kind.title,
        "data": None,
        "error": {
            "code": kind.code,
            "type": f"{ADDRESS}/problems/{kind.code}",
            "status": kind.status,
            "details": {},
            "request_id": "0f8c1d2e3b4a59687786a5b4c3d2e1f0",
        },
    }
