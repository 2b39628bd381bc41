"""The tests of a response that follow from the OpenAPI document: its status, its shape, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.web.collections.parts import Check
from app.web.openapi.examples.plugin import answers

_JSON = "application/json"
_SUCCESS = ("success", "message", "data")
_PAGE = (*_SUCCESS, "count", "count_is_exact", "next", "previous", "page", "page_size")
_ERROR = ("code", "type", "status", "details", "request_id")


def checks_of(
    document: Mapping[str, Any], operation: Mapping[str, Any], status: int, *, code: str, says: str
) -> tuple[Check, ...]:
    """The tests of an answer with this status and, where it is a refusal, this reason code."""
    first = Check(f"Status is {status}", "status", status)
    if code:
        return (first, *_of_refusal(status, code))
    content = operation["responses"].get(str(status), {}).get("content", {})
    if content and _JSON not in content:
        return (first, *_of_file(_asked_for(operation, content)))
    if _JSON not in content:
        return (first, *_of_empty(status))
    data = _property(document, content[_JSON]["schema"], "data")
    return (first, *_of_shape(document, data), *_of_meaning(operation, data, says))


def checks_of_csv(status: int) -> tuple[Check, ...]:
    """The tests of a list that is asked for as CSV."""
    return (
        Check(f"Status is {status}", "status", status),
        Check("The answer is CSV", "header('Content-Type').startsWith('text/csv')"),
    )


def lacks(value: str, names: tuple[str, ...] | list[str]) -> str:
    """An expression: the names that this value has no member for, joined."""
    return f"{json.dumps(list(names))}.filter((name) => !(name in {value})).join(', ')"


def _of_refusal(status: int, code: str) -> Iterator[Check]:
    yield Check("The answer has the shape of an error", lacks("answer.error", _ERROR), "")
    yield Check("It is no success and has no data", "answer.success || answer.data !== null", expected=False)
    yield Check("The error repeats the status", "answer.error.status", status)
    yield Check(f"The reason code is {code}", "answer.error.code", code)


def _asked_for(operation: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """The form of the file that the example asks for."""
    asked = {parameter.get("example") for parameter in operation.get("parameters", ())}
    return "text/plain" if "gift" in asked and "text/plain" in content else next(iter(content))


def _of_file(media_type: str) -> Iterator[Check]:
    yield Check(
        f"The answer is {media_type}", f"header('Content-Type').startsWith('{media_type}')", expected=True
    )


def _of_empty(status: int) -> Iterator[Check]:
    if status in {204, 304}:
        yield Check("The answer has no body", "!answer || Object.keys(answer).length === 0")


def _of_shape(document: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[Check]:
    if data.get("type") == "array":
        yield Check("The answer is a page of a list", lacks("answer", _PAGE), "")
        if names := _required(_resolved(document, data["items"])):
            missing = lacks("row", names)
            yield Check(
                "Every row has the documented members", f"answer.data.map((row) => {missing}).join('')", ""
            )
        return
    yield Check("The answer has the shape of a success", lacks("answer", _SUCCESS), "")
    if names := _required(data):
        yield Check("The data has the documented members", lacks("answer.data", names), "")


def _of_meaning(operation: Mapping[str, Any], data: Mapping[str, Any], says: str) -> Iterator[Check]:
    yield Check("It is a success", "answer.success")
    recorded = answers().get(operation["operationId"], {}).get(_JSON)
    if recorded is None:
        return
    yield Check("The message says what was done", "answer.message", says or recorded["message"])
    if data.get("type") == "array":
        yield Check("No page is longer than asked", "answer.data.length <= answer.page_size")


def echoes(operation_id: str, body: Mapping[str, Any]) -> Iterator[Check]:
    """What was sent comes back, as far as it did when the answer was recorded."""
    recorded = answers().get(operation_id, {}).get(_JSON, {}).get("data")
    for name, value in body.items():
        if (
            isinstance(recorded, dict)
            and isinstance(value, (str, int, float))
            and recorded.get(name) == value
        ):
            yield Check(f"{name} is what was sent", f"answer.data.{name}", value)


def _required(schema: Mapping[str, Any]) -> list[str]:
    return list(schema.get("required", ()))


def _property(document: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _resolved(document, schema).get("properties", {}).get(name, {})
    return _resolved(document, found)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, also behind one that allows null."""
    for way in ("allOf", "anyOf"):
        if way in schema:
            return _resolved(document, schema[way][0])
    if "$ref" not in schema:
        return schema
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(document, found)
