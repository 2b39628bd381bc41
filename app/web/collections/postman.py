"""Collections and environments for Postman and Newman, in the format of schema 2.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from werkzeug.http import HTTP_STATUS_CODES

from app.web.collections import scripts, variables
from app.web.collections.parts import Body, CollectionRequest, Example, Folder, Parameter

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
NAME = "Rollcall"
_ABOUT = """\
Every call of the API, with journeys that run from top to bottom. Send the requests of *Log in* first. With the
environment *Rollcall* chosen, variables are kept in it; without one, in the collection."""


def collection(folders: Sequence[Folder], given: Mapping[str, str]) -> dict[str, Any]:
    return {
        "info": {"_postman_id": _id(NAME), "name": NAME, "description": _ABOUT, "schema": SCHEMA},
        "item": [_folder(folder, (NAME,)) for folder in folders],
        "variable": [{"key": name, "value": value} for name, value in given.items()],
    }


def environment(folders: Sequence[Folder], given: Mapping[str, str]) -> dict[str, Any]:
    values = {**given, **dict.fromkeys(variables.saved(folders), "")}
    return {
        "id": _id(f"{NAME} environment"),
        "name": NAME,
        "values": [
            {"key": name, "value": value, "type": _kind(name), "enabled": True}
            for name, value in values.items()
        ],
        "_postman_variable_scope": "environment",
    }


def _kind(name: str) -> str:
    return "secret" if name.endswith(("password", "_token", "_refresh")) else "default"


def _id(*path: str) -> str:
    """The same for the same name, so that an import again replaces what is there."""
    return str(uuid5(NAMESPACE_URL, "/".join(("rollcall", *path))))


def _folder(folder: Folder, above: tuple[str, ...]) -> dict[str, Any]:
    path = (*above, folder.name)
    items = [_folder(item, path) if isinstance(item, Folder) else _item(item, path) for item in folder.items]
    return {"id": _id(*path), "name": folder.name, "description": folder.about, "item": items}


def _item(request: CollectionRequest, above: tuple[str, ...]) -> dict[str, Any]:
    path = (*above, request.name)
    return {
        "id": _id(*path),
        "name": request.name,
        "event": [
            _event("prerequest", scripts.before(request, scripts.POSTMAN)),
            _event("test", scripts.after(request, scripts.POSTMAN)),
        ],
        "request": {**_request(request), "description": request.about},
        "response": [_response(example, request, (*path, example.name)) for example in request.examples],
    }


def _event(listen: str, script: str) -> dict[str, Any]:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": script.split("\n")}}


def _request(request: CollectionRequest) -> dict[str, Any]:
    body = request.body
    headers = [_pair(each) for each in request.headers]
    if body and not body.is_form:
        headers.append({"key": "Content-Type", "value": body.media_type})
    return {
        "method": request.method,
        "header": headers,
        "auth": _auth(request.token),
        "url": _url(request),
        **({"body": _body(body)} if body else {}),
    }


def _auth(token: str) -> dict[str, Any]:
    if not token:
        return {"type": "noauth"}
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def _url(request: CollectionRequest) -> dict[str, Any]:
    """`host` and `path` as well as the text: Newman needs both."""
    sent = [(each.name, each.value) for each in request.query if each.is_sent]
    query = f"?{urlencode(sent, safe='{} ')}" if sent else ""
    return {
        "raw": f"{{{{base_url}}}}{request.path}{query}",
        "host": ["{{base_url}}"],
        "path": request.path.removeprefix("/").split("/"),
        **({"query": [_pair(each) for each in request.query]} if request.query else {}),
    }


def _pair(parameter: Parameter) -> dict[str, Any]:
    return {
        "key": parameter.name,
        "value": parameter.value,
        **({"description": parameter.about} if parameter.about else {}),
        **({} if parameter.is_sent else {"disabled": True}),
    }


def _body(body: Body) -> dict[str, Any]:
    if body.is_form:
        parts = [{"key": name, "type": "text", "value": value} for name, value in body.fields.items()]
        if body.file_name:
            # Newman looks for the file in its working directory.
            parts.append({"key": "file", "type": "file", "src": body.file_name})
        return {"mode": "formdata", "formdata": parts}
    language = "json" if body.media_type.endswith("json") else "text"
    return {"mode": "raw", "raw": body.content, "options": {"raw": {"language": language}}}


def _response(example: Example, request: CollectionRequest, path: Iterable[str]) -> dict[str, Any]:
    return {
        "id": _id(*path),
        "name": example.name,
        "originalRequest": _request(example.request or request),
        # That of http.HTTPStatus depends on the version of Python.
        "status": HTTP_STATUS_CODES[example.status],
        "code": example.status,
        "_postman_previewlanguage": "json" if example.media_type.endswith("json") else "text",
        "header": [{"key": "Content-Type", "value": example.media_type}],
        "cookie": [],
        "body": example.content,
    }
