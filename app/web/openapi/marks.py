"""What decorators say about a view, for its documentation.

flask-smorest keeps its documentation in the view's `_apidoc`, beside our marks. Both are attributes of the function,
because `functools.wraps` copies those from decorator to decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import marshmallow as ma

from app.errors.base import Refusal

View = Callable[..., Any]

PHRASES = {200: "OK.", 201: "Created.", 202: "Accepted: a job does it.", 204: "Deleted."}


def bodies_of(view: View) -> dict[str, ma.Schema]:
    """The schemas of the body that the view takes, by location."""
    return {each["in"]: each["schema"] for each in parameters_of(view) if each["in"] in ("json", "files")}


def mark_list(view: View) -> View:
    return mark(view, is_list=True)


def mark_shown(view: View, schema: type[ma.Schema]) -> View:
    """Mark a view with what it responds with: a resource that has a URL of its own comes with its version."""
    return mark(view, shown=schema, shows_resource=getattr(schema, "IS_RESOURCE", False))


def shown_by(view: View) -> type[ma.Schema] | None:
    """What the view responds with: the schema of `data`."""
    found: type[ma.Schema] | None = marks_of(view).get("shown")
    return found


def mark_needing_plan(view: View) -> View:
    return mark(view, needs_plan=True)


def mark_waiting(view: View) -> View:
    """Mark a view that may wait for what it shows to end."""
    return mark(view, waits=True)


def mark_taking_sheets(view: View, schema: ma.Schema) -> View:
    return mark(view, sheets=schema)


def mark_idempotent(view: View) -> View:
    return mark(view, is_idempotent=True)


def mark_action(view: View, reader: View) -> View:
    return mark(view, acts_on=reader)


def acted_on(view: View) -> View | None:
    """The view that shows what this one acts on, if it is marked with one."""
    found: View | None = marks_of(view).get("acts_on")
    return found


def add_refusals(view: View, *kinds: type[Refusal]) -> View:
    return mark(view, refusals=(*marks_of(view).get("refusals", ()), *kinds))


def document_answer(
    view: View, status: int, schema: type[ma.Schema] | None, *, is_also_csv: bool = False
) -> View:
    """Document the success of a view."""
    described: dict[str, Any] = {"description": PHRASES[status], "content_type": None}
    contents = [described if schema is None else {**described, "schema": schema()}]
    if is_also_csv:
        contents.append({**described, "content_type": "text/csv", "schema": {"type": "string"}})
    return mark(view, _apidoc={**documented(view), "response": {"responses": {status: contents}}})


def document_file(view: View, media_types: Sequence[str]) -> View:
    """Document the success of a view that returns a file in one of these forms."""
    contents = [
        {"description": PHRASES[200], "content_type": each, "schema": _schema_of_file(each)}
        for each in media_types
    ]
    return mark(view, _apidoc={**documented(view), "response": {"responses": {200: contents}}})


def _schema_of_file(media_type: str) -> dict[str, str]:
    is_text = media_type.startswith("text/") or media_type.endswith(("xml", "json"))
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def mark_accepting(view: View, schema: type[ma.Schema]) -> View:
    """Mark a view that may leave its work to a job, and document that answer."""
    return mark(view, accepts=schema)


def parameters_of(view: View) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = documented(view).get("arguments", {}).get("parameters", [])
    return found


def documented(view: View) -> dict[str, Any]:
    """The documentation of a view by flask-smorest. Never changed in place: wrapped and wrapping view share it."""
    found: dict[str, Any] = marks_of(view).get("_apidoc", {})
    return found


def marks_of(view: View) -> dict[str, Any]:
    return vars(view)


def mark(view: View, **marks: Any) -> View:
    vars(view).update(marks)
    return view
