"""Requests made from the operations of the OpenAPI document: address, description, tests, and saved answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.web.collections.checks import checks_of, checks_of_csv
from app.web.collections.parts import Body, Check, CollectionRequest, Example, Parameter, text_of
from app.web.collections.variables import LOGINS
from app.web.openapi.examples.plugin import answers
from app.web.openapi.examples.recording import FORMATS, caller_of
from app.web.openapi.examples.refusals import refusals
from app.web.openapi.examples.requests import FILES, FORMS

METHODS = ("get", "post", "put", "patch", "delete")
ADMIN = "{{admin_token}}"
PICTURE = "portrait.png"

_TEXTS = {"add_file": ("text/plain", "notes.txt"), "import_questions": ("text/plain", "questions.gift")}
"""The files that are no sheets: their media type and name, by operation."""

_FORMS = {"text/csv": "CSV", "application/pdf": "PDF", "application/xml": "XML", "text/plain": "text"}
_TOKENS = {address: f"{{{{{login.removesuffix('_login')}_token}}}}" for login, address in LOGINS.items()}
_UNKNOWN = "There is no operation {}: the API has changed, and a collection still uses it."


@dataclass(frozen=True)
class DocumentedOperation:
    method: str
    path: str
    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def tag(self) -> str:
        return str(self.described["tags"][0])

    @property
    def success(self) -> int:
        return min(int(status) for status in self.described["responses"] if str(status).startswith("2"))


class Document:
    """The OpenAPI document as a source of requests."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.tags: list[str] = []
        self.about_tags = {tag["name"]: str(tag.get("description", "")) for tag in document.get("tags", ())}
        self._whole = document
        self._operations = {
            described["operationId"]: DocumentedOperation(method.upper(), path, described)
            for path, item in document["paths"].items()
            for method, described in item.items()
            if method in METHODS
        }
        for operation in self._operations.values():
            if operation.tag not in self.tags:
                self.tags.append(operation.tag)

    def operations_of(self, tag: str) -> list[DocumentedOperation]:
        return [each for each in self._operations.values() if each.tag == tag]

    def has(self, operation_id: str) -> bool:
        return operation_id in self._operations

    def request(
        self,
        operation_id: str,
        name: str = "",
        *,
        token: str | None = None,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Body | None = None,
        status: int | None = None,
        code: str = "",
        about: str = "",
        says: str = "",
        is_csv: bool = False,
        before: Mapping[str, str] | None = None,
        checks: Sequence[Check] = (),
        saves: Mapping[str, str] | None = None,
    ) -> CollectionRequest:
        """A request of this operation: what is not given is as in the example of the document.

        :param code: the reason code with which the request is refused on purpose
        :param says: the message of the answer, where it differs from that of the example
        """
        if operation_id not in self._operations:
            raise LookupError(_UNKNOWN.format(operation_id))
        operation = self._operations[operation_id]
        expected = operation.success if status is None else status
        sent = _body_of(operation) if body is None else body
        prepared = Body(text_of(body)) if isinstance(body, Mapping) else sent
        given = (
            checks_of_csv(expected)
            if is_csv
            else checks_of(self._whole, operation.described, expected, code=code, says=says)
        )
        return CollectionRequest(
            name=name or operation.described["summary"].removesuffix("."),
            method=operation.method,
            path=_filled(operation, path or {}),
            about=_about(
                operation, f"{refused_on_purpose(expected, code)} {about}".strip() if code else about
            ),
            query=_parameters(operation, "query", query or {}),
            headers=_parameters(operation, "header", headers or {}),
            token=_token(operation, token),
            body=prepared if isinstance(prepared, Body) else None,
            before=before or {},
            checks=(*given, *checks),
            saves=saves or {},
            examples=_examples(operation),
        )


def refused_on_purpose(status: int, code: str) -> str:
    """The sentence about a step whose request is wrong on purpose."""
    return f"Refused on purpose, with {status} `{code}`."


