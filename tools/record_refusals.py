"""How the API refuses the example of an operation that is wrong in one way: saved answers for the collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from app.web.openapi.examples.recording import caller_of
from tools.examples import Operation, log_in

REQUEST_ID = "0f8c1d2e3b4a59687786a5b4c3d2e1f0"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ANOTHER_ROLE = {"STUDENT": "admin", "INSTRUCTOR": "student", "ADMIN": "student"}


def of(client: Client, operation: Operation) -> dict[str, Any]:
    """The refusals by what is wrong with the request; what is accepted all the same is left out."""
    found = {}
    for wrong, changes in _cases(operation):
        response = _send(client, operation, changes)
        if 400 <= response.status_code < 500:
            found[wrong] = {"sent": changes, "answer": response.get_json()}
    return found


def _cases(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """What differs from the example: the `user` who sends it, values in the `path` and the `query`, or the `body`."""
    needs_token = "security" not in operation.described
    if needs_token:
        yield "Without a token", {"user": ""}
    if operation.roles:
        yield "As another role", {"user": ANOTHER_ROLE[max(operation.roles)]}
    if names := [each["name"] for each in operation.described["parameters"] if each["in"] == "path"]:
        yield "With an unknown id", {"path": dict.fromkeys(names, UNKNOWN)}
    body = operation.body().get("json")
    if body is not None:
        yield "With an unknown field", {"body": {**body, "no_such_field": True}}
        yield "With a wrong type", {"body": {name: {} for name in list(body)[:1]}}
    elif operation.method == "get":
        yield "With an unknown parameter", {"query": {"no_such_filter": "1"}}
    if operation.method != "get":
        yield "Sent again", {}


def _send(client: Client, operation: Operation, changes: Mapping[str, Any]) -> TestResponse:
    name = changes.get("user", caller_of(operation.name, operation.roles))
    headers = {"X-Request-ID": REQUEST_ID, **operation.headers(with_optional=False)}
    if name and operation.described.get("security") != []:
        headers["Authorization"] = f"Bearer {log_in(client, name)['access']}"
    body = {"json": changes["body"]} if "body" in changes else operation.body()
    url = operation.url(with_optional=False, path=changes.get("path", {}))
    if query := changes.get("query"):
        url += f"{'&' if '?' in url else '?'}{urlencode(query)}"
    return client.open(url, method=operation.method.upper(), headers=headers, **body)
