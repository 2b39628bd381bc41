"""The sentence of a 404, by the address of the request: "Course not found." for everything below `/courses/{id}`.

It is the same whatever was looked for and where: whether a row is missing, deleted, or hidden from the caller with the
course that it belongs to cannot be read from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import current_app, g, request

NO_SUCH_PATH = "Nothing is served at this path: see /docs."


def sentence() -> str | None:
    """What this request did not find; None if its address and its body name nothing."""
    rule = request.url_rule
    if rule is None:
        return _of(_malformed())
    return _of(rule.rule) if rule.arguments else _of_body()


def _of(rule: str) -> str:
    """`Instructor request not found.` for `/api/v1/instructor-requests/<uuid:request_id>/review`."""
    before, _, argument = rule.partition("<")
    collections = [part for part in before.split("/") if part.endswith("s")]
    if not collections or not (argument.startswith("uuid:") or rule.startswith("/api/")):
        return NO_SUCH_PATH
    name = collections[-1].replace("-", " ")
    return _missing(f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s"))


def _malformed() -> str:
    """The rule that an address would follow if each of its ids had the form of one; empty if there is none."""
    path = request.path.rstrip("/").split("/")
    rules = (each.rule for each in current_app.url_map.iter_rules() if "<uuid:" in each.rule)
    return next((rule for rule in rules if _has_form(path, rule.split("/"))), "")


def _has_form(path: list[str], rule: list[str]) -> bool:
    same = (said == part or part.startswith("<") for said, part in zip(path, rule, strict=False))
    return len(path) == len(rule) and all(same)


def _of_body() -> str | None:
    """What a body names with its only id, such as the `course_id` of a new review."""
    body = g.get("sent")
    ids = [name for name in body if name.endswith("_id")] if isinstance(body, Mapping) else []
    return _missing(ids[0].removesuffix("_id")) if len(ids) == 1 else None


def _missing(noun: str) -> str:
    return f"{noun.capitalize()} not found."
