"""How the API refuses the example of an operation that is wrong in one way: saved answers for the collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.test import Client, TestResponse

from tools.examples import Operation, log_in

REQUEST_ID = "0f8c1d2e3b4a59687786a5b4c3d2e1f0"
UNKNOWN = "00000000-0000-7000-8000-000000000000"
ANOTHER_ROLE = {"STUDENT": "admin", "INSTRUCTOR": "student3", "ADMIN": "student3"}


def of(client: Client, operation: Operation) -> dict[str, Any]:
    """The refusals by what is wrong with the request; what is accepted all the same is left out."""
    found = {}
    for wrong, options in _cases(operation):
        response = _send(client, operation, **options)
        if 400 <= response.status_code < 500:
            found[wrong] = response.get_json()
    return found


def _cases(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    needs_token = "security" not in operation.described
    if needs_token:
        yield "Without a token", {"user": ""}
    if operation.roles:
        yield "As another role", {"user": ANOTHER_ROLE[max(operation.roles)]}
    if "{" in operation.path:
        yield "With an unknown id", {"url": _unknown(operation)}
    body = operation.body().get("json")
    if body is not None:
        yield "With an unknown field", {"json": {**body, "no_such_field": True}}
        yield "With a wrong type", {"json": {name: {} for name in list(body)[:1]}}
    elif operation.method == "get":
        yield "With an unknown parameter", {"url": f"{operation.url(with_optional=False)}?no_such_filter=1"}
    if operation.method != "get":
        yield "Sent again", {}


def _send(
    client: Client,
    operation: Operation,
    *,
    user: str | None = None,
    url: str = "",
    json: Mapping[str, Any] | None = None,
) -> TestResponse:
    name = _user_of(operation) if user is None else user
    headers = {"X-Request-ID": REQUEST_ID}
    if name and operation.described.get("security") != []:
        headers["Authorization"] = f"Bearer {log_in(client, name)['access']}"
    body = operation.body() if json is None else {"json": json}
    return client.open(
        url or operation.url(with_optional=False), method=operation.method.upper(), headers=headers, **body
    )


def _user_of(operation: Operation) -> str:
    return "student5" if operation.roles == ["STUDENT"] or operation.name == "ask_to_instruct" else "admin"


def _unknown(operation: Operation) -> str:
    path = operation.path
    for each in operation.described["parameters"]:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", UNKNOWN)
    return path
