"""Collections and environments for Hoppscotch and its CLI.

The versions of the formats are older ones on purpose: every reader lifts them to its own, and refuses newer ones. They
have no descriptions, so that those are comments of the scripts. No collection has variables: they would hide the
environment's, which scripts set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from werkzeug.http import HTTP_STATUS_CODES

from app.web.collections import scripts, variables
from app.web.collections.parts import VARIABLE, Body, Check, CollectionRequest, Example, Folder, Parameter

COLLECTION, REQUEST, SAVED_REQUEST, ENVIRONMENT = 10, "15", "5", 2
NAME = "Rollcall"
_NO_FILE = Check("Status is 200, or 422 as long as no file is chosen", "status === 200 || status === 422")


def collection(folders: Sequence[Folder]) -> dict[str, Any]:
    return _folder(Folder(NAME, "", tuple(folders)))


def environment(folders: Sequence[Folder], given: Mapping[str, str]) -> dict[str, Any]:
    values = {**given, **dict.fromkeys(variables.saved(folders), "")}
    return {
        "v": ENVIRONMENT,
        "id": "rollcall",
        "name": NAME,
        "variables": [
            {"key": name, "initialValue": value, "currentValue": value, "secret": False}
            for name, value in values.items()
        ],
    }


def _folder(folder: Folder) -> dict[str, Any]:
    return {
        "v": COLLECTION,
        "name": folder.name,
        "folders": [_folder(item) for item in folder.items if isinstance(item, Folder)],
        "requests": [_item(item) for item in folder.items if isinstance(item, CollectionRequest)],
        "headers": [],
        "auth": {"authType": "inherit", "authActive": True},
        "variables": [],
    }


def _item(request: CollectionRequest) -> dict[str, Any]:
    if request.body and not request.body.is_text:
        request = replace(request, checks=(_NO_FILE,))
    return {
        "v": REQUEST,
        **_request(request),
        "preRequestScript": f"{_comment(request.about)}\n{scripts.before(request, scripts.HOPPSCOTCH)}",
        "testScript": scripts.after(request, scripts.HOPPSCOTCH),
        "responses": {
            f"{example.status} {example.name}": _response(example, request) for example in request.examples
        },
    }


def _request(request: CollectionRequest) -> dict[str, Any]:
    return {
        "name": request.name,
        "method": request.method,
        "endpoint": _spelled(f"{{{{base_url}}}}{request.path}"),
        "params": [_pair(each) for each in request.query],
        "headers": [_pair(each) for each in request.headers],
        "auth": _auth(request.token),
        "body": _body(request.body),
        "requestVariables": [],
    }


def _auth(token: str) -> dict[str, Any]:
    if not token:
        return {"authType": "none", "authActive": True}
    return {"authType": "bearer", "authActive": True, "token": _spelled(token)}


def _pair(parameter: Parameter) -> dict[str, Any]:
    return {
        "key": parameter.name,
        "value": _spelled(parameter.value),
        "active": parameter.is_sent,
        "description": parameter.about,
    }


def _body(body: Body | None) -> dict[str, Any]:
    if body is None:
        return {"contentType": None, "body": None}
    if body.is_form:
        return {"contentType": "multipart/form-data", "body": _parts(body)}
    return {"contentType": body.media_type, "body": _spelled(body.content)}


def _parts(body: Body) -> list[dict[str, Any]]:
    parts = [
        {"key": name, "active": True, "isFile": False, "value": _spelled(value)}
        for name, value in body.fields.items()
    ]
    if body.file_name:
        # A collection cannot hold a file; a text with a type of its own is sent as one.
        part = {"key": "file", "active": True, "isFile": False, "contentType": body.media_type}
        parts.append({**part, "value": _spelled(body.content)})
    return parts


def _response(example: Example, request: CollectionRequest) -> dict[str, Any]:
    return {
        "name": f"{example.status} {example.name}",
        "originalRequest": {"v": SAVED_REQUEST, **_request(example.request or request)},
        # That of http.HTTPStatus depends on the version of Python.
        "status": HTTP_STATUS_CODES[example.status],
        "code": example.status,
        "headers": [{"key": "content-type", "value": example.media_type}],
        "body": example.content,
    }


def _spelled(text: str) -> str:
    """The text with variables as Hoppscotch spells them."""
    return VARIABLE.sub(r"<<\1>>", text)


def _comment(text: str) -> str:
    return "\n".join(f"// {line}".rstrip() for line in text.split("\n"))
