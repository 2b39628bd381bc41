"""Send the example of every operation of the OpenAPI document as an importer does, without any change."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import Client, TestResponse

from app.web.openapi.examples.requests import PASSWORD

METHODS = ("get", "post", "put", "patch", "delete")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)
"""The smallest picture: a document has no room for a file."""

FILM = (
    b"\0\0\0\x10ftypmp42\0\0\0\0"
    b"\0\0\0\x74moov"
    b"\0\0\0\x6cmvhd" + bytes(12) + ((1_000).to_bytes(4, "big") + (95_000).to_bytes(4, "big") + bytes(80))
)
"""A video of 95 seconds in which nothing is to be seen: what its container says, and no track."""


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def roles(self) -> list[str]:
        return list(self.described.get("x-roles", ()))

    def url(self, *, with_optional: bool, path: Mapping[str, str] | None = None) -> str:
        """The address of the example; `path` has values that differ from it."""
        values = {each["name"]: str(each["example"]) for each in self._parameters("path")} | dict(path or {})
        filled = self.path
        for name, value in values.items():
            filled = filled.replace(f"{{{name}}}", value)
        query = self._sent("query", with_optional=with_optional)
        return f"{filled}?{urlencode(query)}" if query else filled

    def headers(self, *, with_optional: bool) -> dict[str, str]:
        return self._sent("header", with_optional=with_optional)

    def body(self) -> dict[str, Any]:
        """The body as arguments of a client: JSON, or a form with a file."""
        content = self.described.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            return {"json": content["application/json"]["example"]}
        if "multipart/form-data" in content:
            fields = dict(content["multipart/form-data"]["example"])
            file = fields.pop("file")
            sent = {".png": PIXEL, ".mp4": FILM}.get(file[-4:]) or file.encode()
            return {"data": {**fields, "file": (io.BytesIO(sent), "example")}}
        return {}

    def _parameters(self, place: str) -> Iterator[dict[str, Any]]:
        return (each for each in self.described["parameters"] if each["in"] == place)

    def _sent(self, place: str, *, with_optional: bool) -> dict[str, str]:
        return {
            each["name"]: _spelled(each["example"])
            for each in self._parameters(place)
            if with_optional or each.get("required")
        }


def operations_of(document: Mapping[str, Any]) -> list[Operation]:
    return [
        Operation(method, path, described)
        for path, item in document["paths"].items()
        for method, described in item.items()
        if method in METHODS
    ]


def log_in(client: Client, name: str) -> dict[str, str]:
    """The tokens of one of the demo users."""
    login = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = client.post("/api/v1/auth/login", json=login).get_json()
    tokens: dict[str, str] = answer["data"]["tokens"]
    return tokens


def send(
    client: Client,
    operation: Operation,
    token: str,
    *,
    with_optional: bool = False,
    json: Mapping[str, Any] | None = None,
) -> TestResponse:
    """The unchanged example; `json` replaces its body."""
    headers = operation.headers(with_optional=with_optional)
    if operation.described.get("security") != []:
        headers["Authorization"] = f"Bearer {token}"
    body = operation.body() if json is None else {"json": json}
    return client.open(
        operation.url(with_optional=with_optional), method=operation.method.upper(), headers=headers, **body
    )


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
