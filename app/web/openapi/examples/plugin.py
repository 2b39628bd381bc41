"""Parameters and examples of the OpenAPI document, from which importers make their requests.

A plugin of apispec, called for each path once its parameters and schemas are resolved.
"""

from __future__ import annotations

import json
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from apispec import BasePlugin

from app.web.openapi.examples.parameters import description_of
from app.web.openapi.examples.requests import FILES, FORMS, HEADERS, PAGING, REQUESTS, Request

ANSWERS = Path(__file__).parent / "answers.json"
"""The response of each operation to its example, by media type; `make examples` records it."""

_JSON, _FORM = "application/json", "multipart/form-data"
_EXAMPLE_FILE = "portrait.png"


class ExamplesPlugin(BasePlugin):
    def path_helper(
        self,
        path: str | None = None,
        operations: dict[str, Any] | None = None,
        parameters: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> str | None:
        """Move the parameters of a path to its operations: some importers do not read them at the path."""
        own = parameters or []
        for operation in (operations or {}).values():
            operation["parameters"] = [*deepcopy(own), *operation.get("parameters", [])]
        own.clear()
        return path

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Describe the parameters of the path's operations, and add examples of requests and responses."""
        for operation in (operations or {}).values():
            name = operation["operationId"]
            request = REQUESTS.get(name, Request())
            for parameter in operation["parameters"]:
                _describe(parameter, request, path or "")
            _exemplify_body(operation.get("requestBody", {}).get("content", {}), name, request)
            for status, response in operation["responses"].items():
                if str(status) == "202":
                    response["content"] = _exemplified(response["content"], _accepted())
                elif str(status).startswith("2") and "content" in response:
                    response["content"] = _exemplified(response["content"], answers().get(name, {}))


@lru_cache
def answers() -> dict[str, dict[str, Any]]:
    if not ANSWERS.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(ANSWERS.read_text(encoding="utf-8"))
    return found


def _accepted() -> dict[str, Any]:
    """The answer of a call that left its run to a worker: the record of a run, as its own endpoint shows it."""
    shown = answers().get("show_assignment", {}).get(_JSON)
    return {_JSON: {**shown, "message": "Run accepted."}} if shown else {}


def _describe(parameter: dict[str, Any], request: Request, path: str) -> None:
    name, place, schema = parameter["name"], parameter["in"], parameter["schema"]
    # A field with a description has copied it to the parameter already.
    about = schema.pop("description", None)
    parameter["description"] = parameter.get("description") or about or description_of(name, path)
    schema.pop("example", None)
    if schema.get("type") == "array":
        # Hoppscotch sends the list of an example as JSON: one word has to be as good as several.
        word = schema["items"]
        parameter["description"] += " One word or several, separated by commas, in any case."
        parameter["schema"] = {"anyOf": [{"type": "array", "items": word}, word]}
    known: dict[str, Any] = {
        "path": {name: request.path} if request.path else {},
        "query": {**PAGING, **request.query},
        "header": {**HEADERS, **request.headers},
    }[place]
    if name in known:
        parameter["example"] = known[name]


def _exemplify_body(content: dict[str, Any], name: str, request: Request) -> None:
    if _JSON in content and request.body is not None:
        content[_JSON]["example"] = dict(request.body)
    if _FORM in content:
        content[_FORM]["example"] = {**FORMS.get(name, {}), "file": FILES.get(name, _EXAMPLE_FILE)}


def _exemplified(content: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The content with the recorded responses, JSON first, because importers take the first."""
    ordered = sorted(content.items(), key=lambda item: item[0] != _JSON)
    return {
        kind: {**media, **({"example": answer[kind]} if kind in answer else {})} for kind, media in ordered
    }