def _body_of(operation: DocumentedOperation) -> Body | None:
    """The body of the example."""
    content = operation.described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return Body(text_of(content["application/json"]["example"]))
    if "multipart/form-data" in content:
        text = FILES.get(operation.name, "")
        if text.endswith(".mp4"):
            return Body("", "video/mp4", text, is_text=False)
        if text:
            return Body(text, *_TEXTS.get(operation.name, ("text/csv", "people.csv")))
        return Body("", "image/png", PICTURE, is_text=False, fields=FORMS.get(operation.name, {}))
    return None


def _filled(operation: DocumentedOperation, values: Mapping[str, str]) -> str:
    path = operation.path
    for each in operation.described.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", values.get(each["name"], str(each["example"])))
    return path


def _parameters(
    operation: DocumentedOperation, place: str, given: Mapping[str, str]
) -> tuple[Parameter, ...]:
    """Those that are given are sent; the others are there to be switched on."""
    described = [each for each in operation.described.get("parameters", ()) if each["in"] == place]
    names = [each["name"] for each in described]
    known = [
        Parameter(
            each["name"],
            given.get(each["name"], _spelled(each.get("example", ""))),
            each["description"],
            is_sent=each["name"] in given,
        )
        for each in described
    ]
    return (*known, *(Parameter(name, value) for name, value in given.items() if name not in names))


def _spelled(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _token(operation: DocumentedOperation, token: str | None) -> str:
    if token is not None:
        return token
    return "" if operation.described.get("security") == [] else ADMIN


def _about(operation: DocumentedOperation, about: str) -> str:
    """What the request is for, the operation's description, and its reason codes by status."""
    described = operation.described
    codes = [
        f"- {status}: {response['description']}"
        for status, response in described["responses"].items()
        if str(status).startswith("4") and response.get("description")
    ]
    parts = [about, described["summary"], described.get("description", "")]
    if codes:
        parts.append("**Reason codes**\n\n" + "\n".join(codes))
    return "\n\n".join(part for part in parts if part)


def _examples(operation: DocumentedOperation) -> tuple[Example, ...]:
    """The recorded answers, of the success and of each refusal, each with the request that it is the answer to."""
    recorded = answers().get(operation.name, {})
    successes = [
        Example("Success", operation.success, text_of(value), request=_recorded(operation))
        if media_type == "application/json"
        else Example(
            f"Success, as {_FORMS[media_type]}",
            operation.success,
            value,
            media_type,
            _recorded(operation, query={"format": FORMATS[media_type]} if media_type in FORMATS else {}),
        )
        for media_type, value in recorded.items()
    ]
    if operation.success == 204:
        successes = [Example("Success", 204, "", request=_recorded(operation))]
    refused = [
        Example(
            title,
            refusal["answer"]["error"]["status"],
            text_of(refusal["answer"]),
            request=_recorded(operation, **refusal["sent"]),
        )
        for title, refusal in refusals().get(operation.name, {}).items()
    ]
    return (*successes, *refused)


def _recorded(
    operation: DocumentedOperation,
    *,
    user: str | None = None,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> CollectionRequest:
    """The request that was recorded: the example of the operation, but for what is given."""
    described = operation.described
    parameters = described.get("parameters", ())
    required = {
        place: {
            each["name"]: str(each["example"])
            for each in parameters
            if each["in"] == place and each.get("required")
        }
        for place in ("query", "header")
    }
    sender = caller_of(operation.name, described.get("x-roles", ())) if user is None else user
    needs_token = bool(sender) and described.get("security") != []
    return CollectionRequest(
        name=described["summary"].removesuffix("."),
        method=operation.method,
        path=_filled(operation, path or {}),
        query=_pairs({**required["query"], **(query or {})}),
        headers=_pairs(required["header"]),
        token=_TOKENS[f"{sender}@example.org"] if needs_token else "",
        body=_body_of(operation) if body is None else Body(text_of(body)),
    )


def _pairs(values: Mapping[str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, value) for name, value in values.items())
