"""Query parameters and headers that have a value.

A blank value counts as not sent: HTML forms, Postman and Hoppscotch send every field that they show, filled in or not.
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MultiDict

from app.values import characters
from app.web.application import noted


def query() -> MultiDict[str, str]:
    """The query parameters that have a value. `request.args` has the blank ones, too."""
    about = noted()
    if "query" not in about:
        given = request.args.items(multi=True)
        about.query = MultiDict([(name, value) for name, value in given if not characters.is_blank(value)])
    found: MultiDict[str, str] = about.query
    return found


def header(name: str) -> str | None:
    """The value of a header, or None where it was not sent or is blank."""
    value = request.headers.get(name)
    return None if value is None or characters.is_blank(value) else value
