"""A folder for each noun, with a request for each of its operations, as in the OpenAPI document.

The requests act on the demo's example objects: on a fresh demo each succeeds once. What ends sessions is in a folder of
its own, the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.web.collections.checks import echoes
from app.web.collections.documented import Document, DocumentedOperation
from app.web.collections.logins import log_in
from app.web.collections.parts import Check, CollectionRequest, Folder
from app.web.openapi.examples.requests import REQUESTS

LAST = "sessions"
"""The tag of the operations that end sessions, those of other nouns included."""

_NEWCOMER = "{{newcomer_token}}"
_ABOUT = (
    "Every operation, by noun. They work unchanged on a fresh demo, once: a second time many are refused, because what"
    " they do is done. Parameters that are switched off have a value that works."
)
_ABOUT_LAST = "These end the session that they are sent with. Log in again afterwards."

_SPECIAL: Mapping[str, Mapping[str, Any]] = {
    "ask_to_instruct": {"token": _NEWCOMER},
    "enroll": {"token": _NEWCOMER},
    "enroll_in_course": {"token": _NEWCOMER},
    "log_in": {"body": {"email": "{{admin_login}}", "password": "{{password}}"}},
    "refresh_tokens": {
        "body": {"refresh": "{{last_refresh}}"},
        "saves": {"last_token": "answer.data.access", "last_refresh": "answer.data.refresh"},
    },
    "verify_token": {
        "body": {"token": "{{admin_token}}"},
        "checks": [Check("The token is valid", "answer.data.valid")],
    },
    "change_password": {"token": "{{newcomer_token}}"},
    "commit_assignment": {"headers": REQUESTS["commit_assignment"].headers},
    "log_out": {"token": "{{last_token}}"},
    "log_out_everywhere": {"token": "{{admin_token}}"},
}
"""What differs from the example of the document: another user, or what only a script knows."""

_REFRESHING = "refresh_tokens"


def folder(document: Document) -> Folder:
    folders = tuple(
        Folder(
            tag.capitalize(),
            document.about_tags[tag],
            tuple(
                _request(document, each) for each in document.operations_of(tag) if each.name != _REFRESHING
            ),
        )
        for tag in document.tags
        if tag != LAST
    )
    return Folder("Nouns", _ABOUT, folders)


def sessions_folder(document: Document) -> Folder:
    first = log_in(
        document, "Log in once more", login="{{admin_login}}", password="{{password}}", saves_as="last"
    )
    refresh = document.request(_REFRESHING, **_SPECIAL[_REFRESHING])
    # The last one ends every session of the user, that of the one before included.
    ending = sorted(document.operations_of(LAST), key=lambda each: each.name == "log_out_everywhere")
    rest = (_request(document, each) for each in ending)
    return Folder("Last: end sessions", _ABOUT_LAST, (first, refresh, *rest))


def _request(document: Document, operation: DocumentedOperation) -> CollectionRequest:
    special = dict(_SPECIAL.get(operation.name, {}))
    example = operation.described.get("requestBody", {}).get("content", {}).get("application/json", {})
    sent = special.get("body", example.get("example", {}))
    checks = [*special.pop("checks", ()), *echoes(operation.name, sent)]
    return document.request(operation.name, checks=checks, **special)
